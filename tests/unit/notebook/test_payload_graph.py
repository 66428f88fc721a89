"""The edges of the payload are the graph's own, read here once more from the protobuf by name."""

import onnx
import pytest
from onnx import TensorProto, helper

from modelexport_nb import export_model
from modelexport_nb.engine.hierarchy import read_hierarchy
from modelexport_nb.notebook.widgets.payload import build_payload
from tests.unit.engine.zoo import build


def f32(name, shape=(2, 4)):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def decoded(payload):
    """For each node its edges as (producer, slot), as the browser reads them."""
    nodes = payload["nodes"]
    found, edge = [], 0
    for node, degree in enumerate(nodes["degree"]):
        found.append([(node - nodes["reads"][at], nodes["slot"].get(str(at), 0)) for at in range(edge, edge + degree)])
        edge += degree
    assert edge == len(nodes["reads"])
    return found


def by_name(proto):
    """The same from the file: inputs looked up by name in the graph around, bodies right after their node."""
    found, holders = [], {}
    weights = {value.name for value in proto.graph.initializer}
    inputs = [value.name for value in proto.graph.input if value.name not in weights]
    scope = {name: (-1 - number, 0) for number, name in enumerate(inputs)}

    def visit(nodes, scope, holder):
        for node in nodes:
            number = len(found)
            found.append([scope[name] for name in node.input if scope.get(name) is not None])
            if holder is not None:
                holders[number] = holder
            for attribute in node.attribute:
                for body in [attribute.g] if attribute.type == onnx.AttributeProto.GRAPH else attribute.graphs:
                    hidden = {value.name: None for value in (*body.input, *body.initializer)}
                    visit(body.node, {**scope, **hidden}, number)
            scope.update({name: (number, slot) for slot, name in enumerate(node.output) if name})

    visit(proto.graph.node, scope, None)
    for function in proto.functions:
        visit(function.node, {}, None)
    outputs = [scope.get(value.name, (-(10**9), 0)) for value in proto.graph.output]
    return found, holders, outputs


def check(path, shown):
    payload = build_payload(shown)
    columns, types = payload["nodes"], payload["types"]
    for node in shown.nodes():
        kinds = [columns["type"][node.number], *columns["more"].get(str(node.number), [])]
        assert [types[kind] for kind in kinds] == [kind for _, kind in node.outputs]
    edges, holders, outputs = by_name(onnx.load(path, load_external_data=False))
    assert decoded(payload) == edges
    assert payload["nodes"]["body"] == {str(inner): holder for inner, holder in holders.items()}
    assert [(end["node"], end["slot"]) for end in payload["graph"]["outputs"]] == outputs
    return payload


@pytest.fixture
def odd(tmp_path):
    """Everything at once: an If whose bodies read from outside, a Loop, two outputs, a missing input, a weight that
    is listed as an input, an input and a weight handed through, a function."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2, 4], [0.0] * 8)
    inner = helper.make_tensor("inner_w", TensorProto.FLOAT, [2, 4], [1.0] * 8)
    yes = helper.make_graph(
        [helper.make_node("Add", ["left", "x"], ["yes_a"]), helper.make_node("Mul", ["yes_a", "inner_w"], ["yes_b"])],
        "yes",
        [],
        [f32("yes_b")],
        [inner],
    )
    no = helper.make_graph([helper.make_node("Sub", ["right", "w"], ["no_a"])], "no", [], [f32("no_a")])
    count = helper.make_tensor_value_info("i", TensorProto.INT64, [])
    going = helper.make_tensor_value_info("going", TensorProto.BOOL, [])
    still = helper.make_tensor_value_info("still", TensorProto.BOOL, [])
    body = helper.make_graph(
        [
            helper.make_node("Add", ["state", "chosen"], ["next"]),
            helper.make_node("If", ["going"], ["deep"], then_branch=helper.make_graph(
                [helper.make_node("Neg", ["next"], ["negated"])], "t", [], [f32("negated")]
            ), else_branch=helper.make_graph(
                [helper.make_node("Abs", ["x"], ["positive"])], "e", [], [f32("positive")]
            )),
            helper.make_node("Identity", ["going"], ["still"]),
        ],
        "body",
        [count, going, f32("state")],
        [still, f32("deep")],
    )  # fmt: skip
    nodes = [
        helper.make_node("Split", ["x"], ["left", "right"], axis=1, num_outputs=2),
        helper.make_node("If", ["flag"], ["chosen"], then_branch=yes, else_branch=no),
        helper.make_node("Clip", ["chosen", "", "limit"], ["clipped"]),
        helper.make_node("Loop", ["trips", "flag", "right"], ["looped"], body=body),
        helper.make_node("Add", ["right", "right"], ["twice"]),
        helper.make_node("F", ["twice", "looped"], ["called"], domain="local"),
    ]
    function = helper.make_function(
        "local", "F", ["a", "b"], ["d"],
        [helper.make_node("Add", ["a", "b"], ["c"]), helper.make_node("Relu", ["c"], ["d"])],
        [helper.make_opsetid("", 20)],
    )  # fmt: skip
    flag = helper.make_tensor_value_info("flag", TensorProto.BOOL, [])
    trips = helper.make_tensor_value_info("trips", TensorProto.INT64, [])
    graph = helper.make_graph(
        nodes,
        "odd",
        [f32("w"), f32("x"), flag, f32("limit", ()), trips],
        [f32("called"), f32("x"), f32("w"), f32("right", (2, 2)), f32("clipped")],
        [weight],
        value_info=[f32("left", (2, 2)), f32("right", (2, 2))],
    )
    imports = [helper.make_opsetid("", 20), helper.make_opsetid("local", 1)]
    path = tmp_path / "odd.onnx"
    onnx.save(helper.make_model(graph, opset_imports=imports, functions=[function]), path)
    return path


def test_edges_are_the_graphs_own(odd):
    payload = check(odd, read_hierarchy(odd))
    assert [value["name"] for value in payload["graph"]["inputs"]] == ["x", "flag", "limit", "trips"]
    ends = [(end["name"], end["node"], end["slot"]) for end in payload["graph"]["outputs"]]
    ops = [payload["ops"][op] for op in payload["nodes"]["op"]]
    assert ends == [
        ("called", ops.index("F"), 0),
        ("x", -1, 0),
        ("w", -(10**9), 0),
        ("right", 0, 1),
        ("clipped", ops.index("Clip"), 0),
    ]
    assert {ops[int(node)]: kinds for node, kinds in payload["nodes"]["more"].items()} == {
        "Split": [payload["types"].index("f32 2×2")]
    }
    add = ops.index("Add")
    assert ops[payload["nodes"]["body"][str(add)]] == "If"


@pytest.mark.parametrize("name", ["torch.cond", "BERT", "called twice", "GRU"])
def test_edges_of_real_exports(tmp_path, name):
    report = export_model(*build(name), tmp_path / "net.onnx", verify="off")
    check(report.path, report)
    check(report.path, read_hierarchy(report.path))
