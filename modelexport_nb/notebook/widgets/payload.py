"""ExportReport → what the hierarchy widget gets: columns of numbers that point into tables of strings.

The browser derives keys, node names and counts; nothing that it can derive is sent.
"""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from modelexport_nb.engine.attribution import Evidence
from modelexport_nb.engine.graph import all_nodes, type_text
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tree import Tree

VERSION = 1
EVIDENCE = [str(kind) for kind in Evidence]


class Table:
    """Strings in the order of first use; each is sent once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str | None) -> int:
        """Index of `text`; -1 for None."""
        return -1 if text is None else self._numbers.setdefault(text, len(self._numbers))

    @property
    def texts(self) -> list[str]:
        return list(self._numbers)


def build_payload(report: ExportReport, variable: str = "r") -> dict[str, Any]:
    """The widget's whole tree. `variable` is what Python calls the report, for the lines it offers."""
    nodes = all_nodes(report.graph)
    return {
        "version": VERSION,
        "title": report.model_class,
        "strategy": report.strategy,
        "strategy_help": f"Strategy {report.strategy}. Capture: {report.capture}, opset {report.opset}",
        "totals": _totals(report, len(nodes)),
        "measures": [
            {"name": name, "value": value, "help": meaning} for name, value, meaning in report.measures.rows()
        ],
        "parity": _parity(report),
        "notes": list(report.notes),
        "variable": variable,
        "evidence": EVIDENCE,
        **_rows(report.tree),
        **_nodes(report, nodes),
    }


def _totals(report: ExportReport, nodes: int) -> dict[str, int]:
    root = report.modules.root
    modules = len(report.modules.modules)
    return {"nodes": nodes, "modules": modules, "parameters": root.parameters, "bytes": root.bytes}


def _parity(report: ExportReport) -> dict[str, str]:
    parity = report.parity
    if parity is None or parity.problem is not None:
        reason = (parity and parity.problem) or "The export was asked not to compare the file with PyTorch"
        return {"status": "none", "text": "not verified", "help": reason}
    outputs = ", ".join(f"{output.name} {output.max_abs:.1e}" for output in parity.outputs)
    return {
        "status": "ok" if parity.ok else "bad",
        "text": parity.text,
        "help": f"Largest difference between ONNX Runtime and PyTorch, by output: {outputs}",
    }


def _rows(tree: Tree) -> dict[str, Any]:
    classes, reasons = Table(), Table()
    rows = {
        "parent": [row.parent for row in tree],
        "name": [row.name for row in tree],
        "absolute": [row.index for row in tree if row.absolute],
        "call": [-1 if row.number is None else row.number for row in tree],
        "cls": [classes.number(row.class_name) for row in tree],
        "params": [row.parameters for row in tree],
        "bytes": [row.bytes for row in tree],
        "reason": [reasons.number(row.reason) for row in tree],
    }
    return {"rows": rows, "classes": classes.texts, "reasons": reasons.texts}


def _nodes(report: ExportReport, nodes: list[ir.Node]) -> dict[str, Any]:
    ops, types, files = Table(), Table(), Table()
    row_of = report.tree.row_of_call
    scopes = report.attribution.scopes
    sources = [_source(scope.source) for scope in scopes]
    columns = {
        "op": [ops.number(node.op_type) for node in nodes],
        "row": [row_of[scope.call] for scope in scopes],
        "type": [types.number(type_text(node.outputs[0]) if node.outputs else "") for node in nodes],
        "file": [files.number(file) for file, _ in sources],
        "line": [line for _, line in sources],
        "evidence": [EVIDENCE.index(scope.evidence) for scope in scopes],
        "also": {
            str(number): [row_of[call] for call in scope.also] for number, scope in enumerate(scopes) if scope.also
        },
    }
    return {"nodes": columns, "ops": ops.texts, "types": types.texts, "files": files.texts}


def _source(source: str | None) -> tuple[str | None, int]:
    """`file:line` → file and line; no file and line 0 where nothing is known."""
    if source is None:
        return None, 0
    file, _, line = source.rpartition(":")
    return (file, int(line)) if line.isdecimal() and file else (source, 0)
