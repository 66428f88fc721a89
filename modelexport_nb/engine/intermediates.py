"""Run an ONNX file in ONNX Runtime with the values inside the graph visible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
import torch

from .arrays import to_numpy
from .runtime import open_session, run_session

DEFAULT_LIMIT = 2 * 1024**3
"""Bytes of intermediate values held at once."""


def run_with_intermediates(
    path: Path, feed: dict[str, torch.Tensor], names: Iterable[str], limit: int = DEFAULT_LIMIT
) -> Iterator[tuple[str, np.ndarray]]:
    """Values inside the main graph by name, in the order of `names`.

    Graph optimisation is off, so that every node is there. When all values together are larger than `limit` bytes
    (as far as the file states shapes) the graph runs several times.

    Raises:
        CheckError: ONNX Runtime does not load or run the file.
    """
    proto = onnx.load(str(path), load_external_data=False)
    wanted = list(names)
    known = {value.name for value in proto.graph.output}
    proto.graph.output.extend(onnx.ValueInfoProto(name=name) for name in wanted if name not in known)
    session = open_session(proto.SerializeToString(), path.absolute().parent)
    inputs = {value.name: to_numpy(feed[value.name]) for value in session.get_inputs()}
    for chunk in _chunks(wanted, _sizes(proto), limit):
        arrays = run_session(session, chunk, inputs)
        for name, array in zip(chunk, arrays, strict=True):
            if isinstance(array, np.ndarray):  # sequences and optionals have no numbers to compare
                yield name, array


def _sizes(proto: onnx.ModelProto) -> dict[str, int]:
    sizes = {}
    for value in proto.graph.value_info:
        dims = [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
        sizes[value.name] = 4 * int(np.prod(dims, dtype=np.int64))
    return sizes


def _chunks(names: list[str], sizes: dict[str, int], limit: int) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for name in names:
        size += sizes.get(name, 0)
        if chunk and size > limit:
            yield chunk
            chunk, size = [], sizes.get(name, 0)
        chunk.append(name)
    if chunk:
        yield chunk
