"""The figures of a file as text, JSON and CSV. Every name in them is whatever its author typed."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from . import text
from .analysis import Analysis, ModuleFigures
from .outline import Entry

JSON_VERSION = 1
ROWS = 60
COLUMNS = ("module", "class", "tag", "depth", "nodes", "own", "parameters", "operators", "evidence", "reason")
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(analysis: Analysis, width: int = text.WIDTH) -> str:
    """The figures, then the operators of each module: as a tree, or of a part of the file as a list."""
    figures = [(name, value) for name, value in _figures(analysis) if value]
    longest = max(len(name) for name, _ in figures)
    lines = [f"{text.facts(analysis.hierarchy)}.", text.printable(analysis.hierarchy.note, 1_000)]
    lines += ["", *(f"{name:<{longest}}  {value}" for name, value in figures), ""]
    if analysis.whole:
        return "\n".join([*lines, *text.tree_lines(analysis.hierarchy, width, f"{'operators':<10}", _own_operators)])
    more = len(analysis.rows) - ROWS
    shown = [_line(figures) for figures in analysis.modules[:ROWS]]
    return "\n".join([*lines, *shown, *([f"… {more} more"] if more > 0 else [])])


def _figures(analysis: Analysis) -> list[tuple[str, str]]:
    total = len(analysis.nodes)
    calls = [] if analysis.whole else [("module calls", f"{len(analysis.rows)} of {len(analysis.hierarchy.tree)}")]
    root = analysis.evidence.get("root", 0)
    depths = ", ".join(map(str, analysis.depths.values()))
    return [
        *calls,
        ("coverage", f"{analysis.covered}/{total}"),
        ("root share", f"{100 * root / total:.1f} %" if total and analysis.evidence else ""),
        ("evidence", ", ".join(f"{kind} {n} ({100 * n / total:.1f} %)" for kind, n in analysis.evidence.items())),
        ("depth", f"at most {max(analysis.depths)}; nodes at each: {depths}"),
        ("operators", _operators(analysis.operators)),
    ]


def _operators(counts: dict[str, int]) -> str:
    """`MatMul, Add ×2`."""
    return ", ".join(text.printable(name) + (f" ×{count}" if count > 1 else "") for name, count in counts.items())


def _own_operators(entry: Entry) -> str:
    return f"{_operators(entry.operators):<10}"


def _line(figures: ModuleFigures) -> str:
    name = f"{text.printable(figures.key) or '(root)'}  {text.printable(figures.class_name)}".rstrip()
    if not figures.nodes:
        return f"{name}: no nodes" + (f", {text.printable(figures.reason)}" if figures.reason else "")
    return f"{name}: {text.plural(figures.nodes, 'node')}, {_operators(figures.operators)}"


def to_json(analysis: Analysis) -> str:
    """Everything. The same in every run."""
    hierarchy = analysis.hierarchy
    found = {
        "version": JSON_VERSION,
        "file": hierarchy.path.name,
        "source": hierarchy.source,
        "note": hierarchy.note,
        "model": hierarchy.modules.root.class_name,
        "strategy": hierarchy.attribution.strategy if hierarchy.attribution is not None else None,
        "opset": hierarchy.graph.opset_imports.get(""),
        "nodes": len(analysis.nodes),
        "covered": analysis.covered,
        "evidence": analysis.evidence,
        "depths": analysis.depths,
        "operators": analysis.operators,
        "modules": [_module(figures) for figures in analysis.modules],
    }
    return json.dumps(found, ensure_ascii=False, indent=1)


def _module(figures: ModuleFigures) -> dict[str, Any]:
    found = asdict(figures)
    return {"module": found.pop("key"), "class": found.pop("class_name"), **found}


def to_csv(analysis: Analysis) -> str:
    """A line for each module call."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for figures in analysis.modules:
        found = _module(figures)
        writer.writerow([_cell(found[column]) for column in COLUMNS])
    return file.getvalue().rstrip("\n")


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        value = ", ".join(f"{name} {count}" for name, count in value.items())
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return value
