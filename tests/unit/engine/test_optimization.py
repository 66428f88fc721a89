"""Short cuts change nothing: with and without them the graph, its numbers and its attribution are the same."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx_ir as ir
import pytest
import torch
from onnxscript import rewriter
from torch import nn
from torch.onnx._internal.exporter import _fx_passes
from torch.onnx._internal.exporter._registration import ONNXRegistry

from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization import OptimizationOptions, patching, quick_exporters

from .graph_facts import all_of_it
from .zoo import build, perturb

NONE = OptimizationOptions.none()
EACH = {field.name: replace(NONE, **{field.name: True}) for field in fields(OptimizationOptions)}
ALL = OptimizationOptions()


class InPlace(nn.Module):
    """Changes tensors in place: its own, and one that a view of it sees."""

    def __init__(self, through_a_view: bool) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(8, 8), nn.BatchNorm1d(8)
        self.through_a_view = through_a_view

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        first = y[:, :4] if self.through_a_view else y.sin()
        y = y.relu_()
        y += 1
        return self.norm(y) + torch.cat([first, first], 1)[:, :8].mean()


def exported(
    model: nn.Module, inputs: Any, path: Path, options: OptimizationOptions, dynamic: str | None = None
) -> list[Any]:
    report = export_model(model, inputs, path, optimization=options, dynamic=dynamic)
    assert report.parity is not None and report.parity.ok
    return all_of_it(report)


@pytest.mark.parametrize("name", ["BERT with mask", "GPT-2", "ResNet", "GRU", "torch.cond", "called twice"])
def test_nothing_changes(tmp_path: Path, name: str) -> None:
    slow = exported(*build(name), tmp_path / "slow.onnx", NONE)
    assert exported(*build(name), tmp_path / "quick.onnx", ALL) == slow


@pytest.mark.parametrize("switch", EACH)
def test_each_switch_alone(tmp_path: Path, switch: str) -> None:
    slow = exported(*build("Conv and BatchNorm"), tmp_path / "slow.onnx", NONE)
    assert exported(*build("Conv and BatchNorm"), tmp_path / "quick.onnx", EACH[switch]) == slow


@pytest.mark.parametrize("name", ["BERT with mask", "GPT-2", "ResNet", "GRU", "Llama", "ViT", "T5 encoder"])
def test_graphs_are_taken_apart_by_kind(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not done by kind is done in torch's way: where that is not needed, a slow export would not show."""

    def whole(*_: Any) -> None:
        raise AssertionError("the whole graph is traced again")

    monkeypatch.setattr(_fx_passes, "decompose_with_registry", whole)
    assert exported(*build(name), tmp_path / "m.onnx", ALL)


@pytest.mark.parametrize("through_a_view", [False, True])
def test_tensors_changed_in_place(tmp_path: Path, through_a_view: bool) -> None:
    model = perturb(InPlace(through_a_view)).eval()
    x = torch.randn(3, 8)
    slow = exported(model, x, tmp_path / "slow.onnx", NONE)
    assert exported(model, x, tmp_path / "quick.onnx", ALL) == slow


@pytest.mark.parametrize(
    ("name", "dynamic"), [("BERT with mask", "batch,sequence"), ("ResNet", "batch"), ("ViT", "auto")]
)
def test_sizes_that_vary(name: str, dynamic: str, tmp_path: Path) -> None:
    slow = exported(*build(name), tmp_path / "slow.onnx", NONE, dynamic)
    assert exported(*build(name), tmp_path / "quick.onnx", ALL, dynamic) == slow


def test_all_is_as_before() -> None:
    before = (vars(ONNXRegistry)["from_torchlib"], rewriter._DEFAULT_REWRITE_RULES, _fx_passes.decompose_with_registry)
    with pytest.raises(KeyError), quick_exporters(ALL):
        assert rewriter._DEFAULT_REWRITE_RULES is not before[1]
        assert _fx_passes.decompose_with_registry is not before[2]
        raise KeyError
    assert before == (
        vars(ONNXRegistry)["from_torchlib"],
        rewriter._DEFAULT_REWRITE_RULES,
        _fx_passes.decompose_with_registry,
    )


def test_code_on_demand() -> None:
    """Whoever asks for `forward`, be it for its signature, gets the code of the graph as it is."""
    with quick_exporters(ALL):
        traced = torch.fx.symbolic_trace(nn.Linear(4, 4))
        assert list(inspect.signature(traced.forward).parameters) == ["input"]
        traced.graph.output_node().args = (next(iter(traced.graph.nodes)),)
        traced.recompile()
    x = torch.randn(2, 4)
    assert traced(x) is x


def test_a_table_is_nobody_elses() -> None:
    """An exporter adds translations of its own to its copy."""
    with quick_exporters(ALL):
        one = ONNXRegistry.from_torchlib()
        one.functions.clear()
        two = ONNXRegistry.from_torchlib()
    assert two.functions
    assert two.functions.keys() == ONNXRegistry.from_torchlib().functions.keys()


@pytest.mark.parametrize("library", ["torch", "onnxscript"])
def test_another_version_goes_its_own_way(library: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(patching.KNOWN_VERSIONS, library, "0.0")
    with quick_exporters(ALL):
        left = _fx_passes.decompose_with_registry.__module__.startswith("torch.")
        assert left is (library == "torch")
        assert isinstance(rewriter._DEFAULT_REWRITE_RULES[0], rewriter.RewriteRule) is (library == "onnxscript")
    assert exported(*build("ResNet"), tmp_path / "m.onnx", ALL)


def test_weights_are_the_same(tmp_path: Path) -> None:
    """Folding a BatchNorm computes new weights: those of both ways, number by number."""
    files = [tmp_path / "slow.onnx", tmp_path / "quick.onnx"]
    for file, options in zip(files, (NONE, ALL), strict=True):
        export_model(*build("Conv and BatchNorm"), file, optimization=options)
    slow, quick = ([value.const_value for value in ir.load(file).graph.initializers.values()] for file in files)
    assert len(slow) == len(quick)
    for one, other in zip(slow, quick, strict=True):
        assert one is not None and other is not None and np.array_equal(one.numpy(), other.numpy())
