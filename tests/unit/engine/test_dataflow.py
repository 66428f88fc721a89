"""Guesses from neighbours: never too deep, never outside the module that they lie within."""

from __future__ import annotations

import onnx_ir as ir
import pytest

from modelexport_nb.engine.attribution import Evidence, NodeScope
from modelexport_nb.engine.convexity import detours, node_reads
from modelexport_nb.engine.modules import CallTree
from modelexport_nb.engine.strategies.dataflow import fill_from_neighbours


def chain(edges: list[tuple[int, ...]]) -> list[ir.Node]:
    """One node for each entry, which lists the nodes that it reads."""
    nodes: list[ir.Node] = []
    for reads in edges:
        nodes.append(ir.node("Add", [nodes[at].outputs[0] for at in reads]))
    return nodes


@pytest.fixture
def calls() -> CallTree:
    """root (0), outer (1), inner of outer (2), beside (3)."""
    tree = CallTree()
    root = tree.begin("", -1)
    outer = tree.begin("outer", root)
    tree.begin("outer.inner", outer)
    tree.begin("beside", root)
    return tree


def known(call: int) -> NodeScope:
    return NodeScope(call, Evidence.VALUE)


def test_a_detour_leaves_a_region_and_comes_back() -> None:
    reads = node_reads(chain([(), (0,), (0,), (1, 2), (3,)]))
    assert detours([0, 3], reads) == [1, 2]
    assert detours([0, 1, 2, 3], reads) == []
    assert detours([3, 4], reads) == [] and detours([2], reads) == []


def test_a_gap_takes_the_call_around_its_readers(calls: CallTree) -> None:
    nodes = chain([(), (0,), (0,)])
    filled = fill_from_neighbours(nodes, [None, known(2), known(3)], calls)
    assert filled[0] == NodeScope(0, Evidence.DATAFLOW)


def test_a_gap_is_never_given_to_its_reader_alone(calls: CallTree) -> None:
    """What stands before a Linear is not the Linear's."""
    nodes = chain([(), (0,), (1,), (2,)])
    filled = fill_from_neighbours(nodes, [known(1), None, None, known(2)], calls)
    assert [scope.call for scope in filled] == [1, 1, 1, 2]


def test_a_guess_between_two_nodes_of_a_call_is_that_calls(calls: CallTree) -> None:
    nodes = chain([(), (0,), (1,)])
    guess = NodeScope(0, Evidence.DATAFLOW)
    filled = fill_from_neighbours(nodes, [known(2), guess, known(1)], calls)
    assert [scope.call for scope in filled] == [2, 1, 1] and filled[1].evidence is Evidence.DATAFLOW


def test_a_witness_between_two_nodes_of_a_call_stays(calls: CallTree) -> None:
    nodes = chain([(), (0,), (1,), (2,)])
    guess = NodeScope(0, Evidence.DATAFLOW)
    filled = fill_from_neighbours(nodes, [known(1), known(3), guess, known(1)], calls)
    assert [scope.call for scope in filled] == [1, 3, 0, 1], "what a witness says is never overruled by a guess"


def test_the_body_of_a_loop_is_where_the_loop_is(calls: CallTree) -> None:
    """Nothing tells of a node in a body that reads nothing from outside, but the node that holds it."""
    first = ir.node("Add", [])
    inside = ir.node("Mul", [])
    body = ir.Graph([], list(inside.outputs), nodes=[inside])
    loop = ir.node("Loop", list(first.outputs), attributes={"body": body})
    last = ir.node("Add", list(loop.outputs))
    outer = ir.Graph([], list(last.outputs), nodes=[first, loop, last])
    filled = fill_from_neighbours(list(outer.all_nodes()), [known(2), None, None, known(2)], calls)
    assert [scope.call for scope in filled] == [2, 2, 2, 2]
    filled = fill_from_neighbours([loop, inside], [None, None], calls)
    assert [scope.evidence for scope in filled] == [Evidence.ROOT, Evidence.ROOT], "the loop itself is unknown"
