"""The part of the payload that is about nodes: their columns, what they read, what goes into the graph and out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import onnx_ir as ir

from modelexport_nb.engine.attribution import Evidence, NodeScope
from modelexport_nb.engine.graph import body_owners, type_text
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tree import Tree
from modelexport_nb.wiring import Wiring

from .table import Table

EVIDENCE = [str(kind) for kind in Evidence]
# In place of the producer of an output that no node makes and no input is: a constant of the graph.
INITIALIZER = -(10**9)


def graph_columns(shown: ExportReport | Hierarchy, nodes: list[ir.Node], wiring: Wiring) -> dict[str, Any]:
    """`nodes` and `graph` of the payload, with the tables that they point into."""
    ops, types, files = Table(), Table(), Table()
    # A file whose tree is not ours tells of no evidence, no further calls and no lines.
    claims = shown.attribution.scopes if shown.attribution is not None else []
    places = _places(claims)
    type_of = _TypeNumbers(types)
    columns = {
        "op": [ops.number(node.op_type) for node in nodes],
        "row": _rows_of(shown.tree, len(nodes)),
        "type": [type_of(node.outputs[0]) if node.outputs else types.number("") for node in nodes],
        "file": [files.number(file) for file, _ in places] or [-1] * len(nodes),
        "line": [line for _, line in places] or [0] * len(nodes),
        "evidence": [EVIDENCE.index(claim.evidence) for claim in claims] or [-1] * len(nodes),
        "also": _also(claims, shown.tree),
        "more": {
            str(number): [type_of(value) for value in node.outputs[1:]]
            for number, node in enumerate(nodes)
            if len(node.outputs) > 1
        },
        "body": {str(inner): holder for inner, holder in body_owners(nodes).items()},
        **_reads(wiring),
    }
    graph = _ends(shown.graph, nodes, wiring, type_of)
    tables = {"ops": ops.texts, "types": types.texts, "files": files.texts, "evidence": EVIDENCE}
    return {"nodes": columns, "graph": graph, **tables}


class _TypeNumbers:
    """The number of a value's type; the text of each static one is made once."""

    def __init__(self, types: Table) -> None:
        self._types = types
        self._known: dict[tuple[object, ...], int] = {}

    def __call__(self, value: ir.Value) -> int:
        if value.shape is None or not value.shape.is_static():
            return self._types.number(type_text(value))
        kind = (value.dtype, *value.shape)
        number = self._known.get(kind)
        if number is None:
            number = self._known[kind] = self._types.number(type_text(value))
        return number


def _rows_of(tree: Tree, nodes: int) -> list[int]:
    """The row of each node; every node stands in one."""
    rows = [0] * nodes
    for row in tree:
        for node in row.nodes:
            rows[node] = row.index
    return rows


def _reads(wiring: Wiring) -> dict[str, Any]:
    """Edges as distances back to the producer: small numbers. A graph input comes out larger than the node."""
    reads = []
    producers = iter(wiring.producer)
    for node, degree in enumerate(wiring.degree):
        reads += [node - next(producers) for _ in range(degree)]
    slots = {str(edge): slot for edge, slot in enumerate(wiring.slot) if slot}
    return {"degree": wiring.degree, "reads": reads, "slot": slots}


def _ends(model: ir.Model, nodes: list[ir.Node], wiring: Wiring, type_of: _TypeNumbers) -> dict[str, Any]:
    makers = {id(value): (-1 - number, 0) for number, value in enumerate(wiring.inputs)}
    position = {id(node): number for number, node in enumerate(nodes)}

    def end(value: ir.Value) -> dict[str, Any]:
        return {"name": value.name or "", "type": type_of(value)}

    def made(value: ir.Value) -> dict[str, Any]:
        maker = value.producer()
        place = (position[id(maker)], value.index() or 0) if maker is not None else makers.get(id(value))
        node, slot = place or (INITIALIZER, 0)
        return {**end(value), "node": node, "slot": slot}

    return {
        "inputs": [end(value) for value in wiring.inputs],
        "outputs": [made(value) for value in model.graph.outputs],
    }


def _also(claims: Iterable[NodeScope], tree: Tree) -> dict[str, list[int]]:
    return {
        str(number): [tree.row_of_call[call] for call in claim.also]
        for number, claim in enumerate(claims)
        if claim.also
    }


def _places(claims: Iterable[NodeScope]) -> list[tuple[str | None, int]]:
    """File and line of each claim; many nodes name the same line."""
    known: dict[str | None, tuple[str | None, int]] = {None: (None, 0)}
    for claim in claims:
        if claim.source not in known:
            known[claim.source] = _place(claim.source or "")
    return [known[claim.source] for claim in claims]


def _place(source: str) -> tuple[str, int]:
    """`file:line` → file and line; line 0 where none is known."""
    file, _, line = source.rpartition(":")
    return (file, int(line)) if line.isdecimal() and file else (source, 0)
