"""How the command line shows what a verb found: JSON, or text with a little colour where that is a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.markdown import Markdown
from rich.text import Text
from rich.theme import Theme

from . import text
from .cli_actions import Outcome


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
    if as_json:
        print(outcome.json(), flush=True)
        return
    console = Console(theme=_THEME, highlight=False, markup=False, emoji=False)
    shown = outcome.text(console.width if console.is_terminal else text.WIDTH)
    if not console.is_terminal:
        print(shown, flush=True)
    elif outcome.markdown:
        console.print(Markdown(shown, hyperlinks=False))
    else:
        marks = _Marks()
        for line in shown.splitlines():
            console.print(marks(Text(line)), soft_wrap=True)
    sys.stdout.flush()
