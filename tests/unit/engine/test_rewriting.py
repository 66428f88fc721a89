"""The optimiser finds the same, and looks at each node a fixed number of times."""

from __future__ import annotations

from collections import Counter

import onnx_ir as ir
import onnxscript.optimizer
import pytest

from modelexport_nb.engine.optimization.rewriting import linear_rewrites


def chain(length: int) -> ir.Model:
    """`length` additions in a row, and two neighbouring slices that a rule makes one Split of."""
    x = ir.Value(name="x", shape=ir.Shape([4, 8]), type=ir.TensorType(ir.DataType.FLOAT))
    nodes = []

    def add(op: str, *inputs: ir.Value) -> ir.Value:
        nodes.append(ir.node(op, inputs))
        return nodes[-1].outputs[0]

    def number(*values: int) -> ir.Value:
        nodes.append(ir.node("Constant", [], {"value": ir.tensor(list(values), dtype=ir.DataType.INT64)}))
        return nodes[-1].outputs[0]

    value = x
    for _ in range(length):
        value = add("Add", value, x)
        value.shape, value.type = x.shape, x.type
    high = add("Slice", value, number(4), number(8), number(1))
    low = add("Slice", value, number(0), number(4), number(1))
    result = add("Concat", high, low)
    nodes[-1].attributes["axis"] = ir.Attr("axis", ir.AttributeType.INT, 1)
    result.name, result.type = "y", x.type
    return ir.Model(ir.Graph([x], [result], nodes=nodes, opset_imports={"": 20}), ir_version=10)


def test_same_rewrites() -> None:
    plain, quick = chain(5), chain(5)
    onnxscript.optimizer.optimize_ir(plain)
    with linear_rewrites():
        onnxscript.optimizer.optimize_ir(quick)
    assert [node.op_type for node in quick.graph] == [node.op_type for node in plain.graph]
    assert Counter(node.op_type for node in quick.graph)["Split"] == 1


def looks(length: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the optimiser asks a node what it is."""
    asked = 0
    original = ir.Node.op_identifier

    def counting(node: ir.Node) -> ir.OperatorIdentifier:
        nonlocal asked
        asked += 1
        return original(node)

    model = chain(length)
    with monkeypatch.context() as patch, linear_rewrites():
        patch.setattr(ir.Node, "op_identifier", counting)
        onnxscript.optimizer.optimize_ir(model)
    return asked


def test_work_grows_with_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks(200, monkeypatch) < 3 * looks(100, monkeypatch)
