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
        InputError: not one of these, or `forward` does not take them; names the argument.
    """
    args, kwargs = _split(inputs)
    _check_fit(model, args, kwargs)
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
        f"The inputs are a {type(inputs).__name__}. Pass a tensor, a tuple of positional arguments, "
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
