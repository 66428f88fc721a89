"""Tags for any file of a model: optimised, renamed, from elsewhere; a file of another model is refused."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx_ir as ir
import onnxruntime as ort
import onnxslim
import pytest
import torch
from torch import nn

from modelexport_nb.engine.errors import AttributionError, CheckError, InputError, PathError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.tagging import tag_onnx

from .wider import WIDER
from .zoo import ZOO, build

ALL = ZOO | WIDER
LEVELS = {
    "basic": ort.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
}
OPTIMISERS = [*LEVELS, "onnxslim"]


def optimise(source: Path, how: str, target: Path) -> Path:
    if how == "onnxslim":
        onnxslim.slim(str(source), str(target))
        return target
    options = ort.SessionOptions()
    options.graph_optimization_level = LEVELS[how]
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 4
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])
    return target


TAGGED = [
    *("BERT with mask", "ResNet", "GPT-2", "Llama", "ALBERT", "MultiheadAttention"),
    *("Mamba", "BART", "Swin", "Whisper"),
]


@pytest.mark.parametrize("name", TAGGED)
@pytest.mark.parametrize("how", OPTIMISERS)
def test_after_an_optimiser(tmp_path: Path, name: str, how: str) -> None:
    model, inputs = build(name, ALL)
    plain = export_model(model, inputs, tmp_path / "plain.onnx", verify="off", metadata="none").path
    optimised = optimise(plain, how, tmp_path / "optimised.onnx")
    report = tag_onnx(optimised, model, inputs, tmp_path / "tagged.onnx")
    measures = report.measures
    assert measures.covered == measures.nodes
    assert measures.root_share < 0.01
    assert measures.owned == measures.owning > 0
    assert len(measures.non_convex) <= 0.005 * measures.regions
    assert report.parity is not None and report.parity.ok
    written = onnx.load(report.path).graph.node
    assert all(any(p.key == "modelexport.scope" for p in node.metadata_props) for node in written)


def test_fused_nodes_name_all_their_calls(tmp_path: Path) -> None:
    """ONNX Runtime makes one node of Conv, BatchNorm and ReLU."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3)).eval()
    nn.init.normal_(model[1].weight)
    model[1].running_var.uniform_(0.5, 2)
    x = torch.randn(1, 3, 8, 8)
    plain = export_model(model, x, tmp_path / "plain.onnx").path
    report = tag_onnx(optimise(plain, "extended", tmp_path / "o.onnx"), model, x, tmp_path / "t.onnx")
    first, second = report.nodes()
    assert (first.op, first.scope, first.also) == ("FusedConv", "0", ("1", "2"))
    assert (second.scope, second.also) == ("3", ())


def test_renamed_tensors(tmp_path: Path) -> None:
    model, inputs = build("BERT")
    graph = ir.load(export_model(model, inputs, tmp_path / "plain.onnx", metadata="none").path)
    for number, node in enumerate(graph.graph.all_nodes()):
        node.name = f"n{number}"
        for value in node.outputs:
            value.name = f"v{number}"
    for number, value in enumerate([*graph.graph.inputs, *graph.graph.initializers.values()]):
        value.name = f"i{number}"
    ir.save(graph, tmp_path / "renamed.onnx")
    report = tag_onnx(tmp_path / "renamed.onnx", model, inputs, tmp_path / "t.onnx")
    assert report.measures.disowned == () and report.measures.root == 0


def test_in_place(tmp_path: Path) -> None:
    model, inputs = build("Sequential")
    path = export_model(model, inputs, tmp_path / "m.onnx", metadata="none").path
    report = tag_onnx(path, model, inputs, path)
    assert report.path == path
    assert any(p.key == "modelexport.scope" for p in onnx.load(path).graph.node[0].metadata_props)


def test_another_model_is_refused(tmp_path: Path) -> None:
    model, inputs = build("BERT")
    path = export_model(model, inputs, tmp_path / "m.onnx").path
    torch.manual_seed(1)
    other = type(model)(model.config).eval()
    with pytest.raises(AttributionError, match=r"of \d+ values in it \d+ occur in a run of the model"):
        tag_onnx(path, other, inputs, tmp_path / "t.onnx")
    assert not (tmp_path / "t.onnx").exists()


@pytest.mark.parametrize("layer", ["encoder.layer.0.attention.self.key", "encoder.layer.2.intermediate.dense"])
@pytest.mark.parametrize("how", OPTIMISERS)
def test_a_damaged_layer_is_found_in_an_optimised_file(tmp_path: Path, how: str, layer: str) -> None:
    """Hardly a value behind it is right any more, and its own weight is unknown: its bias is not."""
    model, inputs = build("BERT")
    plain = export_model(model, inputs, tmp_path / "plain.onnx", verify="off", metadata="none").path
    path = optimise(plain, how, tmp_path / "optimised.onnx")
    whole = tag_onnx(path, model, inputs, tmp_path / "tagged.onnx", verify="modules")
    assert whole.parity is not None and whole.parity.modules is not None and whole.parity.modules.ok
    weight = next(
        name for r in whole.nodes(layer) for name, _, held in r.inputs if (held or "").endswith(f"{layer}.weight")
    )
    graph = ir.load(path)
    value = graph.graph.initializers[weight]
    value.const_value = ir.tensor(value.const_value.numpy() * 1.5)
    ir.save(graph, tmp_path / "damaged.onnx")
    report = tag_onnx(tmp_path / "damaged.onnx", model, inputs, tmp_path / "t.onnx", verify="modules")
    assert report.parity is not None and report.parity.modules is not None
    first = report.parity.modules.first_divergence
    assert first is not None and first.key == layer


def test_bad_files(tmp_path: Path) -> None:
    model, x = nn.Linear(4, 4), torch.randn(1, 4)
    with pytest.raises(PathError, match="There is no file"):
        tag_onnx(tmp_path / "no.onnx", model, x, tmp_path / "t.onnx")
    (tmp_path / "bad.onnx").write_bytes(b"\x00 nothing of the kind")
    with pytest.raises(CheckError, match="is no ONNX file"):
        tag_onnx(tmp_path / "bad.onnx", model, x, tmp_path / "t.onnx")
    path = export_model(model, x, tmp_path / "m.onnx").path
    with pytest.raises(InputError, match='takes an input "input" that none of the given inputs fits'):
        tag_onnx(path, nn.Flatten(), torch.randn(1, 2, 2), tmp_path / "t.onnx")
