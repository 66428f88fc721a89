"""Blocks that did the same are traced once, and nobody can tell from the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelexport_nb.engine.capture.stamps import renumbered, stamping
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization.blocks import blocks_once
from modelexport_nb.engine.recording import CallRecorder

from .graph_facts import all_of_it
from .stacks import IN_FULL, REST, Layer, Stack, X, exported, plain, stack
from .zoo import build


def test_one_of_four_is_traced(tmp_path: Path, copied: list[str]) -> None:
    report = exported(stack(), X, tmp_path)
    assert copied == REST
    assert {node.scope for node in report.nodes("layers.3.first")} == {"layers.3.first"}


@pytest.mark.parametrize("name", ["BERT with mask", "ViT", "T5 encoder"])
def test_real_models(name: str, tmp_path: Path, copied: list[str]) -> None:
    model, inputs = build(name)
    report = export_model(model, inputs, tmp_path / "once.onnx", verify="modules")
    count = len(copied)
    full = export_model(model, inputs, tmp_path / "full.onnx", verify="modules", optimization=IN_FULL)
    assert all_of_it(report) == all_of_it(full)
    assert report.parity is not None and report.parity.ok
    assert 0 < count == len(copied)


# What goes in and comes out in many ways, and is copied all the same.


def tuple_of_arguments(model: Stack, x: torch.Tensor) -> Any:
    mask = x > 0
    for layer in model.layers:
        x, mask, nothing = layer(x, pair=(mask, None), scale=0.5)
        assert nothing is None
    return x, mask


def with_mask(self: Layer, x: torch.Tensor, *, pair: tuple[torch.Tensor, None], scale: float) -> Any:
    return torch.where(pair[0], plain(self, x) * scale, x), pair[0], pair[1]


def twice_the_same(self: Layer, x: torch.Tensor) -> Any:
    y = plain(self, x)
    return {"a": y, "b": [y, y.sum(-1, keepdim=True)]}


def chosen(model: Stack, x: torch.Tensor) -> torch.Tensor:
    for layer in model.layers:
        found = layer(x)
        x = found["a"] + found["b"][0] * found["b"][1]
    return x


def own_constants(self: Layer, x: torch.Tensor) -> torch.Tensor:
    y = self.first(x)
    return self.second(y).masked_fill(torch.zeros_like(y, dtype=torch.bool), 3.0) * torch.full((4,), 2.0)


def swapped(model: Stack, x: torch.Tensor) -> torch.Tensor:
    a, b = x, x * 2
    for layer in model.layers:
        a, b = b, layer(a, b)
    return b


def minus(self: Layer, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return self.first(x) - self.second(y)


def no_op_first(self: Layer, x: torch.Tensor, *, scale: torch.Tensor) -> torch.Tensor:
    return plain(self, x.contiguous()) * scale.to(torch.float32)


def scaled(model: Stack, x: torch.Tensor) -> torch.Tensor:
    scale = x.sum() + 9
    for layer in model.layers:
        x = layer(x, scale=scale)
    return x * scale


COPIED = pytest.mark.parametrize(
    ("body", "call"),
    [
        (plain, None),
        (with_mask, tuple_of_arguments),
        (twice_the_same, chosen),
        (own_constants, None),
        (minus, swapped),
        (no_op_first, scaled),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)


@COPIED
def test_what_is_copied(body: Any, call: Any, tmp_path: Path, copied: list[str]) -> None:
    exported(stack(body, call), X, tmp_path)
    assert copied == REST


@COPIED
def test_the_tracer_leaves_the_same(body: Any, call: Any, copied: list[str]) -> None:
    model = stack(body, call)
    assert traced(model, dict.fromkeys(["layers.0", *REST], 0)) == traced(model, {})
    assert copied == REST


def traced(model: nn.Module, kinds: dict[str, int]) -> list[Any]:
    """All that torch.export's graph says of each node, and the calls."""
    recorder = CallRecorder(model)
    with torch.no_grad(), stamping(recorder), blocks_once(recorder, kinds, renumbered):
        graph = torch.export.export(model, (X,), strict=False).graph
    known = ("nn_module_stack", "stack_trace", "custom", "val")
    nodes = [
        (
            node.name,
            node.op,
            str(node.target),
            str(node.args),
            str(node.kwargs),
            [str(node.meta.get(key)) for key in known],
        )
        for node in graph.nodes
    ]
    return [*nodes, *recorder.runs[-1].calls]
