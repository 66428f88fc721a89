"""Equal numbers must mean equal copies: each difference that a reader cares about is made here, one at a time."""

from dataclasses import replace

import numpy as np
import onnx
import onnx_ir as ir
import pytest
import torch
from torch import nn

from modelexport_nb import export_model
from modelexport_nb.engine.hierarchy import read_hierarchy
from modelexport_nb.engine.modules import ModuleTree
from modelexport_nb.signatures import signatures
from tests.unit.notebook.fakes import big_report, fake_report

COPIES = 4


def layers():
    """Four equal layers of a dense and a norm, after an embedding."""
    calls = [("", "Net", []), ("embed", "Embedding", ["Gather"])]
    for i in range(COPIES):
        calls += [
            (f"layer.{i}", "Layer", ["Add"]),
            (f"layer.{i}.dense", "Linear", ["MatMul", "Add"]),
            (f"layer.{i}.norm", "Norm", ["Sub", "Mul"]),
        ]
    return fake_report(calls)


def same(report):
    """The copies by which of them are equal: `0000` is all, `0010` is all but the third."""
    found = signatures(report)
    rows = [found[row.index] for row in report.tree if row.name.startswith("layer.")]
    return "".join(str(list(dict.fromkeys(rows)).index(number)) for number in rows)


def node(report, layer, at):
    """Node `at` of a layer: 0 the Add, 1 and 2 the dense, 3 and 4 the norm."""
    return list(report.graph.graph)[1 + 5 * layer + at]


def test_equal_layers_are_equal_whatever_their_place():
    assert same(layers()) == "0000"


def test_one_other_attribute():
    report = layers()
    node(report, 2, 1).attributes["axis"] = ir.AttrInt64("axis", 2)
    assert same(report) == "0010"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ir.AttrFloat32("v", 1.0), ir.AttrInt64("v", 1)),
        (ir.AttrString("v", "a"), ir.AttrString("v", "b")),
        (ir.AttrInt64s("v", [1, 2]), ir.AttrInt64s("v", [2, 1])),
        (ir.AttrTensor("v", ir.tensor(np.float32(1))), ir.AttrTensor("v", ir.tensor(np.float32(2)))),
        (ir.AttrTensor("v", ir.tensor(np.zeros(99))), ir.AttrTensor("v", ir.tensor(np.eye(1, 99)[0]))),
        (ir.AttrTensor("v", ir.tensor(np.zeros((1, 2)))), ir.AttrTensor("v", ir.tensor(np.zeros((2, 1))))),
        (ir.AttrTensor("v", ir.tensor(["a"])), ir.AttrTensor("v", ir.tensor(["b"]))),
    ],
    ids=["kind", "text", "order", "number", "large", "shape of a tensor", "texts"],
)
def test_values_of_attributes(one, other):
    report = layers()
    for layer in range(COPIES):
        node(report, layer, 3).attributes["v"] = other if layer == 1 else one
    assert same(report) == "0100"


def test_one_other_shape_or_dtype():
    report = layers()
    node(report, 3, 4).outputs[0].shape = ir.Shape([2, 11])
    assert same(report) == "0001"
    report = layers()
    node(report, 3, 4).outputs[0].dtype = ir.DataType.FLOAT16
    assert same(report) == "0001"


@pytest.mark.parametrize("reader", [2, 3], ids=["within a module", "from module to module"])
def test_one_other_wire(reader):
    """In one layer a node reads what the layer's own Add made, not what the node before it made."""
    report = layers()
    node(report, 1, reader).replace_input_with(0, node(report, 1, 0).outputs[0])
    assert same(report) == "0100"


def test_which_input_a_value_goes_to():
    report = layers()
    before = node(report, 0, 3).outputs[0]
    weight = ir.Value(name="w")
    for layer in range(COPIES):
        value = node(report, layer, 3).outputs[0]
        sub = node(report, layer, 4)
        sub.resize_inputs(2)
        for port, read in enumerate([weight, value] if layer == 0 else [value, weight]):
            sub.replace_input_with(port, read)
    assert before.uses()
    assert same(report) == "0111"


def test_where_the_first_layer_reads_from_does_not_matter():
    """The first reads what the embedding made, a later one reads it too, past the layer before it."""
    report = layers()
    node(report, 2, 0).replace_input_with(0, node(report, 0, 0).inputs[0])
    assert same(report) == "0000"


# ---- symbolic dimensions ----


def shaped(report, dims):
    for layer in range(COPIES):
        for at in range(5):
            node(report, layer, at).outputs[0].shape = ir.Shape(dims(layer, at))
    return report


def test_one_name_for_all():
    assert same(shaped(layers(), lambda layer, at: ["batch", 10])) == "0000"


def test_a_name_of_its_own_in_each_layer():
    """As of dimensions that depend on data; the one that all share first occurs between them."""
    dims = [["u{}"], ["u{}", "batch"], ["batch", "u{}"], ["v{}"], ["u{}"]]
    report = shaped(layers(), lambda layer, at: [dim.format(layer) for dim in dims[at]])
    assert same(report) == "0000"


def test_one_layer_has_another_name():
    report = shaped(layers(), lambda layer, at: ["time" if (layer, at) == (2, 3) else "batch", 10])
    node(report, 0, 0).inputs[0].shape = ir.Shape(["time", 10])  # known outside the layer too
    assert same(report) == "0010"


def test_two_names_are_not_one():
    report = shaped(layers(), lambda layer, at: [f"u{layer}" if at != 3 or layer != 1 else "w", 10])
    assert same(report) == "0100"


