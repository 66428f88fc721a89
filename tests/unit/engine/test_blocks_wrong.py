"""A copy of a block that is wrong, or that cannot be made, costs a second capture and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelexport_nb.engine.capture import Attempt
from modelexport_nb.engine.errors import CaptureError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization.copies import TracedBlock

from .stacks import REST, Layer, Stack, X, exported, plain, stack


def with_a_number_of_its_own(self: Layer, x: torch.Tensor) -> torch.Tensor:
    """A tensor in the eager run, a constant where it is traced: no run shows that it is another one in each."""
    return plain(self, x) * (self.value if torch.compiler.is_exporting() else self.scale)


def test_a_copy_that_is_wrong_is_found(tmp_path: Path, copied: list[str]) -> None:
    model = stack(with_a_number_of_its_own)
    for layer in model.layers:
        layer.value = layer.number + 1.5
        layer.register_buffer("scale", torch.tensor(layer.value))
    report = export_model(model, X, tmp_path / "m.onnx")
    assert copied == REST
    assert [(attempt.name, attempt.ok) for attempt in report.attempts] == [("torch.onnx", False), ("torch.onnx", True)]
    assert report.parity is not None and report.parity.ok


def test_what_is_collected_beside_the_model(tmp_path: Path, copied: list[str]) -> None:
    """A copy puts nothing into a list; the file lacks outputs, and is not the last word."""
    beside: list[torch.Tensor] = []

    def collects(self: Layer, x: torch.Tensor) -> torch.Tensor:
        beside.append(plain(self, x))
        return beside[-1]

    def collected(model: Stack, x: torch.Tensor) -> Any:
        beside.clear()
        for layer in model.layers:
            x = layer(x)
        return tuple(beside)

    report = export_model(stack(collects, collected), X, tmp_path / "m.onnx", capture="torch.onnx")
    assert copied == REST
    assert [attempt.ok for attempt in report.attempts] == [False, True]
    assert report.parity is not None and report.parity.ok and len(report.graph.graph.outputs) == 4


def test_a_call_elsewhere_that_no_run_shows(tmp_path: Path, copied: list[str]) -> None:
    """It is no call of the block, and a copy would put it inside."""
    shared = nn.ReLU()

    def calls(self: Layer, x: torch.Tensor) -> torch.Tensor:
        return plain(self, x) + (shared(x) * 0 if torch.compiler.is_exporting() else 0)

    model = stack(calls)
    model.shared = shared
    exported(model, X, tmp_path)
    assert copied == []


def test_a_copy_that_fails_is_traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("no copy")

    monkeypatch.setattr(TracedBlock, "copy", fails)
    report = export_model(stack(), X, tmp_path / "m.onnx", capture="torch.onnx")
    assert report.attempts == (Attempt("torch.onnx", True),)
    assert report.parity is not None and report.parity.ok


def test_the_model_that_fails_is_to_blame_and_not_the_copy(tmp_path: Path) -> None:
    """Tried once more in full; what it failed by is told once."""

    def branches(model: Stack, x: torch.Tensor) -> torch.Tensor:
        for layer in model.layers:
            x = layer(x)
        return x if x.sum() > 0 else -x

    with pytest.raises(CaptureError, match="depends on data") as caught:
        export_model(stack(plain, branches), X, tmp_path / "m.onnx", capture="torch.onnx")
    assert len(caught.value.attempts) == 1
    assert not [*tmp_path.iterdir()]
