"""What static views show of a comparison: figures of the columns, the module calls and the nodes that differ.

Knows neither HTML nor Markdown; the views know nothing of alignment.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import text
from .engine.alignment import ABSENT, CallRow
from .engine.columns import Column
from .engine.comparison import Comparison
from .engine.parity import format_error
from .engine.report import ExportReport

NOTHING = "–"


@dataclass(frozen=True)
class NodeLine:
    """A node that not all columns of the baseline's graph attribute alike: its number, operator and, for each column,
    the scope and its evidence."""

    number: int
    op: str
    claims: tuple[str, ...]


def title(comparison: Comparison) -> str:
    """`BertModel: fx, htp and usage_based; the baseline is fx`."""
    listed = _listed([text.printable(column.name) for column in comparison.columns])
    base = comparison.columns[comparison.baseline]
    return f"{text.printable(base.model_class) or 'Nothing'}: {listed}; the baseline is {text.printable(base.name)}"


def remarks(comparison: Comparison) -> list[str]:
    """Why columns are empty, and the comparison's notes."""
    failed = [
        f"{column.name} failed at {column.failure.stage}: {column.failure.reason}"
        for column in comparison.columns
        if column.failure is not None
    ]
    return [text.printable(line, 1_000) for line in (*failed, *comparison.notes)]


def agreed(comparison: Comparison) -> list[str]:
    """`All that speak of this graph agree on 110 of 122 nodes`; nothing where there are not two to agree."""
    found = comparison.agreement
    if found is None:
        return []
    names = [text.printable(comparison.columns[number].name) for number in comparison.witnesses]
    return [f"{_listed(names)} agree on {found.agreeing} of {found.nodes} nodes"]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def facts(comparison: Comparison, times: bool = False) -> list[tuple[str, list[str]]]:
    """Figures of the columns: a label, then one text for each column. Seconds and memory only when asked for."""
    columns = comparison.columns
    base = columns[comparison.baseline].name
    found = {
        "strategy": [text.printable(column.strategy) for column in columns],
        "capture": [text.printable(column.capture) for column in columns],
        "opset": [str(column.opset) if column.opset is not None else NOTHING for column in columns],
        "nodes": [str(column.nodes) if column.report is not None else NOTHING for column in columns],
        f"same scope as {text.printable(base)}": [_same(comparison, number) for number in range(len(columns))],
        **_measures(columns),
        "numbers": [_parity(column) for column in columns],
        "file size": [text.size(column.bytes) if column.bytes is not None else NOTHING for column in columns],
    }
    if times:
        stages = dict.fromkeys(stage for column in columns for stage in column.seconds)
        for stage in stages:
            found[f"seconds, {stage}"] = [
                f"{column.seconds[stage]:.2f}" if stage in column.seconds else NOTHING for column in columns
            ]
        found["seconds"] = [f"{sum(column.seconds.values()):.2f}" if column.seconds else NOTHING for column in columns]
        found["peak memory"] = [text.size(c.peak_bytes) if c.peak_bytes is not None else NOTHING for c in columns]
    return list(found.items())


def operators(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """The operators of which the columns have different numbers, in order of first use."""
    present = [column.operators if column.report is not None else None for column in comparison.columns]
    names = dict.fromkeys(op for counts in present for op in counts or ())
    lines = [(op, [str(counts.get(op, 0)) if counts is not None else NOTHING for counts in present]) for op in names]
    return [(text.printable(op), cells) for op, cells in lines if len(set(cells) - {NOTHING}) > 1]


def differing(comparison: Comparison) -> list[CallRow]:
    """The rows inside which something differs, and those that not all columns have."""
    found = [difference for difference in comparison.differences if difference is not None]
    single = {key for difference in found for key in (*difference.added, *difference.removed)}
    single |= {new for difference in found for _, new in difference.renamed}
    only = {comparison.row(key).index for key in single}
    return [row for row in comparison.rows if row.index in only or any(d.inside[row.index] for d in found)]


def count(comparison: Comparison, row: CallRow, number: int) -> str:
    """`11 ≠ 3`: the call's nodes in a column, and how many inside differ from the baseline's; `–` where it is not."""
    column, found = comparison.columns[number], comparison.differences[number]
    if found is None or column.tree is None or row.at[number] == ABSENT:
        return NOTHING
    own = column.tree.rows[row.at[number]]
    differs = f" ≠ {found.inside[row.index]}" if found.inside[row.index] else ""
    renamed = f" ({text.printable(own.key)})" if own.key != row.key else ""
    return f"{own.total}{differs}{renamed}"


def nodes(comparison: Comparison) -> list[NodeLine]:
    """The nodes of the baseline's graph that some column gives to another call."""
    moved = {node for difference in comparison.differences if difference is not None for node in difference.moved}
    base = comparison.columns[comparison.baseline]
    numbers = range(len(comparison.columns))
    return [
        NodeLine(node, text.printable(base.ops[node]), tuple(_claim(comparison, number, node) for number in numbers))
        for node in sorted(moved)
    ]


def _claim(comparison: Comparison, number: int, node: int) -> str:
    column = comparison.columns[number]
    if column.tree is None or comparison.groups[number] != comparison.groups[comparison.baseline]:
        return NOTHING
    key = text.printable(column.tree.rows[column.row_of_node[node]].key) or "(root)"
    return f"{key} · {column.evidence[node]}" if column.evidence else key


def _same(comparison: Comparison, number: int) -> str:
    found = comparison.differences[number]
    if found is None:
        return NOTHING
    if number == comparison.baseline:
        return "baseline"
    nodes = comparison.columns[number].nodes
    return f"{nodes - len(found.moved)} of {nodes}" if found.same_graph else f"other graph, ≠ {found.nodes}"


def _measures(columns: tuple[Column, ...]) -> dict[str, list[str]]:
    rows = [{name: value for name, value, _ in c.measures.rows()} if c.measures is not None else {} for c in columns]
    return {name: [row.get(name, NOTHING) for row in rows] for name in dict.fromkeys(n for row in rows for n in row)}


def _parity(column: Column) -> str:
    if not isinstance(column.report, ExportReport):
        return NOTHING
    parity = column.parity
    if parity is None or parity.problem is not None:
        return "not verified"
    return f"{'equal' if parity.ok else 'different'}, max |Δ| {format_error(parity.max_abs)}"
