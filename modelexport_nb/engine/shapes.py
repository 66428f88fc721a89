"""Operators on shapes alone: what a run computes of its inputs in floating point has no numbers, all else has.

Whole numbers and truth values are few, and they decide and index: they keep theirs.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from functools import _lru_cache_wrapper
from typing import Any

import torch
from torch._library.utils import is_builtin
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._pytree import tree_map
from torch.utils.weak import WeakIdKeyDictionary

from .modules import storage_address
from .values import tensors_in


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
        """The inputs, floating-point tensors without their numbers."""
        return tree_map(self._of_input, inputs)

    def _of_input(self, value: Any) -> Any:
        if not isinstance(value, torch.Tensor):
            return value
        if value.is_floating_point() or value.is_complex():
            return self._mode.from_tensor(value)
        self._of_inputs[value] = True
        return value

    def perform(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one operator."""
        try:
            given = tensors_in((args, kwargs))
            on_shapes = any(isinstance(tensor, FakeTensor) for tensor in given)
            if on_shapes and not _is_told_by_shapes(func):
                raise _NeedsNumbers
            if not all(self._may_write(tensor, on_shapes) for tensor in _written(func, args, kwargs)):
                raise _NeedsNumbers
            result = func(*args, **kwargs)
        except Exception:
            self.unsure = True
            raise
        if any(tensor in self._of_inputs for tensor in given):
            result = tree_map(lambda value: value if _is_among(value, given) else self._of_input(value), result)
        self._note(given, tensors_in(result))
        return result

    def _may_write(self, tensor: torch.Tensor, on_shapes: bool) -> bool:
        """Whether nobody sees it after the run, and no number is left standing that should have changed."""
        return isinstance(tensor, FakeTensor) or (not on_shapes and storage_address(tensor) in self._memory)

    def _note(self, given: list[torch.Tensor], made: list[torch.Tensor]) -> None:
        self._made.extend(weakref.ref(tensor) for tensor in (*given, *made) if isinstance(tensor, FakeTensor))
        old = {storage_address(tensor) for tensor in given if not isinstance(tensor, FakeTensor)}
        self._memory |= {storage_address(tensor) for tensor in made if not isinstance(tensor, FakeTensor)} - old

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


def _is_told_by_shapes(func: Any) -> bool:
    """Whether it is an operator of torch's own, which say what they do, and draws no random numbers."""
    own = isinstance(func, torch._ops.OpOverload) and is_builtin(func)
    return own and torch.Tag.nondeterministic_seeded not in func.tags


def _is_among(value: Any, tensors: list[torch.Tensor]) -> bool:
    return any(value is tensor for tensor in tensors)


def _written(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[torch.Tensor]:
    """The tensors that an operator changes in place."""
    if not isinstance(func, torch._ops.OpOverload) or not func._schema.is_mutable:
        return []
    written = [(place, argument.name) for place, argument in enumerate(func._schema.arguments) if argument.is_write]
    return tensors_in([args[place] if place < len(args) else kwargs.get(name) for place, name in written])


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
