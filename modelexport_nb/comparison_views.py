"""A comparison as Markdown, HTML without script, a pandas table and JSON.

Every name in it is whatever its author typed.
"""

from __future__ import annotations

import json
import math
from html import escape
from typing import Any

from . import comparison_outline as outline
from . import text
from .engine.alignment import CallRow
from .engine.columns import Column
from .engine.comparison import Cell, Comparison
from .engine.errors import ModelExportError
from .engine.markdown import line, table

JSON_VERSION = 1
LIMIT = 200  # rows of each kind that the HTML shows
FIGURES = ("nodes", "own", "parameters", "error", "differs")


# ---- Markdown ----


def to_markdown(comparison: Comparison, limit: int, times: bool) -> str:
    """Tables of the columns, the operators, the module calls and the nodes that differ."""
    names = [text.printable(column.name) for column in comparison.columns]
    rows, nodes = outline.differing(comparison), outline.nodes(comparison)
    calls = [
        (text.printable(row.key) or "(root)", text.printable(row.class_name), *_counts(comparison, row))
        for row in rows[:limit]
    ]
    claims = [(str(node.number), node.op, *node.claims) for node in nodes[:limit]]
    parts = [
        " ".join(f"{line(sentence)}." for sentence in _sentences(comparison)),
        *(f"Note: {line(remark)}" for remark in outline.remarks(comparison)),
        table(("", *names), [(label, *cells) for label, cells in outline.facts(comparison, times)]),
    ]
    if found := outline.operators(comparison):
        parts.append(table(("operator", *names), [(op, *cells) for op, cells in found]))
    if calls:
        parts += [table(("module call, nodes", "class", *names), calls), *_more(len(rows) - limit, "module calls")]
    if claims:
        parts += [table(("node", "op", *names), claims), *_more(len(nodes) - limit, "nodes")]
    return "\n\n".join(parts) + "\n"


def _sentences(comparison: Comparison) -> list[str]:
    return [outline.title(comparison), *outline.agreed(comparison)]


def _counts(comparison: Comparison, row: CallRow) -> list[str]:
    return [outline.count(comparison, row, number) for number in range(len(comparison.columns))]


def _more(number: int, what: str) -> list[str]:
    return [f"… and {number} more {what}."] if number > 0 else []


# ---- HTML ----


def to_html(comparison: Comparison) -> str:
    """One sentence, the notes, the columns' figures, the module calls that differ as a tree, the nodes that do."""
    names = [text.printable(column.name) for column in comparison.columns]
    notes = "".join(f"<p>Note: {escape(remark)}</p>" for remark in outline.remarks(comparison))
    nodes = outline.nodes(comparison)
    claims = [(f"{node.op} #{node.number}", list(node.claims)) for node in nodes[:LIMIT]]
    more = "".join(f"<p>{left}</p>" for left in _more(len(nodes) - LIMIT, "nodes"))
    parts = [
        f"<p>{' '.join(f'{escape(sentence)}.' for sentence in _sentences(comparison))}</p>{notes}",
        _table("", names, outline.facts(comparison)),
        _table("operator", names, outline.operators(comparison)),
        _tree(comparison),
        _table("node", names, claims) + more,
    ]
    return f"<div>{''.join(parts)}</div>"


def _table(corner: str, names: list[str], lines: list[tuple[str, list[str]]]) -> str:
    if not lines:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr><th>{escape(label)}</th>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
        for label, cells in lines
    )
    return f"<table><thead><tr><th>{escape(corner)}</th>{head}</tr></thead><tbody>{body}</tbody></table>"


def _tree(comparison: Comparison) -> str:
    """The rows that differ in nested lists, opened on the way to each."""
    rows = outline.differing(comparison)
    if not rows:
        return "<p>No module call differs.</p>"
    shown = {row.index for row in rows[:LIMIT]}
    below: dict[int, list[CallRow]] = {}
    for row in rows[:LIMIT]:
        above = row.parent
        while above not in shown and above >= 0:
            above = comparison.rows[above].parent
        below.setdefault(above, []).append(row)
    items: dict[int, str] = {}
    for row in reversed(rows[:LIMIT]):  # children first, without recursion
        inner = "".join(f"<li>{items.pop(child.index)}</li>" for child in below.get(row.index, []))
        shown_as = f"{_label(row)}: {_across(comparison, row)}"
        items[row.index] = (
            f"<details open><summary>{shown_as}</summary><ul>{inner}</ul></details>" if inner else shown_as
        )
    top = "".join(f"<li>{items[row.index]}</li>" for row in below.get(-1, []))
    more = "".join(f"<p>{left}</p>" for left in _more(len(rows) - LIMIT, "module calls"))
    return f"<ul>{top}</ul>{more}"


