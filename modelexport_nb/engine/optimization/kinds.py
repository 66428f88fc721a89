"""What kind of call a node of torch's graph is: all that decides what it is taken apart into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch.utils._pytree import TreeSpec, tree_flatten, tree_map_only


class Unclear(Exception):
    """What becomes of the graph cannot be told from its calls one by one."""


@dataclass(frozen=True)
class TensorKind:
    """What is known of a tensor before there are numbers."""

    shape: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, value: torch.Tensor) -> TensorKind:
        """Raises `Unclear` for tensors with symbolic sizes, and for those of other layouts or classes."""
        if value.layout is not torch.strided or any(not isinstance(size, int) for size in value.shape):
            raise Unclear
        return cls(tuple(value.shape), value.stride(), value.dtype, value.device)

    def make(self) -> torch.Tensor:
        """A tensor of this kind, with any numbers."""
        return torch.empty_strided(self.shape, self.stride, dtype=self.dtype, device=self.device)


def kinds_in(value: Any) -> Any:
    """What a node returns, with the kind of each tensor in its place."""
    return tree_map_only(torch.Tensor, TensorKind.of, value)


@dataclass(frozen=True)
class Constant:
    """An argument that is no tensor; its type counts, because 1 and 1.0 and True are equal to Python."""

    type: type
    value: Any


@dataclass(frozen=True)
class Kind:
    """An operator with its arguments in a row: tensors by their kind, all else by value."""

    target: Any
    leaves: tuple[TensorKind | Constant, ...]
    layout: TreeSpec
    changes: bool  # its first argument, in place

    def __hash__(self) -> int:
        return hash((self.target, self.leaves))


def kind_of(node: fx.Node, tensors: Mapping[fx.Node, Any]) -> Kind | None:
    """The kind of a call on tensors of these kinds; None for what stays as it is: Python's own operators on results.

    Raises:
        Unclear: it runs a graph of its own, or changes another tensor than its first, or has symbolic sizes.
    """
    target = node.target
    if not isinstance(target, torch._ops.OpOverload):
        if isinstance(target, torch._ops.OperatorBase):
            raise Unclear
        return None
    leaves, layout = tree_flatten((node.args, node.kwargs))
    return Kind(target, tuple([_leaf(leaf, tensors) for leaf in leaves]), layout, _changes_first(target))


def _leaf(leaf: Any, tensors: Mapping[fx.Node, Any]) -> TensorKind | Constant:
    if isinstance(leaf, fx.Node):
        if not isinstance(kind := tensors.get(leaf), TensorKind):
            raise Unclear
        return kind
    try:
        hash(leaf)
    except TypeError:
        raise Unclear from None
    return Constant(type(leaf), leaf)


def _changes_first(target: torch._ops.OpOverload) -> bool:
    changed = [
        argument.alias_info is not None and argument.alias_info.is_write for argument in target._schema.arguments
    ]
    if any(changed[1:]):
        raise Unclear
    return bool(changed) and changed[0]
