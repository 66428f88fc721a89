"""Values of a graph by the places of the nodes that make and read them, in the order of execution."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
import onnx_ir as ir

from ...graph import body_owners


@dataclass(frozen=True)
class Flow:
    """A value: the position of the node that makes it (-1: from outside) and of those that read it, in order.

    What leaves the graph is read at the position after the last node, what leaves a body by the node that holds it.
    """

    made: int
    read: tuple[int, ...]

    @property
    def weight(self) -> float:
        """A value that many nodes read counts less: it is spread over the model rather than handed to one module."""
        return len(self.read) ** -0.5


def execution_order(nodes: list[ir.Node]) -> list[int]:
    """Numbers of the nodes, each after everything that it reads: bodies of If, Loop and Scan before their node."""
    inside: dict[int, list[int]] = defaultdict(list)
    owners = body_owners(nodes)
    for number, owner in owners.items():
        inside[owner].append(number)
    order: list[int] = []

    def visit(number: int) -> None:
        for inner in inside.get(number, ()):
            visit(inner)
        order.append(number)

    for number in range(len(nodes)):
        if number not in owners:
            visit(number)
    return order


def told_in_order(order: list[int], nodes: list[ir.Node], moments: dict[int, int]) -> list[int]:
    """Another order of execution, in which nodes with a known moment come as they ran and the others as soon as they
    can.

    Args:
        order: numbers of the nodes, each after everything that it reads.
        moments: when nodes ran, by number.
    """
    position = {id(nodes[number]): number for number in order}
    inside: dict[int, list[int]] = defaultdict(list)
    for inner, owner in body_owners(nodes).items():
        inside[owner].append(inner)
    waiting: dict[int, int] = {}
    feeds: dict[int, list[int]] = defaultdict(list)
    for number in order:
        makers = {id(value.producer()) for value in nodes[number].inputs if value is not None} & position.keys()
        before = {position[maker] for maker in makers} | set(inside[number])
        waiting[number] = len(before)
        for maker in before:
            feeds[maker].append(number)
    rank = {number: (moments.get(number, -1), place) for place, number in enumerate(order)}
    ready = [(*rank[number], number) for number in order if not waiting[number]]
    heapify(ready)
    told = []
    while ready:
        number = heappop(ready)[-1]
        told.append(number)
        for reader in feeds[number]:
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, (*rank[reader], reader))
    return told


def flows_between(graph: ir.Graph, nodes: list[ir.Node], order: list[int], carriers: dict[int, int]) -> list[Flow]:
    """All values that nodes exchange with each other and with the outside; weights are no such values."""
    position = {id(nodes[number]): place for place, number in enumerate(order)}
    holder = {id(nodes[number].graph): position[id(nodes[owner])] for number, owner in body_owners(nodes).items()}
    flows = []
    made = [(-1, value) for value in graph.inputs]
    made += [
        (place, value) for place, number in enumerate(order) if place not in carriers for value in nodes[number].outputs
    ]
    for place, value in made:
        read = {position[id(use.node)] for use in value.uses() if id(use.node) in position}
        if value.is_graph_output():
            read.add(holder.get(id(value.graph), len(order)))
        flows.append(Flow(place, tuple(sorted(read))))
    return flows


def connected(flows: list[Flow], known: set[int], length: int) -> set[int]:
    """Positions that some path of values, in either direction, joins to a known one."""
    neighbours: dict[int, set[int]] = defaultdict(set)
    for flow in flows:
        for reader in flow.read:
            if flow.made >= 0 and reader < length:
                neighbours[flow.made].add(reader)
                neighbours[reader].add(flow.made)
    reached = set(known)
    pending = list(known)
    while pending:
        fresh = neighbours[pending.pop()] - reached
        reached |= fresh
        pending.extend(fresh)
    return reached


class Cuts:
    """How many values cross each position, and how many a stretch of nodes exchanges with the rest."""

    def __init__(self, length: int, flows: list[Flow]) -> None:
        born: dict[int, list[Flow]] = defaultdict(list)
        for flow in flows:
            if flow.read:
                born[flow.made + 1].append(flow)
        self._live: list[list[Flow]] = []
        live: list[Flow] = []
        for position in range(length + 1):
            live = [flow for flow in live if flow.read[-1] >= position] + born[position]
            self._live.append(live)

    def between(self, low: int, high: int, most: int) -> np.ndarray:
        """Positions from `low` to `high`; if there are too many, the ends and the narrowest."""
        positions = list(range(low, high + 1))
        if len(positions) > most:
            inner = sorted(positions[1:-1], key=lambda position: len(self._live[position]))[: most - 2]
            positions = [low, *sorted(inner), high]
        return np.array(positions)

    def width(self, positions: np.ndarray) -> np.ndarray:
        """Number of values that cross each position."""
        return np.array([len(self._live[position]) for position in positions], dtype=float)

    def exchanged(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Weight of the values that a stretch takes from before and gives to after it, for each start and end."""
        taken = [_weight_below(self._live[start], _read_from(start), ends) for start in starts]
        kept = [_weight_below(self._live[end], _made, starts) for end in ends]
        all_live = [sum(flow.weight for flow in self._live[end]) for end in ends]
        return np.array(taken) + np.array(all_live)[None, :] - np.array(kept).T

    def outside_reads(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """How often a stretch reads values from before it, for each start and end."""
        return np.array([np.searchsorted(self._all_reads(start), ends, side="left") for start in starts], dtype=float)

    def _all_reads(self, position: int) -> list[int]:
        return sorted(read for flow in self._live[position] for read in flow.read if read >= position)


def _weight_below(flows: list[Flow], place: Callable[[Flow], int], limits: np.ndarray) -> np.ndarray:
    """For each limit the weight of the values whose place lies below it."""
    ordered = sorted(flows, key=place)
    sums = np.cumsum([0.0, *(flow.weight for flow in ordered)])
    return sums[np.searchsorted([place(flow) for flow in ordered], limits, side="left")]


def _made(flow: Flow) -> int:
    return flow.made


def _read_from(position: int) -> Callable[[Flow], int]:
    return lambda flow: flow.read[bisect_left(flow.read, position)]
