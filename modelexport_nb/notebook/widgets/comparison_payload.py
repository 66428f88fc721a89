"""Comparison → what the compare widget gets: one tree for all columns, and columns of numbers beside it.

The payload is plain data (JSON). Lists of `rows` and of the entries of `rows.columns` have one element for each row of
the tree, those of `graphs` one for each node; an index points into the table of that name. Only what the browser cannot
derive is sent: `own` and `total` are there for columns whose graph says nothing more.

    version     1
    title       class of the model
    baseline    number of the column that `differs` refers to
    notes       lines for the reader
    agreement   null, or {columns: numbers of the columns that state evidence about the baseline's graph,
                agreeing: nodes on which all of them name the same call, nodes}
    columns     for each column {name, strategy, capture, opset (-1 unknown), model, nodes, bytes (-1 unknown),
                peak (bytes, -1 not measured), seconds: [[stage, seconds], …] in order,
                parity: {status: ok | bad | none, text}, measures: [{name, value, help}, …],
                graph (index into graphs, -1 failed), same (nodes with the baseline's scope, -1 on another graph),
                differs (nodes that differ in all, -1 failed), failed: null or {stage, reason}}
    rows        parent (row, -1 the root), name (the last part of the path, or all of it where the row is in
                `absolute`), absolute (row numbers), call (number, -1 never called), calls (sparse {row: how often},
                1 where absent), cls (index into classes; -1 unknown), columns: for each column null (failed) or
                own     nodes that the call's own forward made, -1 where the column has no such call
                total   those of calls inside too, -1 likewise
                error   largest absolute difference to PyTorch, two digits; null where not compared
                differs nodes inside that differ from the baseline's
                reason  sparse {row: index into reasons}: why there are no nodes
                renamed sparse {row: key in this column}
    graphs      for each distinct graph {op: index into ops, type: index into types (first output), columns: for each
                column that is about it {column: number, row: row of each node's scope, evidence: index into
                `evidence`; empty where none is stated}}
    classes, reasons, ops, types, evidence    the tables
"""

from __future__ import annotations

import sys
from typing import Any

from modelexport_nb.engine.alignment import ABSENT, CallRow
from modelexport_nb.engine.attribution import Evidence
from modelexport_nb.engine.columns import Column
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.graph import all_nodes, type_text

from .table import Table

VERSION = 1
EVIDENCE = [str(kind) for kind in Evidence]


def comparison_payload(comparison: Comparison) -> dict[str, Any]:
    """Everything that the compare widget draws, as described above."""
    classes, reasons = Table(), Table()
    rows = comparison.rows
    agreed = comparison.agreement
    return {
        "version": VERSION,
        "title": comparison.columns[comparison.baseline].model_class,
        "baseline": comparison.baseline,
        "notes": list(comparison.notes),
        "agreement": agreed and {"columns": comparison.witnesses, "agreeing": agreed.agreeing, "nodes": agreed.nodes},
        "columns": [_head(comparison, number) for number in range(len(comparison.columns))],
        "rows": {
            **_names(rows),
            "cls": [classes.number(row.class_name or None) for row in rows],
            "columns": [_cells(comparison, number, reasons) for number in range(len(comparison.columns))],
        },
        **_graphs(comparison),
        "classes": classes.texts,
        "reasons": reasons.texts,
        "evidence": EVIDENCE,
    }


def _head(comparison: Comparison, number: int) -> dict[str, Any]:
    column, found = comparison.columns[number], comparison.differences[number]
    measures = column.measures.rows() if column.measures is not None else []
    return {
        "name": column.name,
        "strategy": column.strategy,
        "capture": column.capture,
        "opset": _or_unknown(column.opset),
        "model": column.model_class,
        "nodes": column.nodes,
        "bytes": _or_unknown(column.bytes),
        "peak": _or_unknown(column.peak_bytes),
        "seconds": [[stage, round(seconds, 3)] for stage, seconds in column.seconds.items()],
        "parity": _parity(column),
        "measures": [{"name": name, "value": value, "help": meaning} for name, value, meaning in measures],
        "graph": comparison.groups[number],
        "same": column.nodes - len(found.moved) if found is not None and found.same_graph else -1,
        "differs": found.nodes if found is not None else -1,
        "failed": None if column.failure is None else {"stage": column.failure.stage, "reason": column.failure.reason},
    }


def _or_unknown(value: int | None) -> int:
    return -1 if value is None else value


def _parity(column: Column) -> dict[str, str]:
    parity = column.parity
    if parity is None or parity.problem is not None:
        return {"status": "none", "text": "not verified"}
    return {"status": "ok" if parity.ok else "bad", "text": parity.headline}


def _names(rows: tuple[CallRow, ...]) -> dict[str, Any]:
    """Parent and name of each row, such that the browser finds its path again."""
    absolute = [row.index for row in rows if row.parent >= 0 and _path(rows, row) != row.path]
    names = [row.name for row in rows]
    for index in absolute:
        names[index] = rows[index].path
    return {
        "parent": [row.parent for row in rows],
        "name": names,
        "absolute": absolute,
        "call": [-1 if row.number is None else row.number for row in rows],
        "calls": {str(row.index): row.calls for row in rows if row.calls > 1},
    }


def _path(rows: tuple[CallRow, ...], row: CallRow) -> str:
    above = rows[row.parent].path
    return f"{above}.{row.name}" if above else row.name


def _cells(comparison: Comparison, number: int, reasons: Table) -> dict[str, Any] | None:
    column, found = comparison.columns[number], comparison.differences[number]
    if column.tree is None or found is None:
        return None
    here = [(row, column.tree.rows[row.at[number]]) for row in comparison.rows if row.at[number] != ABSENT]
    own, total = ([-1] * len(comparison.rows) for _ in range(2))
    error: list[float | None] = [None] * len(comparison.rows)
    for row, mine in here:
        own[row.index], total[row.index] = len(mine.nodes), mine.total
        finding = column.findings.get(mine.key)
        if finding is not None and finding.max_abs is not None:
            error[row.index] = _two_digits(finding.max_abs)
    return {
        "own": own,
        "total": total,
        "error": error,
        "differs": list(found.inside),
        "reason": {str(row.index): reasons.number(mine.reason) for row, mine in here if mine.reason is not None},
        "renamed": {str(row.index): mine.key for row, mine in here if mine.key != row.key},
    }


def _two_digits(value: float) -> float:
    """Two significant digits; JSON knows no infinity, which is what NaN against a number differs by."""
    return float(f"{min(value, sys.float_info.max / 2):.1e}")


def _graphs(comparison: Comparison) -> dict[str, Any]:
    """The nodes of each distinct graph once, with what each of its columns says about them."""
    ops, types = Table(), Table()
    graphs: dict[int, dict[str, Any]] = {}
    for number, (column, group) in enumerate(zip(comparison.columns, comparison.groups, strict=True)):
        if column.report is None:
            continue
        if group not in graphs:
            nodes = all_nodes(column.report.graph)
            graphs[group] = {
                "op": [ops.number(node.op_type) for node in nodes],
                "type": [types.number(type_text(node.outputs[0]) if node.outputs else "") for node in nodes],
                "columns": [],
            }
        home = comparison.alignment.homes[number]
        graphs[group]["columns"].append(
            {
                "column": number,
                "row": [home[row] for row in column.row_of_node],
                "evidence": [EVIDENCE.index(kind) for kind in column.evidence],
            }
        )
    return {"graphs": [graphs[group] for group in sorted(graphs)], "ops": ops.texts, "types": types.texts}
