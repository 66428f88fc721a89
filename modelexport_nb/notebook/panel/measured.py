"""How long the stages of a run take: the plan of the bar, from what was measured before."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass

from modelexport_nb.engine.clock import STAGES

# Shares of a small export's time: widths for as long as nothing was measured.
USUAL = {"run": 10.0, "capture": 50.0, "attribute": 14.0, "write": 8.0, "check": 8.0, "verify": 14.0}
# A stage that takes no time is still to be seen.
SHORTEST = 0.08


@dataclass(frozen=True)
class Plan:
    """The stages of a run: names ("" where not known yet), widths, and whether these are this line's own seconds."""

    names: tuple[str, ...]
    seconds: tuple[float, ...]
    known: bool

    @property
    def widths(self) -> list[float]:
        """The seconds, with a least width for each stage."""
        least = SHORTEST * sum(self.seconds)
        return [max(seconds, least) for seconds in self.seconds]


class Stopwatch:
    """Measures runs, and plans the next one after the last that had as many stages."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], tuple[str, Plan]] = {}
        self._begun: list[tuple[str, float]] = []

    def begin(self) -> None:
        """A run begins."""
        self._begun = []

    def stage(self, name: str) -> None:
        """A stage begins."""
        self._begun.append((name, time.perf_counter()))

    def finish(self, verb: str, line: str) -> None:
        """The run is over, and was not broken off."""
        moments = [moment for _, moment in self._begun] + [time.perf_counter()]
        seconds = tuple(after - before for before, after in itertools.pairwise(moments))
        plan = Plan(tuple(name for name, _ in self._begun), seconds, True)
        self._last[verb, len(seconds)] = (line, plan)

    @property
    def at(self) -> str:
        """The stage that began last; "" before the first."""
        return self._begun[-1][0] if self._begun else ""

    def plan(self, verb: str, line: str, total: int) -> Plan:
        """What is expected of a run with so many stages."""
        if (verb, total) in self._last:
            before, plan = self._last[verb, total]
            return Plan(plan.names, plan.seconds, before == line)
        names = STAGES[:total] if verb == "export" else ("",) * total
        return Plan(names, tuple(USUAL.get(name, 1.0) for name in names), False)
