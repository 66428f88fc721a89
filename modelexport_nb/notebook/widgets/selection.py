"""What is selected in a widget, for Python: module calls and their ONNX nodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.shown import NodeRecord

COLUMNS = ["op", "output", "module", "inputs", "evidence", "source"]


@dataclass(frozen=True)
class ModuleCall:
    """A module call: its row in the tree, its key (`path`, or `path#n`), the path and the class of its module."""

    row: int
    key: str
    path: str
    class_name: str


@dataclass(frozen=True, repr=False)
class Selection:
    """One module call or several.

    Attributes:
        calls: the selected module calls, in the order in which they were selected.
        nodes: the ONNX nodes that they made, calls inside them included, each once, in execution order.
    """

    calls: tuple[ModuleCall, ...]
    nodes: list[NodeRecord] = field(compare=False)

    @classmethod
    def of(cls, shown: ExportReport | Hierarchy, keys: str | Sequence[str]) -> Selection:
        """The selection of a key, or of several; an unknown one raises ModelExportError."""
        rows = [shown.row(key) for key in ([keys] if isinstance(keys, str) else keys)]
        numbers = sorted({number for row in rows for number in shown.tree.region(row)})
        calls = tuple(ModuleCall(row.index, row.key, row.path, row.class_name) for row in rows)
        return cls(calls, [shown.node(number) for number in numbers])

    @property
    def row(self) -> int:
        """Row of the call in the tree (of the first, where several are selected)."""
        return self.calls[0].row

    @property
    def key(self) -> str:
        """`path`, or `path#n` for later calls (of the first call)."""
        return self.calls[0].key

    @property
    def path(self) -> str:
        """Path of the module; the root's is empty (of the first call)."""
        return self.calls[0].path

    @property
    def class_name(self) -> str:
        """Class of the module (of the first call)."""
        return self.calls[0].class_name

    def to_frame(self) -> Any:
        """The nodes as a pandas DataFrame; see `to_frame`."""
        return to_frame(self.nodes)

    def __repr__(self) -> str:
        if len(self.calls) > 1:
            return f"Selection({[call.key for call in self.calls]}, {len(self.nodes)} nodes)"
        return f"Selection(row={self.row}, key={self.key!r}, path={self.path!r}, class_name={self.class_name!r})"


def to_frame(nodes: Sequence[NodeRecord]) -> Any:
    """Nodes as a pandas DataFrame, one row each, indexed by node number.

    `inputs` holds each input's name, or the model's parameter that it is; `output` dtype and shape of the first
    output. Raises ModelExportError when pandas is not installed.
    """
    try:
        import pandas  # type: ignore[import-untyped]
    except ImportError:
        raise ModelExportError("to_frame() needs pandas. Install it: %pip install pandas") from None
    index = pandas.Index([node.number for node in nodes], name="node")
    return pandas.DataFrame([_cells(node) for node in nodes], columns=COLUMNS, index=index)


def _cells(node: NodeRecord) -> tuple[str, str, str, str, str, str | None]:
    inputs = ", ".join(parameter or name for name, _, parameter in node.inputs)
    output = node.outputs[0][1] if node.outputs else ""
    return node.op, output, node.scope, inputs, node.evidence, node.source
