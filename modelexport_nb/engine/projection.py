"""Lay the trace of an eager run over an ONNX graph: both are cut at the values that they have in common.

What lies between the same cuts is the same work. A node whose output equals a traced value is anchored there; the
traced operators between it and the values before it that the graph has too are the work that it stands for, alone or
with the unmatched nodes behind it. Where several traced values are equal, nodes take them in order, as a value that
is handed through (Dropout, a transposition and back) belongs to whoever made it first; an equal value that is left
over and does not come from the taken one was computed twice and merged.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace

import onnx_ir as ir

from .attribution import Evidence, NodeScope
from .matching import comes_from, is_evidence, match_values
from .modules import CallTree
from .samples import Sample
from .values import ValueTrace


@dataclass
class Anchor:
    """A node whose output was found in the trace: the calls whose work it completes, in execution order, and the
    source line of the operator that made the value."""

    calls: list[int]
    source: str | None


@dataclass
class Projection:
    """What the values say about each node; `matched` counts the comparable outputs that were found, of `comparable`."""

    scopes: list[NodeScope | None]
    matched: int
    comparable: int
    equal: dict[str, list[int]] = field(default_factory=dict)  # output name → equal values of the trace


@dataclass
class Projector:
    """Finds scopes for the nodes of a graph from the values that an eager run computed: `Projector(…).run()`.

    Attributes:
        nodes: `graph.all_nodes(model)`.
        samples: a sample of each value of the main graph, by name.
        given: samples of what no node makes and is no parameter, and whether each is an input of the graph.
        trace, calls: what the eager run computed, and its module calls.
        readers: for each node that reads parameters, the calls that were seen to read them.
    """

    nodes: list[ir.Node]
    samples: dict[str, Sample]
    given: list[tuple[Sample, bool]]
    trace: ValueTrace
    calls: CallTree
    readers: dict[int, set[int]]

    def __post_init__(self) -> None:
        self.position = {id(node): at for at, node in enumerate(self.nodes)}
        self.varies = self._varying()
        match = match_values(self.nodes, self.varies, self.samples, self.given, self.trace)
        self.equal, self.present, self.taken = match.equal, match.present, match.taken
        self.used = frozenset(match.taken.values())

    def run(self) -> Projection:
        """Anchor the nodes, and share out what lies between."""
        anchors = {at: anchor for at in range(len(self.nodes)) if (anchor := self._anchor(at)) is not None}
        scopes: list[NodeScope | None] = [None] * len(self.nodes)
        claims: dict[int, list[Anchor]] = defaultdict(list)
        for at, anchor in anchors.items():
            behind = self._behind(at, anchors)
            if not behind:
                scopes[at] = NodeScope(anchor.calls[0], Evidence.VALUE, tuple(anchor.calls[1:]), anchor.source)
                continue
            scopes[at] = self._last_of_region(at, anchor, behind)
            for node in behind:  # a node that never varies may do what the trace did before any input came in
                claims[node].append(anchor if self.varies[node] else self._anchor(at, constants=True) or anchor)
        for node, regions in claims.items():
            scopes[node] = self._claimed(node, regions)
        self._heed_parameters(scopes)
        self._name_readers(scopes)
        comparable = sum(
            is_evidence(sample, self.varies[at])
            for at, node in enumerate(self.nodes)
            for output in node.outputs
            if (sample := self.samples.get(output.name or "")) is not None
        )
        return Projection(scopes, len(self.equal), comparable, self.equal)

    def _heed_parameters(self, scopes: list[NodeScope | None]) -> None:
        """Where no value is found (a damaged layer), the one call that was seen to read a node's parameter has it."""
        for node, readers in self.readers.items():
            scope = scopes[node]
            if len(readers) == 1 and (scope is None or scope.evidence is Evidence.DATAFLOW):
                scopes[node] = NodeScope(min(readers), Evidence.PARAMETER)

    def _name_readers(self, scopes: list[NodeScope | None]) -> None:
        """A call that read a parameter but made no node (a position table looked up whole) did so for the nodes that
        read the parameter now."""
        busy = {call for scope in scopes if scope is not None for call in (scope.call, *scope.also)}
        for node, readers in self.readers.items():
            scope = scopes[node]
            if scope is not None and not readers & busy:
                scopes[node] = replace(scope, also=(*scope.also, *sorted(readers)))

    def _varying(self) -> list[bool]:
        """Whether each node depends on an input of the graph."""
        varies = [False] * len(self.nodes)
        for at, node in enumerate(self.nodes):
            for value in node.inputs:
                maker = value.producer() if value is not None else None
                known = self.position.get(id(maker)) if maker is not None else None
                fed = value is not None and value.is_graph_input()
                varies[at] = varies[at] or fed or (known is not None and varies[known])
        return varies

    def _anchor(self, at: int, constants: bool = False) -> Anchor | None:
        """The calls whose work the node completes: those of the value that it makes, and of equal values that no node
        makes and that do not come from it."""
        made = self.taken.get(at)
        if made is None:
            return None
        ops = self._work(made, constants)
        for other in {value for output in self.nodes[at].outputs for value in self.equal.get(output.name or "", ())}:
            if other not in self.used and not self._handed_through(other, made):
                ops |= self._work(other, constants)
        calls = list(dict.fromkeys(self.trace.ops[op].call for op in sorted(ops)))
        return Anchor(calls, self.trace.ops[self.trace.maker[made]].source)

    def _handed_through(self, one: int, two: int) -> bool:
        """Whether one of two equal values was computed from the other, and not both by themselves."""
        return comes_from(self.trace, one, two) or comes_from(self.trace, two, one)

    def _work(self, value: int, constants: bool) -> set[int]:
        """Traced operators between a value and the values behind it that the graph has too."""
        work: set[int] = set()
        stack = [value]
        while stack:
            op = self.trace.maker[stack.pop()]
            if op < 0 or op in work:
                continue
            work.add(op)
            reads = self.trace.ops[op].reads
            stack.extend(read for read in reads if read not in self.present and (constants or self.trace.varies[read]))
        return work

    def _behind(self, at: int, anchors: dict[int, Anchor]) -> list[int]:
        """Unmatched nodes that feed the anchored node without another anchor between."""
        found: list[int] = []
        stack = [at]
        seen = {at}
        while stack:
            for value in self.nodes[stack.pop()].inputs:
                maker = value.producer() if value is not None else None
                node = self.position.get(id(maker)) if maker is not None else None
                if node is not None and node not in seen and node not in anchors:
                    seen.add(node)
                    found.append(node)
                    stack.append(node)
        return found

    def _last_of_region(self, at: int, anchor: Anchor, behind: list[int]) -> NodeScope:
        """The anchored node of a region of several: the call that returned its value has it; calls of the region in
        which no node of it can be placed stand in `also`."""
        own = self.readers.get(at, set()) & set(anchor.calls)
        scope = min(own) if own else self.trace.ops[self.trace.maker[self.taken[at]]].call
        placed = {scope, *(self._inside(node, anchor) for node in behind)}
        also = [call for call in anchor.calls if call not in placed and not self._around(call, placed)]
        return NodeScope(scope, Evidence.VALUE, tuple(also), anchor.source)

    def _claimed(self, node: int, regions: list[Anchor]) -> NodeScope:
        """An unmatched node. Where each region around it is the work of one call, it does that work for all of them;
        otherwise no more is known than the call around all."""
        calls = sorted({self._inside(node, region) for region in regions})
        if any(self.readers.get(node, set()) & set(region.calls) for region in regions):
            return NodeScope(calls[0], Evidence.PARAMETER, tuple(calls[1:]))
        if all(len(region.calls) == 1 for region in regions):
            return NodeScope(calls[0], Evidence.DATAFLOW, tuple(calls[1:]), regions[0].source)
        return NodeScope(self.calls.common(calls), Evidence.DATAFLOW)

    def _inside(self, node: int, region: Anchor) -> int:
        own = self.readers.get(node, set()) & set(region.calls)
        return min(own) if own else self.calls.common(region.calls)

    def _around(self, call: int, placed: set[int]) -> bool:
        return any(call in self.calls.chain(other) for other in placed)
