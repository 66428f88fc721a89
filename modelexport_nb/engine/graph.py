"""Small helpers on `onnx_ir` graphs that several parts need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import onnx_ir as ir
import torch

from .modules import holds_numbers

WEIGHT = "modelexport.weight"
"""In the `metadata_props` of a graph input: it is a weight whose numbers the file does not hold."""

LIVE = "modelexport_nb.tensor"
"""In the `meta` of an initializer without numbers: the model's tensor that it stands for."""


def all_nodes(model: ir.Model) -> list[ir.Node]:
    """Every node of the file in one fixed order: the main graph, bodies of If/Loop/Scan right after their node,
    then the local functions. A node's position here is its number everywhere in this package."""
    nodes = list(model.graph.all_nodes())
    for function in model.functions.values():
        nodes.extend(function.all_nodes())
    return nodes


def graphs(model: ir.Model) -> Iterator[ir.Graph | ir.Function]:
    """The main graph, every subgraph and every function body."""
    yield model.graph
    yield from model.graph.subgraphs()
    for function in model.functions.values():
        yield function
        yield from function.subgraphs()


def initializers(model: ir.Model) -> Iterator[ir.Value]:
    """The initializers of the main graph and of every body."""
    for graph in graphs(model):
        if isinstance(graph, ir.Graph):  # a function has none
            yield from graph.initializers.values()


def forget_numberless(model: ir.Model) -> None:
    """Leave initializers that stand for a tensor without numbers no value: whoever reads one would fail."""
    for value in initializers(model):
        raw = getattr(value.const_value, "raw", None)
        if isinstance(raw, torch.Tensor) and not holds_numbers(raw):
            value.meta[LIVE] = raw
            value.const_value = None


@contextmanager
def weights_as_inputs(graph: ir.Graph) -> Iterator[None]:
    """For the block: weights without numbers are inputs of the graph, each marked as what it is; ONNX knows no other
    valid form of them."""
    missing = {name: value for name, value in graph.initializers.items() if value.const_value is None}
    for name, value in missing.items():
        del graph.initializers[name]
        graph.inputs.append(value)
        value.metadata_props[WEIGHT] = "none"
    try:
        yield
    finally:
        weights_from_inputs(graph)


def weights_from_inputs(graph: ir.Graph) -> None:
    """Make inputs that are marked as weights the initializers again that they stand for."""
    marked = {value.name: value for value in graph.inputs if value.name and WEIGHT in value.metadata_props}
    rest = [value for value in graph.inputs if value.name not in marked]
    graph.inputs.clear()
    graph.inputs.extend(rest)
    for name, value in marked.items():
        graph.initializers[name] = value


def lacks_weights(model: ir.Model) -> bool:
    """Whether the file does not hold the numbers of its weights."""
    return any(WEIGHT in value.metadata_props for value in initializers(model))


def drop_weights(model: ir.Model) -> None:
    """Leave of each initializer its shape and type alone: a graph kept for its tables must not keep weights alive."""
    for value in initializers(model):
        value.meta.pop(LIVE, None)
        if value.const_value is not None:
            value.shape, value.dtype = ir.Shape(value.const_value.shape.numpy()), value.const_value.dtype
            value.const_value = None


def body_owners(nodes: list[ir.Node]) -> dict[int, int]:
    """For each node inside a body of If, Loop or Scan: the number of the node that holds the body."""
    holder: dict[int, int] = {}
    for number, node in enumerate(nodes):
        for attribute in node.attributes.values():
            if attribute.type == ir.AttributeType.GRAPH:
                holder[id(attribute.value)] = number
            elif attribute.type == ir.AttributeType.GRAPHS:
                holder.update((id(graph), number) for graph in attribute.value)
    return {number: holder[id(node.graph)] for number, node in enumerate(nodes) if id(node.graph) in holder}


def type_text(value: ir.Value | None) -> str:
    """Dtype and shape for people: `f32 2×10×384`; a symbolic dimension by its name, `?` where nothing is known."""
    if value is None:
        return ""
    dtype = _dtype_text(value.dtype)
    if value.shape is None:
        return dtype
    dims = "×".join(str(dim) if isinstance(dim, int) else str(dim.value or "?") for dim in value.shape)
    return f"{dtype} {dims}" if dims else dtype


def _dtype_text(dtype: ir.DataType | None) -> str:
    if dtype is None:
        return "?"
    return "bool" if dtype == ir.DataType.BOOL else dtype.short_name()
