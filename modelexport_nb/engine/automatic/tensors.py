"""Seeded tensors with the dtype and on the device of a model."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

import torch
from torch import nn


class Tensors:
    """Makes tensors from one generator of its own: torch's shared one is left alone."""

    def __init__(self, model: nn.Module, seed: int) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        owned = list(itertools.chain(model.parameters(), model.buffers()))
        floats = [tensor.dtype for tensor in owned if tensor.is_floating_point()]
        self.device = owned[0].device if owned else torch.device("cpu")
        self.dtype = floats[0] if floats else torch.get_default_dtype()

    def noise(self, shape: Sequence[int]) -> torch.Tensor:
        """Normally distributed numbers."""
        return self.placed(torch.randn(list(shape), generator=self._generator, dtype=torch.float32))

    def numbers(self, shape: Sequence[int], end: int, avoid: Collection[int] = ()) -> torch.Tensor:
        """Whole numbers from 0 to below `end` without those of `avoid`, as long as others are left."""
        allowed = torch.tensor([number for number in range(end) if number not in avoid] or range(end))
        chosen = torch.randint(len(allowed), list(shape), generator=self._generator)
        return self.placed(allowed[chosen])

    def ones(self, shape: Sequence[int]) -> torch.Tensor:
        return self.placed(torch.ones(list(shape), dtype=torch.int64))

    def placed(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor where the model is; floating-point numbers as precise as its own."""
        return tensor.to(self.device, self.dtype if tensor.is_floating_point() else tensor.dtype)
