"""Run an ONNX file in ONNX Runtime with the values inside the graph visible."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch

from .arrays import to_numpy
from .errors import OptionError
from .runtime import open_session, run_session
from .segments import extract_segment, plan_segments
from .value_sizes import stated_sizes, value_sizes

DEFAULT_LIMIT = 512 * 1024**2
"""Bytes of the graph's values held at once."""


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
    """Values inside the main graph by name, in the order in which the graph makes them.

    Graph optimisation is off, so that every node is there. When the values of the graph are larger than `limit` bytes
    it runs in segments, and a segment that cannot be made small enough several times; of values already handed over
    none is held.

    Raises:
        CheckError: ONNX Runtime does not load or run the file.
    """
    proto = onnx.load(str(path), load_external_data=False)
    folder = path.absolute().parent
    weights = {tensor.name for tensor in proto.graph.initializer}  # older files list them as inputs too
    inputs = {value.name: to_numpy(feed[value.name]) for value in proto.graph.input if value.name not in weights}
    wanted = list(names)
    sizes = value_sizes(proto, folder, inputs, wanted)
    for name, array in run_segments(proto, folder, inputs, wanted, sizes, limit):
        if isinstance(array, np.ndarray):  # sequences and optionals have no numbers to compare
            yield name, array
        del array


def run_outputs(
    proto: onnx.ModelProto,
    folder: Path,
    session: ort.InferenceSession,
    inputs: dict[str, np.ndarray],
    limit: int = DEFAULT_LIMIT,
) -> list[Any]:
    """The outputs of a graph that is open, from one run of the session, or in segments where the values that the graph
    makes are larger than `limit` bytes and it can be cut. `folder` is where its external data lies.

    Raises:
        CheckError: ONNX Runtime does not run the file on these inputs.
    """
    names = [value.name for value in session.get_outputs()]
    sizes = stated_sizes(proto)
    made = {name for node in proto.graph.node for name in node.output}
    if not made.issuperset(names) or len(plan_segments(proto, sizes, limit, names)) == 1:
        return run_session(session, None, inputs)
    found = dict(run_segments(proto, folder, inputs, names, sizes, limit))
    return [found[name] for name in names]


def run_segments(
    proto: onnx.ModelProto,
    folder: Path,
    inputs: dict[str, np.ndarray],
    names: list[str],
    sizes: dict[str, int],
    limit: int,
) -> Iterator[tuple[str, Any]]:
    """The values of these names in the order in which the main graph makes them; see `plan_segments`."""
    wanted, left = set(names), set(names)
    handed_on: dict[str, Any] = {}
    for segment in plan_segments(proto, sizes, limit, wanted):
        if not left:
            return
        handed_on = {name: handed_on[name] for name in segment.takes}
        needed = set(segment.hands_on) - handed_on.keys()
        made = [name for node in proto.graph.node[segment.first : segment.end] for name in node.output]
        for chunk in _chunks([name for name in made if name in needed | wanted], sizes, limit):
            arrays = _run(extract_segment(proto, segment, chunk), folder, chunk, inputs | handed_on)
            while arrays:
                name, array = arrays.pop()
                if name in needed:
                    handed_on[name] = array
                if name in wanted:
                    left.discard(name)
                    yield name, array
                del array


def _run(model: onnx.ModelProto, folder: Path, names: list[str], known: dict[str, Any]) -> list[tuple[str, Any]]:
    """The values, the last one first."""
    # Only these are outputs: ONNX Runtime holds every output of a graph to the end of a run, asked for or not.
    session = open_session(model.SerializeToString(), folder)
    feed = {value.name: known[value.name] for value in model.graph.input}
    return list(zip(names, run_session(session, names, feed), strict=True))[::-1]


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
