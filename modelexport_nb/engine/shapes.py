"""Operators on shapes alone: what a run computes of its inputs in floating point has no numbers where it is large.

All else has: whole numbers and truth values decide and index, and a small operator takes longer on shapes.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from functools import _lru_cache_wrapper
from typing import Any

import torch
from torch._decomp import decomposition_table
from torch._library.utils import is_builtin
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map
from torch.utils.weak import WeakIdKeyDictionary

from .modules import storage_address
from .values import tensors_in
from .versions import tensors_written

LARGE = 2**22
"""So many numbers of tensors that an operator reads or makes are large. With half as many, models of a hundred million
parameters took longer than with numbers; the largest operators are far above either."""


class Shapes:
    """Runs the operators of one run of a model.

    Attributes:
        unsure: an operator was met of which shapes do not tell all; the model may have gone on.
    """

    def __init__(self) -> None:
        self.unsure = False
        self._mode = FakeTensorMode(allow_non_fake_inputs=True)
        self._of_inputs = WeakIdKeyDictionary()  # with numbers
        self._made: list[weakref.ref[torch.Tensor]] = []  # without numbers
        self._memory: set[int] = set()  # of tensors with numbers that the run made

    def of(self, inputs: Any) -> Any:
        """The inputs, those in floating point without their numbers where they are large."""
        return tree_map(lambda value: self._of_input(value) if isinstance(value, torch.Tensor) else value, inputs)

    def perform(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one operator."""
        try:
            given = tensors_in((args, kwargs))
            result = self._sure(func, args, kwargs, given)
        except Exception:
            self.unsure = True
            raise
        old = {storage_address(tensor) for tensor in given if not isinstance(tensor, FakeTensor)}
        of_inputs = any(tensor in self._of_inputs for tensor in given)
        if isinstance(result, torch.Tensor):
            return self._noted(result, old, of_inputs)
        return tree_map(lambda value: self._noted(value, old, of_inputs), result)

    def _sure(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], given: list[torch.Tensor]) -> Any:
        written = tensors_written(func, args, kwargs)
        if sum(tensor.numel() for tensor in given) >= LARGE:
            args, kwargs = tree_map(self._without_numbers, (args, kwargs))
            given = tensors_in((args, kwargs))
        on_shapes = any(isinstance(tensor, FakeTensor) for tensor in given)
        if on_shapes:
            _check_told_by_shapes(func, args, kwargs)
        if not all(self._may_write(tensor, on_shapes) for tensor in written):
            raise _NeedsNumbers
        return func(*args, **kwargs)

    def _may_write(self, tensor: torch.Tensor, on_shapes: bool) -> bool:
        """Whether nobody sees it after the run, and no number is left standing that should have changed."""
        return isinstance(tensor, FakeTensor) or (not on_shapes and storage_address(tensor) in self._memory)

    def _without_numbers(self, value: Any) -> Any:
        large = isinstance(value, torch.Tensor) and value in self._of_inputs and _is_continuous(value)
        return self._mode.from_tensor(value) if large else value

    def _noted(self, value: Any, old: set[int], of_inputs: bool) -> Any:
        """A result, without its numbers where they are to go; what shares memory with numbers keeps them."""
        if isinstance(value, FakeTensor):
            self._made.append(weakref.ref(value))
        elif isinstance(value, torch.Tensor):
            if (address := storage_address(value)) not in old:
                self._memory.add(address)
                return self._of_input(value) if of_inputs else value
            if of_inputs:
                self._of_inputs[value] = True
        return value

    def _of_input(self, value: torch.Tensor) -> torch.Tensor:
        if _is_continuous(value) and value.numel() >= LARGE:
            value = self._mode.from_tensor(value)
            self._made.append(weakref.ref(value))
        else:
            self._of_inputs[value] = True
        return value

    def forget(self) -> bool:
        """Whether somebody kept a tensor without numbers; it is taken out of the caches that hold it."""
        if any(one() is not None for one in self._made):
            gc.collect()
        kept = [tensor for one in self._made if (tensor := one()) is not None]
        if kept:
            _take_out_of_caches(kept)
        return bool(kept)


class _NeedsNumbers(Exception):
    """Shapes do not tell what an operator does."""


class _NothingRandom(TorchDispatchMode):
    """Lets no operator run that draws random numbers. Fused attention is held to be one, with dropout and without: what
    such an operator is made of decides."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **(kwargs or {}))
        with self:
            result = decomposition_table.get(func, func.decompose)(*args, **(kwargs or {}))
        if result is NotImplemented:
            raise _NeedsNumbers
        return result


def _check_told_by_shapes(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise where it is no operator of torch's own, which say what they do, or one that draws random numbers."""
    if not isinstance(func, torch._ops.OpOverload) or not is_builtin(func):
        raise _NeedsNumbers
    if torch.Tag.nondeterministic_seeded in func.tags:
        with _NothingRandom():
            func(*args, **kwargs)


def _is_continuous(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _take_out_of_caches(values: Sequence[object]) -> None:
    """A cache makes again what it has not; a variable that holds a value is set anew by the next run."""
    taken = set(map(id, values))
    tuples = []
    for holder in gc.get_referrers(*values):
        if isinstance(holder, _lru_cache_wrapper):
            holder.cache_clear()
        elif type(holder) is tuple:
            tuples.append(holder)
        elif type(holder) is dict and not _holds_variables(holder):
            for key in [key for key, held in holder.items() if id(held) in taken]:
                del holder[key]
    if tuples:
        _take_out_of_caches(tuples)


def _holds_variables(namespace: dict[Any, Any]) -> bool:
    """Whether the dict is the attributes of an object, or the globals of a module."""
    holders = gc.get_referrers(namespace)
    return any(isinstance(holder, type) or getattr(holder, "__dict__", None) is namespace for holder in holders)
