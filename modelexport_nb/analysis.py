"""What a file tells of its modules, in figures: how much is attributed, on what evidence, how deep, which operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

import onnx_ir as ir

from .engine.attribution import Evidence
from .engine.contract import is_tagged
from .engine.errors import InputError
from .engine.graph import all_nodes
from .engine.hierarchy import Hierarchy
from .engine.metadata import row_tag
from .engine.tree import TreeRow

ANYTHING = "*"


@dataclass(frozen=True)
class ModuleFigures:
    """One module call. `operators` and `evidence` count the nodes of the calls inside it too, as `nodes` does."""

    key: str
    class_name: str
    tag: str
    depth: int
    nodes: int
    own: int
    parameters: int
    operators: dict[str, int]
    evidence: dict[str, int]
    reason: str | None


@dataclass(frozen=True, eq=False)
class Analysis:
    """The module calls that fit the patterns, and the nodes inside them."""

    hierarchy: Hierarchy
    path: str
    tag: str

    @classmethod
    def of(cls, hierarchy: Hierarchy, path: str | None = None, tag: str | None = None) -> Analysis:
        """Look at a file, or at those of its module calls whose key and whose tag fit a pattern in which `*` stands
        for anything.

        Raises:
            InputError: nothing fits.
        """
        found = cls(hierarchy, path or ANYTHING, tag or ANYTHING)
        if not found.rows:
            pattern = " and ".join(given for given in (path, tag) if given)
            some = ", ".join(row.key for row in hierarchy.tree.rows[1:4])
            raise InputError(f"No module call fits {pattern}. There are {some or 'none but the root'} and so on.")
        return found

    @property
    def whole(self) -> bool:
        """Whether everything fits."""
        return self.path == self.tag == ANYTHING

    @cached_property
    def rows(self) -> list[TreeRow]:
        """The module calls that fit."""
        tree = self.hierarchy.tree
        return [
            row
            for row in tree
            if fnmatchcase(row.key, self.path) and (self.tag == ANYTHING or fnmatchcase(row_tag(tree, row), self.tag))
        ]

    @cached_property
    def nodes(self) -> list[int]:
        """Numbers of the nodes inside them."""
        return sorted({node for row in self.rows for node in self.hierarchy.tree.region(row)})

    @cached_property
    def modules(self) -> list[ModuleFigures]:
        """The figures of each module call that fits."""
        return [self._figures(row) for row in self.rows]

    @cached_property
    def covered(self) -> int:
        """Of the nodes those that the file attributes: that carry our tags, or that another source puts somewhere."""
        if self.hierarchy.attribution is None:
            return sum(bool(self.hierarchy.scopes[node]) for node in self.nodes)
        return sum(is_tagged(self._graph[node]) for node in self.nodes)

    @cached_property
    def evidence(self) -> dict[str, int]:
        """How many of the nodes have each kind of evidence; empty where the file states none."""
        return self._evidence(self.nodes)

    @cached_property
    def operators(self) -> dict[str, int]:
        """How many of the nodes are of each operator, the most frequent first."""
        return dict(self._operators(self.nodes).most_common())

    @cached_property
    def depths(self) -> dict[int, int]:
        """How many of the nodes were made at each depth; 0 is the root's own `forward`."""
        depth_of = {node: self._depths[row.index] for row in self.hierarchy.tree for node in row.nodes}
        counts = Counter(depth_of[node] for node in self.nodes)
        return {depth: counts[depth] for depth in range(max(counts, default=0) + 1)}

    def _figures(self, row: TreeRow) -> ModuleFigures:
        region = self.hierarchy.tree.region(row)
        return ModuleFigures(
            key=row.key,
            class_name=row.class_name,
            tag=row_tag(self.hierarchy.tree, row),
            depth=self._depths[row.index],
            nodes=row.total,
            own=len(row.nodes),
            parameters=row.parameters,
            operators=dict(self._operators(region).most_common()),
            evidence=self._evidence(region),
            reason=row.reason,
        )

    def _operators(self, nodes: Iterable[int]) -> Counter[str]:
        return Counter(self._graph[node].op_type for node in nodes)

    def _evidence(self, nodes: Iterable[int]) -> dict[str, int]:
        attribution = self.hierarchy.attribution
        if attribution is None:
            return {}
        counts = Counter(attribution.scopes[node].evidence for node in nodes if is_tagged(self._graph[node]))
        return {str(kind): counts[kind] for kind in Evidence if counts[kind]}

    @cached_property
    def _graph(self) -> list[ir.Node]:
        return all_nodes(self.hierarchy.graph)

    @cached_property
    def _depths(self) -> list[int]:
        depths: list[int] = []
        for row in self.hierarchy.tree:  # a parent stands before its children
            depths.append(depths[row.parent] + 1 if row.parent >= 0 else 0)
        return depths
