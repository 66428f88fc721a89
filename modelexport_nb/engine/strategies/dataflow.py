"""Scopes for nodes of which nothing is recorded: from the nodes around them."""

from __future__ import annotations

import onnx_ir as ir

from ..attribution import Evidence, NodeScope
from ..convexity import detours, node_reads, regions
from ..graph import body_owners
from ..modules import CallTree

GUESSES = (Evidence.DATAFLOW, Evidence.ROOT)


def fill_from_neighbours(nodes: list[ir.Node], scopes: list[NodeScope | None], calls: CallTree) -> list[NodeScope]:
    """Give every node without a scope the innermost call around the known nodes on both sides of it.

    A node with known nodes on one side only takes the call around those; one with neither takes the call of the node
    that holds it in its body (a Loop), or stays at the root with evidence `root`. The call is the common one, never
    one of several: a guess must not be too deep.
    """
    position = {id(node): at for at, node in enumerate(nodes)}
    owners = body_owners(nodes)
    ahead: list[int | None] = [None if scope is None else scope.call for scope in scopes]
    behind = list(ahead)
    for at in range(len(nodes) - 1, -1, -1):  # readers come later, so they are known first
        if scopes[at] is None:
            readers = _readers(nodes[at], position) or ([owners[at]] if at in owners else [])  # If reads its branches
            ahead[at] = _common([ahead[reader] for reader in readers], calls)
    for at, node in enumerate(nodes):
        if scopes[at] is None:
            behind[at] = _common([behind[maker] for maker in _makers(node, position)], calls)
    filled: list[NodeScope] = []
    for at, scope in enumerate(scopes):
        call = _common([ahead[at], behind[at]], calls)
        if call is None and at in owners and filled[owners[at]].evidence is not Evidence.ROOT:
            call = filled[owners[at]].call  # a body comes after the node that holds it
        guess = NodeScope(0, Evidence.ROOT) if call is None else NodeScope(call, Evidence.DATAFLOW)
        filled.append(scope or guess)
    return _closed(nodes, filled, calls)


def _closed(nodes: list[ir.Node], scopes: list[NodeScope], calls: CallTree) -> list[NodeScope]:
    """A guess between two nodes of one call belongs to that call, where only guesses lie on the way."""
    closed = list(scopes)
    reads = node_reads(nodes)
    members = regions(closed, calls)
    for call in sorted(members, key=lambda call: -len(calls.chain(call))):  # the innermost first
        around = calls.chain(call)
        between = detours(members[call], reads)
        if not all(closed[at].evidence in GUESSES and closed[at].call in around for at in between):
            continue
        for at in between:
            closed[at] = NodeScope(call, Evidence.DATAFLOW, closed[at].also, closed[at].source)
        for outer in around if between else ():
            members[outer] = sorted({*members[outer], *between})
    return closed


def _common(known: list[int | None], calls: CallTree) -> int | None:
    around = [call for call in known if call is not None]
    return calls.common(around) if around else None


def _readers(node: ir.Node, position: dict[int, int]) -> list[int]:
    return [position[id(use.node)] for value in node.outputs for use in value.uses() if id(use.node) in position]


def _makers(node: ir.Node, position: dict[int, int]) -> list[int]:
    makers = [value.producer() for value in node.inputs if value is not None]
    return [position[id(maker)] for maker in makers if maker is not None and id(maker) in position]
