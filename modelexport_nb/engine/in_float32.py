"""A copy of a graph that computes in float32: for a runtime that has no kernels for the graph's own floating types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir

from .graph import all_nodes, graphs
from .precision import TYPE_ATTRIBUTES

_OTHERS = {ir.DataType.BFLOAT16, ir.DataType.FLOAT16, ir.DataType.DOUBLE}


def in_float32(path: Path) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """The graph of a file with every floating value in float32, and the types it had.

    Weights stay where and as they are: each is widened just before it is first read, so that no more of them need be
    held in float32 at once than one node reads. The graph computes what the file means, rounded less or more: fit for
    a comparison with the tolerance of those types.
    """
    model = ir.load(path)
    had: set[ir.DataType] = set()
    for node in all_nodes(model):
        for value in node.outputs:
            _widen_type(value, had)
        for name, attribute in list(node.attributes.items()):
            if attribute.type is ir.AttributeType.TENSOR and attribute.value.dtype in _OTHERS:
                node.attributes[name] = ir.AttrTensor(name, _widened(attribute.value))
            elif name in TYPE_ATTRIBUTES and attribute.value in _OTHERS:
                node.attributes[name] = ir.AttrInt64(name, int(ir.DataType.FLOAT))
    for graph in graphs(model):
        if isinstance(graph, ir.Graph):
            for value in graph.inputs:
                if value.name not in graph.initializers:
                    _widen_type(value, had)
            _cast_weights(graph, had)
    return ir.to_proto(model), tuple(sorted(dtype.name.lower() for dtype in had))


def _cast_weights(graph: ir.Graph, had: set[ir.DataType]) -> None:
    """Have each weight of another floating type read through a cast to float32."""
    weights = {value for value in graph.initializers.values() if value.dtype in _OTHERS}
    for node in list(graph):
        for value in dict.fromkeys(_reads(node)):
            if value in weights:
                weights.remove(value)
                _cast_before(node, value, had)
    for value in weights:  # nobody reads it, unless it is an output
        if value.is_graph_output() and (last := next(reversed(graph), None)) is not None:
            _cast_before(last, value, had)


def _cast_before(node: ir.Node, value: ir.Value, had: set[ir.DataType]) -> None:
    assert value.dtype is not None and node.graph is not None
    had.add(value.dtype)
    cast = ir.node("Cast", [None], {"to": int(ir.DataType.FLOAT)}, num_outputs=1)
    wide = cast.outputs[0]
    wide.name, wide.dtype, wide.shape = f"{value.name}.in_float32", ir.DataType.FLOAT, value.shape
    value.replace_all_uses_with(wide, replace_graph_outputs=True)
    cast.replace_input_with(0, value)
    node.graph.insert_before(node, cast)


def _reads(node: ir.Node) -> Iterator[ir.Value]:
    """What a node and the nodes of its bodies read."""
    for inner in (node, *(each for graph in _bodies(node) for each in graph.all_nodes())):
        yield from (value for value in inner.inputs if value is not None)
    for graph in _bodies(node):
        yield from graph.outputs


def _bodies(node: ir.Node) -> Iterator[ir.Graph]:
    for attribute in node.attributes.values():
        if attribute.type is ir.AttributeType.GRAPH:
            yield attribute.value
        elif attribute.type is ir.AttributeType.GRAPHS:
            yield from attribute.value


def _widen_type(value: ir.Value, had: set[ir.DataType]) -> None:
    if value.dtype in _OTHERS:
        had.add(value.dtype)
        value.dtype = ir.DataType.FLOAT


def _widened(tensor: ir.TensorProtocol) -> ir.Tensor:
    return ir.Tensor(tensor.numpy().astype(np.float32), name=tensor.name)
