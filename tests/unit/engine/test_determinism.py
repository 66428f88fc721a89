"""A model whose runs differ is told, with the module call that is the first to differ; random states are kept."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from modelexport_nb.engine import export, tagging, verification
from modelexport_nb.engine.determinism import disagreement
from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.errors import AttributionError, EagerRunError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.randomness import move_on, random_state, restore_random
from modelexport_nb.engine.tagging import tag_onnx

X = torch.randn(8, 64, generator=torch.Generator().manual_seed(0))
CLAUSE = "the model is not deterministic: two runs on the same inputs differ, first in layer.1.noise"
NOTE = f"T{CLAUSE[1:]}."


class Noise(nn.Module):
    def __init__(self, make: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.make = make

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.make(x)


class Layer(nn.Module):
    def __init__(self, noise: nn.Module | None) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 64)
        self.noise = noise or nn.Identity()
        self.norm = nn.LayerNorm(64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x + self.noise(self.linear(x)))


class Net(nn.Module):
    """The noise is in the second of three layers."""

    def __init__(self, noise: nn.Module | None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.ModuleList([Layer(None), Layer(noise), Layer(None)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layer:
            x = layer(x)
        return x


def net(make: Callable[[torch.Tensor], torch.Tensor] | None = None) -> nn.Module:
    return Net(Noise(make) if make is not None else None).eval()


ticks = itertools.count()
NUMPY = np.random.default_rng(0)
GENERATOR = torch.Generator().manual_seed(0)

RANDOM: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "dropout left active": lambda x: F.dropout(x, 0.3, training=True),
    "rand": lambda x: x + torch.rand(x.shape),
    "rand_like": lambda x: x * torch.rand_like(x),
    "bernoulli": lambda x: x * torch.bernoulli(torch.full_like(x, 0.5)),
    "in place": lambda x: x.clone().add_(torch.empty_like(x).normal_()),
    "one number": lambda x: x + torch.rand(()),
    "permutation": lambda x: x[torch.randperm(x.shape[0])],
    "complex": lambda x: torch.fft.fft(x * torch.rand_like(x)).real,
    "Python's": lambda x: x * random.random(),
    "NumPy's": lambda x: x * float(np.random.rand()),
}
"""What draws from a generator that all share."""

OTHER: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "its own generator": lambda x: x + torch.rand(x.shape, generator=GENERATOR),
    "NumPy's new kind": lambda x: x * float(1 + NUMPY.random()),
    "a counter": lambda x: x * next(ticks),
    "another way": lambda x: torch.relu(x) if next(ticks) % 2 else torch.tanh(torch.exp(x)),
}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often it was looked whether runs differ."""
    seen: list[str] = []

    def counted(*arguments: Any) -> str | None:
        seen.append("looked")
        return disagreement(*arguments)

    for home in (export, tagging, verification):
        monkeypatch.setattr(home, "disagreement", counted)
    return seen


def found(model: nn.Module, inputs: Any = X) -> str | None:
    eager = run_eagerly(model, (inputs,), {})
    return disagreement(model, (inputs,), {}, eager)


@pytest.mark.parametrize("make", [*RANDOM.values(), *OTHER.values()], ids=[*RANDOM, *OTHER])
def test_the_first_call_that_differs_is_named(make: Callable[[torch.Tensor], torch.Tensor]) -> None:
    assert found(net(make)) == CLAUSE


@pytest.mark.parametrize("make", RANDOM.values(), ids=RANDOM)
def test_a_run_that_draws_is_suspect(make: Callable[[torch.Tensor], torch.Tensor]) -> None:
    assert run_eagerly(net(make), (X,), {}).random
    assert not run_eagerly(net(), (X,), {}).random


def test_runs_that_agree() -> None:
    assert found(net()) is None
    assert found(net(lambda x: x + 0 * torch.rand_like(x))) is None, "what is drawn has no effect"
    assert found(net(lambda x: torch.empty_like(x).copy_(x))) is None, "memory that is yet to be filled"
    assert found(net(), torch.full((8, 64), float("nan"))) is None


def test_another_run_that_fails(tmp_path: Path) -> None:
    def once(x: torch.Tensor) -> torch.Tensor:
        if random.random() < 1 and next(runs) == 1:
            raise RuntimeError("only once")
        return x

    runs = itertools.count()
    report = export_model(net(once), X, tmp_path / "m.onnx")
    assert report.notes == ("The model is not deterministic: another run on the same inputs fails.",)


def test_the_module_that_draws_and_not_the_one_that_returns_it() -> None:
    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Linear(64, 64)
            self.second = nn.Linear(64, 64)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.second(self.first(x) + torch.rand(64))  # `second` is the first that returns something else

    clause = "the model is not deterministic: two runs on the same inputs differ, first in "
    assert found(Outer()) == f"{clause}the root itself"
    assert found(nn.Sequential(nn.Linear(64, 64), Outer())) == f"{clause}1"


def test_a_single_number_among_many() -> None:
    def one(x: torch.Tensor) -> torch.Tensor:
        x = x.clone()
        x.view(-1)[-1] += next(ticks) + 1
        return x

    model = Noise(one)
    assert found(model, torch.zeros(1000, 1000)) == "the model is not deterministic: two runs on the same inputs differ"


