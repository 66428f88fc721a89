"""Torch's inference mode around an export, in a model, and in what made its inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from modelexport_nb import compare, export_model, make_inputs, tag_onnx, validate

from .zoo import perturb

X = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
STRATEGIES = ("fx", "htp", "usage_based")


def layers() -> nn.Module:
    torch.manual_seed(0)
    return perturb(nn.Sequential(nn.Linear(8, 8), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(8, 4)).eval())


class Inside(nn.Module):
    """Its forward runs in inference mode; torch counts no changes of what is made there."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = layers()

    @torch.inference_mode()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(torch.empty_like(x).copy_(x))


class Around(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = layers()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(torch.empty_like(x).copy_(x))


def tags(model: nn.Module, inputs: torch.Tensor, path: Path, strategy: str) -> list[tuple[str, str]]:
    report = export_model(model, inputs, path, strategy=strategy, verify="modules")
    assert report.parity is not None and report.parity.ok
    return [(row.op, row.scope) for row in report.nodes()]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_tags_are_the_same_in_it(tmp_path: Path, strategy: str) -> None:
    expected = [("Gemm", "layers.0"), ("Relu", "layers.1"), ("Gemm", "layers.3")]
    assert tags(Around(), X, tmp_path / "a.onnx", strategy) == expected
    assert tags(Inside(), X, tmp_path / "b.onnx", strategy) == expected
    model = Around()
    with torch.inference_mode():
        assert tags(model, X, tmp_path / "c.onnx", strategy) == expected
        assert torch.is_inference_mode_enabled() and not torch.is_grad_enabled()
        inputs = X.clone()
    assert tags(model, inputs, tmp_path / "d.onnx", strategy) == expected


MODEL = layers()


def export(folder: Path) -> Path:
    return export_model(MODEL, X, folder / "m.onnx").path


WAYS: dict[str, Callable[[Path], object]] = {
    "inputs": lambda folder: make_inputs(MODEL).arguments,
    "compare": lambda folder: compare(MODEL, X, folder=folder).to_json(),
    "isolated": lambda folder: export_model(MODEL, X, folder / "m.onnx", isolate=True).measures,
    "tag": lambda folder: tag_onnx(export(folder), MODEL, X, folder / "t.onnx").measures,
    "validate": lambda folder: validate(export(folder), MODEL, X).ok,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_all_that_runs_a_model(tmp_path: Path, way: Callable[[Path], object]) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    with torch.inference_mode():
        inside = way(tmp_path / "in")
        assert torch.is_inference_mode_enabled()
    assert str(inside) == str(way(tmp_path / "out"))


def test_who_turned_gradients_off_has_them_off(tmp_path: Path) -> None:
    with torch.no_grad():
        export_model(MODEL, X, tmp_path / "m.onnx")
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()