def _label(row: CallRow) -> str:
    name = row.name + (f", call {row.number}" if row.number else "")
    if row.parent < 0:
        return escape(text.printable(row.class_name) or "root")
    return escape(text.printable(name) + (f" ({text.printable(row.class_name)})" if row.class_name else ""))


def _across(comparison: Comparison, row: CallRow) -> str:
    counts = zip(comparison.columns, _counts(comparison, row), strict=True)
    return escape(", ".join(f"{text.printable(column.name)} {found}" for column, found in counts))


# ---- data ----


def to_frame(comparison: Comparison) -> Any:
    """A row for each module call, indexed by its key and class; for each column that did not fail its `FIGURES`,
    missing where it has no such call."""
    try:
        import pandas  # type: ignore[import-untyped]
    except ImportError:
        raise ModelExportError("to_frame() needs pandas. Install it: %pip install pandas") from None
    index = pandas.MultiIndex.from_tuples(
        [(row.key, row.class_name) for row in comparison.rows], names=["module", "class"]
    )
    series = {}
    for column in comparison.columns:
        if column.report is None:
            continue
        cells = [_figures(comparison.cell(row.key, column.name)) for row in comparison.rows]
        for figure in FIGURES:
            values = pandas.array([cell.get(figure) for cell in cells], dtype=_dtype(figure))
            series[column.name, figure] = pandas.Series(values, index=index)
    return pandas.DataFrame(series, index=index)


def _figures(cell: Cell | None) -> dict[str, Any]:
    if cell is None:
        return {}
    return {
        "nodes": cell.total,
        "own": cell.own,
        "parameters": cell.parameters,
        "error": cell.error,
        "differs": cell.differs,
    }


def _dtype(figure: str) -> str:
    return "Float64" if figure == "error" else "Int64"


def to_json(comparison: Comparison, times: bool) -> str:
    """Columns, rows with a cell for each column that has the call, and what differs from the baseline."""
    found = {
        "version": JSON_VERSION,
        "baseline": comparison.columns[comparison.baseline].name,
        "notes": list(comparison.notes),
        "columns": [
            _column(column, group, times) for column, group in zip(comparison.columns, comparison.groups, strict=True)
        ],
        "rows": [_row(comparison, row) for row in comparison.rows],
        "differences": [_difference(comparison, number) for number in range(len(comparison.columns))],
    }
    return json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)


def _column(column: Column, group: int, times: bool) -> dict[str, Any]:
    parity, measures = column.parity, column.measures
    found: dict[str, Any] = {
        "name": column.name,
        "strategy": column.strategy,
        "capture": column.capture,
        "opset": column.opset,
        "model": column.model_class,
        "graph": group,
        "nodes": column.nodes,
        "modules": column.modules,
        "parameters": column.parameters,
        "bytes": column.bytes,
        "operators": column.operators,
        "measures": {name: value for name, value, _ in measures.rows()} if measures is not None else None,
        "parity": None
        if parity is None
        else {"ok": parity.ok, "max_abs": _number(parity.max_abs), "problem": parity.problem},
        "failure": None if column.failure is None else {"stage": column.failure.stage, "reason": column.failure.reason},
    }
    if times:
        found |= {"seconds": column.seconds, "peak_bytes": column.peak_bytes}
    return found


def _row(comparison: Comparison, row: CallRow) -> dict[str, Any]:
    cells = {column.name: comparison.cell(row.key, column.name) for column in comparison.columns}
    return {
        "key": row.key,
        "class": row.class_name,
        "parent": row.parent,
        "columns": {name: _cell(cell) for name, cell in cells.items() if cell is not None},
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "key": cell.key,
        **_figures(cell),
        "error": _number(cell.error),
        "verdict": cell.verdict and str(cell.verdict),
        "operators": cell.operators,
        "evidence": cell.evidence,
        "reason": cell.reason,
    }


def _number(value: float | None) -> float | str | None:
    """JSON has no word for what is not finite."""
    return value if value is None or math.isfinite(value) else str(value)


def _difference(comparison: Comparison, number: int) -> dict[str, Any] | None:
    found = comparison.differences[number]
    if found is None:
        return None
    return {
        "column": found.two,
        "same_graph": found.same_graph,
        "nodes": found.nodes,
        "added": list(found.added),
        "removed": list(found.removed),
        "renamed": [list(pair) for pair in found.renamed],
        "moved": list(found.moved),
    }
