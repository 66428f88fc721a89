"""What each job of a sweep may take, and how many run at once on this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a sweep.

    Args:
        timeout: seconds for each job; None for no limit.
        memory_limit: bytes that each job may hold above what its process held before, the model's own excepted, as in
            `export_model`; None for no limit but the machine's.
        workers: how many jobs run at once on this machine; None takes one for each core.
    """

    timeout: float | None = None
    memory_limit: int | None = None
    workers: int | None = None
