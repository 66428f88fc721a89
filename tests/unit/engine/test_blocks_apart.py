"""Blocks that did something else, or might have, are traced each by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization import patching

from .stacks import REST, Layer, Stack, X, exported, plain, stack

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


def in_place_on_its_own(self: Layer, x: torch.Tensor) -> torch.Tensor:
    y = self.first(x)
    y += x
    return plain(self, y)


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


def test_kinds() -> None:
    """Built alike is not enough, and names say nothing."""
    assert run_eagerly(stack(), (X,), {}, blocks=True).blocks == dict.fromkeys(["layers.0", *REST], 0)
    odd = run_eagerly(stack(other_wiring), (X,), {}, blocks=True).blocks
    assert odd == {"layers.0": 0, "layers.2": 0, "layers.1": 1, "layers.3": 1}
    assert run_eagerly(stack(), (X,), {}).blocks == {}
