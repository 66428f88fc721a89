"""An eager run on the shapes of the inputs, with weights as they are: what it computes of inputs has no numbers.

It shows the same calls, reads and parameters as a run with numbers, in a fraction of its time. Where that is not sure,
there is no such run: the model looks at numbers, draws random ones, keeps what it computed, or uses what torch does not
know by heart.
"""

from __future__ import annotations

import gc
import weakref
from typing import Any

import torch
from torch import nn
from torch._library.utils import is_builtin
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._pytree import tree_leaves, tree_map

from .eager import EagerRun, run_eagerly
from .errors import EagerRunError
from .state import preserved
from .values import PLAIN, tensors_in


def run_on_shapes(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> EagerRun | None:
    """What an eager run shows, without its outputs; None where it takes one with numbers.

    The model is as before, in any case.
    """
    if not _all_plain(model, (args, kwargs)):
        return None
    shapes = _Shapes()
    with preserved(model) as changed:
        run = _tried(model, *shapes.of((args, kwargs)), shapes)
    if run is None or run.random or changed or shapes.unsure or shapes.held():
        return None
    return run


def _tried(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], shapes: _Shapes) -> EagerRun | None:
    try:
        # Fused attention counts as drawing random numbers, whether it does or not; written out, only dropout does.
        with sdpa_kernel(SDPBackend.MATH):
            run = run_eagerly(model, args, kwargs, perform=shapes.perform)
    except EagerRunError:
        return None
    run.outputs = None
    return run


def _all_plain(model: nn.Module, inputs: Any) -> bool:
    """Whether tensors are blocks of memory and nothing more, and inputs are tensors and plain values: an object might
    keep what the run makes."""
    leaves = tree_leaves(inputs)
    tensors = [*model.parameters(), *model.buffers(), *(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))]
    others = (leaf for leaf in leaves if not isinstance(leaf, torch.Tensor))
    return all(map(_is_plain, tensors)) and all(type(leaf) in PLAIN for leaf in others)


def _is_plain(tensor: torch.Tensor) -> bool:
    known = type(tensor) in (torch.Tensor, nn.Parameter)
    return known and tensor.layout is torch.strided and not tensor.is_quantized and not tensor.is_inference()


class _Shapes:
    """Runs operators on tensors without numbers, and is `unsure` from the first one of which it cannot be sure."""

    def __init__(self) -> None:
        self.unsure = False
        self._mode = FakeTensorMode(allow_non_fake_inputs=True)
        self._made: list[weakref.ref[torch.Tensor]] = []

    def of(self, inputs: Any) -> Any:
        """The inputs without their numbers."""
        return tree_map(lambda leaf: self._mode.from_tensor(leaf) if isinstance(leaf, torch.Tensor) else leaf, inputs)

    def perform(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one operator; where numbers are there, as it is."""
        given = tensors_in((args, kwargs))
        if not any(isinstance(tensor, FakeTensor) for tensor in given):
            return func(*args, **kwargs)
        try:
            if not _is_sure(func, args, kwargs):
                raise _NeedsNumbers
            result = func(*args, **kwargs)
        except Exception:
            self.unsure = True  # the model may go on
            raise
        self._made.extend(map(weakref.ref, (*given, *tensors_in(result))))
        return result

    def held(self) -> bool:
        """Whether somebody kept a tensor of the run beyond it."""
        if any(map(self._is_alive, self._made)):
            gc.collect()
        return any(map(self._is_alive, self._made))

    @staticmethod
    def _is_alive(reference: weakref.ref[torch.Tensor]) -> bool:
        return isinstance(reference(), FakeTensor)


class _NeedsNumbers(Exception):
    """What an operator does cannot be told from shapes."""


def _is_sure(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether the operator is one of torch's own, which say what they do, draws no random numbers, and writes to no
    tensor that has numbers: those would be the old ones from then on."""
    if not isinstance(func, torch._ops.OpOverload) or not is_builtin(func):
        return False
    if torch.Tag.nondeterministic_seeded in func.tags:
        return False
    written = [
        args[place] if place < len(args) else kwargs.get(argument.name)
        for place, argument in enumerate(func._schema.arguments)
        if argument.is_write
    ]
    return all(isinstance(tensor, FakeTensor) for tensor in tensors_in(written))
