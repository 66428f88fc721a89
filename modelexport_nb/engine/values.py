"""What an eager run computed: every operator with the values that it read and made, without the values themselves.

A value is known by a number and a sample; two views of one storage are two values, an operator that changes a tensor
in place makes a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils._pytree import tree_iter
from torch.utils.weak import WeakIdKeyDictionary

from .samples import Sample, sample_tensor


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
    is the operator that made it (-1: an input or a parameter), `outputs[c]` are the values that call `c` returned,
    `ended` the calls in the order in which they returned."""

    ops: list[TracedOp] = field(default_factory=list)
    samples: list[Sample | None] = field(default_factory=list)
    maker: list[int] = field(default_factory=list)
    outputs: dict[int, tuple[int, ...]] = field(default_factory=dict)
    ended: list[int] = field(default_factory=list)
    _numbers: WeakIdKeyDictionary = field(default_factory=WeakIdKeyDictionary)

    def record(self, call: int, args: Any, result: Any, source: str | None) -> None:
        """Add one operator."""
        reads = tuple(self.number(tensor) for tensor in _tensors(args))
        makes = []
        for tensor in _tensors(result):
            makes.append(len(self.samples))
            self._numbers[tensor] = makes[-1]
            self.samples.append(sample_tensor(tensor))
            self.maker.append(len(self.ops))
        self.ops.append(TracedOp(call, reads, tuple(makes), source))

    def number(self, tensor: torch.Tensor) -> int:
        """The value that a tensor holds now; a tensor that no operator made is an input or a parameter."""
        known = self._numbers.get(tensor)
        if known is None:
            known = self._numbers[tensor] = len(self.samples)
            self.samples.append(None)
            self.maker.append(-1)
        return known

    def leave(self, call: int, output: Any) -> None:
        """Note what a call returned."""
        self.outputs[call] = tuple(self.number(tensor) for tensor in _tensors(output))
        self.ended.append(call)


def _tensors(tree: Any) -> list[torch.Tensor]:
    return [leaf for leaf in tree_iter(tree) if isinstance(leaf, torch.Tensor)]
