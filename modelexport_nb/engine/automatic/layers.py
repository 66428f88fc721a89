"""Inputs of a plain module, from the sizes that its layers declare: the attributes that `torch.nn` documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from .tensors import Tensors

STEPS = 8  # of a sequence
SIDES = {1: (64, 256), 2: (224, 64, 32, 28, 96, 128, 256, 299, 384, 512), 3: (16, 32)}  # by number of dimensions

Spec = tuple[tuple[int, ...], int | None]  # a shape, and for whole numbers the one that they stay below


def candidates(model: nn.Module, batch: int) -> list[Spec]:
    """What the layers of a model could take, those of the layers that were registered first at the front."""
    found: dict[Spec, None] = {}
    for module in model.modules():
        found |= dict.fromkeys(_declared(module, batch))
    for module in model.modules():
        found |= dict.fromkeys(_beside_parameters(module, batch))
    return list(found)


def of_shape(model: nn.Module, shape: tuple[int, ...]) -> list[Spec]:
    """Numbers of that shape, or whole numbers that every table of embeddings has."""
    sizes: list[Any] = [getattr(module, "num_embeddings", None) for module in model.modules()]
    return [(shape, None), (shape, min(filter(_is_size, sizes), default=2))]


def filled(spec: Spec, tensors: Tensors) -> torch.Tensor:
    """A tensor as described; many are described, and few are tried."""
    shape, end = spec
    return tensors.noise(shape) if end is None else tensors.numbers(shape, end)


def _declared(module: nn.Module, batch: int) -> Iterator[Spec]:
    for attribute, shapes in _ATTRIBUTES.items():
        value = getattr(module, attribute, None)
        if _is_size(value) or (isinstance(value, tuple) and value and all(map(_is_size, value))):
            yield from shapes(module, value, batch)
            return


def _words(module: nn.Module, count: int, batch: int) -> Iterator[Spec]:
    yield (batch, STEPS), count
    yield (STEPS,), count


def _grid(module: nn.Module, channels: int, batch: int) -> Iterator[Spec]:
    kernel = getattr(module, "kernel_size", None)
    for side in SIDES.get(dimensions := len(kernel) if isinstance(kernel, tuple) else 2, ()):
        yield (batch, channels, *[side] * dimensions), None


def _sequence(module: nn.Module, width: int, batch: int) -> Iterator[Spec]:
    yield ((batch, STEPS, width) if getattr(module, "batch_first", True) else (STEPS, batch, width)), None


def _rows(module: nn.Module, width: int, batch: int) -> Iterator[Spec]:
    yield (batch, width), None
    yield (batch, STEPS, width), None


def _normalised(module: nn.Module, shape: tuple[int, ...], batch: int) -> Iterator[Spec]:
    yield (batch, STEPS, *shape), None
    yield (batch, *shape), None


def _channels(module: nn.Module, count: int, batch: int) -> Iterator[Spec]:
    for sides in ((), (64,), (64, 64), (16, 16, 16)):
        yield (batch, count, *sides), None


# Attribute of a layer → the inputs it speaks of. The first that a layer has is taken.
_ATTRIBUTES: dict[str, Callable[[Any, Any, int], Iterator[Spec]]] = {
    "num_embeddings": _words,
    "in_channels": _grid,
    "input_size": _sequence,
    "d_model": _sequence,
    "embed_dim": _sequence,
    "in_features": _rows,
    "in1_features": _rows,
    "normalized_shape": _normalised,
    "num_features": _channels,
    "num_channels": _channels,
}


def _beside_parameters(module: nn.Module, batch: int) -> Iterator[Spec]:
    """For a module with parameters of its own: rows as wide as one of their sides."""
    for parameter in module.parameters(recurse=False):
        for side in parameter.shape[-2:]:
            yield from _rows(module, side, batch)


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
