"""A copy of a graph that computes in float32: for a runtime that has no kernels for the graph's own floating types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir

from .graph import all_nodes

_OTHERS = {ir.DataType.BFLOAT16, ir.DataType.FLOAT16, ir.DataType.DOUBLE}
_TYPE_ATTRIBUTES = ("to", "dtype", "output_dtype")  # where ONNX operators are told a type


def in_float32(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """The graph of a file with every floating value in float32, serialised with its weights, and the types it had.

    It computes what the file means, rounded less or more: fit for a comparison with the tolerance of those types.
    """
    model = ir.load(path)
    ir.external_data.load_to_model(model)
    nodes = all_nodes(model)
    graphs = {id(node.graph): node.graph for node in nodes if node.graph is not None} | {id(model.graph): model.graph}
    had: set[ir.DataType] = set()
    for graph in graphs.values():
        for value in (*graph.inputs, *graph.initializers.values()):
            _widen_value(value, had)
    for node in nodes:
        for value in node.outputs:
            _widen_value(value, had)
        for name, attribute in list(node.attributes.items()):
            if attribute.type is ir.AttributeType.TENSOR and attribute.value.dtype in _OTHERS:
                node.attributes[name] = ir.AttrTensor(name, _widened(attribute.value))
            elif name in _TYPE_ATTRIBUTES and attribute.value in _OTHERS:
                node.attributes[name] = ir.AttrInt64(name, int(ir.DataType.FLOAT))
    return ir.to_proto(model).SerializeToString(), tuple(sorted(dtype.name.lower() for dtype in had))


def _widen_value(value: ir.Value, had: set[ir.DataType]) -> None:
    if value.dtype in _OTHERS:
        had.add(value.dtype)
        value.dtype = ir.DataType.FLOAT
    if value.const_value is not None and value.const_value.dtype in _OTHERS:
        value.const_value = _widened(value.const_value)


def _widened(tensor: ir.TensorProtocol) -> ir.Tensor:
    return ir.Tensor(tensor.numpy().astype(np.float32), name=tensor.name)
