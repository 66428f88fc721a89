"""What lies by chance in memory that nobody has filled yet says nothing about who made a node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils import deterministic

from modelexport_nb.engine import unfilled
from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.strategies.htp import HtpStrategy
from modelexport_nb.engine.values import ValueTrace

from .subjects import subject_of

X = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))

FOUND: dict[str, Callable[[torch.Tensor], object]] = {
    "empty": lambda x: torch.empty(3, 4),
    "of whole numbers": lambda x: torch.empty(3, 4, dtype=torch.int64),
    "of bytes": lambda x: torch.empty(3, 4, dtype=torch.uint8),
    "complex": lambda x: torch.empty(3, 4, dtype=torch.complex64),
    "empty_like": torch.empty_like,
    "new_empty": lambda x: x.new_empty(5),
    "strided": lambda x: torch.empty_strided((3, 3), (1, 3)),
    "channels last": lambda x: torch.empty(2, 3, 4, 5, memory_format=torch.channels_last),
    "a view of it": lambda x: torch.empty_like(x)[0],
    "of another type": lambda x: torch.empty_like(x).half(),
    "two of them": lambda x: torch.empty(3, 4) + torch.empty(3, 4),
}
COMPUTED: dict[str, Callable[[torch.Tensor], object]] = {
    "zeros": torch.zeros_like,
    "all true": lambda x: torch.ones(4, dtype=torch.bool),
    "all NaN": lambda x: torch.full((4,), float("nan")),
    "the largest number": lambda x: torch.full((4,), torch.iinfo(torch.int64).max),
    "places": lambda x: torch.arange(8),
    "random": torch.rand_like,
    "relu": torch.relu,
    "a view": lambda x: x.view(-1),
    "filled": lambda x: torch.empty_like(x).copy_(x),
    "read when filled": lambda x: torch.empty_like(x).copy_(x) * 2,
    "filled in part": lambda x: torch.empty_like(x).index_copy_(0, torch.arange(2), x[:2]) * 2,
    "with something else": lambda x: torch.empty_like(x) * x,
    "no number": lambda x: torch.zeros(0),
}


class Runs(nn.Module):
    def __init__(self, make: Callable[[torch.Tensor], object]) -> None:
        super().__init__()
        self.make = make

    def forward(self, x: torch.Tensor) -> object:
        return self.make(x)


def trace_of(make: Callable[[torch.Tensor], object], x: torch.Tensor = X) -> ValueTrace:
    trace = run_eagerly(Runs(make), (x,), {}, values=True).values
    assert trace is not None
    return trace


@pytest.fixture
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfilled, "_HANDS_OUT", {})


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("make", FOUND.values(), ids=FOUND)
def test_nobody_computed_it(make: Callable[[torch.Tensor], object]) -> None:
    trace = trace_of(make)
    assert set(trace.outputs[0]) <= trace.unfilled


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("make", COMPUTED.values(), ids=COMPUTED)
def test_somebody_computed_it(make: Callable[[torch.Tensor], object]) -> None:
    trace = trace_of(make)
    assert not set(trace.outputs[0]) & trace.unfilled


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("make", [*FOUND.values(), *COMPUTED.values()], ids=[*FOUND, *COMPUTED])
def test_what_looks_like_filling_decides_nothing_for_later(make: Callable[[torch.Tensor], object]) -> None:
    trace_of(make, torch.full((3, 4), float("nan")))
    assert not trace_of(lambda x: torch.relu(x)[0] * 2).unfilled
    assert trace_of(torch.empty_like).unfilled


@pytest.mark.usefixtures("nothing_known")
@pytest.mark.parametrize("mode", ["default", "warn", "error"])
@pytest.mark.parametrize("fills", [True, False])
def test_what_the_user_told_torch_holds(mode: str, fills: bool) -> None:
    before = torch.random.get_rng_state()
    try:
        torch.set_deterministic_debug_mode(mode)
        deterministic.fill_uninitialized_memory = fills
        trace_of(lambda x: torch.empty_like(x).copy_(x).relu())
        assert torch.get_deterministic_debug_mode() == {"default": 0, "warn": 1, "error": 2}[mode]
        assert deterministic.fill_uninitialized_memory is fills
    finally:
        torch.set_deterministic_debug_mode("default")
        deterministic.fill_uninitialized_memory = True
    assert torch.equal(torch.random.get_rng_state(), before)


class Sorted(nn.Module):
    """Works on rows in another order and puts them back, as mixtures of experts do."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        order = x[:, 0].argsort()
        back = torch.empty_like(order)
        back[order] = torch.arange(len(order))
        return self.linear(x[order]).relu()[back]


def test_what_another_call_left_there_is_not_found_again() -> None:
    torch.manual_seed(0)
    subject = subject_of((nn.Sequential(Sorted(), Sorted(), Sorted()).eval(), torch.randn(8, 16)), values=True)
    trace = subject.eager.values
    assert trace is not None and len(trace.unfilled) == 3

    def tags() -> list[str]:
        attribution = HtpStrategy().attribute(replace(subject, captured=None))
        return [attribution.calls[scope.call].key for scope in attribution.scopes]

    right = tags()
    computed = [value for value in range(len(trace.samples)) if value not in trace.unfilled]
    late = max(trace.unfilled)
    wrong = 0
    for value in computed:  # the allocator may hand out any memory that is free again
        trace.samples[late] = trace.samples[value]
        assert tags() == right
        kept, trace.unfilled = trace.unfilled, set()
        wrong += tags() != right
        trace.unfilled = kept
    assert wrong, "or this test shows nothing"
