"""What is known of one job: its status, and when it ended all that the store keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Status(StrEnum):
    """Where a job stands. The last four are ends; only `SKIPPED` is not kept in the store."""

    WAITING = "waiting"
    RUNNING = "running"
    OK = "ok"
    WARNED = "warned"
    FAILED = "failed"
    SKIPPED = "skipped"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it in this sweep."""
        return self not in (Status.WAITING, Status.RUNNING)


@dataclass(frozen=True)
class JobResult:
    """One job of a sweep.

    Attributes:
        name: the job's name, unique in a sweep.
        model, variant: the row and the column of the matrix in which it stands.
        status: `ok`: the file computes the same numbers and every measure is complete. `warned`: the numbers agree or
            were not asked for, and something is to be looked at. `failed`: there is no file, or its numbers differ.
            `skipped`: the sweep was cancelled before it ran.
        cause: one line: what is to be looked at, or why it failed.
        error: class of our error, such as `CaptureError`; empty where it did not fail with one.
        strategy, capture: which were taken.
        opset: of the file.
        nodes: of the graph.
        measures: name and value of each measure, as `Measures.rows()` has them.
        parity: in words, such as `largest difference 1.2e-07`; empty where nothing was compared.
        max_abs: largest absolute difference of an output; None where none was compared.
        bytes: of all its files.
        seconds: wall time of the whole job, the model's loading included.
        stages: wall seconds of each stage of the export, in order.
        peak_bytes: what its process held at its highest above what it held before; None where that is not known.
        versions: of Python and of the libraries that made it.
        notes: what the reader of the report should know.
        fingerprint: of all that it is made from; a job with another one runs again.
        folder: where its artifacts are: a folder or URL; empty where there are none.
        attempt: how often it was begun, this time included.
        ended_at: seconds since 1970; None where it did not end.
        kept: it was in the store and did not run this time.
    """

    name: str
    model: str
    variant: str
    status: Status = Status.WAITING
    cause: str = ""
    error: str = ""
    strategy: str = ""
    capture: str = ""
    opset: int | None = None
    nodes: int | None = None
    measures: Mapping[str, str] = field(default_factory=dict)
    parity: str = ""
    max_abs: float | None = None
    bytes: int | None = None
    seconds: float | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    peak_bytes: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fingerprint: str = ""
    folder: str = ""
    attempt: int = 0
    ended_at: float | None = None
    kept: bool = False

    def as_kept(self, model: str, variant: str) -> JobResult:
        """The same as it comes from the store, in this place of a matrix."""
        return replace(self, model=model, variant=variant, kept=True)
