"""Which traced value each node of a graph makes, where several traced values are equal.

A value that is handed through (Dropout, a transposition and back) is equal to what it was, and equal work of two
modules makes equal values. Two things tell them apart: a node makes its value after the values that it is computed
from, and the value that it makes is the one that its readers read.
"""

from __future__ import annotations

from dataclasses import dataclass

import onnx_ir as ir

from .graph import body_owners
from .samples import Sample, SampleIndex
from .values import ValueTrace

FEWEST = 4  # so few numbers are equal by accident: they anchor nothing


@dataclass(frozen=True)
class Match:
    """What graph and trace have in common.

    Attributes:
        equal: for each output name the equal values of the trace, ascending.
        present: values of the trace that the graph has too, computed by a node, given or held as a constant.
        taken: for each node of the main graph with an equal value: the one that it makes.
    """

    equal: dict[str, list[int]]
    present: frozenset[int]
    taken: dict[int, int]


def is_evidence(sample: Sample, varies: bool) -> bool:
    """Integers and booleans that do not depend on an input (0, 1, 2, … as positions) are the same anywhere."""
    return not sample.plain and sample.numbers.size >= FEWEST and (varies or sample.kind == "f")


def match_values(
    nodes: list[ir.Node],
    varies: list[bool],
    samples: dict[str, Sample],
    given: list[tuple[Sample, bool]],
    trace: ValueTrace,
) -> Match:
    """Find every value of the graph in the trace.

    Args:
        nodes: `graph.all_nodes(model)`; `varies`: whether each depends on an input of the graph.
        samples: a sample of each value of the main graph, by name.
        given: samples of what no node makes and is no parameter, and whether each is an input of the graph.
        trace: what the eager run computed.
    """
    index = SampleIndex()
    for value, sample in enumerate(trace.samples):
        if sample is not None and value not in trace.unfilled and is_evidence(sample, trace.varies[value]):
            index.add(value, sample)
    equal: dict[str, list[int]] = {}
    present: set[int] = set()
    for at, node in enumerate(nodes):
        for name in (output.name or "" for output in node.outputs):
            sample = samples.get(name)
            if sample is not None and is_evidence(sample, varies[at]) and (found := index.find(sample)):
                equal[name] = found
                present.update(found)
    for sample, is_input in given:
        if is_evidence(sample, varies=is_input):
            present.update(index.find(sample))
    return Match(equal, frozenset(present), _Choice(nodes, equal, present, trace).taken)


class _Choice:
    """One of the equal values for each node: in order first, then by what its readers read."""

    def __init__(self, nodes: list[ir.Node], equal: dict[str, list[int]], present: set[int], trace: ValueTrace) -> None:
        self.nodes = nodes
        self.present = present
        self.trace = trace
        self.position = {id(node): at for at, node in enumerate(nodes)}
        bodies = body_owners(nodes)
        found = {at: {v for o in node.outputs for v in equal.get(o.name or "", ())} for at, node in enumerate(nodes)}
        self.found = {at: sorted(values) for at, values in found.items() if values and at not in bodies}
        self.taken: dict[int, int] = {}
        self.earliest = [-1] * len(nodes)  # the traced operator after which a node's value was made
        self._take_in_order()
        self._heed_readers()

    def _take_in_order(self) -> None:
        used: set[int] = set()
        for at, node in enumerate(self.nodes):
            makers = (self._node_of(value) for value in node.inputs)
            after = max((self.earliest[maker] for maker in makers if maker is not None), default=-1)
            self.earliest[at] = after
            if at not in self.found:
                continue
            later = [value for value in self.found[at] if self.trace.maker[value] > after]
            self.found[at] = later = later or self.found[at]
            self.taken[at] = next((value for value in later if value not in used), later[0])
            used.add(self.taken[at])
            self.earliest[at] = self.trace.maker[self.taken[at]]

    def _heed_readers(self) -> None:
        """From the last node to the first: readers are certain before what they read."""
        certain: set[int] = set()
        open_: list[int] = []
        for at in sorted(self.found, reverse=True):
            wanted = self._wanted(at) if len(self.found[at]) > 1 else set()
            if wanted:
                self.taken[at] = min(self._first_of(value, self.found[at]) for value in wanted)
                certain.add(self.taken[at])
            elif len(self.found[at]) > 1:
                open_.append(at)
        for at in sorted(open_):  # what is left over is shared out in order again
            if self.taken[at] in certain:
                self.taken[at] = next((value for value in self.found[at] if value not in certain), self.taken[at])
            certain.add(self.taken[at])

    def _wanted(self, at: int) -> set[int]:
        """Of the values that a node may make: those that were read to make what its readers make."""
        candidates = set(self.found[at])
        wanted: set[int] = set()
        stack, seen = [at], {at}
        while stack:
            for output in self.nodes[stack.pop()].outputs:
                for use in output.uses():
                    reader = self.position.get(id(use.node))
                    if reader is None or reader in seen:
                        continue
                    seen.add(reader)
                    if reader in self.taken:
                        wanted |= candidates & self._read_for(self.taken[reader])
                    else:
                        stack.append(reader)
        return wanted

    def _read_for(self, value: int) -> set[int]:
        """The nearest values that the graph has too and from which a value was computed."""
        read: set[int] = set()
        stack, seen = [value], set()
        while stack:
            op = self.trace.maker[stack.pop()]
            if op < 0 or op in seen:
                continue
            seen.add(op)
            for value_read in self.trace.ops[op].reads:
                if value_read in self.present:
                    read.add(value_read)
                else:
                    stack.append(value_read)
        return read

    def _first_of(self, value: int, candidates: list[int]) -> int:
        """The earliest candidate that was handed through until it was `value`."""
        return next((c for c in candidates if c <= value and comes_from(self.trace, value, c)), value)

    def _node_of(self, value: ir.Value | None) -> int | None:
        maker = value.producer() if value is not None else None
        return self.position.get(id(maker)) if maker is not None else None


def comes_from(trace: ValueTrace, value: int, origin: int) -> bool:
    """Whether a traced value was computed from another."""
    earliest = trace.maker[origin]
    stack, seen = [value], set()
    while stack:
        current = stack.pop()
        if current == origin:
            return True
        op = trace.maker[current]
        if op > earliest and op not in seen:
            seen.add(op)
            stack.extend(trace.ops[op].reads)
    return False
