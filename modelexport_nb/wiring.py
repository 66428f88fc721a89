"""Which node reads which value: the data edges of a graph as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import onnx_ir as ir


@dataclass(frozen=True)
class Wiring:
    """Edges in the order of the nodes that read, and of their inputs; a node's number is that of `graph.all_nodes`.

    Attributes:
        degree: for each node the number of its edges.
        producer: for each edge the node that made the value, or `-1 - i` for input `i` of the graph.
        slot: for each edge which output of the producer it is.
        port: for each edge which input of the reader it is.
        inputs: the graph's inputs, without those that are weights with a name.
    """

    degree: list[int] = field(default_factory=list)
    producer: list[int] = field(default_factory=list)
    slot: list[int] = field(default_factory=list)
    port: list[int] = field(default_factory=list)
    inputs: list[ir.Value] = field(default_factory=list)

    @classmethod
    def of(cls, model: ir.Model, nodes: list[ir.Node]) -> Wiring:
        """The edges between `all_nodes(model)`. Weights, and what a body or a function is handed, make none."""
        wiring = cls(inputs=[value for value in model.graph.inputs if not value.is_initializer()])
        sources = {id(value): (-1 - number, 0) for number, value in enumerate(wiring.inputs)}
        for number, node in enumerate(nodes):
            for slot, output in enumerate(node.outputs):
                sources[id(output)] = (number, slot)
        for node in nodes:
            before = len(wiring.producer)
            for port, value in enumerate(node.inputs):
                if value is None or (source := sources.get(id(value))) is None:
                    continue
                wiring.producer.append(source[0])
                wiring.slot.append(source[1])
                wiring.port.append(port)
            wiring.degree.append(len(wiring.producer) - before)
        return wiring
