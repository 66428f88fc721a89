"""Cut an ONNX graph into segments that run one after the other.

ONNX Runtime holds the outputs of a graph to the end of a run, and keeps the memory of large values for later ones of
their size. A segment's memory is given back when it has run: only what later segments need is handed on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import onnx

_NUMBERS = {onnx.helper.np_dtype_to_tensor_dtype(np.dtype(kind)) for kind in (*np.typecodes["AllInteger"], *"?efd")}


@dataclass(frozen=True)
class Segment:
    """The nodes `first` to before `end` of the main graph. `takes` is what earlier segments made for it or for later
    ones, `hands_on` what later ones need of that and of what it makes itself."""

    first: int
    end: int
    takes: tuple[str, ...]
    hands_on: tuple[str, ...]


def plan_segments(
    proto: onnx.ModelProto, sizes: dict[str, int], limit: int, wanted: Collection[str] = ()
) -> list[Segment]:
    """Cut the main graph so that what a segment takes and makes is no more than `limit` bytes where that can be.

    A cut is made where at most half of `limit` is alive and all of it is tensors of a stated type and a known size; of
    such places near the limit the narrowest counts, of equals the last. Where there is none, a segment goes on until
    there is one.

    Args:
        sizes: bytes of values by name, as far as they are known.
        wanted: what somebody reads: the last of a segment is still in hand while the next one runs.
    """
    nodes = proto.graph.node
    alive = _alive(proto.graph)
    tensors = _tensors(proto.graph)
    width = [_width(names, sizes, tensors, limit // 2) for names in alive]
    made = [sum(sizes.get(name, 0) for name in node.output) for node in nodes]
    read = [[sizes.get(name, 0) for name in node.output if name in wanted] for node in nodes]
    cuts = [0]
    in_hand = 0
    while (cut := _next_cut(cuts[-1], made, width, limit - in_hand)) is not None:
        in_hand = next((each[-1] for each in reversed(read[cuts[-1] : cut]) if each), in_hand)
        cuts.append(cut)
    return [
        Segment(first, end, alive[first], alive[end]) for first, end in zip(cuts, [*cuts[1:], len(nodes)], strict=True)
    ]


def extract_segment(proto: onnx.ModelProto, segment: Segment, outputs: list[str]) -> onnx.ModelProto:
    """The segment as a model whose inputs are what it reads of the graph's inputs and of what it takes."""
    graph = proto.graph
    model = onnx.ModelProto(ir_version=proto.ir_version, opset_import=proto.opset_import, functions=proto.functions)
    model.graph.name = graph.name
    model.graph.node.extend(graph.node[segment.first : segment.end])
    made = {name for node in model.graph.node for name in node.output}
    read = {name for node in model.graph.node for name in _reads(node)}
    weights = [tensor for tensor in graph.initializer if tensor.name in read]
    sparse = [tensor for tensor in graph.sparse_initializer if tensor.values.name in read]
    model.graph.initializer.extend(weights)
    model.graph.sparse_initializer.extend(sparse)
    held = {tensor.name for tensor in weights} | {tensor.values.name for tensor in sparse}
    known = {value.name: value for value in (*graph.value_info, *graph.output, *graph.input)}
    inputs = [value.name for value in graph.input if value.name not in held]
    model.graph.input.extend(known[name] for name in (*inputs, *segment.takes) if name in read)
    model.graph.output.extend(known.get(name, onnx.ValueInfoProto(name=name)) for name in outputs)
    model.graph.value_info.extend(value for value in graph.value_info if value.name in made - set(outputs))
    return model


def _next_cut(first: int, made: list[int], width: list[int | None], limit: int) -> int | None:
    """Where the segment that begins at `first` ends; None where that is the end of the graph."""
    taken, inside = width[first] or 0, 0
    places: list[tuple[int, int]] = []
    for at in range(first, len(made)):
        if places and taken + inside + made[at] > limit:
            return -min(places)[1]
        inside += made[at]
        held = width[at + 1]
        if 4 * inside >= limit and held is not None and at + 1 < len(made):
            places.append((held, -(at + 1)))
    return None


def _alive(graph: onnx.GraphProto) -> list[tuple[str, ...]]:
    """For the place before each node, and the one after the last: what was made before it and is read after it."""
    last = {name: at for at, node in enumerate(graph.node) for name in _reads(node)}
    alive: dict[str, None] = {}
    ending: dict[int, list[str]] = {}
    found: list[tuple[str, ...]] = []
    for at, node in enumerate(graph.node):
        found.append(tuple(alive))
        for name in node.output:
            if last.get(name, at) > at:
                alive[name] = None
                ending.setdefault(last[name], []).append(name)
        for name in ending.pop(at, ()):
            del alive[name]
    return [*found, ()]


def _reads(node: onnx.NodeProto) -> Iterator[str]:
    """The names that a node reads, those that its bodies read of the graph around them included."""
    yield from node.input
    for attribute in node.attribute:
        for body in (*attribute.graphs, *((attribute.g,) if attribute.HasField("g") else ())):
            for inner in body.node:
                yield from _reads(inner)
            yield from (value.name for value in body.output)


def _tensors(graph: onnx.GraphProto) -> set[str]:
    """The values that the file states to be tensors of numbers that NumPy knows: they can be handed on as they are."""
    stated = (*graph.value_info, *graph.output)
    return {value.name for value in stated if value.type.tensor_type.elem_type in _NUMBERS}


def _width(names: tuple[str, ...], sizes: dict[str, int], tensors: set[str], most: int) -> int | None:
    """Bytes of what is alive; None where it is more than `most`, or something cannot be handed on."""
    if not all(name in sizes and name in tensors for name in names):
        return None
    held = sum(sizes[name] for name in names)
    return held if held <= most else None
