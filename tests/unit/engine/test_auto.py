"""`auto` takes a witness, says which and why, and goes on to the next when one fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelexport_nb.engine.errors import AttributionError, OptionError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.strategies.fx import FxStrategy
from modelexport_nb.engine.strategies.htp import HtpStrategy

from .zoo import build

X = torch.randn(2, 4)


def test_speed_hears_the_first(tmp_path: Path) -> None:
    report = export_model(nn.Linear(4, 4), X, tmp_path / "m.onnx")
    assert report.strategy == "fx"
    assert [line.split(":")[0] for line in report.tried] == ["fx", "speed first"]


def test_accuracy_hears_all(tmp_path: Path) -> None:
    report = export_model(*build("Conv and BatchNorm"), tmp_path / "m.onnx", prioritize="accuracy")
    assert report.strategy == "fx", "equal claims: what was recorded goes first"
    assert [line.split(":")[0] for line in report.tried][:2] == ["fx", "htp"]
    assert "ownership 2/2" in report.tried[0] and "ownership 2/2" in report.tried[1]


def fail(*_: Any) -> Any:
    raise AttributionError("it cannot.")


def test_a_witness_that_fails_is_told_and_the_next_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FxStrategy, "attribute", fail)
    report = export_model(nn.Linear(4, 4), X, tmp_path / "m.onnx", prioritize="accuracy")
    assert report.strategy == "htp"
    assert report.tried[0] == "fx: it cannot."
    assert report.measures.root == 0


def test_a_worse_witness_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put every node at the root by one witness: its ownership tells."""
    original = FxStrategy.attribute

    def rooted(self: FxStrategy, subject: Any) -> Any:
        from dataclasses import replace

        found = original(self, subject)
        return replace(found, scopes=[replace(scope, call=0, also=()) for scope in found.scopes])

    monkeypatch.setattr(FxStrategy, "attribute", rooted)
    report = export_model(*build("BERT"), tmp_path / "m.onnx", prioritize="accuracy")
    assert report.strategy == "htp"
    assert report.measures.disowned == ()


def test_none_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelexport_nb.engine.strategies import auto

    monkeypatch.setattr(auto, "ORDER", ("fx", "htp"))  # the third needs nothing that could fail
    for witness in (FxStrategy, HtpStrategy):
        monkeypatch.setattr(witness, "attribute", fail)
    with pytest.raises(AttributionError, match=r"No strategy could attribute the graph\. fx: it cannot\. htp: "):
        export_model(nn.Linear(4, 4), X, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_priority(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r'Unknown priority "sped"\. Did you mean "speed"'):
        export_model(nn.Linear(4, 4), X, tmp_path / "m.onnx", prioritize="sped")
