"""What is selected in a widget, for Python: a module call and its ONNX nodes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.report import ExportReport, NodeRecord


@dataclass(frozen=True)
class Selection:
    """A module call.

    Attributes:
        row: its place in the tree.
        key: `path`, or `path#n` for later calls.
        path, class_name: of the module; the root's path is empty.
        nodes: the ONNX nodes that it made, calls inside it included, in execution order.
    """

    row: int
    key: str
    path: str
    class_name: str
    nodes: list[NodeRecord] = field(repr=False)

    @classmethod
    def of(cls, report: ExportReport, key: str) -> Selection:
        """The selection of a row by its key; an unknown one raises ModelExportError."""
        row = report.row(key)
        return cls(row.index, row.key, row.path, row.class_name, report.nodes(key))

    def to_frame(self) -> Any:
        """The nodes as a pandas DataFrame, one row each, indexed by node number.

        `inputs` holds each input's name, or the model's parameter that it is; `output` dtype and shape of the
        first output. Raises ModelExportError when pandas is not installed.
        """
        try:
            import pandas  # type: ignore[import-untyped]
        except ImportError:
            raise ModelExportError("to_frame() needs pandas. Install it: %pip install pandas") from None
        columns = ["op", "output", "module", "inputs", "evidence", "source"]
        index = pandas.Index([node.number for node in self.nodes], name="node")
        return pandas.DataFrame([_cells(node) for node in self.nodes], columns=columns, index=index)


def _cells(node: NodeRecord) -> tuple[str, str, str, str, str, str | None]:
    inputs = ", ".join(parameter or name for name, _, parameter in node.inputs)
    output = node.outputs[0][1] if node.outputs else ""
    return node.op, output, node.scope, inputs, node.evidence, node.source
