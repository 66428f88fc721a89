"""Capture through the TorchScript exporter: the same numbers, names as of the model itself, nothing left behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx_ir as ir
import pytest
import torch
from torch import nn

from modelexport_nb.engine.capture import Request
from modelexport_nb.engine.capture.torchscript import TorchScriptOnnx
from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.errors import AttributionError, OptionError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.inputs import as_arguments
from modelexport_nb.engine.judge import read_parameters, take_measures
from modelexport_nb.engine.modules import ModuleTree
from modelexport_nb.engine.owners import Owners
from modelexport_nb.engine.parity import compare_outputs
from modelexport_nb.engine.strategies import Subject
from modelexport_nb.engine.strategies.usage_based import UsageBasedStrategy

from .zoo import Block, Case, build, perturb

NAMES = ["Sequential", "Conv and BatchNorm", "called twice", "MultiheadAttention", "BERT", "ResNet", "ALBERT", "GPT-2"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def export(case: Case, **options: Any) -> tuple[ir.Model, Request]:
    model, inputs = case
    args, kwargs = as_arguments(model, inputs)
    request = Request(model, args, kwargs, **options)
    with torch.no_grad():
        return TorchScriptOnnx().export(request), request


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize("name", NAMES)
def test_numbers_and_measures(name: str, tmp_path: Path) -> None:
    way = TorchScriptOnnx()
    graph, request = export(build(name))
    eager = run_eagerly(request.model, request.args, request.kwargs)
    feed = way.input_tensors(request, [value.name or "" for value in graph.graph.inputs])
    ir.save(graph, tmp_path / "m.onnx")
    parity = compare_outputs(tmp_path / "m.onnx", feed, way.output_tensors(eager.outputs))
    assert parity.ok and parity.outputs, parity

    parameters = read_parameters(graph, Owners(request.model))
    subject = Subject(request, graph, ModuleTree.of(request.model), eager, parameters, feed)
    found = take_measures(all_nodes(graph), UsageBasedStrategy().attribute(subject), parameters, eager)
    assert found.covered == found.nodes
    assert found.root_share < 0.03
    assert found.owned >= 0.97 * found.owning > 0
    assert found.convex > 0.98 * found.regions


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_names_are_those_of_the_model() -> None:
    graph, request = export(build("BERT"))
    assert [value.name for value in graph.graph.inputs] == ["input_ids"]
    names = [node.name or "" for node in all_nodes(graph)]
    assert any(name.startswith("/encoder/layer.0/attention/self/query/") for name in names)
    outputs = [value.name or "" for node in all_nodes(graph) for value in node.outputs]
    assert not [name for name in (*names, *outputs, *graph.graph.initializers) if "modelexport" in name]
    parameters = dict(request.model.named_parameters())
    named = [name for name in graph.graph.initializers if name in parameters]
    assert len(named) > 20
    for name in named:
        assert torch.equal(torch.from_numpy(graph.graph.initializers[name].const_value.numpy()), parameters[name])


def test_a_container_as_the_model() -> None:
    """The exporter repeats the name of a container in those of its children."""
    graph, _ = export(build("Sequential"))
    names = {(node.name or "").rpartition("/")[0] for node in all_nodes(graph)}
    assert {"/0", "/1"} <= names
    assert not [name for name in (*names, *graph.graph.initializers) if "modelexport" in name]


class Mixed(nn.Module):
    """Takes positional and keyword tensors in containers, a flag, and one tensor that it does not use; the root owns
    a parameter that is called like an argument."""

    def __init__(self) -> None:
        super().__init__()
        self.block = Block()
        self.x = nn.Parameter(torch.ones(4))

    def forward(self, x: Any, pair: Any, *, double: bool, unused: Any = None) -> dict[str, torch.Tensor]:
        y = self.block(x) + pair[0] - pair[1] * self.x
        return {"y": y * 2 if double else y, "none": None, "sum": y.sum()}


def test_arguments_of_every_kind(tmp_path: Path) -> None:
    way = TorchScriptOnnx()
    x, a, b = (torch.randn(2, 4) for _ in range(3))
    inputs = ((x, [a, b]), {"double": True, "unused": torch.ones(1)})
    graph, request = export((perturb(Mixed()), inputs))
    names = [value.name or "" for value in graph.graph.inputs]
    feed = way.input_tensors(request, names)
    assert len(names) == 3 and set(feed) == set(names) and feed[names[0]] is x
    ir.save(graph, tmp_path / "m.onnx")
    with torch.no_grad():
        expected = request.model(*request.args, **request.kwargs)
    parity = compare_outputs(tmp_path / "m.onnx", feed, way.output_tensors(expected))
    assert parity.ok and len(parity.outputs) == 2, parity


@pytest.mark.parametrize("opset", [18, 20])
def test_opset(opset: int) -> None:
    assert export(build("Sequential"), opset=opset)[0].opset_imports[""] == opset


def test_dynamic_shapes_are_left_to_others() -> None:
    model, inputs = build("Sequential")
    assert TorchScriptOnnx().accepts(Request(model, (inputs,), {}))
    assert not TorchScriptOnnx().accepts(Request(model, (inputs,), {}, dynamic_shapes=({0: "batch"},)))


def test_nothing_stays_on_the_model() -> None:
    case = build("MultiheadAttention")
    before = _state(case[0])
    fused = torch.backends.mha.get_fastpath_enabled()
    export(case)
    assert _state(case[0]) == before
    assert torch.backends.mha.get_fastpath_enabled() is fused


def test_nothing_stays_after_a_failure() -> None:
    class Fails(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ValueError("no")

    model = nn.Sequential(nn.Linear(4, 4), Fails()).eval()
    before, fused = _state(model), torch.backends.mha.get_fastpath_enabled()
    with pytest.raises(ValueError, match="no"):
        export((model, torch.randn(2, 4)))
    assert _state(model) == before
    assert torch.backends.mha.get_fastpath_enabled() is fused


def _state(model: nn.Module) -> list[Any]:
    return [
        (path, sorted(vars(module)), module.training, len(module._forward_hooks), len(module._forward_pre_hooks))
        for path, module in model.named_modules()
    ]


def test_export_through_torchscript(tmp_path: Path) -> None:
    """The older exporter keeps no record: fx says so, the other witnesses do without."""
    model, inputs = build("Sequential")
    report = export_model(model, inputs, tmp_path / "m.onnx", capture="torchscript")
    assert (report.capture, report.strategy) == ("torchscript", "usage_based")
    assert "fx needs a capture through torch.export" in report.tried[0]
    assert report.measures.disowned == () and report.parity is not None and report.parity.ok
    assert (
        export_model(model, inputs, tmp_path / "m.onnx", capture="torchscript", strategy="htp").measures.disowned == ()
    )
    with pytest.raises(AttributionError, match=r"fx needs a capture through torch\.export"):
        export_model(model, inputs, tmp_path / "m.onnx", capture="torchscript", strategy="fx")
    with pytest.raises(OptionError, match='Unknown capture "torchscrip"'):
        export_model(model, inputs, tmp_path / "m.onnx", capture="torchscrip")
    with pytest.raises(OptionError, match="OnnxExporter is not made for such a model"):
        export_model(model, inputs, tmp_path / "m.onnx", capture="OnnxExporter")
