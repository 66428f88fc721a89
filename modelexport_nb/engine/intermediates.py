"""Run an ONNX file in ONNX Runtime with the values inside the graph visible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from .arrays import to_numpy
from .errors import OptionError
from .runtime import open_session, run_session
from .value_sizes import value_sizes

DEFAULT_LIMIT = 2 * 1024**3
"""Bytes of recorded values held at once."""


def check_limit(limit: int | None) -> int:
    """The bytes that a `values_limit` means; an `OptionError` for what is no number of bytes."""
    if limit is None:
        return DEFAULT_LIMIT
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise OptionError(f"The values limit is {limit!r}. Pass a whole number of bytes such as 500_000_000, or None.")
    return limit


def run_with_intermediates(
    path: Path, feed: dict[str, torch.Tensor], names: Iterable[str], limit: int = DEFAULT_LIMIT
) -> Iterator[tuple[str, np.ndarray]]:
    """Values inside the main graph by name, in the order of `names`.

    Graph optimisation is off, so that every node is there. When all values together are larger than `limit` bytes the
    graph runs several times; of values already handed over none is held.

    Raises:
        CheckError: ONNX Runtime does not load or run the file.
    """
    proto = onnx.load(str(path), load_external_data=False)
    folder = path.absolute().parent
    weights = {tensor.name for tensor in proto.graph.initializer}  # older files list them as inputs too
    inputs = {value.name: to_numpy(feed[value.name]) for value in proto.graph.input if value.name not in weights}
    wanted = list(names)
    sizes = value_sizes(proto, folder, inputs, wanted)
    known = {value.name: value for value in proto.graph.output}
    for chunk in _chunks(wanted, sizes, limit):
        # Only these are outputs: ONNX Runtime holds every output of a graph to the end of a run, asked for or not.
        outputs = [known.get(name, onnx.ValueInfoProto(name=name)) for name in chunk]
        del proto.graph.output[:]
        proto.graph.output.extend(outputs)
        arrays = _run(proto, folder, chunk, inputs)
        while arrays:
            name, array = arrays.pop()
            if isinstance(array, np.ndarray):  # sequences and optionals have no numbers to compare
                yield name, array
            del array


def _run(
    proto: onnx.ModelProto, folder: Path, names: list[str], inputs: dict[str, np.ndarray]
) -> list[tuple[str, Any]]:
    """The values, the last one first."""
    session = open_session(proto.SerializeToString(), folder)
    return list(zip(names, run_session(session, names, inputs), strict=True))[::-1]


def _chunks(names: list[str], sizes: dict[str, int], limit: int) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for name in names:
        size += sizes.get(name, 0)
        if chunk and size > limit:
            yield chunk
            size = sizes.get(chunk[-1], 0) + sizes.get(name, 0)  # the reader still has the last one in hand
            chunk = []
        chunk.append(name)
    if chunk:
        yield chunk
