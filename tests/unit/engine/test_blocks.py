"""Blocks that did the same are traced once, and nobody can tell from the graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelexport_nb.engine.capture import Attempt
from modelexport_nb.engine.capture.stamps import renumbered, stamping
from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.errors import CaptureError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization import OptimizationOptions, patching
from modelexport_nb.engine.optimization.blocks import blocks_once
from modelexport_nb.engine.optimization.copies import TracedBlock
from modelexport_nb.engine.recording import CallRecorder
from modelexport_nb.engine.report import ExportReport

from .graph_facts import what_it_is
from .zoo import build, perturb

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


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that were not traced."""
    paths: list[str] = []
    original = TracedBlock.copy

    def copy(self: TracedBlock, tracer: Any, recorder: Any, module: nn.Module, *rest: Any) -> Any:
        paths.append(recorder.path_of(module) or "")
        return original(self, tracer, recorder, module, *rest)

    monkeypatch.setattr(TracedBlock, "copy", copy)
    return paths


def exported(model: nn.Module, inputs: Any, path: Path, *, agrees: bool = True) -> ExportReport:
    """The export; nobody can tell it from the one in full."""
    report = export_model(model, inputs, path / "once.onnx", capture="torch.onnx")
    full = export_model(model, inputs, path / "full.onnx", capture="torch.onnx", optimization=IN_FULL)
    assert what_it_is(report) == what_it_is(full)
    assert report.tree == full.tree and report.notes == full.notes and report.measures == full.measures
    assert report.parity is not None and report.parity.ok is agrees
    assert [attempt.ok for attempt in report.attempts] == [True]
    return report


REST = ["layers.1", "layers.2", "layers.3"]


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
    assert what_it_is(report) == what_it_is(full)
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


def in_place_on_its_own(self: Layer, x: torch.Tensor) -> torch.Tensor:
    y = self.first(x)
    y += x
    return plain(self, y)


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


# What one of them does in another way.


def other_constant(self: Layer, x: torch.Tensor) -> torch.Tensor:
    return plain(self, x) * (2.0 if self.number % 2 else -0.0)


def other_order(self: Layer, x: torch.Tensor) -> torch.Tensor:
    return self.second(self.first(x)) if self.number % 2 else self.first(self.second(x))


def other_wiring(self: Layer, x: torch.Tensor) -> torch.Tensor:
    y = self.first(x)
    return self.second(x - y if self.number % 2 else y - x)


def other_call(self: Layer, x: torch.Tensor) -> torch.Tensor:
    """The same operators, and another module that is told to have made them."""
    y = self.first(x)
    return self.second(y) if self.number % 2 else nn.functional.linear(y, self.second.weight, self.second.bias)


def other_place(self: Layer, x: torch.Tensor) -> torch.Tensor:
    """The same operators and calls; which of the operators is the call's differs."""
    x = self.first(x)
    return self.second(self.act(torch.sigmoid(x)) if self.number % 2 else torch.sigmoid(self.act(x)))


@pytest.mark.parametrize("body", [other_constant, other_order, other_wiring, other_call, other_place])
def test_two_kinds(body: Any, tmp_path: Path, copied: list[str]) -> None:
    exported(stack(body), X, tmp_path)
    assert copied == ["layers.2", "layers.3"]


def both_ways(model: Stack, x: torch.Tensor) -> torch.Tensor:
    y = x * 2
    for number, layer in enumerate(model.layers):
        x = layer(x, y) if number % 2 else layer(y, x)
    return x


