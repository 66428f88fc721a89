"""How often tensors were changed in place: torch counts it, except for those that are made in inference mode."""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch

from .modules import storage_address
from .values import tensors_in


class Versions:
    """The versions of tensors in one run, all of whose operators are shown to it."""

    def __init__(self) -> None:
        self._changes: Counter[int] = Counter()  # of memory, as torch counts too: of all views together

    def see(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Note what an operator changes."""
        for tensor in tensors_written(func, args, kwargs):
            if tensor.is_inference():
                self._changes[storage_address(tensor)] += 1

    def of(self, tensor: torch.Tensor) -> int:
        """A number that is another after each change."""
        return self._changes[storage_address(tensor)] if tensor.is_inference() else tensor._version


def tensors_written(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """The tensors that an operator changes in place."""
    if not isinstance(func, torch._ops.OpOverload) or not func._schema.is_mutable:
        return []
    written = [(place, argument.name) for place, argument in enumerate(func._schema.arguments) if argument.is_write]
    return tensors_in([args[place] if place < len(args) else kwargs.get(name) for place, name in written])
