"""What the optimiser did, found from outside: small graphs, each with one kind of change."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.lineage import Gone, Lineage, trace_lineage
from modelexport_nb.engine.snapshot import Snapshot


class Bench:
    """A graph built by hand; `after()` tells what became of its nodes since `freeze()`."""

    def __init__(self) -> None:
        x = ir.Value(name="x", shape=ir.Shape([2, 4]), type=ir.TensorType(ir.DataType.FLOAT))
        self.x = x
        graph = ir.Graph([x], [], nodes=[], opset_imports={"": 20}, name="g")
        self.model = ir.Model(graph, ir_version=10)

    @property
    def graph(self) -> ir.Graph:
        return self.model.graph

    def add(self, op: str, *inputs: ir.Value, name: str = "", **attributes: int) -> ir.Value:
        attrs = [ir.AttrInt64(key, value) for key, value in attributes.items()]
        node = ir.Node("", op, inputs, attrs, num_outputs=1)
        node.outputs[0].name = name or f"{op.lower()}_{len(self.graph)}"
        self.graph.append(node)
        return node.outputs[0]

    def weight(self, name: str, *values: float) -> ir.Value:
        tensor = ir.tensor(np.array(values, np.float32))
        value = ir.Value(name=name, const_value=tensor, shape=tensor.shape, type=ir.TensorType(tensor.dtype))
        self.graph.register_initializer(value)
        return value

    def freeze(self, *outputs: ir.Value) -> None:
        self.graph.outputs.extend(outputs)
        self.snapshot = Snapshot.of(self.model)

    def after(self) -> tuple[Lineage, list[str]]:
        nodes = all_nodes(self.model)
        lineage = trace_lineage(self.snapshot, nodes, list(self.graph.initializers.values()))
        return lineage, [node.op_type for node in nodes]

    def drop(self, *values: ir.Value) -> None:
        self.graph.remove([value.producer() for value in values], safe=True)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_nothing_changed(bench: Bench) -> None:
    bench.freeze(bench.add("Relu", bench.add("Neg", bench.x)))
    lineage, _ = bench.after()
    assert lineage.made_from == [[0], [1]]
    assert lineage.fresh == [False, False] and lineage.gone == {}


def test_two_nodes_become_one(bench: Bench) -> None:
    a = bench.add("MatMul", bench.x, bench.weight("w", 1, 2, 3, 4))
    b = bench.add("Add", a, bench.weight("b", 5))
    last = bench.add("Relu", b)
    bench.freeze(last)
    fused = bench.add("Gemm", bench.x, bench.weight("w2", 1), name="new")
    ir.convenience.replace_all_uses_with([b], [fused])
    fused.name = b.name
    bench.drop(b, a)
    lineage, ops = bench.after()
    assert dict(zip(ops, lineage.made_from, strict=True)) == {"Gemm": [0, 1], "Relu": [2]}
    assert lineage.fresh[ops.index("Gemm")]


def test_one_node_becomes_two(bench: Bench) -> None:
    a = bench.add("Silu", bench.x)
    last = bench.add("Relu", a)
    bench.freeze(last)
    inner = bench.add("Sigmoid", bench.x, name="inner")
    outer = bench.add("Mul", bench.x, inner, name="outer")
    ir.convenience.replace_all_uses_with([a], [outer])
    outer.name = a.name
    bench.drop(a)
    lineage, ops = bench.after()
    assert dict(zip(ops, lineage.made_from, strict=True)) == {"Relu": [1], "Sigmoid": [0], "Mul": [0]}


def test_a_common_subexpression(bench: Bench) -> None:
    first, second = bench.add("Neg", bench.x), bench.add("Neg", bench.x)
    bench.freeze(bench.add("Relu", first), bench.add("Exp", second))
    ir.convenience.replace_all_uses_with([second], [first])
    bench.drop(second)
    lineage, _ = bench.after()
    assert lineage.made_from == [[0, 1], [2], [3]]


def test_a_chain_of_common_subexpressions(bench: Bench) -> None:
    """The second of each pair is gone; no consumer of the first pair is left to tell."""
    chains = []
    for number in range(2):
        one = bench.weight(f"one{number}", 1)  # exporters write one constant per use
        chains.append((a := bench.add("Sub", one, bench.x), bench.add("Mul", a, a)))
    bench.freeze(bench.add("Relu", chains[0][1]), bench.add("Exp", chains[1][1]))
    ir.convenience.replace_all_uses_with([chains[1][1]], [chains[0][1]])
    bench.drop(chains[1][1])
    bench.drop(chains[1][0])
    lineage, _ = bench.after()
    assert lineage.made_from == [[0, 2], [1, 3], [4], [5]]


def test_different_attributes_are_no_common_subexpression(bench: Bench) -> None:
    first, second = bench.add("Softmax", bench.x, axis=0), bench.add("Softmax", bench.x, axis=1)
    bench.freeze(bench.add("Relu", first), second)
    bench.graph.outputs.pop()
    bench.drop(second)
    lineage, _ = bench.after()
    assert lineage.made_from == [[0], [2]]
    assert lineage.gone == {1: Gone.UNUSED}


def test_a_no_op_is_nobodys_work(bench: Bench) -> None:
    a = bench.add("Neg", bench.x)
    same = bench.add("Identity", a)
    bench.freeze(bench.add("Relu", same))
    ir.convenience.replace_all_uses_with([same], [a])
    bench.drop(same)
    lineage, _ = bench.after()
    assert lineage.made_from == [[0], [2]]
    assert lineage.gone == {1: Gone.NO_OP}


def test_a_round_trip_is_nobodys_work(bench: Bench) -> None:
    """A size is unpacked, used, and packed again: the optimiser hands the first form on."""
    size = bench.add("Shape", bench.x)
    number = bench.add("Squeeze", size)
    again = bench.add("Unsqueeze", number)
    bench.freeze(bench.add("Reshape", bench.x, again), bench.add("Range", number))
    ir.convenience.replace_all_uses_with([again], [size])
    bench.drop(again)
    lineage, _ = bench.after()
    assert lineage.made_from == [[0], [1], [3], [4]]
    assert lineage.gone == {2: Gone.NO_OP}


def test_a_constant_is_folded(bench: Bench) -> None:
    scaled = bench.add("Mul", bench.weight("w", 2, 3), bench.weight("s", 4))
    last = bench.add("Add", bench.x, scaled)
    bench.freeze(last)
    folded = bench.weight(scaled.name or "", 8, 12)
    ir.convenience.replace_all_uses_with([scaled], [folded])
    bench.drop(scaled)
    lineage, _ = bench.after()
    assert lineage.made_from == [[1]]
    assert lineage.gone == {0: Gone.CONSTANT}


def test_a_node_put_in_after_the_optimiser(bench: Bench) -> None:
    a = bench.add("Neg", bench.x)
    bench.freeze(a)
    bench.graph.outputs[0] = bench.add("Identity", a, name="y")
    lineage, _ = bench.after()
    assert lineage.made_from == [[0], []]
    assert lineage.fresh == [False, True]
