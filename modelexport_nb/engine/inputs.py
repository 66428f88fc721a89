"""What a user hands over as `inputs` → positional and keyword arguments that fit the model's `forward`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves, tree_map

from .errors import InputError, did_you_mean

Inputs = Any  # tensor | tuple | mapping | (tuple, mapping)


def as_arguments(model: nn.Module, inputs: Inputs) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Split `inputs` into `(args, kwargs)` and check them against `forward`.

    Args:
        inputs: a tensor (one positional argument), a tuple (positional), a mapping (keywords),
            or `(tuple, mapping)` for both.

    Raises:
        InputError: not one of these, `forward` does not take them, or one is no tensor, is empty, or lies on another
            device than the model; names the argument.
    """
    args, kwargs = _split(inputs)
    _check_fit(model, args, kwargs)
    _check_values(model, args, kwargs)
    _make_caches_known(model, (args, kwargs))
    return args, kwargs


def _split(inputs: Inputs) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if isinstance(inputs, torch.Tensor):
        return (inputs,), {}
    if isinstance(inputs, Mapping):
        unnamed = [key for key in inputs if not isinstance(key, str)]
        if unnamed:
            raise InputError(f"The inputs have a key that is no argument name: {unnamed[0]!r}. Use strings as keys.")
        return (), dict(inputs)
    if isinstance(inputs, tuple):
        both = len(inputs) == 2 and isinstance(inputs[0], tuple) and isinstance(inputs[1], Mapping)
        return (tuple(inputs[0]), dict(inputs[1])) if both else (inputs, {})
    raise InputError(
        f"The inputs are {_kind(inputs)}. Pass a tensor, a tuple of positional arguments, "
        "a dict of keyword arguments, or (tuple, dict)."
    )


def _check_fit(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    try:
        signature = inspect.signature(model.forward)
    except (TypeError, ValueError):  # forward written in C: nothing to check against
        return
    parameters = signature.parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    unknown = [key for key in kwargs if key not in parameters]
    if unknown and not open_ended:
        raise InputError(
            f'forward of {type(model).__name__} takes no argument "{unknown[0]}"'
            + did_you_mean(unknown[0], [name for name in parameters if name != "self"])
        )
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        takes = ", ".join(str(p) for p in parameters.values())
        raise InputError(
            f"The inputs do not fit forward of {type(model).__name__}: {error}. It takes ({takes})."
        ) from None


def _make_caches_known(model: nn.Module, inputs: Any) -> None:
    """Have transformers tell torch how its caches are taken apart: until then they pass for one leaf, and a run on
    "fresh" inputs would grow the user's own cache."""
    cache = getattr(sys.modules.get("transformers.cache_utils"), "Cache", None)  # not imported: then nothing is one
    if cache is not None and any(isinstance(leaf, cache) for leaf in tree_leaves(inputs)):
        from transformers.exporters.exporter_dynamo import register_cache_pytrees_for_model

        register_cache_pytrees_for_model(model)


_META = torch.device("meta")


def _check_values(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """What no model of tensors can use, before it fails in words of its own."""
    held = (*model.parameters(), *model.buffers())
    devices = {tensor.device for tensor in held if not tensor.is_meta}  # without numbers is another matter
    for name, value in _by_name(model, args, kwargs).items():
        if (why := _is_no_tensor(value)) is not None:
            raise InputError(f"The input {name} is {_kind(value)}, not a tensor. {why}")
        if isinstance(value, torch.Tensor) and value.dim() and not len(value):
            raise InputError(f"The input {name} is empty: its shape is {list(value.shape)}. Pass one example at least.")
        if (
            isinstance(value, torch.Tensor)
            and len(devices) == 1
            and value.device not in devices | {_META}
            and value.dim()
        ):
            home = next(iter(devices))
            raise InputError(
                f'The input {name} is on {value.device} and the model on {home}. Move it: {name}.to("{home}").'
            )


def _by_name(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """All arguments; positional ones that `forward` has no names for by their number."""
    try:
        named = named_arguments(model, args, kwargs)
    except (TypeError, ValueError):  # forward written in C
        named = None
    return {**{f"number {number}": value for number, value in enumerate(args, 1)}, **kwargs} if named is None else named


def _is_no_tensor(value: Any) -> str | None:
    """How to make a tensor of numbers that are none; None for tensors, plain values and containers of tensors."""
    if hasattr(value, "__array__") and not isinstance(value, torch.Tensor):
        return "Use torch.as_tensor."
    if isinstance(value, list) and value and all(isinstance(leaf, (bool, int, float)) for leaf in tree_leaves(value)):
        return "Use torch.tensor."
    return None


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list of lists" if value and isinstance(value[0], list) else "a list"
    name = "NumPy array" if type(value).__name__ == "ndarray" else type(value).__name__
    return f"a {name}"


def fresh(inputs: Any) -> Any:
    """The same nested inputs with a copy of every tensor (one for each, however often it stands in them): a model may
    change what it is given."""
    copies: dict[int, torch.Tensor] = {}

    def copy(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf
        if id(leaf) not in copies:
            copies[id(leaf)] = leaf.detach().clone().requires_grad_(leaf.requires_grad)
        return copies[id(leaf)]

    return tree_map(copy, inputs)


def named_arguments(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """All arguments by name, for exporters that take keywords only; None when `forward` takes `*args`."""
    if not args:
        return dict(kwargs)
    parameters = list(inspect.signature(model.forward).parameters.values())
    if any(p.kind in (p.VAR_POSITIONAL, p.POSITIONAL_ONLY) for p in parameters[: len(args)]):
        return None
    return {**dict(zip((p.name for p in parameters), args, strict=False)), **kwargs}
