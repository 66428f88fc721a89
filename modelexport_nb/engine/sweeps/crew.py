"""Who does the jobs of a sweep: threads of this process, any executor, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..errors import OptionError
from ..isolation.watch import check_limits
from .children import POOL, execute, stop
from .limits import Limits
from .task import Task


@dataclass(frozen=True)
class Crew:
    """Those who do the jobs.

    Attributes:
        submit: let a job be done; what comes of it is what `execute` returns.
        slots: how many are done at once; asked again and again, because a cluster may grow.
        threads: for torch in each of them.
        stop: end the jobs of the sweep with this token, wherever they run.
    """

    submit: Callable[[Task], Future[dict[str, Any]]]
    slots: Callable[[], int]
    threads: int
    stop: Callable[[str], None]


@contextmanager
def crew_for(executor: Any, scheduler: str | None, limits: Limits) -> Iterator[Crew]:
    """The crew that the arguments of `sweep` name; one that was made here is sent home after the block.

    Raises:
        OptionError: there is no such executor, a limit has no meaning, or the scheduler cannot be reached.
        ModelExportError: Dask is missing, or a worker of its cluster has other versions than this process.
    """
    check_limits(True, limits.timeout, limits.memory_limit)
    if limits.workers is not None and (type(limits.workers) is not int or limits.workers < 1):
        raise OptionError(f"The number of workers is {limits.workers!r}. Pass a whole number from 1, or None.")
    if executor is not None and scheduler is not None:
        raise OptionError("An executor and a scheduler are two ways to say the same. Give one of them.")
    if scheduler is not None or hasattr(executor, "get_executor"):  # what a Dask client has
        from .cluster import dask_crew

        with dask_crew(executor, scheduler, limits) as crew:
            yield crew
    elif executor is None:
        with _threads(limits) as crew:
            yield crew
    elif isinstance(executor, Executor):
        with _children_sent_home():
            yield Crew(lambda task: executor.submit(execute, task), lambda: limits.workers or cores(), 1, stop)
    else:
        raise OptionError(
            f"The executor is a {type(executor).__name__}. Pass one of concurrent.futures, a dask.distributed.Client, "
            "or None for this machine."
        )


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _threads(limits: Limits) -> Iterator[Crew]:
    """Threads that wait for children: the children do the work."""
    number = limits.workers or cores()
    with _children_sent_home(), ThreadPoolExecutor(number, "modelexport-sweep") as pool:
        yield Crew(lambda task: pool.submit(execute, task), lambda: number, max(1, cores() // number), stop)


@contextmanager
def _children_sent_home() -> Iterator[None]:
    """After the block no child of this process waits for work."""
    try:
        yield
    finally:
        POOL.close()