@pytest.mark.parametrize("strategy", ["fx", "htp"])
def test_a_note_and_the_parity_say_so(tmp_path: Path, strategy: str, runs: list[str]) -> None:
    model = net(RANDOM["dropout left active"])
    report = export_model(model, X, tmp_path / "m.onnx", strategy=strategy, verify="modules")
    assert report.notes == (NOTE,)
    assert report.parity is not None and not report.parity.ok
    assert report.parity.problem == report.parity.text == CLAUSE
    assert CLAUSE in repr(report)
    assert report.parity.modules is not None
    first = report.parity.modules.first_divergence
    assert first is not None and first.key.startswith("layer.1"), "the run that is compared draws the same numbers"
    assert len(runs) == 1


def test_without_verification_a_model_that_draws_is_told(tmp_path: Path) -> None:
    report = export_model(net(RANDOM["rand"]), X, tmp_path / "m.onnx", verify="off")
    assert report.notes == (NOTE,) and report.parity is None


@pytest.mark.parametrize("name", ["a counter", "NumPy's new kind"])
def test_what_draws_from_nowhere_is_told_when_the_numbers_differ(tmp_path: Path, name: str, runs: list[str]) -> None:
    model = net(OTHER[name])
    export_model(model, X, tmp_path / "m.onnx", verify="off")
    assert not runs
    report = export_model(model, X, tmp_path / "m.onnx")
    assert report.notes == (NOTE,) and runs == ["looked"]
    assert report.parity is not None and report.parity.problem == CLAUSE


def test_a_sound_model_costs_no_second_run(tmp_path: Path, runs: list[str]) -> None:
    for strategy in ("auto", "htp"):
        report = export_model(net(), X, tmp_path / "m.onnx", strategy=strategy, verify="modules")
        assert report.parity is not None and report.parity.ok and report.notes == ()
    assert not runs


def test_a_file_that_disagrees_with_a_sound_model_stays_wrong(tmp_path: Path, runs: list[str]) -> None:
    model = net()
    plain = export_model(model, X, tmp_path / "m.onnx", metadata="none").path
    with torch.no_grad():
        model.layer[2].norm.bias += 1.0  # type: ignore[index, union-attr]
    report = tag_onnx(plain, model, X, tmp_path / "t.onnx")
    assert runs == ["looked"]
    assert report.parity is not None and report.parity.problem is None and not report.parity.ok
    assert report.notes == ()


def test_tag_onnx_refuses_for_the_right_reason(tmp_path: Path) -> None:
    model = nn.Sequential(Noise(lambda x: x + next(ticks)), nn.Linear(64, 64), nn.Tanh())
    plain = export_model(model, X, tmp_path / "m.onnx", metadata="none", verify="off").path
    with pytest.raises(AttributionError) as caught:
        tag_onnx(plain, model, X, tmp_path / "t.onnx")
    assert str(caught.value) == (
        "The file cannot be compared with the model: the model is not deterministic: "
        "two runs on the same inputs differ, first in 0."
    )


@pytest.mark.parametrize("fails", [False, True])
def test_the_callers_random_states_are_kept(tmp_path: Path, fails: bool) -> None:
    def draw(x: torch.Tensor) -> torch.Tensor:
        if fails:
            raise RuntimeError("no")
        return x + torch.rand(64) + random.random() + float(np.random.rand())

    model = net(draw)
    before = random_state()
    try:
        export_model(model, X, tmp_path / "m.onnx", verify="modules")
    except EagerRunError:
        assert fails
    assert random_state() == before


def test_random_states() -> None:
    before = random_state()
    drawn = torch.rand(3).tolist(), random.random(), float(np.random.rand())
    assert random_state() != before
    restore_random(before)
    assert random_state() == before
    assert (torch.rand(3).tolist(), random.random(), float(np.random.rand())) == drawn
    restore_random(before)
    move_on()
    moved = random_state()
    assert (torch.rand(3).tolist(), random.random(), float(np.random.rand())) != drawn
    restore_random(before)
    move_on()
    assert random_state() == moved


# ---- what a model does to its inputs ----


@pytest.mark.parametrize("capture", ["auto", "torchscript"])
@pytest.mark.parametrize("strategy", ["htp", "usage_based"])
def test_a_model_that_changes_its_inputs_in_place(tmp_path: Path, capture: str, strategy: str) -> None:
    class Changes(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(64, 64)

        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            x.add_(1.0)
            return self.linear(x + y)

    x, y = X.clone(), X.clone() * 2
    report = export_model(
        Changes().eval(), (x, y), tmp_path / "m.onnx", strategy=strategy, capture=capture, verify="modules"
    )
    assert torch.equal(x, X) and torch.equal(y, X * 2)
    assert report.parity is not None and report.parity.ok and report.parity.modules is not None
    assert report.parity.modules.ok and report.notes == ()


def test_one_tensor_given_twice_is_one() -> None:
    class Twice(nn.Module):
        def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            x.mul_(2.0)
            return y + 0

    x = X.clone()
    run = run_eagerly(Twice(), (x, x), {})
    assert torch.equal(run.outputs, 2 * X) and torch.equal(x, X)
