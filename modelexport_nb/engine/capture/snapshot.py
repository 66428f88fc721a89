"""The graph as it was translated, kept at the moment before the optimiser first touches it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import onnx_ir as ir
import onnxscript.optimizer

from ..graph import all_nodes


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
    """All nodes of the unoptimised graph in execution order, and its initializers."""

    nodes: list[FrozenNode] = field(default_factory=list)
    initializers: list[ir.Value] = field(default_factory=list)
    taken: bool = False

    def take(self, model: ir.Model) -> None:
        """Freeze the graph; only the first call counts."""
        if self.taken:
            return
        self.taken = True
        self.nodes = [_freeze(node) for node in all_nodes(model)]
        self.initializers = list(model.graph.initializers.values())


def _freeze(node: ir.Node) -> FrozenNode:
    return FrozenNode(
        node=node,
        op=node.op_identifier(),
        attributes=tuple(sorted((name, _hashable(attribute)) for name, attribute in node.attributes.items())),
        inputs=tuple(node.inputs),
        outputs=tuple(node.outputs),
        names=tuple(value.name for value in node.outputs),
        fx_node=node.meta.get("node"),
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


@contextmanager
def watched_optimizer() -> Iterator[Snapshot]:
    """Take a snapshot when the exporter calls onnxscript's optimiser inside the block.

    The one function of onnxscript that every torch exporter goes through is wrapped for the block only: exporters
    offer no hook between translation and optimisation.
    """
    snapshot = Snapshot()
    original = onnxscript.optimizer.optimize_ir

    def optimize_ir(model: ir.Model, *args: Any, **kwargs: Any) -> Any:
        snapshot.take(model)
        return original(model, *args, **kwargs)

    onnxscript.optimizer.optimize_ir = optimize_ir
    try:
        yield snapshot
    finally:
        onnxscript.optimizer.optimize_ir = original
