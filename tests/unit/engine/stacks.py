"""Small models of four layers, and their export with layers traced once beside the one in full."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization import OptimizationOptions
from modelexport_nb.engine.report import ExportReport

from .graph_facts import all_of_it
from .zoo import perturb

REST = ["layers.1", "layers.2", "layers.3"]
X = torch.linspace(-1, 1, 24).view(2, 3, 4)
IN_FULL = replace(OptimizationOptions(), blocks_once=False)


class Layer(nn.Module):
    """A block. What is special about one of several is told by its number."""

    def __init__(self, number: int, body: Callable[..., Any]) -> None:
        super().__init__()
        self.number, self.body = number, body
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)
        self.norm, self.act = nn.LayerNorm(4), nn.Sigmoid()

    def forward(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        return self.body(self, x, *args, **kwargs)


class Stack(nn.Module):
    """Four blocks, called as `call` says: by default one after the other."""

    def __init__(self, body: Callable[..., Any], call: Callable[..., Any] | None = None) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(number, body) for number in range(4))
        self.call = call

    def forward(self, x: torch.Tensor) -> Any:
        if self.call is not None:
            return self.call(self, x)
        for layer in self.layers:
            x = layer(x)
        return x


def plain(self: Layer, x: torch.Tensor) -> torch.Tensor:
    return self.norm(x + self.second(torch.relu(self.first(x))))


def stack(body: Callable[..., Any] = plain, call: Callable[..., Any] | None = None) -> Stack:
    torch.manual_seed(0)
    return perturb(Stack(body, call)).eval()


def exported(model: nn.Module, inputs: Any, path: Path, *, agrees: bool = True) -> ExportReport:
    """The export; nobody can tell it from the one in full."""
    report = export_model(model, inputs, path / "once.onnx", capture="torch.onnx")
    full = export_model(model, inputs, path / "full.onnx", capture="torch.onnx", optimization=IN_FULL)
    assert all_of_it(report) == all_of_it(full)
    assert report.parity is not None and report.parity.ok is agrees
    assert [attempt.ok for attempt in report.attempts] == [True]
    return report
