"""A report as plain text: for terminals, for logs and for notebooks where nothing else can be shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from .engine.report import ExportReport
from .outline import Entry, outline

ROWS = 60
WIDTH = 100
LONGEST_NAME = 120
NUMBERS = 26  # columns that a row's numbers take


def render(report: ExportReport, width: int = WIDTH) -> str:
    """The facts, the measures, the agreement with PyTorch, the notes and the module tree.

    Lines of the tree are at most `width` columns wide (at least 60). Holds no times, addresses or folders, so
    that it is the same in every run.
    """
    measures = " · ".join(f"{name} {value}" for name, value, _ in report.measures.rows())
    lines = [f"{facts(report)}.", measures, parity(report)]
    lines += [f"note: {printable(note, 10 * width)}" for note in report.notes]
    return "\n".join([*lines, "", *tree_lines(report, max(width, 60))])


def short(report: ExportReport) -> str:
    """One line, for a report inside a list or a dict."""
    return f"<{facts(report)}>"


def facts(report: ExportReport) -> str:
    """`BertModel as ONNX, strategy fx: 231 nodes, 120 modules, 22.7 M parameters, 91.0 MB`."""
    return f"{printable(report.model_class)} as ONNX, strategy {printable(report.strategy)}: {sizes(report)}"


def sizes(report: ExportReport) -> str:
    """`231 nodes, 120 modules, 22.7 M parameters, 91.0 MB`; the bytes are those of the module's tensors."""
    root = report.modules.root
    parts = [
        plural(report.measures.nodes, "node"),
        plural(len(report.modules.modules), "module"),
        f"{count(root.parameters)} parameters",
        size(root.bytes),
    ]
    return ", ".join(parts)


def parity(report: ExportReport) -> str:
    """`Equal to PyTorch: max |Δ| 5.3e-05`, or that it is not, or that nothing was compared."""
    found = report.parity
    if found is None:
        return "Not verified against PyTorch"
    if found.problem is not None:
        return f"Not verified against PyTorch: {printable(found.problem)}"
    return f"{'Equal to' if found.ok else 'Differs from'} PyTorch: {found.text}"


def tree_lines(report: ExportReport, width: int = WIDTH) -> list[str]:
    """The module tree, one line for each entry: name and class, nodes, parameters."""
    cells = [("", _numbers("ONNX nodes", "parameters")), *_cells(outline(report, ROWS), "", "")]
    left = min(max(_columns(text) for text, _ in cells), width - NUMBERS)
    return [_fit(f"{_fit(text, left)}  {facts}", width).rstrip() for text, facts in cells]


def _cells(entry: Entry, branch: str, stem: str) -> Iterator[tuple[str, str]]:
    row = entry.row
    name = printable(entry.label)
    label = name if row.parent < 0 else f"{name}  {printable(row.class_name)}"
    if row.total:
        copies = f"{entry.copies} × " if entry.copies > 1 else ""
        yield (
            branch + label,
            _numbers(f"{copies}{row.total}", count(row.parameters) if row.parameters else "–"),
        )
    else:
        yield branch + label, f"  {reason(entry)}"
    below: list[Entry | int] = [*entry.children, *([entry.hidden] if entry.hidden else [])]
    for position, child in enumerate(below):
        last = position == len(below) - 1
        fork, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if isinstance(child, int):
            yield f"{stem}{fork}… {child} more", ""
        else:
            yield from _cells(child, stem + fork, stem + rest)


def _numbers(nodes: str, parameters: str) -> str:
    return f"{nodes:>12}  {parameters:>10}"


def reason(entry: Entry) -> str:
    """`no nodes: identity in eval mode`."""
    return "no nodes" + (f": {printable(entry.row.reason)}" if entry.row.reason else "")


def printable(text: str, longest: int = LONGEST_NAME) -> str:
    """A name from a model on one line: newlines, control and direction marks as escapes; a long one without
    its middle. Such marks could otherwise draw other rows, or another name than the one that is there.
    """
    if len(text) > longest:
        text = f"{text[: longest // 2]}…{text[len(text) - longest // 2 :]}"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def plural(number: int, word: str) -> str:
    """`1 node`, `231 nodes`."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def count(number: int) -> str:
    """Three significant digits: `444 k`, `22.7 M`; exact below a thousand."""
    digits, unit = _scaled(number)
    return f"{digits} {unit}".rstrip()


def size(number: int) -> str:
    """Bytes in decimal units: `91.0 MB`."""
    digits, unit = _scaled(number)
    return f"{digits} {unit}B"


def _scaled(number: int) -> tuple[str, str]:
    if number < 1000:
        return str(number), ""
    value, units = float(number), iter("kMGTP")
    unit = ""
    while float(f"{value:.3g}") >= 1000 and (step := next(units, "")):
        value, unit = value / 1000, step
    whole = len(str(int(float(f"{value:.3g}"))))
    return f"{value:.{max(3 - whole, 0)}f}", unit


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _fit(text: str, columns: int) -> str:
    """`text` padded to, or cut with an ellipsis at, so many columns of a terminal."""
    if _columns(text) > columns:
        while _columns(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - _columns(text))
