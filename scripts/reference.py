"""Write the tables of docs/magic.md and docs/command-line.md from the one description of verbs and options.

A unit test fails where they are stale: `python scripts/reference.py` writes them anew.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from modelexport_nb.cli import EXAMPLES, arguments_of  # noqa: E402
from modelexport_nb.grammar import Argument, Verb  # noqa: E402
from modelexport_nb.verbs import NOTEBOOK_VERBS, SHELL_VERBS  # noqa: E402

BEGIN, END = "<!-- written by scripts/reference.py -->", "<!-- end -->"


def notebook_reference() -> str:
    """Every verb of `%modelexport`, with its arguments."""
    told: set[tuple[tuple[str, ...], str]] = set()
    parts = []
    for verb in NOTEBOOK_VERBS.values():
        specs = (*(verb.notebook or ()), *verb.options)
        parts.append(_section(f"%modelexport {verb.name}", verb, specs, told))
    return "\n\n".join(parts)


def shell_reference() -> str:
    """Every verb of `modelexport`, with its arguments and an example."""
    told: set[tuple[tuple[str, ...], str]] = set()
    parts = []
    for name, verb in SHELL_VERBS.items():
        example = f"```sh\nmodelexport {EXAMPLES[name]}\n```"
        parts.append(_section(f"modelexport {name}", verb, arguments_of(verb), told, example))
    return "\n\n".join(parts)


def _section(
    title: str, verb: Verb, specs: tuple[Argument, ...], told: set[tuple[tuple[str, ...], str]], example: str = ""
) -> str:
    """A verb under its title; an argument that a verb above has is named, not described again."""
    new = [spec for spec in specs if (spec.flags, spec.text) not in told]
    old = [f"`{spec.flags[-1]}`" for spec in specs if spec not in new]
    told.update((spec.flags, spec.text) for spec in new)
    parts = [f"## {title}", verb.summary]
    if example:
        parts.append(example)
    if new:
        rows = [f"| {_spelled(spec)} | {_cell(spec.text)} |" for spec in new]
        parts.append("\n".join(["| argument | meaning |", "| --- | --- |", *rows]))
    if old:
        parts.append(f"As above: {', '.join(old)}.")
    return "\n\n".join(parts)


def _spelled(spec: Argument) -> str:
    """`-o`, `--output PATH`; a place in the line as `MODEL`, in brackets where it may be left out."""
    if not spec.is_option:
        name = str(spec.keywords.get("metavar") or spec.flags[0]).upper()
        return f"`[{name}]`" if spec.keywords.get("nargs") in ("?", "*") else f"`{name}`"
    *short, long = (f"`{text}`" for text in spec.spellings)
    value = spec.keywords.get("metavar") if spec.takes_value else None
    return ", ".join([*short, f"{long[:-1]} {value}`" if value else long])


def _cell(text: str) -> str:
    """Help as a table cell: no bar may end it, no star or dash pair may change how it is set."""
    return re.sub(r"([|*])", r"\\\1", text)


def with_reference(page: str, reference: str) -> str:
    """The page with what stands between the marks replaced."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n\n{reference}\n\n{END}{rest.split(END)[1]}"


PAGES = {"docs/magic.md": notebook_reference, "docs/command-line.md": shell_reference}


def main() -> None:
    for name, reference in PAGES.items():
        path = ROOT / name
        path.write_text(with_reference(path.read_text(encoding="utf-8"), reference()), encoding="utf-8")


if __name__ == "__main__":
    main()