def test_unknown_is_not_named_and_not_one():
    assert same(shaped(layers(), lambda layer, at: [None if layer == 1 else "batch"])) == "0100"
    assert same(shaped(layers(), lambda layer, at: [None if layer == 1 else 1])) == "0100"


# ---- tying ----


def tied(*groups):
    report = layers()
    return replace(report, modules=replace(report.modules, ties=groups))


OWN = [(f"layer.{i}.dense.weight", f"layer.{i}.norm.weight") for i in range(COPIES)]


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([("embed.weight", "layer.2.dense.weight")], "0010"),
        ([("layer.1.dense.weight", "layer.2.dense.weight")], "0110"),
        ([("layer.1.dense.weight", "layer.2.norm.weight")], "0120"),
        (OWN, "0000"),
        (OWN[:3], "0001"),
        ([("embed.weight", *(f"layer.{i}.dense.weight" for i in range(COPIES)))], "0000"),
        ([("embed.weight", *(f"layer.{i}.dense.weight" for i in range(COPIES - 1)))], "0001"),
        ([*OWN[:2], (*OWN[2], "embed.weight"), OWN[3]], "0010"),
        ([("embed.weight", "layer.0.dense.weight"), ("embed.bias", "layer.1.dense.weight")], "0122"),
        ([("embed.weight", "layer.0.dense.weight"), ("embed.bias", "layer.0.dense.bias")], "0111"),
        ([("gone.weight", "nowhere.weight")], "0000"),
    ],
    ids=[
        "one to the outside", "two to each other", "two crosswise", "each within itself", "one is not",
        "all to the outside", "all but one", "one to the outside too", "two to two", "one twice", "no rows",
    ],
)  # fmt: skip
def test_ties(groups, expected):
    assert same(tied(*groups)) == expected


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return self.b(self.a(x).relu())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.layers = nn.ModuleList(Layer() for _ in range(5))
        for layer in self.layers:
            layer.b.weight = layer.a.weight
        self.layers[3].a.weight = self.layers[3].b.weight = self.first.weight

    def forward(self, x):
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        return x


def test_a_real_model_and_its_file(tmp_path):
    torch.manual_seed(0)
    model = Net()
    for parameter in model.parameters():
        nn.init.normal_(parameter)
    report = export_model(model, torch.randn(2, 4), tmp_path / "net.onnx", verify="off")
    assert ("first.weight", "layers.3.a.weight", "layers.3.b.weight") in report.modules.ties
    assert len(report.modules.ties) == 5
    for shown in (report, read_hierarchy(report.path)):
        found = signatures(shown)
        numbers = [found[shown.row(f"layers.{i}").index] for i in range(5)]
        assert numbers[3] not in (numbers[0], numbers[4])
        assert numbers[0] == numbers[1] == numbers[2] == numbers[4]


def test_ties_are_read_from_memory_not_from_names():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4, bias=False), nn.Embedding(4, 4))
    model[2].weight = nn.Parameter(model[0].weight.data)  # two parameters, one memory
    model[1].bias = model[0].bias
    tree = ModuleTree.of(model)
    assert tree.ties == (("0.weight", "2.weight"), ("0.bias", "1.bias"))
    with torch.device("meta"):
        assert ModuleTree.of(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))).ties == ()


# ---- strangers' files and sizes ----


def f32(name, shape=(2, 2)):
    return onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def test_external_data_of_attributes_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(ir.ExternalTensor, "tobytes", lambda self: pytest.fail("opened"))
    nodes = []
    for layer, offset in enumerate((0, 0, 4)):
        tensor = onnx.helper.make_tensor("t", onnx.TensorProto.FLOAT, [1], [0.0])
        tensor.ClearField("float_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="weights.bin")
        tensor.external_data.add(key="offset", value=str(offset))
        nodes.append(
            onnx.helper.make_node("Constant", [], [f"y{layer}"], name=f"/layer.{layer}/Constant", value=tensor)
        )
    (tmp_path / "weights.bin").write_bytes(bytes(8))
    graph = onnx.helper.make_graph(nodes, "g", [], [f32("y0", [1])])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "net.onnx")
    shown = read_hierarchy(tmp_path / "net.onnx")
    assert same(shown)[0] != same(shown)[2]


def test_weights_that_modules_of_a_file_share(tmp_path):
    """Two layers share one weight, two another: neither pair is a copy of the other."""
    nodes = [
        onnx.helper.make_node("MatMul", [f"x{layer}", weight], [f"x{layer + 1}"], name=f"/layer.{layer}/MatMul")
        for layer, weight in enumerate("aabbcc")
    ]
    weights = [onnx.helper.make_tensor(name, onnx.TensorProto.FLOAT, [2, 2], [0.0] * 4) for name in "abc"]
    values = [f32(f"x{layer}") for layer in range(1, 6)]
    graph = onnx.helper.make_graph(nodes, "g", [f32("x0")], [f32("x6")], weights, value_info=values)
    onnx.save(onnx.helper.make_model(graph), tmp_path / "net.onnx")
    assert same(read_hierarchy(tmp_path / "net.onnx")) == "001122"


def test_an_unreadable_tensor_is_equal_to_nothing():
    def fail():
        raise ValueError("the data does not fit the shape")

    report = layers()
    for layer in range(COPIES):
        tensor = ir.LazyTensor(fail, dtype=ir.DataType.FLOAT, shape=ir.Shape([3]))
        node(report, layer, 1).attributes["v"] = ir.AttrTensor("v", tensor)
    assert same(report) == "0123"


def test_the_numbers_are_the_same_in_every_run():
    assert signatures(big_report(300)) == signatures(big_report(300))
