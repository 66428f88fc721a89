"""Several module trees as one: each row is a module call, with its place in each of the trees.

A call is found again by its key. One that has gone and one that is new are the same under a new name when they stand in
the same place and are alike in class, number of calls, parameters and operators; what they hold follows them.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from .columns import Column
from .tree import TreeRow

ABSENT = -1


@dataclass(frozen=True)
class CallRow:
    """One module call in at least one of the columns.

    `key` is the one of the first column that has it; `at` is its row in each column's own tree, `ABSENT` where the
    column has no such call.
    """

    index: int
    parent: int
    depth: int
    key: str
    path: str
    name: str
    number: int | None
    calls: int
    class_name: str
    at: tuple[int, ...]


@dataclass(frozen=True)
class Alignment:
    """`rows` in pre-order, row 0 the root; `homes[column][row]` is the row here of a row of the column's own tree."""

    rows: tuple[CallRow, ...]
    homes: tuple[tuple[int, ...], ...]


@dataclass(eq=False)
class _Entry:
    first: TreeRow
    above: _Entry | None
    at: dict[int, int]
    class_name: str
    children: list[_Entry] = field(default_factory=list)
    index: int = -1
    depth: int = 0


def align(columns: Sequence[Column]) -> Alignment:
    """Lay the trees of all columns that have one over each other. Siblings stand as in the first column that has them,
    those of later columns behind the sibling that they follow there."""
    by_key: dict[str, _Entry] = {}
    homes = [_merge(number, columns, by_key) for number, column in enumerate(columns)]
    rows = _flatten(by_key.get(""), len(columns))
    return Alignment(tuple(rows), tuple(tuple(entry.index for entry in home) for home in homes))


def _merge(number: int, columns: Sequence[Column], by_key: dict[str, _Entry]) -> list[_Entry]:
    """Add one column's tree; the entry of each of its rows."""
    tree = columns[number].tree
    keys = {row.key for row in tree or ()}
    gone = _Gone(columns, keys)
    fresh: set[int] = set()
    home: list[_Entry] = []
    for row in tree or ():
        above = home[row.parent] if row.parent >= 0 else None
        entry = by_key.get(row.key)
        if entry is not None and (number in entry.at or (entry.first.key != row.key and entry.first.key in keys)):
            entry = None  # the name stands for another call here
        if entry is None and above is not None:
            entry = gone.take(number, row, above)
        if entry is None and above is not None and tree is not None and _only_holds(row, tree.rows, by_key):
            home.append(above)
            continue
        if entry is None:
            entry = by_key[row.key] = _Entry(row, above, {}, row.class_name)
            fresh.add(id(entry))
        entry.at[number] = row.index
        entry.class_name = entry.class_name or row.class_name
        by_key.setdefault(row.key, entry)
        home.append(entry)
    for row in tree or ():
        _place(home[row.index], [home[child] for child in row.children], fresh)
    return home


def _only_holds(row: TreeRow, rows: Sequence[TreeRow], by_key: dict[str, _Entry]) -> bool:
    """A level of names that other trees do without: nothing is known of it, and all that it holds has its place."""
    unknown = not row.class_name and not row.nodes and bool(row.children)
    return unknown and all(rows[child].key in by_key for child in row.children)


class _Gone:
    """The calls that one column lacks, to be found again under new names."""

    def __init__(self, columns: Sequence[Column], keys: set[str]) -> None:
        self._columns = columns
        self._keys = keys
        self._inside: dict[int, dict[Hashable, deque[_Entry]]] = {}

    def take(self, number: int, row: TreeRow, above: _Entry) -> _Entry | None:
        """The call inside `above` that this new one was, if any; each is taken once."""
        if id(above) not in self._inside:
            self._inside[id(above)] = self._index(above)
        inside = self._inside[id(above)]
        if not inside:
            return None
        waiting = [inside.get((row.name, row.number)), inside.get(_known(self._columns[number].content(row.index)))]
        # within what was renamed, children keep their names; elsewhere an equal name would have had an equal key
        for entries in waiting:
            while entries:
                entry = entries.popleft()
                if number not in entry.at:
                    return entry
        return None

    def _index(self, above: _Entry) -> dict[Hashable, deque[_Entry]]:
        found: dict[Hashable, deque[_Entry]] = defaultdict(deque)
        for entry in above.children:
            if entry.first.key in self._keys:
                continue
            column, row = next(iter(entry.at.items()))
            found[entry.first.name, entry.first.number].append(entry)
            if (content := _known(self._columns[column].content(row))) is not None:
                found[content].append(entry)
        return found


def _known(content: tuple[str, int, int, tuple[tuple[str, int], ...]]) -> Hashable:
    """None where there is nothing by which a call could be known again."""
    class_name, _, _, operators = content
    return content if class_name or operators else None


def _place(above: _Entry, children: list[_Entry], fresh: set[int]) -> None:
    """Put new children behind the siblings that they follow."""
    follow: dict[int | None, list[_Entry]] = defaultdict(list)
    known: int | None = None
    for child in children:
        if child.above is not above:
            continue
        if id(child) in fresh:
            follow[known].append(child)
        else:
            known = id(child)
    if follow:
        above.children = [
            *follow.get(None, []),
            *(entry for child in above.children for entry in (child, *follow.get(id(child), []))),
        ]


def _flatten(root: _Entry | None, columns: int) -> list[CallRow]:
    rows: list[CallRow] = []
    stack = [root] if root is not None else []  # iterative: a model may be nested deeper than Python's recursion limit
    while stack:
        entry = stack.pop()
        entry.index = len(rows)
        entry.depth = entry.above.depth + 1 if entry.above is not None else 0
        rows.append(
            CallRow(
                index=entry.index,
                parent=entry.above.index if entry.above is not None else -1,
                depth=entry.depth,
                key=entry.first.key,
                path=entry.first.path,
                name=entry.first.name,
                number=entry.first.number,
                calls=entry.first.calls,
                class_name=entry.class_name,
                at=tuple(entry.at.get(column, ABSENT) for column in range(columns)),
            )
        )
        stack.extend(reversed(entry.children))
    return rows
