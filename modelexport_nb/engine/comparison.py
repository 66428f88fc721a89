"""Exports of a model beside each other, aligned by module call: `Comparison.of(report_a, report_b, …)`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .agreement import Agreement, agreement, unique_names
from .alignment import ABSENT, Alignment, CallRow, align
from .columns import Column
from .differences import Difference, difference, graph_groups, model_notes
from .errors import InputError, ModelExportError, did_you_mean
from .hierarchy import Hierarchy
from .module_parity import Verdict
from .report import ExportReport
from .shown import make_widget


@dataclass(frozen=True)
class Cell:
    """One module call in one column.

    Attributes:
        key: the call's key in this column; another than the row's where the module was renamed.
        own, total: ONNX nodes that its own `forward` made; those of the calls inside it too.
        operators: how many nodes of each operator there are, calls inside included, in order of first use.
        evidence: how many of the nodes have each kind of evidence, calls inside included.
        parameters: number of parameters of the module, its children included.
        error, verdict: largest absolute difference of what the call returned, and what became of it; None where
            calls were not compared.
        differs: nodes inside that differ from the baseline's (`Difference.inside`).
        reason: why there are no nodes.
    """

    key: str
    own: int
    total: int
    operators: dict[str, int]
    evidence: dict[str, int]
    parameters: int
    error: float | None
    verdict: Verdict | None
    differs: int
    reason: str | None


@dataclass(frozen=True, repr=False, eq=False)
class Comparison:
    """Result of `compare()` and of `Comparison.of()`.

    Attributes:
        columns: what is compared, failed exports included.
        baseline: number of the column that the others are compared with; the first that did not fail.
        rows: the module calls of all columns, in pre-order.
        alignment: the module trees of all columns as one.
        groups: for each column a number, equal for columns about the same graph; -1 for failed ones.
        notes: what the reader should know first: columns that are of different models, files that are gone, inputs
            that a line of the notebook made.
    """

    columns: tuple[Column, ...]
    baseline: int
    groups: tuple[int, ...]
    alignment: Alignment
    notes: tuple[str, ...]

    @classmethod
    def of(cls, *reports: ExportReport | Hierarchy, names: Sequence[str] | None = None) -> Comparison:
        """Compare any number of reports: of one model or several, of one graph or several.

        Args:
            reports: what `export_model()` and `tag_onnx()` returned, or what `read_hierarchy()` read.
            names: what the columns are called; by default the strategy, with the capture where reports differ in it,
                and a file's own name where it was only read. Equal names are numbered: `fx`, `fx (2)`.

        Raises:
            InputError: no report, something else than a report, or another number of names.
        """
        if not reports:
            raise InputError("A comparison needs at least one report.")
        if names is not None and len(names) != len(reports):
            raise InputError(f"There are {len(reports)} reports and {len(names)} names.")
        unnamed = [Column.of(report, "") for report in reports]
        unique = unique_names(names if names is not None else default_names(unnamed))
        return cls.of_columns([replace(column, name=name) for column, name in zip(unnamed, unique, strict=True)])

    @classmethod
    def of_columns(cls, columns: Sequence[Column]) -> Comparison:
        """Compare columns with names of their own, failed ones included."""
        alignment = align(columns)
        gone = [
            f"The file of {column.name} is gone: its size is not known."
            for column in columns
            if column.report is not None and column.bytes is None
        ]
        return cls(
            columns=tuple(columns),
            baseline=next((number for number, column in enumerate(columns) if column.failure is None), 0),
            groups=graph_groups(columns),
            alignment=alignment,
            notes=(*model_notes(columns, alignment), *gone, *_said(columns)),
        )

    def against(self, column: str | int) -> Comparison:
        """The same columns compared with another baseline.

        Raises:
            ModelExportError: there is no such column, or it failed.
        """
        number = self.number(column)
        if self.columns[number].report is None:
            raise ModelExportError(f"{self.columns[number].name} failed: there is nothing to compare with.")
        return replace(self, baseline=number)

    @property
    def rows(self) -> tuple[CallRow, ...]:
        """The module calls of all columns, in pre-order."""
        return self.alignment.rows

    def number(self, column: str | int) -> int:
        """The number of a column given by name or number; an unknown one raises with the nearest known name."""
        names = [found.name for found in self.columns]
        if isinstance(column, str) and column in names:
            return names.index(column)
        if isinstance(column, int) and 0 <= column < len(names):
            return column
        raise ModelExportError(f'No column "{column}"' + did_you_mean(str(column), names))

    def column(self, column: str | int) -> Column:
        """A column by name or number."""
        return self.columns[self.number(column)]

    def row(self, key: str) -> CallRow:
        """The row of a module call by its key in any of the columns; an unknown key raises with the nearest one."""
        if key not in self._row_of_key:
            known = [known for known in self._row_of_key if known]
            raise ModelExportError(f'No module call "{key}"' + did_you_mean(key, known).replace("Known: ", "Such as: "))
        return self.rows[self._row_of_key[key]]

    def cell(self, key: str, column: str | int) -> Cell | None:
        """What a column says about a module call; None where it has no such call."""
        number = self.number(column)
        at = self.row(key).at[number]
        found, tree, compared = self.columns[number], self.columns[number].tree, self.differences[number]
        if at == ABSENT or tree is None or compared is None:
            return None
        row, region = tree.rows[at], found.region(at)
        finding = found.findings.get(row.key)
        return Cell(
            key=row.key,
            own=len(row.nodes),
            total=row.total,
            operators=dict(Counter(found.ops[node] for node in region)),
            evidence=dict(Counter(found.evidence[node] for node in region)) if found.evidence else {},
            parameters=row.parameters,
            error=finding.max_abs if finding is not None else None,
            verdict=finding.verdict if finding is not None else None,
            differs=compared.inside[self.row(key).index],
            reason=row.reason,
        )

    def difference(self, one: str | int, two: str | int) -> Difference:
        """What two columns do not have in common.

        Raises:
            ModelExportError: there is no such column, or it failed.
        """
        numbers = self.number(one), self.number(two)
        for number in numbers:
            if self.columns[number].report is None:
                raise ModelExportError(f"{self.columns[number].name} failed: there is nothing to compare with.")
        return self._between(*numbers)

    @cached_property
    def differences(self) -> tuple[Difference | None, ...]:
        """For each column what it does not have in common with the baseline; None for a failed one."""
        return tuple(
            self._between(self.baseline, number) if column.report is not None else None
            for number, column in enumerate(self.columns)
        )

    @property
    def witnesses(self) -> list[int]:
        """The columns that are about the baseline's graph and state evidence for each node."""
        return [
            number
            for number, column in enumerate(self.columns)
            if self.groups[number] == self.groups[self.baseline]
            and column.report is not None
            and column.report.attribution is not None
        ]

    @cached_property
    def agreement(self) -> Agreement | None:
        """Node by node what the witnesses say about the baseline's graph; None when there are fewer than two."""
        reports = [report for number in self.witnesses if (report := self.columns[number].report) is not None]
        return agreement(*reports) if len(reports) > 1 else None

    def _between(self, one: int, two: int) -> Difference:
        return difference(self.columns, self.alignment, one, two, self.groups[one] == self.groups[two])

    @cached_property
    def _row_of_key(self) -> dict[str, int]:
        found = {row.key: row.index for row in self.rows}
        for column, home in zip(self.columns, self.alignment.homes, strict=True):
            for row in column.tree or ():
                found.setdefault(row.key, home[row.index])
        return found

    @property
    def widget(self) -> Any:
        """The live view (one per comparison). Needs Jupyter: `%load_ext modelexport_nb`."""
        return make_widget(self)

    def to_frame(self) -> Any:
        """The module calls as a pandas DataFrame: one row each, and for each column its figures."""
        from modelexport_nb.comparison_views import to_frame

        return to_frame(self)

    def to_markdown(self, limit: int = 50, times: bool = False) -> str:
        """Tables of the columns, of the module calls and of the nodes that differ, at most `limit` rows of each.

        The same in every run, unless `times` asks for the seconds.
        """
        from modelexport_nb.comparison_views import to_markdown

        return to_markdown(self, limit, times)

    def to_html(self) -> str:
        """Columns and tree as HTML without script, for places where no widget runs. The same in every run."""
        from modelexport_nb.comparison_views import to_html

        return to_html(self)

    def to_json(self, times: bool = False) -> str:
        """Everything as JSON. The same in every run, unless `times` asks for the seconds and the memory."""
        from modelexport_nb.comparison_views import to_json

        return to_json(self, times)

    def __repr__(self) -> str:
        # One line, the same in every run.
        found = "; ".join(_summary(self, number) for number in range(len(self.columns)))
        return f"<Comparison of {self.columns[self.baseline].model_class or 'nothing'}: {found}>"


