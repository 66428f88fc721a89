"""What static views show of a tree: equal neighbours folded into one entry, deep levels cut to a size.

Knows neither HTML nor terminals; the views know nothing of folding.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from .engine.graph import all_nodes
from .engine.hierarchy import Hierarchy
from .engine.report import ExportReport
from .engine.tree import TreeRow
from .signatures import signatures

# Two equal neighbours are read as fast as `2 ×`.
FEWEST_COPIES = 3
# Deeper than this no reader follows, and no renderer of nested lists keeps up.
DEEPEST = 40


@dataclass
class Entry:
    """One line of a view: a module call, or a run of `copies` equal ones, with the children of the first.

    `operators` counts the ONNX operators that the call's own `forward` made, `below` the entries below this
    one, `hidden` those of them that were cut off.
    """

    row: TreeRow
    last: TreeRow
    copies: int
    operators: dict[str, int]
    children: list[Entry]
    below: int
    hidden: int = 0

    @property
    def label(self) -> str:
        """`encoder`, `layer.1 … layer.5`, `block, call 1 … block, call 11`."""
        first = _called(self.row)
        return first if self.copies == 1 else f"{first} … {_called(self.last)}"


def outline(shown: ExportReport | Hierarchy, limit: int) -> Entry:
    """The folded tree, cut to `limit` entries: whole levels, and where the first is longer, its beginning."""
    nodes = all_nodes(shown.graph)
    ops = [node.op_type for node in nodes]
    tree = shown.tree
    same = signatures(shown, nodes)
    # Children have higher numbers than their parent: built from the last row to the first, without recursion.
    runs_of: dict[int, list[Entry]] = {}
    for row in reversed(tree.rows):
        children = [tree.rows[index] for index in row.children]
        runs_of[row.index] = [_entry(run, ops, runs_of.pop(run[0].index)) for run in _runs(children, same)]
        for child in children:
            runs_of.pop(child.index, None)
    root = _entry([tree.rows[0]], ops, runs_of[0])
    _cut(root, limit)
    return root


def _called(row: TreeRow) -> str:
    name = row.name or row.class_name
    return name if row.calls < 2 else f"{name}, call {row.number}"


def _entry(run: list[TreeRow], ops: list[str], children: list[Entry]) -> Entry:
    operators = dict(Counter(ops[node] for node in run[0].nodes))
    below = len(children) + sum(child.below for child in children)
    return Entry(run[0], run[-1], len(run), operators, children, below)


def _runs(rows: list[TreeRow], same: list[int]) -> list[list[TreeRow]]:
    """Neighbours in groups: enough equal ones that are numbered in sequence form one, others stay alone."""
    groups: list[list[TreeRow]] = []
    for row in rows:
        if groups and _follows(groups[-1][-1], row) and same[groups[-1][-1].index] == same[row.index]:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [part for group in groups for part in ([group] if len(group) >= FEWEST_COPIES else [[r] for r in group])]


def _follows(before: TreeRow, row: TreeRow) -> bool:
    """Whether `row` is the next call of the same module, or the next in a numbered sequence of modules."""
    if before.path == row.path:
        return before.number is not None and row.number == before.number + 1
    if before.number != row.number:
        return False
    numbered = [re.fullmatch(r"(.*?)(\d{1,9})", text) for text in (before.name, row.name)]
    if numbered[0] is None or numbered[1] is None:
        return False
    (head, first), (other, second) = (match.groups() for match in numbered if match)
    return head == other and int(second) == int(first) + 1


def _cut(root: Entry, limit: int) -> None:
    level, shown = [root], 1
    for _ in range(DEEPEST):
        below = [child for entry in level for child in entry.children]
        if shown + len(below) > limit:
            break
        level, shown = below, shown + len(below)
    for entry in level:
        keep = limit - shown if entry is root else 0  # never a root alone
        entry.hidden = entry.below - sum(1 + child.below for child in entry.children[:keep])
        entry.children = entry.children[:keep]
        for child in entry.children:
            child.hidden, child.children = child.below, []
