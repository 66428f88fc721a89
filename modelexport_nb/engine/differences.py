"""What differs between two columns of a comparison, call by call and, on one graph, node by node."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .agreement import signatures
from .alignment import ABSENT, Alignment, CallRow
from .columns import Column
from .graph import all_nodes
from .report import ExportReport


@dataclass(frozen=True, repr=False)
class Difference:
    """What two columns do not have in common.

    Attributes:
        one, two: names of the columns.
        same_graph: whether both are about the same graph, so that nodes can be compared one by one.
        added, removed: keys of the module calls that only `two`, only `one` has.
        renamed: module calls with their key in `one` and in `two`: gone from one place there and new in the same
            place, alike in class, calls, parameters and operators. Calls inside them are not listed again.
        moved: on the same graph the numbers of the nodes that have another scope; else empty.
        inside: for each row of the comparison how many nodes of the call and the calls inside it differ: those of
            `moved` that are there in either column; on different graphs, for each call, the nodes of which there are
            more or fewer than in the other column, operator by operator.
    """

    one: str
    two: str
    same_graph: bool
    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    moved: tuple[int, ...]
    inside: tuple[int, ...]

    @property
    def nodes(self) -> int:
        """How many nodes differ in all."""
        return self.inside[0] if self.inside else 0

    @property
    def none(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.renamed or self.nodes)

    def __repr__(self) -> str:
        counts = {
            "added": len(self.added),
            "removed": len(self.removed),
            "renamed": len(self.renamed),
            "attributed differently" if self.same_graph else "nodes more or fewer": self.nodes,
        }
        found = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
        return f"<Difference {self.one} and {self.two}: {found or 'none'}>"


def graph_groups(columns: Sequence[Column]) -> tuple[int, ...]:
    """Equal numbers for columns that are about the same graph; -1 for those without one.

    The same graph is the same operators in the same order, each reading the same results, as in `agreement()`.
    """
    seen: dict[object, int] = {}
    groups = []
    for column in columns:
        if column.report is None:
            groups.append(-1)
        else:
            graph = tuple(signatures(all_nodes(column.report.graph)))
            groups.append(seen.setdefault(graph, len(seen)))
    return tuple(groups)


def difference(columns: Sequence[Column], alignment: Alignment, one: int, two: int, same_graph: bool) -> Difference:
    """Compare column `two` with column `one`; both have a report."""
    a, b = columns[one], columns[two]
    moved: tuple[int, ...] = ()
    if same_graph:
        scopes = zip(_scopes(a, alignment.homes[one]), _scopes(b, alignment.homes[two]), strict=True)
        moved = tuple(node for node, (in_a, in_b) in enumerate(scopes) if in_a != in_b)
        inside = _moved_inside(columns, alignment, (one, two), moved)
    else:
        inside = _counted_inside(columns, alignment, one, two)
    return Difference(
        one=a.name,
        two=b.name,
        same_graph=same_graph,
        added=_only_in(columns, alignment, two, one),
        removed=_only_in(columns, alignment, one, two),
        renamed=_renamed(columns, alignment, one, two),
        moved=moved,
        inside=tuple(inside),
    )


def _scopes(column: Column, home: tuple[int, ...]) -> list[int]:
    return [home[row] for row in column.row_of_node]


def _moved_inside(
    columns: Sequence[Column], alignment: Alignment, pair: tuple[int, int], moved: tuple[int, ...]
) -> list[int]:
    counts = [0] * len(alignment.rows)
    for node in moved:
        around: set[int] = set()
        for number in pair:
            column, home = columns[number], alignment.homes[number]
            row = column.row_of_node[node]
            while row >= 0 and column.tree is not None:
                around.add(home[row])
                row = column.tree.rows[row].parent
        for row in around:  # once, where both columns have the node inside the call
            counts[row] += 1
    return counts


def _counted_inside(columns: Sequence[Column], alignment: Alignment, one: int, two: int) -> list[int]:
    counts = []
    for row in alignment.rows:
        a, b = (
            columns[number].own(row.at[number]) if row.at[number] != ABSENT else Counter[str]() for number in (one, two)
        )
        counts.append(max((a - b).total(), (b - a).total()))  # a replaced node is one difference, not two
    for row in reversed(alignment.rows):
        if row.parent >= 0:
            counts[row.parent] += counts[row.index]
    return counts


def _only_in(columns: Sequence[Column], alignment: Alignment, one: int, other: int) -> tuple[str, ...]:
    """Keys of calls; a module that was never called is none."""
    tree = columns[one].tree
    assert tree is not None  # told by `difference`
    found = (tree.rows[row.at[one]] for row in alignment.rows if row.at[one] != ABSENT and row.at[other] == ABSENT)
    return tuple(row.key for row in found if row.number is not None)


def _renamed(columns: Sequence[Column], alignment: Alignment, one: int, two: int) -> tuple[tuple[str, str], ...]:
    trees = columns[one].tree, columns[two].tree
    changed: set[int] = set()
    found = []
    for row in alignment.rows:
        if ABSENT in (row.at[one], row.at[two]):
            continue
        keys = [tree.rows[row.at[number]].key for tree, number in zip(trees, (one, two), strict=True) if tree]
        if keys[0] != keys[1]:
            changed.add(row.index)
            if row.parent not in changed:
                found.append((keys[0], keys[1]))
    return tuple(found)


def model_notes(columns: Sequence[Column], alignment: Alignment) -> tuple[str, ...]:
    """One line for each column that is about another model than the first: what differs."""
    present = [number for number, column in enumerate(columns) if column.report is not None]
    notes = [_model_note(columns, alignment, present[0], number) for number in present[1:]]
    return tuple(note for note in notes if note is not None)


def _model_note(columns: Sequence[Column], alignment: Alignment, one: int, two: int) -> str | None:
    a, b = columns[one], columns[two]
    both = [row for row in alignment.rows if ABSENT not in (row.at[one], row.at[two])]
    if _names_class(a) and _names_class(b) and a.model_class != b.model_class:
        return (
            f"{a.name} and {b.name} are of different models, {a.model_class} and {b.model_class}: "
            f"{len(both)} of {len(alignment.rows)} rows are in both."
        )
    if not _tells_modules(a) or not _tells_modules(b):
        return None
    only = [_only_modules(a, b), _only_modules(b, a)]
    if any(only):
        return f"{a.name} and {b.name} have different modules: {'; '.join(text for text in only if text)}."
    classes = {row.key: _classes(columns, row, (one, two)) for row in both}
    other = [(key, *found) for key, found in classes.items() if len(found) > 1]
    if other:
        key, was, now = other[0]
        return f"{a.name} and {b.name} have modules of different classes: {len(other)}, first {key}: {was} and {now}."
    if a.parameters != b.parameters and isinstance(a.report, ExportReport) and isinstance(b.report, ExportReport):
        return f"{a.name} and {b.name} have different numbers of parameters: {a.parameters} and {b.parameters}."
    return None


def _names_class(column: Column) -> bool:
    """Whether what the root is called is a class."""
    return isinstance(column.report, ExportReport) or column.strategy not in ("names", "flat")


def _tells_modules(column: Column) -> bool:
    """Whether it knows all modules, those without nodes included."""
    return column.report is not None and column.report.attribution is not None


def _only_modules(one: Column, other: Column) -> str | None:
    known = other.report.modules.modules if other.report is not None else {}
    only = [path for path in (one.report.modules.modules if one.report is not None else {}) if path not in known]
    return f"{len(only)} only in {one.name}, first {only[0]}" if only else None


def _classes(columns: Sequence[Column], row: CallRow, pair: tuple[int, int]) -> list[str]:
    """The distinct classes of a call."""
    trees = [(columns[number].tree, row.at[number]) for number in pair]
    return list(dict.fromkeys(tree.rows[at].class_name for tree, at in trees if tree is not None))
