"""What static views show of a sweep: the matrix, what failed and why, the facts of a job.

Knows neither HTML nor Markdown. Every name in it is whatever its author typed.
"""

from __future__ import annotations

from . import text
from .engine.parity import format_error
from .engine.sweeps.board import Sweep
from .engine.sweeps.results import JobResult, Status

NOTHING = "–"
MARKS = {
    Status.OK: "✓",
    Status.WARNED: "!",
    Status.FAILED: "✗",
    Status.RUNNING: "▸",
    Status.WAITING: "·",
    Status.SKIPPED: NOTHING,
}
LONGEST = 1_000  # characters of a cause


def title(sweep: Sweep) -> str:
    """`40 models × 3 variants, 120 jobs`; the jobs where not every cell of the matrix has one."""
    models, variants = len(sweep.models), len(sweep.variants)
    jobs = "" if models * variants == len(sweep) else f", {text.plural(len(sweep), 'job')}"
    return f"{text.plural(models, 'model')} × {text.plural(variants, 'variant')}{jobs}"


def counts(sweep: Sweep) -> str:
    """`✓ 100 ok, ! 12 warned, ✗ 8 failed`: also what the marks of the table mean."""
    return ", ".join(f"{MARKS[status]} {number} {status}" for status, number in sweep.counts.items() if number)


def remarks(sweep: Sweep) -> list[str]:
    """What the reader should know of the sweep as a whole: why it stopped before its end, and its notes."""
    stopped = [f"the sweep stopped before its end: {sweep.problem}"] if sweep.problem else []
    return [text.printable(line, LONGEST) for line in (*stopped, *sweep.notes)]


def matrix(sweep: Sweep, times: bool = False) -> list[tuple[str, list[str]]]:
    """For each model its name and a cell for each variant; without a job, an empty cell."""
    return [
        (text.printable(model), [cell(sweep.cell(model, variant), times) for variant in sweep.variants])
        for model in sweep.models
    ]


def columns(sweep: Sweep) -> list[str]:
    """The variants' names."""
    return [text.printable(variant) for variant in sweep.variants]


def cell(result: JobResult | None, times: bool = False) -> str:
    """`✓ 231`: the mark and the number of nodes; with `times` also the seconds, and whether it was in the store."""
    if result is None:
        return ""
    parts = [MARKS[result.status]]
    if result.nodes is not None and result.status in (Status.OK, Status.WARNED):
        parts.append(str(result.nodes))
    if result.status in (Status.FAILED, Status.SKIPPED, Status.RUNNING):
        parts.append(str(result.status))
    if times and result.seconds is not None:
        parts.append(f"{result.seconds:.2f} s")
    if times and result.kept:
        parts.append("(kept)")
    return " ".join(parts)


def told(sweep: Sweep, status: Status) -> list[tuple[str, str]]:
    """The jobs of a status by name, each with its cause."""
    return [
        (text.printable(name), cause(result) or "no cause is known")
        for name, result in sweep.items()
        if result.status is status
    ]


def cause(result: JobResult) -> str:
    """On one line."""
    return text.printable(result.cause, LONGEST)


def facts(result: JobResult, times: bool = False) -> list[tuple[str, str]]:
    """What is known of a job under its name, in the order in which it is shown.

    Args:
        result: the job.
        times: also what is another in every run: seconds, memory, how often it was begun, where its files are.
    """
    found: dict[str, str | None] = {
        "status": str(result.status),
        "cause": result.cause,
        "error": result.error,
        "strategy": result.strategy,
        "capture": result.capture,
        "opset": _plain(result.opset),
        "nodes": _plain(result.nodes),
        **result.measures,
        "parity": result.parity,
        "max |Δ|": None if result.max_abs is None else format_error(result.max_abs),
        "size": None if result.bytes is None else text.size(result.bytes),
        "made with": ", ".join(f"{name} {version}" for name, version in result.versions.items()),
    }
    if times:
        found |= _measured(result)
    notes = [("note", note) for note in result.notes]
    return [(text.printable(name), text.printable(value, LONGEST)) for name, value in (*found.items(), *notes) if value]


def _measured(result: JobResult) -> dict[str, str | None]:
    return {
        "seconds": None if result.seconds is None else f"{result.seconds:.2f}",
        **{f"seconds, {stage}": f"{seconds:.2f}" for stage, seconds in result.stages.items()},
        "peak memory": None if result.peak_bytes is None else text.size(result.peak_bytes),
        "from the store": "yes" if result.kept else None,
        "begun": f"{result.attempt} times" if result.attempt > 1 else None,
        "files": result.folder,
    }


def _plain(number: int | None) -> str | None:
    return None if number is None else str(number)
