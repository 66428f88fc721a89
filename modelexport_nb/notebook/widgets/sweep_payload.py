"""What the browser is told of a sweep: the whole matrix in columns, and then what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from modelexport_nb import text
from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.sweeps.board import Sweep
from modelexport_nb.engine.sweeps.results import JobResult, Status
from modelexport_nb.sweep_outline import remarks
from modelexport_nb.sweep_views import as_json

VERSION = 1
SHORT = 120  # characters of a cause that a cell has room for; the whole of it is asked for
STATUSES = list(Status)


def sweep_payload(sweep: Sweep, variable: str = "s") -> dict[str, Any]:
    """The whole matrix: where each job stands in it, and how it stands now.

    Args:
        sweep: what is shown.
        variable: what Python calls it, for the lines that the view offers.
    """
    models = {model: number for number, model in enumerate(sweep.models)}
    variants = {variant: number for number, variant in enumerate(sweep.variants)}
    results = list(sweep.values())
    return {
        "version": VERSION,
        "variable": variable,
        "models": list(sweep.models),
        "variants": list(sweep.variants),
        "model": [models[result.model] for result in results],
        "variant": [variants[result.variant] for result in results],
        # Most names are made of row and column.
        "names": {
            str(number): result.name
            for number, result in enumerate(results)
            if result.name != f"{result.model} / {result.variant}"
        },
        "now": changes(sweep, -1),
    }


def changes(sweep: Sweep, since: int) -> dict[str, Any]:
    """How the jobs stand that changed after a version, and how the sweep stands."""
    # First the version: what changes meanwhile is told twice rather than never.
    version = sweep.version
    found = sweep.changed_since(since)
    results = [result for _, result in found]
    return {
        "at": version,
        "jobs": [number for number, _ in found],
        "status": [STATUSES.index(result.status) for result in results],
        "nodes": [result.nodes for result in results],
        "bytes": [result.bytes for result in results],
        "seconds": [None if result.seconds is None else round(result.seconds, 3) for result in results],
        "kept": [number for number, result in found if result.kept],
        "cause": _sparse(found, [text.printable(result.cause, SHORT) for result in results]),
        "error": _sparse(found, [text.printable(result.error) for result in results]),
        "running": sweep.running,
        "cancelled": sweep.cancelled,
        "elapsed": round(sweep.elapsed, 1),
        "remaining": None if sweep.remaining is None else round(sweep.remaining, 1),
        "notes": remarks(sweep),
    }


def _sparse(found: Sequence[tuple[int, JobResult]], words: Sequence[str]) -> dict[str, str]:
    return {str(number): word for (number, _), word in zip(found, words, strict=True) if word}


def job_detail(sweep: Sweep, number: Any) -> dict[str, Any]:
    """All that is known of a job, by its number.

    Raises:
        ModelExportError: there is no such job.
    """
    results = list(sweep.values())
    if type(number) is not int or not 0 <= number < len(results):
        raise ModelExportError(f"There is no job {number}.")
    return as_json(results[number])
