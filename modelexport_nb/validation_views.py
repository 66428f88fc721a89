"""What a check of a file found, as text and as HTML."""

from __future__ import annotations

from html import escape

from .engine.findings import Finding, Validation
from .text import plural, printable

MARKS = {Finding.FINE: "✓", Finding.DOUBTFUL: "!", Finding.WRONG: "✕", Finding.UNCHECKED: "–"}
LONGEST = 1_000


def render(validation: Validation) -> str:
    """The result in one sentence, then a line for each check."""
    width = max(len(check.name) for check in validation.checks)
    lines = [f"  {MARKS[finding]} {name:<{width}}  {text}" for finding, name, text in _rows(validation)]
    return "\n".join([f"{result(validation)}.", *lines])


def result(validation: Validation) -> str:
    """`Nothing is wrong with net.onnx`, or how much is; and what was not looked at."""
    name = printable(validation.path.name)
    if not validation.ok:
        return f"{len(validation.wrong)} of {plural(len(validation.checks), 'check')} found something wrong with {name}"
    left = [check.name for check in validation.checks if check.finding is Finding.UNCHECKED]
    return f"Nothing is wrong with {name}" + (f"; not checked: {', '.join(left)}" if left else "")


def to_html(validation: Validation) -> str:
    """The same as a table; every text is a file's own and is escaped."""
    rows = "".join(
        f"<tr><td>{MARKS[finding]}</td><th>{escape(name)}</th><td>{escape(text)}</td></tr>"
        for finding, name, text in _rows(validation)
    )
    return f"<div><p><b>{escape(result(validation))}.</b></p><table>{rows}</table></div>"


def _rows(validation: Validation) -> list[tuple[Finding, str, str]]:
    return [(check.finding, check.name, printable(check.text, LONGEST)) for check in validation.checks]
