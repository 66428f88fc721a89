"""Whether two runs of a model on the same inputs agree, and the module call that is the first to differ.

No file can repeat a model whose runs differ, and no comparison of numbers can judge one.
"""

from __future__ import annotations

from itertools import takewhile
from typing import Any

import torch
from torch import nn

from .eager import EagerRun, run_eagerly
from .errors import EagerRunError
from .randomness import move_on
from .samples import differ
from .state import preserved
from .values import ValueTrace, tensors_in

TOLERANCE = 1e-5
"""Largest difference between two runs that is rounding, relative to the largest number of the sample: threads may add
in another order."""


def disagreement(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], eager: EagerRun) -> str | None:
    """A clause that says where two runs of the model differ; None when they agree.

    Costs one more eager run, or two where `eager` recorded no values.

    Args:
        eager: a run on these inputs, from the state in which the model and the random generators are now.
    """

    def run(other: bool) -> EagerRun:
        with preserved(model):
            if other:
                move_on()
            return run_eagerly(model, args, kwargs, values=True, direct=eager.direct)

    try:
        first = eager if eager.values is not None else run(other=False)
        second = run(other=True)
    except EagerRunError:
        return "the model is not deterministic: another run on the same inputs fails"
    assert first.values is not None and second.values is not None  # asked for
    call = first_difference(first.values, second.values)
    if call is not None:
        where = f", first in {first.calls[call].key or 'the root itself'}"
    elif _differ(eager.outputs, second.outputs):  # in a number that no sample holds
        where = ""
    else:
        return None
    return f"the model is not deterministic: two runs on the same inputs differ{where}"


def first_difference(one: ValueTrace, two: ValueTrace) -> int | None:
    """The module call that ran the operator in which two runs first differ; None where every module call returned the
    same. What no result depends on (memory that is yet to be filled) may differ."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(_steps(one), _steps(two), strict=False)))
    if shared < max(len(one.ops), len(two.ops)):  # they went different ways: on what was computed before, or on a whim
        fork = one.ops[shared : shared + 1] or one.ops[-1:]
        decided = [value for op in one.ops[max(0, shared - 1) : shared + 1] for value in op.reads]
        origin = _origin(decided, one, two, shared)
        return fork[0].call if origin is None else one.ops[origin].call
    for call in one.ended:
        origin = _origin(list(one.outputs[call]), one, two, shared)
        if origin is not None:
            return one.ops[origin].call
    return None


def _steps(trace: ValueTrace) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    return [(op.call, op.reads, op.makes) for op in trace.ops]


def _origin(values: list[int], one: ValueTrace, two: ValueTrace, shared: int) -> int | None:
    """The first operator behind differing `values` whose result differs; values that differ only further back and no
    longer in these do not count."""
    found: set[int] = set()
    seen: set[int] = set()
    stack = list(values)
    while stack:
        value = stack.pop()
        op = one.maker[value]
        if value in seen or not 0 <= op < shared:
            continue
        seen.add(value)
        a, b = one.samples[value], two.samples[value]
        if a is None or b is None:  # cannot be compared (complex): what it was made from can
            stack.extend(one.ops[op].reads)
        elif differ(a, b, TOLERANCE):
            found.add(op)
            stack.extend(one.ops[op].reads)
    return min(found, default=None)


def _differ(one: object, two: object) -> bool:
    pairs = zip(tensors_in(one), tensors_in(two), strict=False)
    return any(not _close(a.detach(), b.detach()) for a, b in pairs if a.layout is b.layout is torch.strided)


def _close(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if not a.is_floating_point():
        return torch.equal(a, b)
    finite = a[a.isfinite()]
    scale = float(finite.abs().max()) if finite.numel() else 0.0
    return torch.allclose(a, b, rtol=0.0, atol=TOLERANCE * scale, equal_nan=True)
