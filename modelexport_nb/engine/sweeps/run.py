"""`sweep()`: check → plan → submit → collect, readable top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from .board import Sweep
from .jobs import Job
from .limits import Limits

DEFAULT_LIMITS = Limits()


def sweep(
    jobs: Iterable[Job],
    *,
    executor: Executor | Any | None = None,
    scheduler: str | None = None,
    store: str | Path = "sweep.db",
    artifacts: str | Path | None = None,
    limits: Limits = DEFAULT_LIMITS,
    retry: str = "changed",
    wait: bool = True,
    progress: Callable[[Sweep], None] | None = None,
) -> Sweep:
    """Do many exports at once and keep their results.

        jobs = Job.grid(models=["owner/model", my_model], strategies=["fx", "htp"])
        s = sweep(jobs)
        s["owner/model / fx"].status

    Args:
        jobs: what to do; `Job.grid()` makes all combinations.
        executor: who does it: None, this machine; any executor of `concurrent.futures`; or a
            `dask.distributed.Client`. Each job runs in an isolated child process of whoever does it.
        scheduler: address of a Dask scheduler, such as `"tcp://10.0.0.1:8786"`, in place of an executor.
        store: file that keeps the results. What is in it and was made from the same model, inputs, options and
            versions does not run again.
        artifacts: folder, or any URL that fsspec knows, for the files that jobs make; None takes a folder beside the
            store, of its name with `.artifacts`.
        limits: what each job may take.
        retry: what runs although it is in the store: `"changed"` what was made from something else, `"failed"` also
            what failed, `"all"` everything.
        wait: come back when all is done. False comes back at once; `Sweep.wait()` waits.
        progress: called with the sweep after changes, in the calling thread while that waits.

    Returns:
        The sweep, a mapping of the jobs' names to their results.

    Raises:
        InputError: no jobs, two of one name, or one that cannot be pickled; says what to pass instead.
        OptionError: an option has a value that cannot be used, or the scheduler cannot be reached.
        PathError: the store or the artifacts cannot be written, or the store is none of ours.
    """
    raise NotImplementedError
