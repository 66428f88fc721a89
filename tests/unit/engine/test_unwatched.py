"""The traced graph is the same where torch's own looks at tensors are not watched, and calls still are."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import Any

import pytest
import torch
from torch import nn
from torch._export.non_strict_utils import _NonStrictTorchFunctionHandler as Watcher

from modelexport_nb.engine.optimization.unwatched import unwatched_bookkeeping

from .zoo import build


class Modes(nn.Module):
    """Turns gradients and a coarser type on and off in between."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            x = self.first(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = self.second(x)
        return x + y.float()


class Index(nn.Module):
    """An index that is a tensor; a constant that is made on the way; a change in place."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last = torch.tensor(x.shape[0] - 1)
        y = x.clone()
        y[0] = 1
        return y[last] + torch.tensor([1.0, 2.0, 3.0, 4.0]) + x[: x.shape[0] - 2].sum()


NOTES = ("stack_trace", "custom", "source_fn_stack", "unbacked_bindings")


def traced(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], shapes: Any = None) -> list[str]:
    program = torch.export.export(model, args, kwargs, dynamic_shapes=shapes, strict=False)
    stacks = [list((node.meta.get("nn_module_stack") or {}).values()) for node in program.graph.nodes]
    notes = [[node.meta.get(name) for name in NOTES] for node in program.graph.nodes]
    values = [repr(node.meta.get("val")) for node in program.graph.nodes]
    inner = [part.code for part in program.graph_module.modules() if isinstance(part, torch.fx.GraphModule)]
    found = [program, stacks, notes, values, inner, program.graph_signature]
    return [re.sub(r"<eval_with_key>\.\d+", "", str(each)) for each in found]  # torch counts what it generates


CASES = {
    "modes": (Modes(), (torch.ones(2, 4),), {}),
    "indices": (Index(), (torch.ones(8, 4),), {}),
    "indices of sizes that vary": (Index(), (torch.ones(8, 4),), {}, ({0: torch.export.Dim("n", min=4)},)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_traced_graph_is_the_same(case: tuple[Any, ...]) -> None:
    slow = traced(*case)
    with unwatched_bookkeeping():
        assert traced(*case) == slow


@pytest.mark.parametrize("name", ["BERT with mask", "ViT", "ResNet", "called twice", "torch.cond"])
def test_that_of_a_larger_model_too(name: str) -> None:
    model, inputs = build(name)
    given = ((), inputs) if isinstance(inputs, dict) else (inputs if isinstance(inputs, tuple) else (inputs,), {})
    graphs = []
    for way in (nullcontext(), unwatched_bookkeeping()):
        with way, torch.no_grad():
            graphs.append(traced(model, *given))
    assert graphs[0] == graphs[1]


def test_fewer_calls_go_through_the_watchers(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0
    watch = Watcher.__torch_function__

    def counted(self: Watcher, *args: Any) -> Any:
        nonlocal seen
        seen += 1
        return watch(self, *args)

    monkeypatch.setattr(Watcher, "__torch_function__", counted)
    traced(*CASES["modes"])
    before, seen = seen, 0
    with unwatched_bookkeeping():
        traced(*CASES["modes"])
    assert 0 < seen < before / 2