def test_other_places_of_the_same_arguments(tmp_path: Path, copied: list[str]) -> None:
    """The same things are given, in other places: the operators read other arguments."""

    def first_less_last(self: Layer, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return self.first(x - y) if self.number % 2 else self.first(y - x)

    exported(stack(first_less_last, both_ways), X, tmp_path)
    assert copied == ["layers.2", "layers.3"]


# What nobody can copy.


def outside(self: Layer, x: torch.Tensor) -> torch.Tensor:
    return plain(self, x) + BESIDE[0]


BESIDE = [torch.ones(4)]


def changes_its_argument(self: Layer, x: torch.Tensor) -> torch.Tensor:
    x += 1
    return plain(self, x)


def changes_a_view_of_it(self: Layer, x: torch.Tensor) -> torch.Tensor:
    x[:, 0].add_(1)
    return plain(self, x)


def gives_its_weight(self: Layer, x: torch.Tensor) -> Any:
    return plain(self, x) + self.first.weight.sum(), self.first.weight


def first_of_each(model: Stack, x: torch.Tensor) -> torch.Tensor:
    for layer in model.layers:
        x, _ = layer(x.clone())
    return x


class Box:
    """No tensor, no constant."""

    def __init__(self, value: torch.Tensor) -> None:
        self.value = value


def boxed(model: Stack, x: torch.Tensor) -> torch.Tensor:
    for layer in model.layers:
        x = layer(Box(x)).value
    return x


def from_a_box(self: Layer, x: Box) -> Box:  # type: ignore[misc]
    return Box(plain(self, x.value))


def keeps_state(self: Layer, x: torch.Tensor) -> torch.Tensor:
    self.seen = self.number
    return plain(self, x)


def copy_of(model: Stack, x: torch.Tensor) -> torch.Tensor:
    for layer in model.layers:
        x = layer(x.clone())
    return x


@pytest.mark.parametrize(
    ("body", "call"),
    [
        (outside, None),
        (in_place_on_its_own, None),
        (changes_its_argument, copy_of),
        (changes_a_view_of_it, copy_of),
        (gives_its_weight, first_of_each),
        (from_a_box, boxed),
        (keeps_state, None),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_is_not_copied(body: Any, call: Any, tmp_path: Path, copied: list[str]) -> None:
    exported(stack(body, call), X, tmp_path)
    assert copied == []


def test_hooks_and_a_forward_of_its_own(tmp_path: Path, copied: list[str]) -> None:
    model = stack()
    model.layers[1].first.register_forward_hook(lambda module, args, output: output * 2)
    model.layers[2].forward = lambda x: x - 1  # type: ignore[method-assign, assignment]
    exported(model, X, tmp_path)
    assert copied == ["layers.3"]


def test_what_only_the_traced_run_gives(tmp_path: Path, copied: list[str]) -> None:
    """Exporters put their own masks and hooks into a model while they trace it."""

    def masked(self: Layer, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        return plain(self, x) if mask is None else plain(self, x) + mask

    def masks(model: Stack, x: torch.Tensor) -> torch.Tensor:
        handle = None
        if torch.compiler.is_exporting():
            handle = model.layers[3].register_forward_hook(lambda module, args, output: output * 1)
        for layer in model.layers:
            x = layer(x, x * 0 if layer.number % 2 and torch.compiler.is_exporting() else None)
        if handle is not None:
            handle.remove()
        return x

    exported(stack(masked, masks), X, tmp_path)
    assert copied == ["layers.2"]


def test_a_layer_that_is_called_again(tmp_path: Path, copied: list[str]) -> None:
    """Its further calls are traced."""

    def again(model: Stack, x: torch.Tensor) -> torch.Tensor:
        for layer in [*model.layers, *model.layers]:
            x = layer(x)
        return x

    report = exported(stack(plain, again), X, tmp_path)
    assert copied == REST
    assert report.nodes("layers.3#1")


def test_tied_weights(tmp_path: Path, copied: list[str]) -> None:
    """Who shares with another is given something else than who does not."""
    model = stack()
    model.layers[2].second.weight = model.layers[2].first.weight
    exported(model, X, tmp_path)
    assert copied == ["layers.1", "layers.3"]


def test_sizes_that_vary_are_traced(tmp_path: Path, copied: list[str]) -> None:
    report = export_model(stack(), X, tmp_path / "m.onnx", dynamic="batch")
    assert report.parity is not None and report.parity.ok and copied == []


def test_what_nothing_confirms_is_traced(tmp_path: Path, copied: list[str]) -> None:
    """Without verification, or where the numbers of two runs differ anyway."""

    def random(self: Layer, x: torch.Tensor) -> torch.Tensor:
        return plain(self, x) + torch.rand_like(x)

    export_model(stack(), X, tmp_path / "m.onnx", verify="off")
    export_model(stack(random), X, tmp_path / "m.onnx")
    assert copied == []


def test_another_version_of_torch(tmp_path: Path, copied: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(patching.KNOWN_VERSIONS, "torch", "0.0")
    report = export_model(stack(), X, tmp_path / "m.onnx")
    assert report.parity is not None and report.parity.ok and copied == []


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


def test_kinds() -> None:
    """Built alike is not enough, and names say nothing."""
    assert run_eagerly(stack(), (X,), {}, blocks=True).blocks == dict.fromkeys(["layers.0", *REST], 0)
    odd = run_eagerly(stack(other_wiring), (X,), {}, blocks=True).blocks
    assert odd == {"layers.0": 0, "layers.2": 0, "layers.1": 1, "layers.3": 1}
    assert run_eagerly(stack(), (X,), {}).blocks == {}
