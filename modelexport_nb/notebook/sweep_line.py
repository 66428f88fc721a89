"""`%modelexport sweep`: a plan in a file, jobs or models of the notebook, with the matrix under the cell."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell

from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.named_objects import importing_from
from modelexport_nb.engine.sweeps.board import Sweep
from modelexport_nb.engine.sweeps.jobs import Job
from modelexport_nb.engine.sweeps.plan import Plan, read_plan
from modelexport_nb.options import SWEEP_AXES, SWEEP_DYNAMIC, SWEEP_VERIFY
from modelexport_nb.sweeping import SweepBar, kept, run_plan, sweep_bar, with_line

from .line import Line
from .live_sweep import LiveSweep, live
from .namespace import PLAN, is_module, is_swept
from .subjects import dynamic_of


def sweep(line: Line) -> Sweep:
    """Do the jobs that are not done yet; what is done stays done however this ends."""
    plan = with_line(_plan(line), line.options, dynamic_of(line), line.namespace.path)
    if line.options.background:
        return _in_background(plan, line.options.retry)
    with _importing(plan), _progress(line.choice("progress")) as progress:
        try:
            found = run_plan(plan, line.options.retry, progress=progress)
        except KeyboardInterrupt:
            if progress.sweep is not None:
                print(f"note: {kept(progress.sweep)}")
            raise
        progress(found)  # it may have been over before there was anything to hear of
    return found


def _in_background(plan: Plan, retry: str | None) -> Sweep:
    with ExitStack() as stack:
        stack.enter_context(_importing(plan))
        found = run_plan(plan, retry, wait=False)
        threading.Thread(target=_until_the_end, args=(found, stack.pop_all()), daemon=True).start()
    return found


def _until_the_end(found: Sweep, lasting: ExitStack) -> None:
    with lasting, suppress(Exception):  # who waits for the sweep is told
        found.wait()


def _importing(plan: Plan) -> AbstractContextManager[None]:
    return nullcontext() if plan.folder is None else importing_from(plan.folder)


def _progress(shown: bool) -> AbstractContextManager[LiveSweep | SweepBar]:
    shell = InteractiveShell.instance()
    formatter: Any = shell.display_formatter
    if shown and "text/html" in formatter.active_types:
        return live(LiveSweep(shell))
    return sweep_bar(shown)


# ---- what is swept ----


def _plan(line: Line) -> Plan:
    word, namespace = line.options.what, line.namespace
    if word.endswith(PLAN):
        return read_plan(namespace.path(word))
    value = namespace.evaluate(word, is_swept)
    if isinstance(value, str | Path):
        return read_plan(Path(value).expanduser())
    models = _models(word, value)
    if models and all(isinstance(model, Job) for model in models):
        for spec in (*SWEEP_AXES, SWEEP_DYNAMIC, SWEEP_VERIFY):
            if getattr(line.options, spec.name) is not None:
                raise UsageError(f'{spec.flags[-1]} says how to export models, and the jobs of "{word}" say that.')
    elif models and not isinstance(value, Mapping):
        name, number = Counter(job.model_name for job in Plan(models).jobs()).most_common(1)[0]
        if number > 1:
            raise InputError(
                f'{number} models of "{word}" are called {name}. Name them in a dict: {{"one": model, …}}.'
            )
    return Plan(value)


def _models(word: str, value: Any) -> list[Any]:
    """What a variable holds of models and jobs."""
    if is_module(value) or isinstance(value, Job):
        raise InputError(f'"{word}" is a single one. Put it in a list: [{word}]')
    models = list(value.values()) if isinstance(value, Mapping) else value
    if not isinstance(models, list | tuple):
        raise InputError(
            f'"{word}" is a {type(value).__name__}. Sweep a list or a dict of models, jobs or a TOML file.'
        )
    for model in models:
        first = model[0] if isinstance(model, tuple) and len(model) == 2 else model  # a pair with its inputs
        if not (is_module(first) or isinstance(first, Job | str | Path)):
            raise InputError(f'"{word}" holds a {type(model).__name__}, which is neither a model nor a job.')
    return list(models)
