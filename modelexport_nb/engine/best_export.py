"""Of the captures that can, the first whose file agrees with PyTorch; a file that does not is better than none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .capture import Ladder
from .clock import Clock
from .errors import AttributionError, CaptureError, CheckError
from .files import staged
from .report import ExportReport


def best_export(ladder: Ladder, export: Callable[[Path, bool], ExportReport], path: Path, clock: Clock) -> ExportReport:
    """Export with one capture after the other until a file agrees; `path` changes once, at the end.

    Args:
        export: writes the file of the ladder's next capture to the given place; when told that it must agree and it
            does not, writes nothing and raises `CheckError`.

    Returns:
        The report of the file that agrees, else of the first that could be written.

    Raises:
        CaptureError, CheckError, AttributionError: none is of any use; what the first one failed by.
    """
    kept: ExportReport | None = None
    with staged(path) as home:
        while kept is None or disagreement_of(kept) is not None:
            try:
                kept = export(home, kept is not None)
                _remove_others(home.parent, kept)
                if (objection := disagreement_of(kept)) is not None:
                    ladder.reject(objection)
            except CaptureError:
                break  # the ladder has no more
            except (AttributionError, CheckError) as error:
                ladder.reject(error)
            if not ladder.more:
                break
            clock.back_to("capture")
        if kept is None:
            ladder.give_up()
    kept.attempts = tuple(ladder.attempts)
    return kept


def _remove_others(folder: Path, report: ExportReport) -> None:
    """A file that was written before may have had data of its own."""
    for file in folder.iterdir():
        if file.name not in {own.name for own in report.files}:
            file.unlink()


def disagreement_of(report: ExportReport) -> CheckError | None:
    """What speaks against the file; that numbers could not be compared at all does not."""
    parity = report.parity
    if parity is None or (parity.fits and not parity.differs):
        return None
    return CheckError(f"The file does not agree with PyTorch: {parity.text}.")
