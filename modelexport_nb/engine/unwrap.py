"""Wrappers that torch puts around a whole model compute what the model computes: the model itself is exported."""

from __future__ import annotations

from torch import nn
from torch._dynamo.eval_frame import OptimizedModule


def unwrap(model: nn.Module) -> tuple[nn.Module, list[str]]:
    """The module inside `torch.compile`, `DataParallel` and their like, and a note for the reader about each.

    The wrapper is not touched. Only the root is unwrapped: a wrapped child has its place in the tree.
    """
    notes: list[str] = []
    while (inner := _inside(model)) is not None:
        notes.append(f"The model was wrapped in {_name(model)}; the module inside was exported.")
        model = inner
    return model, notes


def _inside(model: nn.Module) -> nn.Module | None:
    if isinstance(model, OptimizedModule):
        inner: nn.Module = model._orig_mod
        return inner
    if isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
        return model.module
    return None


def _name(model: nn.Module) -> str:
    return "torch.compile" if isinstance(model, OptimizedModule) else type(model).__name__
