"""A report or an opened file → what the hierarchy widget gets: columns of numbers that point into tables of strings.

The browser derives keys, node names and counts; nothing that it can derive is sent.
"""

from __future__ import annotations

import sys
from typing import Any

from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.module_parity import Verdict
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.signatures import signatures
from modelexport_nb.wiring import Wiring

from .payload_graph import graph_columns
from .payload_head import head
from .table import Table

VERSION = 2
VERDICTS = [verdict.value for verdict in Verdict]


def build_payload(shown: ExportReport | Hierarchy, variable: str = "r") -> dict[str, Any]:
    """The widget's whole tree. `variable` is what Python calls `shown`, for the lines that the widget offers."""
    nodes = all_nodes(shown.graph)
    wiring = Wiring.of(shown.graph, nodes)
    return {
        "version": VERSION,
        "variable": variable,
        **head(shown),
        **_rows(shown, signatures(shown, nodes, wiring)),
        **graph_columns(shown, nodes, wiring),
    }


def _rows(shown: ExportReport | Hierarchy, same: list[int]) -> dict[str, Any]:
    tree = shown.tree
    classes, reasons = Table(), Table()
    error, verdict = _compared(shown)
    rows = {
        "parent": [row.parent for row in tree],
        "name": [row.name for row in tree],
        "absolute": [row.index for row in tree if row.absolute],
        "call": [-1 if row.number is None else row.number for row in tree],
        "cls": [classes.number(row.class_name) for row in tree],
        "params": [row.parameters for row in tree],
        "bytes": [row.bytes for row in tree],
        "reason": [reasons.number(row.reason) for row in tree],
        "error": error,
        "verdict": verdict,
        "same": same,
    }
    return {"rows": rows, "classes": classes.texts, "reasons": reasons.texts, "verdicts": VERDICTS}


def _compared(shown: ExportReport | Hierarchy) -> tuple[list[float | None], list[int]]:
    """What each call's comparison with PyTorch came to: the largest difference, and the verdict."""
    error: list[float | None] = [None] * len(shown.tree)
    verdict = [-1] * len(shown.tree)
    parity = None if isinstance(shown, Hierarchy) else shown.parity
    if parity is not None and parity.modules is not None:
        row_of = {row.key: row.index for row in shown.tree}
        for call in parity.modules.calls:
            if (row := row_of.get(call.key)) is not None:
                verdict[row] = VERDICTS.index(call.verdict)
                error[row] = None if call.max_abs is None else _two_digits(call.max_abs)
    return error, verdict


def _two_digits(value: float) -> float:
    """Two significant digits; JSON knows no infinity, which is what outputs of another shape differ by."""
    return float(f"{min(value, sys.float_info.max / 2):.1e}")
