"""Threads of one process take turns: what one changes for its export is never seen, kept or undone by another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelexport_nb import compare, export_model, make_inputs, tag_onnx, trace_symbolically, validate

from .graph_facts import what_it_is
from .zoo import perturb

X = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))


class Seen(nn.Module):
    """Calls somebody with every run."""

    def __init__(self, see: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(8, 8)
        self.see = see

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.see()
        return torch.relu(self.linear(x))


def net(depth: int) -> nn.Module:
    torch.manual_seed(depth)
    return perturb(nn.Sequential(*(layer for _ in range(depth) for layer in (nn.Linear(8, 8), nn.ReLU()))).eval())


WAYS: dict[str, Callable[[nn.Module, Path], Any]] = {
    "export_model": lambda model, home: export_model(model, X, home / "m.onnx"),
    "compare": lambda model, _: compare(model, X, ("fx",)),
    "validate": lambda model, home: validate(home / "seen.onnx", model, X),
    "tag_onnx": lambda model, home: tag_onnx(home / "seen.onnx", model, X, home / "tagged.onnx"),
    "trace_symbolically": lambda model, _: trace_symbolically(model),
    "make_inputs": lambda model, _: make_inputs(model, shapes={"x": (2, 8)}),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_another_thread_waits(way: Callable[[nn.Module, Path], Any], tmp_path: Path) -> None:
    export_model(Seen().eval(), X, tmp_path / "seen.onnx")
    meanwhile, overtaken = threading.Event(), []
    other = threading.Thread(target=lambda: way(Seen(meanwhile.set).eval(), tmp_path))

    def first() -> None:
        if not overtaken:
            other.start()
            overtaken.append(meanwhile.wait(0.5))

    export_model(Seen(first).eval(), X, tmp_path / "first.onnx")
    other.join()
    assert overtaken == [False]
    assert meanwhile.is_set(), "it had its turn"


def test_exports_of_several_threads_are_those_of_one(tmp_path: Path) -> None:
    def export(depth: int) -> list[Any]:
        return what_it_is(export_model(net(depth), X, tmp_path / f"{depth}.onnx"))

    one_by_one = [export(depth) for depth in range(1, 7)]
    with ThreadPoolExecutor(3) as pool:
        at_once = [*pool.map(export, range(1, 7))]
    assert at_once == one_by_one
