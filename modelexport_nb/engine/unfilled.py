"""Memory that is handed out as it is found: what lies in it another value left there, and nobody computed it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch._library.utils import is_builtin
from torch.utils.weak import WeakIdKeyDictionary

from .modules import storage_address
from .values import tensors_in
from .versions import Versions

_fresh_memory: Any = torch.utils.deterministic  # its switch is a property of the module

_HANDS_OUT: dict[Any, bool] = {}
"""What was seen of torch's own operators, for the whole process."""


class Unfilled:
    """The tensors of one run into which nobody has written yet."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._made = WeakIdKeyDictionary()  # with each one's version at the time: what is written later fills it

    def made_by(self, func: Any, args: Any, kwargs: dict[str, Any], read: list[Any], made: list[torch.Tensor]) -> bool:
        """Whether the operator filled nothing of what it made, or only passed on what was not filled."""
        if not made or not isinstance(func, torch._ops.OpOverload) or func._schema.is_mutable:
            return False
        unfilled = bool(read) and all(map(self._is_unfilled, read))
        if not unfilled and len(read) < 2:  # to say how much memory it takes one tensor at most
            unfilled = _hands_out(func, args, kwargs, read, made)
        if unfilled:
            self._made.update({tensor: self._versions.of(tensor) for tensor in made})
        return unfilled

    def _is_unfilled(self, tensor: torch.Tensor) -> bool:
        return self._made.get(tensor) == self._versions.of(tensor)


def _hands_out(func: Any, args: Any, kwargs: dict[str, Any], read: list[Any], made: list[torch.Tensor]) -> bool:
    """Whether an operator of this kind makes what torch has put into fresh memory beforehand.

    Each kind is run once more, with torch told to fill fresh memory, which is there for this.
    """
    if func in _HANDS_OUT:
        return _HANDS_OUT[func]
    old = {storage_address(tensor) for tensor in read}
    if (
        not is_builtin(func)
        or torch.Tag.nondeterministic_seeded in func.tags
        or not all(_is_plain(tensor) and storage_address(tensor) not in old for tensor in made)
    ):
        return False
    try:
        with _filling():
            again = tensors_in(func(*args, **kwargs))
    except RuntimeError:  # of a type that torch can store but not fill
        return False
    filled = all(map(_is_filling, again))
    if filled and all(map(_is_filling, made)):
        return False  # that may be what it computed
    _HANDS_OUT[func] = filled
    return filled


@contextmanager
def _filling() -> Iterator[None]:
    mode, fills = torch.get_deterministic_debug_mode(), _fresh_memory.fill_uninitialized_memory
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.set_deterministic_debug_mode("warn")
            _fresh_memory.fill_uninitialized_memory = True
            yield
        finally:
            _fresh_memory.fill_uninitialized_memory = fills
            torch.set_deterministic_debug_mode(mode)


def _is_plain(tensor: torch.Tensor) -> bool:
    known = type(tensor) is torch.Tensor and tensor.layout is torch.strided and not tensor.is_quantized
    return known and tensor.device.type != "meta"


def _is_filling(tensor: torch.Tensor) -> bool:
    """Whether all of it is what torch fills memory with: NaN, or the largest number of its type."""
    if tensor.is_floating_point() or tensor.is_complex():
        return bool(tensor.isnan().all())
    return bool((tensor == (True if tensor.dtype is torch.bool else torch.iinfo(tensor.dtype).max)).all())
