"""A graph as it was at one moment, to be compared with what passes made of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import onnx_ir as ir

from .graph import all_nodes

_OPERATOR = "node"  # in the `meta` of a node or of an input: the FX node that torch's exporter made it from


@dataclass(frozen=True)
class FrozenNode:
    """One node as it was: its values then, and the FX node it was translated from."""

    node: ir.Node
    op: tuple[str, str, str]
    attributes: tuple[tuple[str, Any], ...]
    inputs: tuple[ir.Value | None, ...]
    outputs: tuple[ir.Value, ...]
    names: tuple[str | None, ...]
    fx_node: Any


@dataclass
class Snapshot:
    """All nodes of a graph in execution order, and its initializers."""

    nodes: list[FrozenNode] = field(default_factory=list)
    initializers: list[ir.Value] = field(default_factory=list)

    @classmethod
    def of(cls, model: ir.Model) -> Snapshot:
        """Freeze the graph as it is now."""
        return cls([_freeze(node) for node in all_nodes(model)], list(model.graph.initializers.values()))

    def forget_operators(self, model: ir.Model) -> None:
        """Let go of the FX nodes, here and in what passes made of the graph: each of them holds the whole traced graph,
        and onnxscript's rules keep the last nodes that they saw."""
        nodes = [*(frozen.node for frozen in self.nodes), *all_nodes(model)]
        values = [value for node in nodes for value in node.inputs if value is not None]
        every: list[ir.Node | ir.Value] = [*nodes, *values, *model.graph.inputs, *self.initializers]
        for each in every:
            each.meta.pop(_OPERATOR, None)


def _freeze(node: ir.Node) -> FrozenNode:
    return FrozenNode(
        node=node,
        op=node.op_identifier(),
        attributes=tuple(sorted((name, _hashable(attribute)) for name, attribute in node.attributes.items())),
        inputs=tuple(node.inputs),
        outputs=tuple(node.outputs),
        names=tuple(value.name for value in node.outputs),
        fx_node=node.meta.get(_OPERATOR),
    )


def _hashable(attribute: ir.Attr) -> Any:
    if attribute.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS):
        return f"graph at {id(attribute)}"  # two nodes with bodies are never the same work
    if attribute.type == ir.AttributeType.TENSOR:
        tensor = attribute.value
        return (
            f"{tensor.dtype} {tensor.shape} {tensor.numpy().tobytes().hex()}"
            if tensor.size <= 1024
            else str(id(tensor))
        )
    return f"{attribute.type} {attribute.value}"
