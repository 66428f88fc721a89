"""All that a test compares when two graphs, or two exports, must be the same."""

from __future__ import annotations

import hashlib
from typing import Any

import onnx_ir as ir

from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.snapshot import Snapshot


def all_of_it(report: ExportReport) -> list[Any]:
    """The graph, every byte of the files (weights and tags too), what is said of them, which captures were tried."""
    written = [hashlib.sha256(file.read_bytes()).hexdigest() for file in report.files]
    tried = [*dict.fromkeys(report.attempts)]  # one that fails in full as it did with copies of layers counts once
    return [*what_it_is(report), report.tree, report.notes, report.measures, tried, written]


def what_it_is(report: ExportReport) -> list[Any]:
    """Each node: operator, attributes, names and types of what it makes, and who made it."""
    nodes = Snapshot.of(report.graph).nodes
    made = [[(value.name, value.dtype, value.shape) for value in frozen.outputs] for frozen in nodes]
    edges = _edges(report.graph)
    return [
        (frozen.op, _attributes(frozen.node), types, reads, record.scope, record.also, record.evidence)
        for frozen, types, reads, record in zip(nodes, made, edges, report.nodes(), strict=True)
    ]


def _edges(graph: ir.Model) -> list[list[Any]]:
    """The node that made each input, or the name of the weight or of the graph's input."""
    number = {id(value): at for at, node in enumerate(all_nodes(graph)) for value in node.outputs}
    return [
        [None if value is None else number.get(id(value), value.name) for value in node.inputs]
        for node in all_nodes(graph)
    ]


def _attributes(node: ir.Node) -> list[Any]:
    """Attributes by name; bodies are compared node by node."""
    return [(name, _value(attribute)) for name, attribute in sorted(node.attributes.items())]


def _value(attribute: ir.Attr) -> Any:
    if attribute.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS):
        return "graph"
    if attribute.type == ir.AttributeType.TENSOR:
        return attribute.value.dtype, attribute.value.shape, attribute.value.tobytes()
    return attribute.value
