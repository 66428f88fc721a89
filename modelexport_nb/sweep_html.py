"""A sweep as HTML without script: a fragment for places where no widget runs, and a page of its own.

Every name in it is whatever its author typed.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from . import sweep_outline as outline
from . import text
from .engine.files import check_destination, staged
from .engine.sweeps.board import Sweep
from .engine.sweeps.results import JobResult, Status


def to_html(sweep: Sweep) -> str:
    """The counts, the notes, the matrix, and what failed with its cause: no style, no script."""
    notes = "".join(f"<p>Note: {escape(remark)}</p>" for remark in outline.remarks(sweep))
    failed = [_entry(name, cause) for name, cause in outline.told(sweep, Status.FAILED)]
    causes = f"<p>Failed:</p><ul>{''.join(failed)}</ul>" if failed else ""
    head = escape(f"{outline.title(sweep)}: {_counts(sweep)}")
    return f"<div><p>{head}</p>{notes}{_table(sweep)}{causes}</div>"


def _counts(sweep: Sweep) -> str:
    still = " It is still running; this is how it stood." if sweep.running else ""
    return f"{outline.counts(sweep)}.{still}"


def _entry(name: str, cause: str) -> str:
    return f"<li><b>{escape(name)}</b>: {escape(cause)}</li>"


def _table(sweep: Sweep, linked: bool = False) -> str:
    numbers = {name: number for number, name in enumerate(sweep)}
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in outline.columns(sweep))
    body = []
    for model in sweep.models:
        found = [sweep.cell(model, variant) for variant in sweep.variants]
        cells = "".join(_cell(result, numbers[result.name] if linked and result else None) for result in found)
        body.append(f'<tr><th scope="row">{escape(text.printable(model))}</th>{cells}</tr>')
    return f"<table><thead><tr><td></td>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _cell(result: JobResult | None, number: int | None) -> str:
    if result is None:
        return "<td></td>"
    about = escape(f"{result.status}: {outline.cause(result)}" if result.cause else str(result.status))
    shown = escape(outline.cell(result))
    if number is None:
        return f'<td title="{about}">{shown}</td>'
    return f'<td class="{result.status}" title="{about}"><a href="#job-{number}">{shown}</a></td>'


# The page's only style: readable in both themes.
STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 15%, Canvas); }
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1.5rem; max-width: 90rem; }
h1 { font-size: 1.3rem; }
h2 { font-size: 1rem; margin-top: 2rem; }
.matrix { overflow: auto; width: fit-content; max-width: 100%; max-height: 80vh; border: 1px solid var(--line); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
td, th { padding: 2px 12px; text-align: left; vertical-align: top; font-weight: 400; white-space: nowrap; }
.matrix thead > tr > * { position: sticky; top: 0; z-index: 1; font-weight: 600; background: Canvas; }
.matrix tbody th { position: sticky; left: 0; background: Canvas; }
.matrix tr > * { border-bottom: 1px solid var(--line); }
.matrix a { color: inherit; text-decoration: none; }
.matrix a:hover { text-decoration: underline; }
.ok { color: light-dark(#256029, #7ccf80); }
.warned { color: light-dark(#8a4b00, #ffb95c); font-weight: 600; }
.failed { color: light-dark(#a61b1b, #ff8a80); font-weight: 600; }
details { border-top: 1px solid var(--line); padding: 4px 0; }
details:has(:target) { outline: 2px solid Highlight; outline-offset: 2px; }
details table { scroll-margin-top: 3rem; }
summary { cursor: pointer; }
details td { white-space: normal; overflow-wrap: anywhere; }
"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{counts}</p>
{notes}
<div class="matrix" tabindex="0" role="region" aria-label="Matrix">{table}</div>
<h2>Jobs</h2>
{jobs}
</body>
</html>
"""


def write_html(sweep: Sweep, path: str | Path, times: bool = False) -> Path:
    """Write the matrix and the facts of every job as one page without script, which loads nothing.

    An existing file is replaced only when all is written.

    Raises:
        PathError: it cannot be written there.
    """
    path = check_destination(Path(path))
    with staged(path) as draft:
        draft.write_text(page(sweep, times), encoding="utf-8", errors="backslashreplace", newline="\n")
    return path


def page(sweep: Sweep, times: bool = False) -> str:
    """The whole document; a cell leads to its job."""
    return PAGE.format(
        title=f"Sweep of {escape(outline.title(sweep))}",
        style=STYLE,
        counts=escape(_counts(sweep)),
        notes="".join(f"<p>Note: {escape(remark)}</p>" for remark in outline.remarks(sweep)),
        table=_table(sweep, linked=True),
        jobs="\n".join(_job(number, result, times) for number, result in enumerate(sweep.values())),
    )


def _job(number: int, result: JobResult, times: bool) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
        for name, value in outline.facts(result, times)
    )
    opened = " open" if result.status is Status.FAILED else ""
    name = escape(text.printable(result.name))
    mark = f'<span class="{result.status}">{outline.MARKS[result.status]}</span>'
    # A browser opens what holds the target of a link.
    return f'<details{opened}><summary>{mark} {name}</summary><table id="job-{number}">{rows}</table></details>'
