"""A copy of a graph that computes in float32: for a runtime that has no kernels for the graph's own floating types."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir

from .graph import all_nodes

_OTHERS = {ir.DataType.BFLOAT16, ir.DataType.FLOAT16, ir.DataType.DOUBLE}
_TYPE_ATTRIBUTES = ("to", "dtype", "output_dtype")  # where ONNX operators are told a type


def in_float32(path: Path) -> bytes:
    """The graph of a file with every floating value in float32, serialised with its weights.

    It computes what the file means, rounded less or more: fit for a comparison with the tolerance of the file's types.
    """
    model = ir.load(path)
    ir.external_data.load_to_model(model)
    nodes = all_nodes(model)
    graphs = {id(node.graph): node.graph for node in nodes if node.graph is not None} | {id(model.graph): model.graph}
    for graph in graphs.values():
        for value in (*graph.inputs, *graph.initializers.values()):
            _widen_value(value)
    for node in nodes:
        for value in node.outputs:
            _widen_value(value)
        for name, attribute in list(node.attributes.items()):
            if attribute.type is ir.AttributeType.TENSOR and attribute.value.dtype in _OTHERS:
                node.attributes[name] = ir.AttrTensor(name, _widened(attribute.value))
            elif name in _TYPE_ATTRIBUTES and attribute.value in _OTHERS:
                node.attributes[name] = ir.AttrInt64(name, int(ir.DataType.FLOAT))
    return ir.to_proto(model).SerializeToString()


def _widen_value(value: ir.Value) -> None:
    if value.dtype in _OTHERS:
        value.dtype = ir.DataType.FLOAT
    if value.const_value is not None and value.const_value.dtype in _OTHERS:
        value.const_value = _widened(value.const_value)


def _widened(tensor: ir.TensorProtocol) -> ir.Tensor:
    return ir.Tensor(tensor.numpy().astype(np.float32), name=tensor.name)
