"""The axes of a model's inputs: which are one and the same, and the same inputs at another size."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import keystr, tree_flatten_with_path, tree_map

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Sizes = Mapping["Axis", int]


@dataclass(frozen=True)
class Axis:
    """One axis of one input tensor. `name` is what `forward` calls the input, `path` where torch finds it."""

    name: str
    path: str
    tensor: int  # its id
    axis: int
    size: int

    @property
    def text(self) -> str:
        """`axis 1 (7) of input_ids`."""
        return f"axis {self.axis} ({self.size}) of {self.name}"


def named_arguments(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """All arguments by the name that torch.export knows them by, in the order in which they are given."""
    bound = inspect.signature(model.forward).bind(*args, **kwargs).arguments
    given = [name for name in bound if name not in kwargs]  # positional ones come first
    return {name: bound[name] for name in (*given, *(name for name in kwargs if name in bound))}


def axes_of(arguments: Mapping[str, Any]) -> list[list[Axis]]:
    """The axes of each input tensor, in the order in which they are given."""
    leaves, _ = tree_flatten_with_path(dict(arguments))
    return [
        [
            Axis(f"{path[0].key}{keystr(path[1:])}", keystr(path), id(leaf), axis, size)  # type: ignore[attr-defined]
            for axis, size in enumerate(leaf.shape)
        ]
        for path, leaf in leaves
        if isinstance(leaf, torch.Tensor)
    ]


def shared_axes(tensors: Iterable[list[Axis]]) -> list[list[Axis]]:
    """Axes of the inputs that are taken for one: they have the same size.

    The first is the leading axis of all inputs whose leading axis is as long as that of the first input. Of the others,
    the k-th axis of a size in one input is the k-th axis of that size in every other. Those that more inputs share come
    first, then in the order of the inputs.
    """
    inputs = [axes for axes in tensors if axes]
    if not inputs:
        return []
    length = inputs[0][0].size
    leading = [axes[0] for axes in inputs if axes[0].size == length]
    groups: dict[tuple[int, int], list[Axis]] = {}
    for axes in inputs:
        seen: dict[int, int] = {}
        for axis in axes:
            if axis in leading:
                continue
            seen[axis.size] = seen.get(axis.size, -1) + 1
            groups.setdefault((axis.size, seen[axis.size]), []).append(axis)
    return [leading, *sorted(groups.values(), key=len, reverse=True)]


def other_sizes(size: int) -> tuple[int, ...]:
    """Sizes to try in place of one, the most telling first. 0 is none."""
    return *larger_sizes(size), size // 2, size - 1


def larger_sizes(size: int) -> tuple[int, ...]:
    """Larger sizes to try, the most telling first: what divides a size divides its double, too."""
    return 2 * size, size + 1


def smaller_sizes(size: int) -> tuple[int, ...]:
    """Smaller sizes to try, the most telling first, else the size itself. Below 2 torch.export promises nothing: it
    takes a size of 1 for a constant."""
    smaller = (2, size // 2, size - 1)
    return tuple(tried if 2 <= tried < size else size for tried in smaller)


def resized(inputs: Arguments, sizes: Sizes) -> Arguments:
    """The same inputs with other sizes: what there is of an axis is repeated or cut, so that all values stay valid."""
    wanted: dict[int, list[tuple[int, int]]] = {}
    for axis, size in sizes.items():
        if size != axis.size:
            wanted.setdefault(axis.tensor, []).append((axis.axis, size))
    done: dict[int, torch.Tensor] = {}

    def resize(leaf: Any) -> Any:
        if id(leaf) not in wanted:
            return leaf
        if id(leaf) not in done:
            done[id(leaf)] = _resize(leaf, wanted[id(leaf)])
        return done[id(leaf)]

    return tree_map(resize, inputs)


def _resize(tensor: torch.Tensor, sizes: list[tuple[int, int]]) -> torch.Tensor:
    resized = tensor.detach()
    for axis, size in sizes:
        index = torch.arange(size, device=tensor.device) % max(tensor.shape[axis], 1)
        resized = resized.index_select(axis, index)
    return resized.requires_grad_(tensor.requires_grad)
