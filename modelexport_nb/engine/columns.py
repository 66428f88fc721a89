"""One column of a comparison: what an export, or a file that was read, says about a model; or why there is nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .errors import InputError
from .graph import all_nodes
from .hierarchy import Hierarchy
from .measures import Measures
from .module_parity import CallParity
from .parity import Parity
from .report import ExportReport
from .tree import Tree, TreeRow

Content = tuple[str, int, int, tuple[tuple[str, int], ...]]


@dataclass(frozen=True)
class Failure:
    """Why an export has nothing to show: the stage that failed, and the reason in one line."""

    stage: str
    reason: str


@dataclass(frozen=True, repr=False, eq=False)
class Column:
    """One side of a comparison.

    Attributes:
        name: unique among the columns.
        strategy: how the nodes were attributed; for a file without tags of ours `torch`, `names` or `flat`.
        capture: how the graph was made; `file` for one that was read.
        report: what is compared; None when it failed.
        bytes: size of the ONNX file with its external data when the comparison was made; None when it was gone.
            Of a file that was only read, data of other names than `<file>.data` is not counted.
        peak_bytes: memory that the process took at its highest while this was exported, above what it held before;
            None where it was not measured.
        failure: why there is no report.
    """

    name: str
    strategy: str
    capture: str
    report: ExportReport | Hierarchy | None = None
    bytes: int | None = None
    peak_bytes: int | None = None
    failure: Failure | None = None

    @classmethod
    def of(cls, report: ExportReport | Hierarchy, name: str, peak_bytes: int | None = None) -> Column:
        """The column of a report."""
        if isinstance(report, ExportReport):
            size = _size(*report.files)
            return cls(name, report.strategy, report.capture, report, size, peak_bytes)
        if not isinstance(report, Hierarchy):
            raise InputError(
                f"A comparison takes reports of export_model() and hierarchies of read_hierarchy(), "
                f"not a {type(report).__name__}."
            )
        strategy = report.attribution.strategy if report.attribution is not None else report.source
        beside = report.path.with_name(f"{report.path.name}.data")
        size = _size(report.path, *([beside] if beside.exists() else []))
        return cls(name, strategy, "file", report, size, peak_bytes)

    @property
    def tree(self) -> Tree | None:
        """The rows of this column alone; None when it failed."""
        return self.report.tree if self.report is not None else None

    @property
    def model_class(self) -> str:
        """Class of the root module, or what the file calls its graph; empty when the export failed."""
        return self.report.modules.root.class_name if self.report is not None else ""

    @property
    def opset(self) -> int | None:
        """The opset of ONNX's own operators."""
        return self.report.graph.opset_imports.get("") if self.report is not None else None

    @property
    def nodes(self) -> int:
        """Number of ONNX nodes."""
        return len(self.ops)

    @property
    def modules(self) -> int:
        """Number of modules, the root included."""
        return len(self.report.modules.modules) if self.report is not None else 0

    @property
    def parameters(self) -> int:
        """Number of parameters; of a file that was only read those that `Hierarchy.tree` can tell."""
        return self.report.modules.root.parameters if self.report is not None else 0

    @property
    def operators(self) -> dict[str, int]:
        """How many nodes of each operator there are, in order of first use."""
        return dict(Counter(self.ops))

    @property
    def measures(self) -> Measures | None:
        """The measures of the attribution; None for a file that was only read."""
        return self.report.measures if isinstance(self.report, ExportReport) else None

    @property
    def parity(self) -> Parity | None:
        """Agreement of the numbers with PyTorch; None where nothing was verified."""
        return self.report.parity if isinstance(self.report, ExportReport) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of this column alone should know."""
        if isinstance(self.report, Hierarchy):
            return (self.report.note,)
        return self.report.notes if self.report is not None else ()

    @property
    def seconds(self) -> dict[str, float]:
        """Wall time of each stage, in order; empty for a file that was only read."""
        return self.report.timings if isinstance(self.report, ExportReport) else {}

    @cached_property
    def ops(self) -> list[str]:
        """The operator of each node."""
        return [node.op_type for node in all_nodes(self.report.graph)] if self.report is not None else []

    @cached_property
    def evidence(self) -> list[str]:
        """The evidence for each node's scope; empty where the file states none."""
        attribution = self.report.attribution if self.report is not None else None
        return [str(scope.evidence) for scope in attribution.scopes] if attribution is not None else []

    @cached_property
    def row_of_node(self) -> list[int]:
        """For each node the row of `tree` that is its scope."""
        rows = [0] * self.nodes
        for row in self.tree or ():
            for node in row.nodes:
                rows[node] = row.index
        return rows

    @cached_property
    def findings(self) -> dict[str, CallParity]:
        """What the comparison with PyTorch found about each module call, by key; empty where calls were not looked
        at."""
        parity = self.parity
        return {call.key: call for call in parity.modules.calls} if parity is not None and parity.modules else {}

    def own(self, row: int) -> Counter[str]:
        """Operators that the call's own `forward` made."""
        return Counter(self.ops[node] for node in self._row(row).nodes)

    def region(self, row: int) -> list[int]:
        """Numbers of the nodes of the call and the calls inside it."""
        assert self.tree is not None  # there are no rows otherwise
        return self.tree.region(self._row(row))

    def content(self, row: int) -> Content:
        """What two calls have in common when one is the other under a new name."""
        found = self._row(row)
        operators = Counter(self.ops[node] for node in self.region(row))
        return found.class_name, found.calls, found.parameters, tuple(sorted(operators.items()))

    def _row(self, row: int) -> TreeRow:
        assert self.tree is not None  # there are no rows otherwise
        return self.tree.rows[row]

    def __repr__(self) -> str:
        what = f"failed at {self.failure.stage}" if self.failure is not None else f"{self.nodes} nodes"
        return f"<Column {self.name}: {what}>"


def _size(*files: Path) -> int | None:
    try:
        return sum(file.stat().st_size for file in files)
    except OSError:
        return None
