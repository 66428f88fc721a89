"""A sweep as plain text, Markdown, a pandas table and JSON; `sweep_html` has it as HTML.

Every name in it is whatever its author typed. All of it is the same in every run unless times are asked for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from . import sweep_outline as outline
from . import text
from .engine.errors import ModelExportError
from .engine.markdown import line, table
from .engine.sweeps.board import Sweep
from .engine.sweeps.results import JobResult, Status

JSON_VERSION = 1
WIDTH = 100
GAP = "  "
LONGEST_MODEL, LONGEST_VARIANT = 40, 24  # columns of a terminal that a name takes at most

# ---- plain text ----


def render(sweep: Sweep, width: int = WIDTH, rows: int | None = None) -> str:
    """The matrix, what failed and why, and the counts, for terminals and logs.

    Args:
        sweep: what is shown.
        width: columns of the terminal, at least 60. Where the variants do not fit beside each other, the matrix is
            shown in parts, one below the other.
        rows: how many models are shown at most; None shows all.
    """
    width = max(width, 60)
    told = [f"{name}: {cause}" for name, cause in outline.told(sweep, Status.FAILED)]
    more = max(len(sweep.models) - rows, 0) if rows is not None else 0
    parts = [
        *_parts(sweep, width, rows),
        [f"… and {text.plural(more, 'more model')}"] if more else [],
        [f"{outline.MARKS[Status.FAILED]} {cause}" for cause in told],
        [f"note: {remark}" for remark in outline.remarks(sweep)],
        [f"{outline.title(sweep)}: {outline.counts(sweep)}."],
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _parts(sweep: Sweep, width: int, rows: int | None) -> Iterator[list[str]]:
    """The matrix, in as many parts as its columns need."""
    lines = outline.matrix(sweep)[:rows]
    names = [text.fit(model, LONGEST_MODEL).rstrip() for model, _ in lines]
    heads = [text.fit(head, LONGEST_VARIANT).rstrip() for head in outline.columns(sweep)]
    left = max(map(text.columns, ["", *names]))
    widths = [
        max(text.columns(head), *(text.columns(cells[at]) for _, cells in lines)) for at, head in enumerate(heads)
    ]
    for numbers in _fitting(widths, width - left):
        head = "".join(GAP + text.fit(heads[at], widths[at]) for at in numbers)
        body = (
            text.fit(name, left) + "".join(GAP + text.fit(cells[at], widths[at]) for at in numbers)
            for name, (_, cells) in zip(names, lines, strict=True)
        )
        yield [found.rstrip() for found in (" " * left + head, *body)]


def _fitting(widths: Sequence[int], room: int) -> Iterator[list[int]]:
    """The columns' numbers in groups that fit beside each other."""
    group: list[int] = []
    for number, width in enumerate(widths):
        if group and sum(len(GAP) + widths[at] for at in group) + len(GAP) + width > room:
            yield group
            group = []
        group.append(number)
    yield group


# ---- Markdown ----


def to_markdown(sweep: Sweep, times: bool = False) -> str:
    """The matrix as a table, what failed and what is to be looked at with the cause, and the counts."""
    took = f" It has taken {sweep.elapsed:.0f} s." if times else ""
    parts = [
        f"{outline.title(sweep)}: {outline.counts(sweep)}.{took}",
        *(f"Note: {line(remark)}" for remark in outline.remarks(sweep)),
        table(("", *outline.columns(sweep)), [(model, *cells) for model, cells in outline.matrix(sweep, times)]),
    ]
    for status in (Status.FAILED, Status.WARNED):
        if found := outline.told(sweep, status):
            parts.append(table((str(status), "cause"), found))
    return "\n\n".join(parts) + "\n"


# ---- data ----


def to_frame(sweep: Sweep) -> Any:
    """A row for each job, indexed by its name: status, cause, figures, a column for each measure and for the seconds
    of each stage."""
    try:
        import pandas  # type: ignore[import-untyped]
    except ImportError:
        raise ModelExportError("to_frame() needs pandas. Install it: %pip install pandas") from None
    results = list(sweep.values())
    index = pandas.Index([result.name for result in results], name="job", dtype="object")
    found: dict[str, Any] = {
        name: pandas.array([getattr(result, name) for result in results], dtype=kind) for name, kind in FIELDS.items()
    }
    found["status"] = [str(result.status) for result in results]
    for measure in dict.fromkeys(name for result in results for name in result.measures):
        found.setdefault(measure, [result.measures.get(measure) for result in results])
    for stage in dict.fromkeys(name for result in results for name in result.stages):
        seconds = [result.stages.get(stage) for result in results]
        found.setdefault(f"seconds, {stage}", pandas.array(seconds, dtype="Float64"))
    return pandas.DataFrame(found, index=index)


FIELDS = {
    "model": "object",
    "variant": "object",
    "status": "object",
    "cause": "object",
    "error": "object",
    "strategy": "object",
    "capture": "object",
    "opset": "Int64",
    "nodes": "Int64",
    "parity": "object",
    "max_abs": "Float64",
    "bytes": "Int64",
    "seconds": "Float64",
    "peak_bytes": "Int64",
    "attempt": "Int64",
    "kept": "boolean",
    "folder": "object",
}
"""Columns of a table, each with what pandas calls its kind."""


def to_json(sweep: Sweep, times: bool = False) -> str:
    """The rows and columns of the matrix, the counts, and every job with all that is known of it."""
    found = {
        "version": JSON_VERSION,
        "models": list(sweep.models),
        "variants": list(sweep.variants),
        "counts": {str(status): number for status, number in sweep.counts.items()},
        "notes": list(sweep.notes),
        "jobs": [as_json(result, times) for result in sweep.values()],
    }
    if times:
        found |= {"running": sweep.running, "elapsed": sweep.elapsed}
    return json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False)


def as_json(result: JobResult, times: bool = True) -> dict[str, Any]:
    """A job as JSON has it; `times` also gives what is another in every run."""
    max_abs = result.max_abs
    found: dict[str, Any] = {
        "name": result.name,
        "model": result.model,
        "variant": result.variant,
        "status": str(result.status),
        "cause": result.cause,
        "error": result.error,
        "strategy": result.strategy,
        "capture": result.capture,
        "opset": result.opset,
        "nodes": result.nodes,
        "measures": dict(result.measures),
        "parity": result.parity,
        # JSON has no word for what is not finite.
        "max_abs": max_abs if max_abs is None or math.isfinite(max_abs) else str(max_abs),
        "bytes": result.bytes,
        "versions": dict(result.versions),
        "notes": list(result.notes),
        "fingerprint": result.fingerprint,
    }
    if times:
        found |= {
            "seconds": result.seconds,
            "stages": dict(result.stages),
            "peak_bytes": result.peak_bytes,
            "folder": result.folder,
            "attempt": result.attempt,
            "ended_at": result.ended_at,
            "kept": result.kept,
        }
    return found