def _said(columns: Sequence[Column]) -> list[str]:
    """What the reports themselves note: once what all say, else after the column's name."""
    notes: dict[str, list[str]] = {}
    present = [column for column in columns if column.report is not None]
    for column in present:
        for note in column.notes:
            notes.setdefault(note, []).append(column.name)
    return [note if len(names) == len(present) else f"{', '.join(names)}: {note}" for note, names in notes.items()]


def default_names(columns: Sequence[Column]) -> list[str]:
    """The strategy, with the capture where one strategy was used with several; a file that was only read by its own
    name."""
    captures: dict[str, set[str]] = defaultdict(set)
    for column in columns:
        captures[column.strategy].add(column.capture)
    return [
        column.report.path.name if isinstance(column.report, Hierarchy) else _exported(column, captures)
        for column in columns
    ]


def _exported(column: Column, captures: dict[str, set[str]]) -> str:
    several = len(captures[column.strategy] - {"file"}) > 1
    return f"{column.strategy}/{column.capture}" if several else column.strategy


def _summary(comparison: Comparison, number: int) -> str:
    column, found = comparison.columns[number], comparison.differences[number]
    if column.failure is not None or found is None:
        return f"{column.name} failed"
    if number == comparison.baseline:
        return f"{column.name} {column.nodes} nodes"
    return f"{column.name} {column.nodes} nodes, {found.nodes} differ"
