"""A file whose sizes may vary, run at other sizes than the traced ones: it must agree with the model there, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import onnx_ir as ir

from .axes import Axis, axes_of, larger_sizes, named_arguments, resized, smaller_sizes
from .dynamic_spec import allows, specified_axes
from .eager import run_eagerly
from .errors import CheckError, EagerRunError
from .parity import SecondSize, compare_outputs
from .precision import coarsest_types
from .state import preserved
from .strategies.base import Subject

Symbols = dict[str, list[Axis]]


def compare_second_sizes(path: Path, subject: Subject) -> tuple[SecondSize, ...]:
    """Run model and file on the same inputs at other sizes: larger ones and, since a model may decide by a size,
    smaller ones. Nothing where the file has no size that may vary.

    All sizes that may vary change at once: doubled, or to the next of `larger_sizes` where the model itself fails so;
    then to 2, or to the next of `smaller_sizes`. What the inputs hold is repeated or cut.
    """
    symbols = _symbols(subject)
    computed = next((symbol for symbol in symbols if not symbol.isidentifier()), None)
    if computed is not None:
        return (SecondSize("", problem=f"no other size was tried, for one is computed: {computed}"),)
    found = [_compare_first(path, subject, symbols, sizes) for sizes in (larger_sizes, smaller_sizes)]
    tried = [each for each in found if each is not None]
    return tuple(each for each in tried if not each.problem) or tuple(tried[:1])


def _compare_first(
    path: Path, subject: Subject, symbols: Symbols, other_sizes: Callable[[int], tuple[int, ...]]
) -> SecondSize | None:
    """The comparison at the first of the sizes at which the model runs; else why it does not at the very first."""
    assert subject.captured is not None  # a file of unknown origin promises nothing
    request, way = subject.request, subject.captured.capture
    failure = None
    for sizes in _candidates(subject, symbols, other_sizes):
        told = ", ".join(f"{symbol} {size}" for symbol, size in sizes.items())
        args, kwargs = resized(
            (request.args, request.kwargs), {axis: size for symbol, size in sizes.items() for axis in symbols[symbol]}
        )
        try:
            with preserved(request.model):
                eager = run_eagerly(request.model, args, kwargs, direct=subject.eager.direct)
        except EagerRunError as error:
            failure = failure or SecondSize(told, problem=str(error).rstrip("."))
            continue
        feed = way.input_tensors(replace(request, args=args, kwargs=kwargs), list(subject.feed))
        try:
            expected, types = way.output_tensors(eager.outputs), coarsest_types(subject.graph)
            parity = compare_outputs(path, feed, expected, types=types)
        except CheckError as error:
            return SecondSize(told, fails=str(error).rstrip("."))
        return SecondSize(told, parity.outputs, parity.problem)
    return failure


def _symbols(subject: Subject) -> Symbols:
    """The inputs' axes for each size that may vary in the file, by its name there."""
    request = subject.request
    tensors = axes_of(named_arguments(request.model, request.args, request.kwargs))
    axes = {(axis.tensor, axis.axis): axis for of_tensor in tensors for axis in of_tensor}
    found: Symbols = {}
    for value in subject.graph.graph.inputs:
        tensor = subject.feed.get(value.name or "")
        for number, dim in enumerate(value.shape or ()):
            if tensor is not None and isinstance(dim, ir.SymbolicDim) and dim.value:
                found.setdefault(dim.value, []).append(axes[id(tensor), number])
    return found


def _candidates(
    subject: Subject, symbols: Symbols, other_sizes: Callable[[int], tuple[int, ...]]
) -> Iterator[dict[str, int]]:
    """Other sizes, the most telling first, within what was allowed."""
    request = subject.request
    said = dict(specified_axes(request.model, request.args, request.kwargs, request.dynamic_shapes))
    now = {symbol: axes[0].size for symbol, axes in symbols.items()}
    for tried in zip(*(other_sizes(size) for size in now.values()), strict=True):
        sizes = dict(zip(now, tried, strict=True))
        for symbol, axes in symbols.items():
            if not all(allows(said.get(axis), sizes[symbol]) for axis in axes):
                sizes[symbol] = now[symbol]
        if sizes != now:
            yield sizes
