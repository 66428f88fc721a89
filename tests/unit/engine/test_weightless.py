"""`weights="none"`: the structure of a model that has no numbers, or whose numbers are not wanted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from modelexport_nb import export_model, read_hierarchy, tag_onnx, validate
from modelexport_nb.engine.errors import EagerRunError, InputError, ModelExportError, OptionError
from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.owners import Owners
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.weightless import prepared

from .zoo import ZOO, Block, build

CASES = ("GPT-2", "Conv and BatchNorm", "called twice", "GRU", "torch.cond", "forward called directly")


def on_meta(name: str) -> tuple[nn.Module, Any]:
    inputs = build(name)[1]
    with torch.device("meta"):
        model = ZOO[name]()[0]
    return model, inputs


def story(report: ExportReport) -> list[tuple[Any, ...]]:
    """All that a report says of each node."""
    calls = report.attribution.calls
    return [
        (node.op_type, node.name, calls[scope.call].key, [calls[index].key for index in scope.also], scope.evidence)
        for node, scope in zip(all_nodes(report.graph), report.attribution.scopes, strict=True)
    ]


@pytest.mark.parametrize("name", CASES)
def test_structure_needs_no_weights(name: str, tmp_path: Path) -> None:
    model, inputs = build(name)
    real = export_model(model, inputs, tmp_path / "real.onnx", weights="none")
    meta = export_model(*on_meta(name), tmp_path / "meta.onnx", weights="none")
    assert story(meta) == story(real)
    assert [row.key for row in meta.tree] == [row.key for row in real.tree]
    assert meta.measures == real.measures
    assert (meta.modules.ties, meta.modules.root.parameters) == (real.modules.ties, real.modules.root.parameters)
    measures = meta.measures
    assert measures.covered == measures.nodes
    assert measures.root == 0
    assert measures.owned == measures.owning > 0
    assert measures.convex == measures.regions


@pytest.mark.parametrize("name", ["Llama", "called twice"])
def test_tree_is_that_of_the_full_export(name: str, tmp_path: Path) -> None:
    model, inputs = build(name)
    full = export_model(model, inputs, tmp_path / "full.onnx")
    bare = export_model(*on_meta(name), tmp_path / "bare.onnx", weights="none")
    assert [(row.key, row.class_name, row.parameters) for row in bare.tree] == [
        (row.key, row.class_name, row.parameters) for row in full.tree
    ]


def test_usage_based_reads_what_has_no_numbers(tmp_path: Path) -> None:
    report = export_model(*on_meta("GPT-2"), tmp_path / "model.onnx", weights="none", strategy="usage_based")
    assert report.measures.owned == report.measures.owning > 0
    assert report.measures.root == 0


# ---- the file ----


def test_file_is_valid_and_holds_no_weights(tmp_path: Path) -> None:
    model, inputs = build("Llama")
    path = tmp_path / "model.onnx"
    report = export_model(model, inputs, path, weights="none")
    onnx.checker.check_model(str(path), full_check=True)
    proto = onnx.load(str(path))
    held = {tensor.name for tensor in proto.graph.initializer}
    weights = [value.type.tensor_type.shape.dim for value in proto.graph.input if value.name not in inputs]
    assert not held & dict(model.named_parameters()).keys()
    stored = [onnx.numpy_helper.to_array(tensor) for tensor in proto.graph.initializer]
    assert all(array.size < 64 for array in stored)
    assert {tuple(dim.dim_value for dim in dims) for dims in weights} == {
        tuple(tensor.shape) for tensor in (*model.parameters(), *model.buffers())
    }
    assert report.files == (path,)


def test_graph_computes_the_model_when_it_is_given_the_weights(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, x = Block().eval(), torch.randn(2, 4)
    path = tmp_path / "model.onnx"
    export_model(model, x, path, weights="none")
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    names = [value.name for value in session.get_inputs()]
    feed = {name: state.get(name, x.numpy()) for name in names}
    assert sum(name in state for name in names) == len(state)
    with torch.no_grad():
        assert np.allclose(session.run(None, feed)[0], model(x).numpy(), atol=1e-5)


def test_hierarchy_of_the_file_knows_the_weights(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    report = export_model(*on_meta("Llama"), path, weights="none")
    found = read_hierarchy(path)
    assert found.source == "modelexport"
    assert [row.key for row in found.tree] == [row.key for row in report.tree]
    told, live = found.modules.modules, report.modules.modules
    assert told["model.layers.1.mlp"].parameters == live["model.layers.1.mlp"].parameters > 0
    assert [value.name for value in found.graph.graph.inputs] == ["input_ids"]


@pytest.mark.parametrize("metadata", ["full", "none"])
def test_every_form_of_metadata(metadata: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export_model(*on_meta("called twice"), path, weights="none", metadata=metadata)
    assert [value.name for value in read_hierarchy(path).graph.graph.inputs] == ["x"]


def test_widget_shows_it(tmp_path: Path) -> None:
    from modelexport_nb.notebook.widgets.payload import build_payload

    report = export_model(*on_meta("Llama"), tmp_path / "model.onnx", weights="none")
    payload = build_payload(report)
    assert json.loads(json.dumps(payload))


def test_small_file_of_a_large_model(tmp_path: Path) -> None:
    with torch.device("meta"):
        model = nn.Sequential(nn.Linear(100_000, 1_000_000), nn.ReLU(), nn.Linear(1_000_000, 10))
    report = export_model(model, torch.empty(1, 100_000, device="meta"), tmp_path / "model.onnx", weights="none")
    assert report.modules.root.parameters > 10**11
    assert report.bytes < 10_000


# ---- models and inputs without numbers ----


def test_ties_are_seen(tmp_path: Path) -> None:
    model, inputs = on_meta("GPT-2")
    report = export_model(model, inputs, tmp_path / "model.onnx", weights="none")
    assert report.modules.ties == (("transformer.wte.weight", "lm_head.weight"),)


def test_views_of_one_memory_stay_views() -> None:
    class Views(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            flat = torch.arange(8.0)
            self.left, self.right = nn.Parameter(flat[:4]), nn.Parameter(flat[4:])
            self.register_buffer("turned", flat.view(2, 4).T)

    model = Views()
    with prepared(model, (), {}, "none"):
        places = {tensor.untyped_storage()._cdata for tensor in (model.left, model.right, model.turned)}
        assert len(places) == 1
        assert (model.right.storage_offset(), model.turned.stride()) == (4, (1, 4))
        paths = [[found.path for found in group] for group in Owners(model)._by_memory.values()]
    assert paths == [["left"], ["right"], ["turned"]]


def test_model_of_a_fake_mode(tmp_path: Path) -> None:
    with FakeTensorMode():
        model, x = Block(), torch.randn(2, 4)
    own = dict(model.named_parameters())
    report = export_model(model, x, tmp_path / "model.onnx", weights="none")
    assert report.measures.owned == report.measures.owning > 0
    assert all(parameter is own[name] for name, parameter in model.named_parameters())


def test_model_keeps_its_own_tensors(tmp_path: Path) -> None:
    class Fails(Block):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise ValueError("no")

    for model in (build("Conv and BatchNorm")[0], Fails()):
        before = {name: (tensor, tensor.clone()) for name, tensor in model.state_dict(keep_vars=True).items()}
        order = [list(vars(module)) for module in model.modules()]
        inputs = torch.randn(1, 3, 8, 8)
        try:
            export_model(model, inputs, tmp_path / "model.onnx", weights="none")
        except EagerRunError:
            assert isinstance(model, Fails)
        after = model.state_dict(keep_vars=True)
        assert all(after[name] is tensor and torch.equal(tensor, values) for name, (tensor, values) in before.items())
        assert [list(vars(module)) for module in model.modules()] == order


def test_tensors_that_are_no_parameters(tmp_path: Path) -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 4)
            self.table = torch.rand(4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.inner(x) * self.table

    with torch.device("meta"):
        model = Scaled()
    path = tmp_path / "model.onnx"
    export_model(model, torch.rand(2, 4), path, weights="none")
    assert not [tensor.name for tensor in onnx.load(str(path)).graph.initializer if list(tensor.dims) == [4]]
    assert model.table.is_meta


def test_named_axes(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    batch = {0: torch.export.Dim("batch", max=64)}
    export_model(*on_meta("called twice"), path, weights="none", dynamic=(batch,))
    assert onnx.load(str(path)).graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"


# ---- what cannot be done is told ----


@pytest.mark.parametrize("verify", ["model", "modules", False])
def test_nothing_is_verified_and_that_is_told(verify: str | bool, tmp_path: Path) -> None:
    stages: list[tuple[str, int]] = []
    model, inputs = on_meta("called twice")
    report = export_model(
        model,
        inputs,
        tmp_path / "model.onnx",
        weights="none",
        verify=verify,
        progress=lambda *at: stages.append(at[::2]),
    )
    assert report.parity is None
    assert [note for note in report.notes if "no weights" in note and "cannot be verified" in note]
    assert "not verified" in repr(report)
    assert stages[-1][0] != "verify"
    assert {total for _, total in stages} == {len(stages)}


def test_file_without_weights_is_not_called_wrong(tmp_path: Path) -> None:
    model, inputs = build("called twice")
    report = export_model(model, inputs, tmp_path / "model.onnx", weights="none")
    for given in ((), (model, inputs), on_meta("called twice")):
        found = validate(report, *given)
        assert found.ok
    told = {check.name: check.text for check in found.checks}
    assert told["ownership"] == told["numbers"] == "the file holds no weights"
    with pytest.raises(InputError, match=r'"model.onnx" holds no weights'):
        tag_onnx(tmp_path / "model.onnx", model, inputs, tmp_path / "tagged.onnx")


class Decides(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.inner(x).sum() > 0:
            return x
        return -x


def test_model_that_decides_by_numbers(tmp_path: Path) -> None:
    with pytest.raises(
        EagerRunError, match=r"decides by numbers at .*test_weightless.py:\d+: `if self.inner"
    ) as raised:
        export_model(Decides(), torch.rand(2, 4), tmp_path / "model.onnx", weights="none")
    assert "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def refused(
    error: type[ModelExportError], text: str, folder: Path, model: nn.Module, inputs: Any, **options: Any
) -> None:
    with pytest.raises(error, match=text) as raised:
        export_model(model, inputs, folder / "model.onnx", **options)
    assert "\n" not in str(raised.value)
    assert not list(folder.iterdir())


def test_refusals(tmp_path: Path) -> None:
    meta, x = on_meta("called twice")
    real = build("called twice")[0]
    refused(InputError, r'no numbers in first.inner.linear.weight .* weights="none"', tmp_path, meta, x)
    refused(InputError, r'An input is on the meta device .* weights="none"', tmp_path, real, x.to("meta"))
    refused(OptionError, 'Unknown weights "nine". Did you mean "none"', tmp_path, real, x, weights="nine")
    without = {"weights": "none"}
    refused(ModelExportError, "htp compares numbers", tmp_path, meta, x, strategy="htp", **without)
    refused(OptionError, "capture torchscript is not made for", tmp_path, meta, x, capture="torchscript", **without)


def test_accuracy_first_takes_what_needs_no_numbers(tmp_path: Path) -> None:
    report = export_model(*on_meta("GRU"), tmp_path / "model.onnx", weights="none", prioritize="accuracy")
    assert report.strategy in ("fx", "usage_based")
    assert any(line.startswith("htp: htp compares numbers") for line in report.tried)
