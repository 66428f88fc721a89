"""Markdown that is safe to render: names come from models and from files of strangers."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table without a line break at its end."""
    lines = [head, ["---" for _ in head], *rows]
    return "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines)


def line(text: str) -> str:
    """The text on one line, with no HTML in it."""
    for old, new in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\n", " "), ("\r", " ")):
        text = text.replace(old, new)
    return text


def _cell(text: str) -> str:
    """The same, and no new columns."""
    return line(text).replace("|", "\\|")
