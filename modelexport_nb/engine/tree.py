"""The rows that every view shows: one for each module call and one for each module that never ran.

Knows nothing of HTML, widgets or terminals; the views know nothing of torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .attribution import Attribution
from .modules import ModuleTree


@dataclass
class TreeRow:
    """One row. `nodes` are the numbers of the ONNX nodes that the call's own `forward` made, in execution order;
    `total` counts those of the calls inside it too. `reason` says why `total` is 0."""

    index: int
    parent: int
    path: str
    name: str
    class_name: str
    number: int | None  # call number, None for a module that was never called
    calls: int  # how often the module was called in all
    parameters: int
    bytes: int
    absolute: bool = False  # `name` is the whole path: the caller does not contain the module
    nodes: list[int] = field(default_factory=list)
    total: int = 0
    reason: str | None = None
    children: list[int] = field(default_factory=list)

    @property
    def key(self) -> str:
        """`path`, or `path#n` for later calls."""
        return f"{self.path}#{self.number}" if self.number else self.path


@dataclass(frozen=True)
class Tree:
    """All rows in pre-order; row 0 is the root."""

    rows: list[TreeRow]
    row_of_call: dict[int, int]

    def __iter__(self) -> Iterator[TreeRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, key: str) -> TreeRow | None:
        """The row of `path` or `path#n`; None when there is none."""
        return next((row for row in self.rows if row.key == key), None)

    def region(self, row: TreeRow) -> list[int]:
        """Numbers of the nodes made by this call and the calls inside it, in execution order."""
        end = row.index + 1  # rows stand in pre-order: those inside follow directly
        while end < len(self.rows) and self.rows[end].parent >= row.index:
            end += 1
        return sorted(node for inside in self.rows[row.index : end] for node in inside.nodes)


@dataclass
class _Entry:
    path: str
    call: int | None
    children: list[_Entry] = field(default_factory=list)


def build_tree(modules: ModuleTree, attribution: Attribution) -> Tree:
    """Arrange calls by what called them, and modules that never ran below the first call around them."""
    entries = _call_entries(attribution)
    _add_uncalled(modules, attribution, entries)
    rows: list[TreeRow] = []
    row_of_call: dict[int, int] = {}
    _flatten(modules, attribution, entries[0], -1, rows, row_of_call)
    for number, scope in enumerate(attribution.scopes):
        rows[row_of_call[scope.call]].nodes.append(number)
    for row in reversed(rows):
        row.total += len(row.nodes)
        if row.parent >= 0:
            rows[row.parent].total += row.total
    _explain_empty(attribution, rows, row_of_call)
    return Tree(rows, row_of_call)


def _call_entries(attribution: Attribution) -> list[_Entry]:
    entries = [_Entry(call.path, call.index) for call in attribution.calls.calls]
    for call in attribution.calls.calls:
        if call.parent >= 0:
            entries[call.parent].children.append(entries[call.index])
    return entries


def _add_uncalled(modules: ModuleTree, attribution: Attribution, entries: list[_Entry]) -> None:
    """A container that only holds modules has no row of its own; any other module that never ran has one."""
    calls = attribution.calls
    around_called = {path for call in calls.calls for path in modules.ancestors(call.path)}
    home: dict[str, _Entry] = {}
    for entry in entries:
        home.setdefault(entry.path, entry)
    for path, info in modules.modules.items():
        if calls.count(path) or (info.has_children and not info.owns_tensors and path in around_called):
            continue
        entry = _Entry(path, None)
        holder = next(outer for outer in modules.ancestors(path)[1:] if outer in home)
        home[holder].children.append(entry)
        home[path] = entry
    order = {path: position for position, path in enumerate(modules.modules)}
    for entry in home.values():
        _place_uncalled(entry, order)


def _place_uncalled(entry: _Entry, order: dict[str, int]) -> None:
    """Keep calls in execution order and put each module that never ran after its predecessor in the model."""
    called = [child for child in entry.children if child.call is not None]
    for child in (child for child in entry.children if child.call is None):
        before = [at for at, other in enumerate(called) if order[other.path] < order[child.path]]
        called.insert(before[-1] + 1 if before else 0, child)
    entry.children = called


def _flatten(
    modules: ModuleTree,
    attribution: Attribution,
    top: _Entry,
    parent: int,
    rows: list[TreeRow],
    row_of_call: dict[int, int],
) -> None:
    stack = [(top, parent)]  # iterative: a model may be nested deeper than Python's recursion limit
    while stack:
        entry, above = stack.pop()
        info = modules.modules[entry.path]
        name, absolute = _label(entry.path, rows[above].path if above >= 0 else None)
        row = TreeRow(
            index=len(rows),
            parent=above,
            path=entry.path,
            name=name,
            absolute=absolute,
            class_name=info.class_name,
            number=None if entry.call is None else attribution.calls[entry.call].number,
            calls=attribution.calls.count(entry.path),
            parameters=info.parameters,
            bytes=info.bytes,
        )
        rows.append(row)
        if above >= 0:
            rows[above].children.append(row.index)
        if entry.call is not None:
            row_of_call[entry.call] = row.index
        stack.extend((child, row.index) for child in reversed(entry.children))


def _label(path: str, above: str | None) -> tuple[str, bool]:
    if above is None:
        return "", False
    if above == "":
        return path, False
    if path.startswith(above + "."):
        return path[len(above) + 1 :], False
    return path, True


def _explain_empty(attribution: Attribution, rows: list[TreeRow], row_of_call: dict[int, int]) -> None:
    call_of_row = {row: call for call, row in row_of_call.items()}
    folded: dict[int, int] = {}
    for scope in attribution.scopes:
        for call in scope.also:
            folded.setdefault(call, scope.call)
    for row in reversed(rows):  # children first: a parent is explained by what became of its children
        if row.total:
            continue
        call = call_of_row.get(row.index, -1)
        if call < 0:
            row.reason = "hidden from the capture" if row.path in attribution.hidden else "never called"
        elif call in folded:
            row.reason = f"folded into {attribution.calls[folded[call]].key or 'the root'}"
        elif call in attribution.removed:
            row.reason = attribution.removed[call]
        elif row.children:
            reasons = {rows[child].reason for child in row.children}
            row.reason = reasons.pop() if len(reasons) == 1 else "all of its work is gone"
        else:
            row.reason = "made no operator"
