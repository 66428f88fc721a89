"""Dynamic shapes as torch.export takes them, axis by axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.export import AdditionalInputs, Dim, ShapesCollection
from torch.utils._pytree import tree_leaves, tree_map

from .axes import Arguments, Axis, axes_of, named_arguments, resized
from .eager import run_eagerly
from .errors import EagerRunError
from .state import preserved


class FreeAxis(str):
    """The name of a dynamic axis that may turn out fixed; one that is named by a plain string may not."""


def without_names(shapes: Any) -> Any:
    """Hints in the place of names, which torch.onnx takes in dynamic shapes and torch.export does not."""

    def without(axis: Any) -> Any:
        if isinstance(axis, FreeAxis):
            return Dim.AUTO
        return Dim.DYNAMIC if isinstance(axis, str) else axis

    return tree_map(without, shapes)


def specified_axes(
    model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], shapes: Any
) -> list[tuple[Axis, Any]]:
    """Each axis of an input that may vary, with what was said of it: a name, a `Dim` or a hint such as `Dim.AUTO`."""
    if shapes is None or isinstance(shapes, AdditionalInputs):
        return []
    if isinstance(shapes, ShapesCollection):
        shapes = shapes.dynamic_shapes(model, args, kwargs)
    arguments = named_arguments(model, args, kwargs)
    if not isinstance(shapes, Mapping):
        shapes = dict(zip(arguments, shapes, strict=False))
    said: dict[int, Any] = {}
    for name, value in arguments.items():
        _collect(value, shapes.get(name), said)
    found = []
    for axes in axes_of(arguments):
        for axis in axes:
            spec = _of_axis(said.get(axis.tensor), axis.axis)
            if isinstance(spec, str | Dim) or _is_hint(spec, "AUTO", "DYNAMIC"):
                found.append((axis, spec))
    return found


def is_demanded(spec: Any) -> bool:
    """Whether it is an error when the model fixes such an axis."""
    return not isinstance(spec, FreeAxis) and not _is_hint(spec, "AUTO")


def allows(spec: Any, size: int) -> bool:
    """Whether a size is within the range that was given with a `Dim` or a hint."""
    least, most = getattr(spec, "min", None), getattr(spec, "max", None)
    return bool((least is None or least <= size) and (most is None or size <= most))


def traced_inputs(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], shapes: Any) -> Arguments:
    """The inputs to trace the model with. torch takes an axis of size 1 for a constant: one that may vary is doubled,
    where the model runs so."""
    specs = specified_axes(model, args, kwargs, shapes)
    sizes = {axis: 2 for axis, spec in specs if axis.size == 1 and allows(spec, 2)}
    if not sizes:
        return args, kwargs
    enlarged = resized((args, kwargs), sizes)
    try:
        with preserved(model):
            run_eagerly(model, *enlarged)
    except EagerRunError:
        return args, kwargs
    return enlarged


def _is_hint(spec: Any, *kinds: str) -> bool:
    return type(spec) is type(Dim.AUTO) and spec.type.name in kinds


def _collect(value: Any, shapes: Any, said: dict[int, Any]) -> None:
    """Note what is said of each tensor; the two trees have the same form."""
    if isinstance(value, torch.Tensor):
        said.setdefault(id(value), shapes)
    elif shapes is None:
        return
    elif isinstance(value, dict) and isinstance(shapes, Mapping):
        for key, part in value.items():
            _collect(part, shapes.get(key), said)
    else:  # of an own container torch.export takes a list
        parts = value if isinstance(value, list | tuple) else tree_leaves(value)
        for part, shape in zip(parts, shapes, strict=False):
            _collect(part, shape, said)


def _of_axis(said: Any, axis: int) -> Any:
    if isinstance(said, Mapping):
        return said.get(axis)
    return said[axis] if isinstance(said, list | tuple) and axis < len(said) else None
