"""How the command line shows what a verb found: JSON, or text with a little colour where that is a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.markdown import Markdown
from rich.text import Text
from rich.theme import Theme

from . import text
from .cli_command import Outcome


class _Marks(RegexHighlighter):
    """Colours what carries meaning: results, differences, and quietly the branches of a tree."""

    base_style = "modelexport."
    highlights = (
        r"^ +(?P<fine>✓)",
        r"^ +(?P<wrong>✕)",
        r"^ +(?P<doubt>!)",
        r"^(?P<quiet>[│├└─ ]*[│├└─])",
        r"^(?P<quiet>Written:|note:)",
        r"(?P<fine>Equal to PyTorch)",
        r"(?P<wrong>Differs from PyTorch)",
        r"(?P<doubt>≠ \d+)",
    )


_THEME = Theme(
    {
        "modelexport.fine": "green",
        "modelexport.wrong": "red",
        "modelexport.doubt": "yellow",
        "modelexport.quiet": "dim",
    }
)


def show(outcome: Outcome, as_json: bool) -> None:
    """Print it to stdout."""
    console = Console(theme=_THEME, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        print(outcome.json() if as_json else outcome.text(text.WIDTH), flush=True)
        return
    shown = _harmless(outcome.json() if as_json else outcome.text(console.width))
    if outcome.markdown and not as_json:
        console.print(Markdown(shown, hyperlinks=False))
        return
    marks = _Marks()
    for line in shown.splitlines():
        console.print(Text(line) if as_json else marks(Text(line)), soft_wrap=True)


def _harmless(shown: str) -> str:
    """The same, with escapes for what a terminal would obey: names in a file are whatever a stranger typed."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in shown
    )
