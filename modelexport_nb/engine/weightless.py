"""`weights="none"`: a model runs and is captured without a number in it: only shapes and types flow.

Weights need not exist then (meta device, fake tensors), and those that exist are neither read nor copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import nn
from torch._subclasses.fake_tensor import (
    DataDependentOutputException,
    DynamicOutputShapeException,
    FakeTensor,
    FakeTensorMode,
)
from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode, ShapeEnv
from torch.nn.parameter import is_lazy
from torch.utils._pytree import tree_map

from .capture.failure import failing_line
from .errors import EagerRunError, InputError, OptionError, did_you_mean
from .modules import holds_numbers, own_tensors
from .values import tensors_in

WEIGHTS_CHOICES: tuple[str, ...] = ("all", "none")
_LOOKS_AT_NUMBERS = (DataDependentOutputException, DynamicOutputShapeException, GuardOnDataDependentSymNode)


def check_weights(weights: str) -> None:
    """Raise an `OptionError` for what is no choice of weights."""
    if weights not in WEIGHTS_CHOICES:
        raise OptionError(f'Unknown weights "{weights}"' + did_you_mean(str(weights), WEIGHTS_CHOICES))


def check_numbers(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise an `InputError` where a weight or an input has a shape but no numbers."""
    named = ((f"{path}.{name}" if path else name, t) for path, m in model.named_modules() for name, t in own_tensors(m))
    empty = next((name for name, tensor in named if not holds_numbers(tensor)), None)
    if empty is not None:
        raise InputError(
            f"The model has no numbers in {empty} (meta device or fake tensor). Load its weights, or export the "
            'structure alone with weights="none".'
        )
    if not all(holds_numbers(tensor) for tensor in tensors_in((args, kwargs))):
        raise InputError(
            "An input is on the meta device or a fake tensor: it has no numbers to run the model on. Pass a real "
            'tensor, or export the structure alone with weights="none".'
        )


def weights_notes(weights: str) -> list[str]:
    """What the reader should know about a file without weights."""
    without = "The file holds no weights, they are inputs of its graph: its numbers cannot be verified."
    return [without] if weights == "none" else []


@contextmanager
def prepared(
    model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], weights: str
) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    """For the block: the model as the choice of `weights` has it; yields the arguments to go with it.

    With `"none"` every tensor of the model is exchanged for a fake one, of the same memory where theirs is the same;
    afterwards the model has its own again.

    Raises:
        InputError: weights are wanted, and there are none.
        EagerRunError: they are not, and the model decides by numbers.
    """
    if weights == "all":
        check_numbers(model, args, kwargs)
        yield args, kwargs
        return
    stand_ins = _StandIns()
    own = [(holder, _tensors(holder)) for module in model.modules() for holder in _holders(module)]
    try:
        for holder, tensors in own:
            for name, tensor in tensors.items():
                holder[name] = stand_ins.of(tensor)
        yield tree_map(stand_ins.of, (args, kwargs))
    except EagerRunError as error:
        raise _without_numbers(error, model) from error.__cause__
    finally:
        for holder, tensors in own:
            for name, tensor in tensors.items():
                holder[name] = tensor


def ambient_mode(model: nn.Module, inputs: Any) -> AbstractContextManager[Any]:
    """The mode to run a model in: that of its fake tensors, so that what it makes anew is fake too."""
    tensors: Iterable[torch.Tensor] = (*model.parameters(), *model.buffers(), *tensors_in(inputs))
    return next((tensor.fake_mode for tensor in tensors if isinstance(tensor, FakeTensor)), nullcontext())


def _holders(module: nn.Module) -> tuple[dict[str, Any], ...]:
    """Where a module keeps tensors: parameters, buffers, and plain attributes, which nobody moves to another device."""
    return module._parameters, module._buffers, vars(module)


def _tensors(holder: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {name: value for name, value in holder.items() if isinstance(value, torch.Tensor)}


class _StandIns:
    """A fake tensor for each tensor, always the same one; two of one piece of memory get two of one piece."""

    def __init__(self) -> None:
        self._mode = mode = FakeTensorMode(allow_non_fake_inputs=True, shape_env=ShapeEnv())
        # Exporters deep-copy inputs, a fake one with its mode; a copy of a mode frees memory that is not its own.
        vars(mode)["__deepcopy__"] = lambda memo: mode
        self._made: dict[int, torch.Tensor] = {}
        self._memory: dict[object, torch.Tensor] = {}
        self._kept: list[torch.Tensor] = []  # an id is nobody else's as long as its tensor lives

    def of(self, value: Any) -> Any:
        """The stand-in; what is no tensor, or one that is no plain block of memory, stands for itself."""
        if not isinstance(value, torch.Tensor) or is_lazy(value) or value.layout is not torch.strided:
            return value
        if id(value) not in self._made:
            fake = self._view(value)
            is_parameter = isinstance(value, nn.Parameter)
            self._made[id(value)] = nn.Parameter(fake, value.requires_grad) if is_parameter else fake
            self._kept.append(value)
        return self._made[id(value)]

    def _view(self, tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        key = (storage._cdata, tensor.dtype)
        with self._mode, torch.no_grad():
            if key not in self._memory:
                device = "cpu" if tensor.device.type == "meta" else tensor.device
                size = storage.nbytes() // tensor.element_size()
                self._memory[key] = torch.empty(size, dtype=tensor.dtype, device=device)
            return self._memory[key].as_strided(tensor.size(), tensor.stride(), tensor.storage_offset())


def _without_numbers(error: EagerRunError, model: nn.Module) -> EagerRunError:
    cause = error.__cause__
    if not isinstance(cause, _LOOKS_AT_NUMBERS):
        return error
    where = failing_line(cause, model)
    return EagerRunError(
        f"The model decides by numbers{where}, and without weights there are none. Export it with its weights."
    )
