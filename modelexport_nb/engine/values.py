"""What an eager run computed: every operator with the values that it read and made, without the values themselves.

A value is known by a number and a sample; two views of one storage are two values, an operator that changes a tensor
in place makes a new one.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._pytree import tree_iter
from torch.utils.weak import WeakIdKeyDictionary

from .samples import Sample, SampleStore, sample_tensor


@dataclass(frozen=True)
class TracedOp:
    """One operator: the module call that ran it, the values that it read and made, its line in the model's code."""

    call: int
    reads: tuple[int, ...]
    makes: tuple[int, ...]
    source: str | None


@dataclass
class ValueTrace:
    """Operators in execution order; `samples[v]` belongs to value `v` (None where it cannot be compared), `maker[v]`
    is the operator that made it (-1: an input or a parameter), `varies[v]` says that it depends on an input of the
    model, `outputs[c]` are the values that call `c` returned, `ended` the calls in the order in which they returned.
    What `unfilled` values hold nobody computed: memory that is yet to be filled."""

    ops: list[TracedOp] = field(default_factory=list)
    samples: list[Sample | None] = field(default_factory=list)
    maker: list[int] = field(default_factory=list)
    varies: list[bool] = field(default_factory=list)
    outputs: dict[int, tuple[int, ...]] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)
    unfilled: set[int] = field(default_factory=set)
    _store: SampleStore = field(default_factory=SampleStore)
    _numbers: WeakIdKeyDictionary = field(default_factory=WeakIdKeyDictionary)

    def begin(self, inputs: Any) -> None:
        """Note the model's inputs."""
        for tensor in tensors_in(inputs):
            self._add(tensor, -1, True)

    def _add(self, tensor: torch.Tensor, maker: int, varies: bool) -> int:
        number = self._numbers[tensor] = len(self.samples)
        self.samples.append(sample_tensor(tensor, self._store) if maker >= 0 else None)
        self.maker.append(maker)
        self.varies.append(varies)
        return number

    def record(
        self, call: int, read: list[torch.Tensor], made: list[torch.Tensor], source: str | None, unfilled: bool
    ) -> None:
        """Add one operator."""
        reads = tuple(map(self.number, read))
        varies = any(self.varies[value] for value in reads)
        makes = tuple(self._add(tensor, len(self.ops), varies) for tensor in made)
        if unfilled:
            self.unfilled.update(makes)
        self.ops.append(TracedOp(call, reads, makes, source))

    def number(self, tensor: torch.Tensor) -> int:
        """The value that a tensor holds now; a tensor that no operator made is an input or a parameter."""
        known = self._numbers.get(tensor)
        return self._add(tensor, -1, False) if known is None else known

    def leave(self, call: int, output: Any) -> None:
        """Note what a call returned."""
        self.outputs[call] = tuple(self.number(tensor) for tensor in tensors_in(output))
        self.ended.append(call)


def tensors_in(tree: Any) -> list[torch.Tensor]:
    """The tensors in nested arguments or results."""
    found: list[torch.Tensor] = []
    _collect(tree, found)
    return found


def _collect(tree: Any, found: list[torch.Tensor]) -> None:
    kind = type(tree)
    if isinstance(tree, torch.Tensor):
        found.append(tree)
    elif kind is tuple or kind is list:
        for item in tree:
            _collect(item, found)
    elif kind is dict:
        for item in tree.values():
            _collect(item, found)
    elif kind not in PLAIN:  # whatever else torch knows to take apart
        found.extend(leaf for leaf in tree_iter(tree) if isinstance(leaf, torch.Tensor))


def form_of(tensor: torch.Tensor) -> tuple[Hashable, ...]:
    """All that is known of a tensor before there are numbers."""
    return tensor.dtype, tuple(tensor.shape), tuple(tensor.stride()), tensor.device, tensor.requires_grad


PLAIN = {type(None), bool, int, float, str, torch.dtype, torch.device, torch.layout, torch.memory_format}
