"""A report or an opened file as plain text: for terminals, logs and notebooks where nothing else can be shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

from .engine.graph import all_nodes
from .engine.hierarchy import Hierarchy
from .engine.hierarchy_sources import FLAT_NOTE
from .engine.report import ExportReport
from .outline import Entry, outline

ROWS = 60
WIDTH = 100
LONGEST_NAME = 120
NUMBERS = 26  # columns that a row's numbers take

Beside = Callable[[Entry], str]


def render(shown: ExportReport | Hierarchy, width: int = WIDTH) -> str:
    """The facts, of a report the measures, the agreement with PyTorch and the notes, and the module tree.

    Lines of the tree are at most `width` columns wide (at least 60). Holds no times, addresses or folders, so
    that it is the same in every run.
    """
    lines = [f"{facts(shown)}.", *(printable(line, 10 * width) for line in _remarks(shown))]
    return "\n".join([*lines, "", *tree_lines(shown, max(width, 60))])


def _remarks(shown: ExportReport | Hierarchy) -> list[str]:
    if isinstance(shown, Hierarchy):
        return [file_note(shown)]
    measures = " · ".join(f"{name} {value}" for name, value, _ in shown.measures.rows())
    return [measures, parity(shown), *attempts(shown), *(f"note: {note}" for note in shown.notes)]


def attempts(report: ExportReport) -> list[str]:
    """Where it took more than one capture: each that was tried, and why its graph was not taken."""
    if len(report.attempts) < 2:
        return []
    return [f"capture {printable(one.name)}: {printable(one.why) or 'taken'}" for one in report.attempts]


def short(shown: ExportReport | Hierarchy) -> str:
    """One line, for a report inside a list or a dict."""
    return f"<{facts(shown)}>"


def facts(shown: ExportReport | Hierarchy) -> str:
    """`BertModel as ONNX, strategy fx: 231 nodes, 120 modules, 22.7 M parameters, 91.0 MB`, or `… in bert.onnx: …`."""
    title = printable(shown.modules.root.class_name)
    if isinstance(shown, Hierarchy):
        return f"{title} in {printable(shown.path.name)}: {sizes(shown)}"
    return f"{title} as ONNX, strategy {printable(shown.strategy)}: {sizes(shown)}"


def file_note(hierarchy: Hierarchy) -> str:
    """What an opened file tells of modules; of a file that tells nothing, how it gets a tree."""
    if hierarchy.source != "flat":
        return hierarchy.note
    bare = not any(node.metadata_props for node in all_nodes(hierarchy.graph))
    metadata = "no metadata" if bare else "none of which names a module"
    refused = hierarchy.note.removesuffix(FLAT_NOTE)
    command = f"%modelexport tag model inputs {_typed(hierarchy)}"
    nodes = plural(len(hierarchy.scopes), "node")
    return f"No module tags in this file. {nodes}, {metadata}. {refused}With the model at hand: {command}"


def _typed(hierarchy: Hierarchy) -> str:
    """The file as a magic takes it: as it was named, without the folders of this machine."""
    path = hierarchy.path
    name = printable(path.name if path.is_absolute() else str(path))
    return f'"{name}"' if any(char.isspace() or char == "'" for char in name) else name


def sizes(shown: ExportReport | Hierarchy) -> str:
    """`231 nodes, 120 modules, 22.7 M parameters, 91.0 MB`; the bytes are those of the module's tensors."""
    root = shown.modules.root
    parts = [
        plural(shown.tree.rows[0].total, "node"),
        plural(len(shown.modules.modules), "module"),
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


def tree_lines(
    shown: ExportReport | Hierarchy, width: int = WIDTH, beside: str = "parameters", of: Beside | None = None
) -> list[str]:
    """The module tree, one line for each entry: name and class, nodes, and what `of` says of it under `beside`."""
    of = of or _parameters
    cells = [("", _numbers("ONNX nodes", beside)), *_cells(outline(shown, ROWS), "", "", of)]
    left = min(max(columns(text) for text, _ in cells), width - NUMBERS)
    return [fit(f"{fit(text, left)}  {facts}", width).rstrip() for text, facts in cells]


def _parameters(entry: Entry) -> str:
    return count(entry.row.parameters) if entry.row.parameters else "–"


def _cells(entry: Entry, branch: str, stem: str, of: Beside) -> Iterator[tuple[str, str]]:
    row = entry.row
    name = printable(entry.label)
    label = name if row.parent < 0 else f"{name}  {printable(row.class_name)}".rstrip()
    if row.total:
        copies = f"{entry.copies} × " if entry.copies > 1 else ""
        yield branch + label, _numbers(f"{copies}{row.total}", of(entry))
    else:
        yield branch + label, f"  {reason(entry)}"
    below: list[Entry | int] = [*entry.children, *([entry.hidden] if entry.hidden else [])]
    for position, child in enumerate(below):
        last = position == len(below) - 1
        fork, rest = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if isinstance(child, int):
            yield f"{stem}{fork}… {child} more", ""
        else:
            yield from _cells(child, stem + fork, stem + rest, of)


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


def columns(text: str) -> int:
    """How many columns of a terminal it takes."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def fit(text: str, room: int) -> str:
    """`text` padded to, or cut with an ellipsis at, so many columns of a terminal."""
    if columns(text) > room:
        while columns(text) > room - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (room - columns(text))
