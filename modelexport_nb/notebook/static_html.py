"""A report or an opened file as HTML without script: what GitHub, nbviewer and untrusted notebooks show.

Every string that comes from a model passes `escaped`: a module's name is whatever its author typed.
"""

from __future__ import annotations

from html import escape

from modelexport_nb import generation_views, text
from modelexport_nb.engine.generation import GenerationReport
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.outline import Entry, outline

ROWS = 1_000
KINDS = 8  # kinds of operators that a line names

# The page's only style: readable in both themes, nothing more.
STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
ul { list-style: none; margin: 0; padding-left: 1.4rem; }
code { font: 12px ui-monospace, monospace; opacity: 0.75; }
summary { cursor: pointer; }
td, th { padding: 0 1rem 0 0; text-align: left; font-weight: normal; }
"""


def fragment(shown: ExportReport | Hierarchy, problem: str | None = None) -> str:
    """One sentence, the notes, then the module tree in nested `<details>`: no style, no script.

    `problem` is a further line, for what could not be shown.
    """
    notes = [text.file_note(shown)] if isinstance(shown, Hierarchy) else [f"Note: {note}" for note in shown.notes]
    lines = "".join(f"<p>{escaped(line, 1_000)}</p>" for line in [*notes, *([problem] if problem else [])])
    return f"<div><p>{_sentence(shown)}</p>{lines}{_tree(outline(shown, ROWS))}</div>"


def parts_fragment(report: GenerationReport, problem: str | None = None) -> str:
    """What `generate()` made of the files, the notes, then each part under its name; `problem` as in `fragment`."""
    lines = [*(f"Note: {note}" for note in report.notes), *([problem] if problem else [])]
    notes = "".join(f"<p>{escaped(line, 1_000)}</p>" for line in lines)
    parts = "".join(f"<h3>{escape(name)}</h3>{fragment(part)}" for name, part in generation_views.parts(report))
    return f"<div><p>{escape(generation_views.headline(report))}.</p>{notes}{parts}</div>"


def page(report: ExportReport) -> str:
    """A whole HTML document: the fragment, and what each measure means."""
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td><td>{escape(meaning)}</td></tr>"
        for name, value, meaning in report.measures.rows()
    )
    title = escaped(report.model_class)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title} as ONNX</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title} as ONNX</h1>\n"
        f"{fragment(report)}\n<h2>Measures</h2>\n<table>{rows}</table>\n</body>\n</html>\n"
    )


def escaped(name: str, longest: int = text.LONGEST_NAME) -> str:
    """A string of a model as HTML text: one line, nothing of it markup."""
    return escape(text.printable(name, longest))


def _sentence(shown: ExportReport | Hierarchy) -> str:
    title = f"<b>{escaped(shown.modules.root.class_name)}</b>"
    if isinstance(shown, Hierarchy):
        return f"{title} in <code>{escaped(shown.path.name)}</code>: {text.sizes(shown)}."
    measures = ", ".join(f"{escape(name)} {escape(value)}" for name, value, _ in shown.measures.rows())
    return (
        f"{title} as ONNX, strategy <code>{escaped(shown.strategy)}</code>: "
        f"{text.sizes(shown)}. {measures[:1].upper()}{measures[1:]}. {escaped(text.parity(shown), 1_000)}."
    )


def _tree(entry: Entry) -> str:
    row = entry.row
    name = escaped(entry.label)
    if row.parent >= 0 and row.class_name:
        name += f" ({escaped(row.class_name)})"
    if not row.total:
        return f"{name}: {escape(text.reason(entry))}"
    copies = f"{entry.copies} × " if entry.copies > 1 else ""
    line = f"{name}: {copies}{text.plural(row.total, 'node')}"
    if not entry.children and not entry.hidden:
        return f"{line} {_operators(entry)}"
    items = [_tree(child) for child in entry.children]
    if entry.operators:
        items.insert(0, f"its own: {text.plural(len(row.nodes), 'node')} {_operators(entry)}")
    if entry.hidden:
        items.append(f"… {entry.hidden} more")
    inner = "".join(f"<li>{item}</li>" for item in items)
    opened = " open" if row.parent < 0 else ""
    return f"<details{opened}><summary>{line}</summary><ul>{inner}</ul></details>"


def _operators(entry: Entry) -> str:
    """`MatMul, Add ×2`, in order of first use."""
    kinds = [escaped(op) + (f" ×{number}" if number > 1 else "") for op, number in entry.operators.items()]
    more = ["…"] if len(kinds) > KINDS else []
    return f"<code>{', '.join([*kinds[:KINDS], *more])}</code>"
