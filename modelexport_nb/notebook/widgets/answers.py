"""What the browser is told when it asks: the detail of a node, the source of a module, the details of many nodes."""

from __future__ import annotations

from typing import Any

from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.module_source import forward_source
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.shown import NodeRecord

Shown = ExportReport | Hierarchy
# Rows of a table that one question may ask for.
MOST = 5_000


def answer(shown: Shown | None, question: dict[str, Any]) -> dict[str, Any] | None:
    """The answer to a question, without its `id`; None for what is no question.

    Raises:
        ModelExportError: it cannot be answered.
    """
    kind = question.get("kind")
    if kind not in ("node", "source", "table"):
        return None
    if shown is None:
        raise ModelExportError("Only the payload is here, not the report that it was made from.")
    if kind == "node":
        return {"kind": kind, "index": question.get("index"), "detail": node_detail(shown, question.get("index"))}
    if kind == "source":
        return {"kind": kind, "row": question.get("row"), "source": row_source(shown, question.get("row"))}
    nodes = question.get("nodes")
    if not isinstance(nodes, list) or len(nodes) > MOST:
        raise ModelExportError(f"A table is a list of at most {MOST:,} nodes.")
    return {"kind": kind, "details": [node_detail(shown, node) for node in nodes]}


def node_detail(shown: Shown, index: Any) -> dict[str, Any]:
    """A node, by its number."""
    if type(index) is not int or not 0 <= index < shown.tree.rows[0].total:
        raise ModelExportError(f"There is no node {index}.")
    return _detail(shown.node(index))


def row_source(shown: Shown, row: Any) -> dict[str, Any]:
    """The `forward` of a row's module; a ModelExportError where it is not on this machine."""
    if type(row) is not int or not 0 <= row < len(shown.tree):
        raise ModelExportError(f"There is no row {row}.")
    source = forward_source(shown, shown.tree.rows[row].path)
    return {"file": source.file, "first": source.first, "lines": list(source.lines), "class": source.class_name}


def _detail(node: NodeRecord) -> dict[str, Any]:
    return {
        "name": node.name,
        "op": node.op,
        "domain": node.domain,
        "inputs": [{"name": name, "type": kind, "parameter": owner} for name, kind, owner in node.inputs],
        "outputs": [{"name": name, "type": kind} for name, kind in node.outputs],
        "attributes": [{"name": name, "value": value, "type": kind} for name, value, kind in node.attributes],
        "evidence": node.evidence,
        "confidence": node.confidence,
        "source": node.source,
        "also": list(node.also),
    }
