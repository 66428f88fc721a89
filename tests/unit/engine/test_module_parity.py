"""What every module call returned, against the file; a damaged weight is pinned to its layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from modelexport_nb.engine.errors import OptionError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.files import write_model
from modelexport_nb.engine.module_parity import ModuleParity, Verdict, compare_modules
from modelexport_nb.engine.strategies.fx import FxStrategy

from .subjects import subject_of
from .wider import WIDER
from .zoo import ZOO, build

ALL = ZOO | WIDER


@pytest.mark.parametrize(
    "name", ["BERT with mask", "ResNet", "GPT-2", "ALBERT", "Swin", "Mixtral", "called twice", "GRU"]
)
def test_every_call_is_accounted_for(tmp_path: Path, name: str) -> None:
    report = export_model(*build(name, ALL), tmp_path / "m.onnx", verify="modules")
    assert report.parity is not None and report.parity.modules is not None
    modules = report.parity.modules
    assert modules.ok and report.parity.first_divergence is None
    counts = modules.counts()
    assert counts["unseen"] == counts["differs"] == 0
    assert counts["equal"] > 0.5 * len(modules.calls)
    for call in modules.calls:
        assert (call.max_abs is not None) == (call.verdict is Verdict.EQUAL) or call.verdict is Verdict.REARRANGED


def test_verdicts_of_a_folded_norm(tmp_path: Path) -> None:
    report = export_model(*build("Conv and BatchNorm"), tmp_path / "m.onnx", verify="modules")
    assert report.parity is not None and report.parity.modules is not None
    verdicts = {call.key: call.verdict for call in report.parity.modules.calls}
    assert verdicts["conv"] is Verdict.FOLDED and verdicts["norm"] is Verdict.EQUAL
    assert verdicts["out"] is Verdict.IDENTITY and verdicts[""] is Verdict.EQUAL


def compared(name: str, folder: Path, damage: str | None = None, limit: int = 2**31) -> ModuleParity:
    """Module parity of an export in whose file the weights read by one module were changed."""
    subject = subject_of(build(name, ALL))
    attribution = FxStrategy().attribute(subject)
    held = {
        v.name
        for v in subject.graph.graph.initializers.values()
        for p in subject.parameters.get(id(v), [])
        if p.path == damage
    }
    path = folder / "m.onnx"
    write_model(subject.graph, path)
    if damage is not None:
        assert len(held) == 1
        _change(path, held.pop() or "")
    return compare_modules(path, replace(subject, path=path, values_limit=limit), attribution)


def _change(path: Path, name: str) -> None:
    proto = onnx.load(path)
    weight = next(tensor for tensor in proto.graph.initializer if tensor.name == name)
    array = onnx.numpy_helper.to_array(weight).copy()
    # Uneven: a constant shift would vanish in the next norm.
    array += 0.5 * np.sin(np.arange(array.size, dtype=np.float32)).reshape(array.shape)
    weight.CopyFrom(onnx.numpy_helper.from_array(array, name))
    onnx.save(proto, path)


@pytest.mark.parametrize(
    ("name", "damage", "first"),
    [
        ("BERT with mask", "encoder.layer.1.output.dense.weight", "encoder.layer.1.output.dense"),
        ("BERT with mask", "encoder.layer.2.attention.self.key.weight", "encoder.layer.2.attention.self.key"),
        ("Llama", "model.layers.1.mlp.up_proj.weight", "model.layers.1.mlp.up_proj"),
        (
            "ResNet",
            "encoder.stages.2.layers.1.layer.1.convolution.weight",
            "encoder.stages.2.layers.1.layer.1.normalization",
        ),
        ("called twice", "between.norm.weight", "between.norm"),
    ],
)
def test_a_damaged_weight_is_pinned_to_its_layer(tmp_path: Path, name: str, damage: str, first: str) -> None:
    found = compared(name, tmp_path, damage)
    assert not found.ok
    assert found.first_divergence is not None and found.first_divergence.key == first
    root = found.of("")
    assert root is not None and root.verdict is Verdict.DIFFERS, "the calls around it differ too"


def test_bounded_memory_gives_the_same(tmp_path: Path) -> None:
    whole = compared("BERT", tmp_path)
    assert whole.ok
    assert compared("BERT", tmp_path, limit=20_000) == whole


def test_calls_that_were_not_compared_have_no_first_divergence(tmp_path: Path) -> None:
    report = export_model(*build("Sequential"), tmp_path / "m.onnx")
    assert report.parity is not None
    with pytest.raises(OptionError, match='verify="modules"'):
        _ = report.parity.first_divergence


def test_the_text_names_the_first_divergence(tmp_path: Path) -> None:
    report = export_model(*build("BERT"), tmp_path / "m.onnx", verify="modules")
    assert report.parity is not None and "first at" not in report.parity.text
    spoilt = compared("BERT", tmp_path, "encoder.layer.1.output.dense.weight")
    outputs = tuple(replace(output, ok=False) for output in report.parity.outputs)
    text = replace(report.parity, outputs=outputs, modules=spoilt).text
    assert text.endswith("first at encoder.layer.1.output.dense")
    assert torch.is_grad_enabled()
