"""A sweep that a line asks for: what the line says wins over the plan, and a bar shows how it stands. For magic and
command line. Knows the engine, not IPython."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from .engine.sweeps.board import Sweep
from .engine.sweeps.plan import Plan
from .engine.sweeps.results import Status
from .engine.sweeps.run import sweep
from .options import SWEEP_AXES

FORMAT = "{desc:<9} {bar} {n_fmt}/{total_fmt}{postfix}"


def with_line(plan: Plan, options: Namespace, dynamic: Any, path: Callable[[str], Path]) -> Plan:
    """The plan with what a line says in its place.

    Args:
        dynamic: what `--dynamic` means.
        path: what a path on the line means.
    """
    axes = {spec.name: getattr(options, spec.name) for spec in SWEEP_AXES} | {"dynamic": dynamic}
    axes["dynamic"] = None if dynamic is None else (dynamic,)
    grid = {axis: values for axis, values in axes.items() if values is not None}
    limits = {name: getattr(options, name) for name in ("timeout", "memory_limit", "workers")}
    places: dict[str, Any] = {"scheduler": options.scheduler}
    places["store"] = None if options.store is None else path(options.store)
    if options.artifacts is not None:
        places["artifacts"] = options.artifacts if "://" in options.artifacts else path(options.artifacts)
    return replace(
        plan.changed(grid, _said({"verify": options.verify})),
        limits=replace(plan.limits, **_said(limits)),
        **_said(places),
    )


def run_plan(plan: Plan, retry: str | None, **options: Any) -> Sweep:
    """`sweep()` as a plan and a line say; `options` are `wait` and `progress`."""
    return sweep(
        plan.jobs(),
        store=plan.store,
        artifacts=plan.artifacts,
        scheduler=plan.scheduler,
        limits=plan.limits,
        **_said({"retry": retry}),
        **options,
    )


def kept(found: Sweep) -> str:
    """What is left of a sweep that was interrupted."""
    done = sum(result.status.ended and result.status is not Status.SKIPPED for result in found.values())
    return f"cancelled; {done} of {len(found)} jobs are kept in {found.store}. The same again goes on from there."


class SweepBar:
    """How many jobs have ended, how, and how long the rest will probably take. Appears when the first are begun."""

    def __init__(self, shown: bool) -> None:
        self.sweep: Sweep | None = None
        self._shown = shown
        self._bar: Any = None

    def __call__(self, found: Sweep) -> None:
        self.sweep = found
        if not self._shown:
            return
        if self._bar is None:
            self._bar = tqdm(total=len(found), desc="sweeping", bar_format=FORMAT)
        self._bar.n = sum(result.status.ended for result in found.values())
        self._bar.set_postfix_str(_standing(found))

    def vanish(self) -> None:
        """Leave nothing: what comes of the sweep, or the error, says enough."""
        if self._bar is not None:
            self._bar.leave = False
            self._bar.close()


@contextmanager
def sweep_bar(shown: bool) -> Iterator[SweepBar]:
    """What `sweep` takes as `progress`; it also knows the sweep, where that is interrupted."""
    bar = SweepBar(shown)
    try:
        yield bar
    finally:
        bar.vanish()


def _standing(found: Sweep) -> str:
    """`3 ok, 1 failed, 2 running, about 40 s left`."""
    parts = [f"{number} {status}" for status, number in found.counts.items() if number and status != Status.WAITING]
    if left := found.remaining:
        parts.append(f"about {left:.0f} s left" if left < 120 else f"about {left / 60:.0f} min left")
    return ", ".join(parts)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
