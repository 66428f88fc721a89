"""How coarsely the values of a graph are computed: the coarsest floating type on the way to each."""

from __future__ import annotations

from collections.abc import Iterable

import onnx_ir as ir

RELATIVE_TOLERANCE = {"float16": 1e-2, "bfloat16": 5e-2, "float32": 1e-3, "float64": 1e-3}
"""Largest difference that counts as equal, relative to the largest value of the output (at least 1); integers and
booleans must be equal. Two implementations of one float32 model commonly differ by 1e-6 to 1e-4."""

_COARSE = {ir.DataType.FLOAT16: "float16", ir.DataType.BFLOAT16: "bfloat16"}
TYPE_ATTRIBUTES = ("to", "dtype", "output_dtype")  # where ONNX operators are told a type


def coarsest_types(model: ir.Model) -> dict[str, str]:
    """For each value that is computed more coarsely than in float32, by name, the coarsest type that takes part.

    What was rounded stays so: a float32 output of a graph that computes in float16 is no better than float16.
    """
    found: dict[str, str] = {}
    _look(model.graph, found)
    return found


def coarser(types: Iterable[str]) -> str:
    """The type with the widest tolerance; empty when there is none."""
    return max(types, key=lambda name: RELATIVE_TOLERANCE.get(name, 0.0), default="")


def _look(graph: ir.Graph, found: dict[str, str]) -> str:
    """Add the values of a graph and of the bodies in it; the coarsest type of all of them."""
    for value in (*graph.inputs, *graph.initializers.values()):
        _add(value, [], found)
    for node in graph:
        on_the_way = [found.get(value.name or "", "") for value in node.inputs if value is not None]
        for name, attribute in node.attributes.items():
            if attribute.type is ir.AttributeType.GRAPH:
                on_the_way.append(_look(attribute.value, found))
            elif attribute.type is ir.AttributeType.GRAPHS:
                on_the_way += [_look(body, found) for body in attribute.value]
            elif name in TYPE_ATTRIBUTES and attribute.type is ir.AttributeType.INT:
                on_the_way.append(_COARSE.get(attribute.value, ""))
        for value in node.outputs:
            _add(value, on_the_way, found)
    values = (value for node in graph for value in (*node.inputs, *node.outputs) if value is not None)
    return coarser(found.get(value.name or "", "") for value in values)


def _add(value: ir.Value, on_the_way: list[str], found: dict[str, str]) -> None:
    dtype = value.dtype or (value.const_value.dtype if value.const_value is not None else None)
    coarsest = coarser([*on_the_way, _COARSE.get(dtype, "") if dtype is not None else ""])
    if coarsest and value.name:
        found[value.name] = coarsest
