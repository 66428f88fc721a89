"""Times the stages of an export, and tells a listener as each begins."""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .memory import forget_peak, peak_memory, present_memory

Progress = Callable[[str, int, int], None]
STAGES: tuple[str, ...] = ("run", "capture", "attribute", "write", "check", "verify")


class Clock:
    """Times stages.

    Args:
        progress: called as `progress(stage, index, total)`; None for nobody. Where it has a method `ended`, that is
            called as `ended(stage)` when a stage is over. What either raises ends the export, which leaves nothing.
        total: how many stages there are.
        memory: also look how much memory the process takes.

    Attributes:
        seconds: wall time of each stage so far, in the order in which they ended; one sum where it ran twice.
        at: the stage that began last.
        peak: bytes that the process held in a stage at its highest, above what it held when the clock was made; None
            where that was not looked at or is not known.
    """

    def __init__(self, progress: Progress | None, total: int, *, memory: bool = False) -> None:
        self.seconds: dict[str, float] = {}
        self.at = ""
        self.peak: int | None = None
        self._progress = progress
        self._total = total
        self._begun = itertools.count()
        self._numbers: dict[str, int] = {}
        self._held = present_memory() if memory else None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block."""
        self.at = name
        number = self._numbers[name] = next(self._begun)
        if self._progress is not None:
            self._progress(name, number, self._total)
        if self._held is not None:
            forget_peak()
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.pop(name, 0.0) + time.perf_counter() - start
        if self._held is not None and (most := peak_memory()) is not None:
            self.peak = max(self.peak or 0, most - self._held)
        if (ended := getattr(self._progress, "ended", None)) is not None:
            ended(name)

    def back_to(self, stage: str) -> None:
        """The stages from this one on begin again."""
        self._begun = itertools.count(self._numbers[stage])

    def skip(self, stage: str) -> None:
        """Count a stage that need not be done."""
        self._numbers[stage] = next(self._begun)

    def branch(self) -> Clock:
        """A clock for one of several exports that have shared their stages so far: the same listener, but figures of
        its own from here on."""
        branch = copy.copy(self)
        branch.seconds = dict(self.seconds)
        return branch

    def take(self, other: Clock, stage: str) -> None:
        """Count a stage that `other` timed for several."""
        self.seconds[stage] = other.seconds[stage]
        self.peak = other.peak if self.peak is None else max(self.peak, other.peak or 0)


def clock_for(progress: Progress | None, verify: str, stages: tuple[str, ...] = STAGES) -> Clock:
    """A clock for these stages, without the last where nothing is verified."""
    return Clock(progress, len(stages) - (verify == "off"))
