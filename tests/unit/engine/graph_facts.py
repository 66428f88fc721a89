"""All that a test compares when two graphs must be the same."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.snapshot import Snapshot


def what_it_is(report: ExportReport) -> list[Any]:
    """Each node: operator, attributes, names and types of what it makes, and who made it."""
    nodes = Snapshot.of(report.graph).nodes
    made = [[(value.name, value.dtype, value.shape) for value in frozen.outputs] for frozen in nodes]
    edges = _edges(report.graph)
    return [
        (frozen.op, _comparable(frozen.attributes), types, reads, record.scope, record.also, record.evidence)
        for frozen, types, reads, record in zip(nodes, made, edges, report.nodes(), strict=True)
    ]


def _edges(graph: ir.Model) -> list[list[Any]]:
    number = {id(value): at for at, node in enumerate(all_nodes(graph)) for value in node.outputs}
    return [[number.get(id(value)) for value in node.inputs] for node in all_nodes(graph)]


def _comparable(attributes: tuple[tuple[str, Any], ...]) -> list[Any]:
    return [(name, value) for name, value in attributes if not str(value).startswith("graph at")]
