"""Which axes of the inputs may vary, as the expression that `--dynamic` takes."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.inputs import as_arguments, named_arguments

from .found import about_tensor

Axis = tuple[str, int]


def arguments(model: nn.Module, inputs: Any) -> dict[str, Any]:
    """The arguments of `forward` by name; none where one has no name of its own, so that none can be told apart."""
    try:
        named = named_arguments(model, *as_arguments(model, inputs)) or {}
        known = inspect.signature(model.forward).parameters
    except (InputError, TypeError, ValueError):  # what does not fit is said elsewhere; a forward in C has no names
        return {}
    return named if all(name in known for name in named) else {}


def rows(named: dict[str, Any]) -> list[dict[str, Any]]:
    """What is shown of each argument that is a tensor with axes."""
    return [
        {"name": name, "about": about_tensor(value), "axes": value.dim()} for name, value in _tensors(named).items()
    ]


def expression(named: dict[str, Any], varying: Iterable[Axis]) -> str:
    """`{'x': {0: 'dim0'}, 'mask': None}`; empty where nothing varies. torch wants every argument to be in it."""
    chosen = set(varying)
    tensors = _tensors(named)
    axes = {
        name: {axis: label for axis, label in enumerate(labels) if (name, axis) in chosen}
        for name, labels in _labels(tensors).items()
    }
    if not any(axes.values()):
        return ""
    return repr({name: axes.get(name) or None for name in named})


def _tensors(named: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {name: value for name, value in named.items() if isinstance(value, torch.Tensor) and value.dim()}


def _labels(tensors: dict[str, torch.Tensor]) -> dict[str, list[str]]:
    """A name for every axis: one for all that have the same place and the same size."""
    first: dict[int, int] = {}
    return {
        name: [
            f"dim{axis}" if first.setdefault(axis, size) == size else f"dim{axis}_{size}"
            for axis, size in enumerate(tensor.shape)
        ]
        for name, tensor in tensors.items()
    }
