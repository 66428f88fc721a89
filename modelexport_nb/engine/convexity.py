"""Paths that leave a region of a graph and come back into it: a module's own work has none."""

from __future__ import annotations

from collections import defaultdict

import onnx_ir as ir

from .attribution import NodeScope
from .graph import body_owners
from .modules import CallTree


def regions(scopes: list[NodeScope], calls: CallTree) -> dict[int, list[int]]:
    """For each call with nodes: the numbers of the nodes of its region, ascending."""
    members: dict[int, list[int]] = defaultdict(list)
    for number, scope in enumerate(scopes):
        for call in calls.chain(scope.call):
            members[call].append(number)
    return members


def node_reads(nodes: list[ir.Node]) -> list[list[int]]:
    """For each node the nodes that it reads; a node with a body reads what its body reads from outside."""
    position = {id(node): number for number, node in enumerate(nodes)}
    owners = body_owners(nodes)
    reads: list[list[int]] = [[] for _ in nodes]
    for number, node in enumerate(nodes):
        for value in node.inputs:
            maker = value.producer() if value is not None else None
            if maker is None or id(maker) not in position:
                continue
            reads[number].append(position[id(maker)])
            holder = owners.get(number)
            while holder is not None and nodes[holder].graph is not maker.graph and maker.graph is not node.graph:
                reads[holder].append(position[id(maker)])
                holder = owners.get(holder)
            if holder is not None and maker.graph is not node.graph:
                reads[holder].append(position[id(maker)])
    return reads


def detours(region: list[int], reads: list[list[int]]) -> list[int]:
    """Nodes outside a region that are fed by it and feed it; none where the region is convex.

    Args:
        region: numbers of its nodes, ascending.
        reads: `node_reads(nodes)`.
    """
    inside = set(region)
    fed: set[int] = set()
    for number in range(region[0], region[-1] + 1):
        if number not in inside and any(maker in inside or maker in fed for maker in reads[number]):
            fed.add(number)
    feeding: set[int] = set()
    for number in range(region[-1], region[0] - 1, -1):
        if number in inside or number in feeding:
            feeding.update(maker for maker in reads[number] if maker in fed)
    return sorted(feeding)
