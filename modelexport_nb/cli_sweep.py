"""`modelexport sweep`: what a plan says, with a bar while it runs and the matrix at the end."""

from __future__ import annotations

import sys
from pathlib import Path

from . import sweep_views
from .cli_command import Command, Outcome, dynamic_of, note
from .engine.named_objects import importing_from
from .engine.sweeps.plan import read_plan
from .sweeping import kept, run_plan, sweep_bar, with_line


def sweep(command: Command) -> Outcome:
    """Do the jobs of a plan that are not done yet; what is done stays done however this ends."""
    plan = read_plan(Path(command.given("plan")))
    plan = with_line(plan, command.options, dynamic_of(command), Path)
    folder = plan.folder or Path.cwd()
    with importing_from(folder), sweep_bar(command.choice("progress") and sys.stderr.isatty()) as bar:
        try:
            found = run_plan(plan, command.given("retry"), progress=bar)
        except BaseException:  # Ctrl-C, SIGTERM, or a full disk
            if bar.sweep is not None:
                bar.vanish()
                note(kept(bar.sweep))
            raise
    return Outcome(
        text=lambda width: f"{sweep_views.render(found, width)}\n\nKept in {found.store}",
        json=lambda: sweep_views.to_json(found, times=True),
        ok=found.ok,
    )
