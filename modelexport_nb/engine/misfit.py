"""Why a module refused its input, where its own weights tell it more plainly than torch's error."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn


def misfit(module: nn.Module, inputs: Iterable[torch.Tensor]) -> str | None:
    """A clause about the first input that does not suit the module's weights; None when nothing is seen.

    Args:
        module: the module in which a run failed.
        inputs: the tensors that it was called with.
    """
    weights = [weight for weight in module.parameters(recurse=False) if weight.is_floating_point()]
    for tensor in inputs if weights else ():
        if tensor.device != weights[0].device and tensor.dim():
            return f"its input is on {tensor.device} and its weights are on {weights[0].device}"
        if isinstance(rows := getattr(module, "num_embeddings", None), int):
            return _not_rows(tensor, rows)
        if tensor.is_floating_point() and tensor.dtype != weights[0].dtype:
            return f"its input is {_name(tensor.dtype)} and its weights are {_name(weights[0].dtype)}"
    return None


def _not_rows(tensor: torch.Tensor, rows: int) -> str | None:
    """What is wrong with the numbers that are to pick rows of a table."""
    if tensor.is_floating_point():
        return f"its input is {_name(tensor.dtype)}, and rows are picked by whole numbers; pass int64"
    if tensor.device.type != "meta" and tensor.numel() and not 0 <= tensor.min() <= tensor.max() < rows:
        return f"its input goes from {tensor.min()} to {tensor.max()}, and it has the rows 0 to {rows - 1}"
    return None


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
