"""The jobs of a sweep on a Dask cluster. dask.distributed is imported only here."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from typing import Any

from ..errors import ModelExportError, OptionError, one_line
from . import children
from .crew import Crew
from .limits import Limits
from .summary import versions
from .task import Task

NEEDS_DASK = 'A cluster needs Dask. Install it: pip install "modelexport_nb[dask]"'
CONNECT = 10
"""Seconds in which a scheduler has to answer."""


@contextmanager
def dask_crew(client: Any, scheduler: str | None, limits: Limits) -> Iterator[Crew]:
    """The workers of a client's cluster, or of the scheduler at an address.

    Raises:
        OptionError: no answer from the scheduler, or it has no workers.
        ModelExportError: Dask is missing here, or a worker has other versions.
    """
    with nullcontext(client) if client is not None else _client(scheduler) as client:
        check_workers(client)
        executor = client.get_executor(pure=False)
        tokens: list[str] = []

        def submit(task: Task) -> Future[dict[str, Any]]:
            if task.token not in tokens:
                tokens.append(task.token)
            return executor.submit(_execute, task)

        def slots() -> int:
            return limits.workers or max(1, sum(client.nthreads().values()))

        def stop(token: str) -> None:
            with suppress(Exception):  # workers that are gone do nothing anyway
                client.run(children.stop, token)

        try:
            yield Crew(submit, slots, 0, stop)
        finally:
            for token in tokens:
                stop(token)


def check_workers(client: Any) -> None:
    """Raise where there is no worker, or one has other versions than this process.

    Files of another version would not be what the store says they are, and pickled classes may not fit.
    """
    mine = versions()
    found = client.run(_versions)
    if not found:
        raise OptionError("The cluster has no workers. Start some, or wait for them: client.wait_for_workers(1).")
    for address, theirs in found.items():
        for name, version in mine.items():
            if theirs.get(name) != version:
                raise ModelExportError(
                    f"Worker {address} has {name} {theirs.get(name, 'missing')}, and here it is {version}. "
                    "Let both have the same."
                )


def _versions() -> dict[str, str]:
    return versions()


def _execute(task: Task) -> dict[str, Any]:
    """`execute`, with the worker's share of its machine's cores."""
    from dask.system import CPU_COUNT  # knows the quota of a container
    from distributed import get_worker

    share = int(CPU_COUNT) // max(1, get_worker().state.nthreads)
    return children.execute(replace(task, threads=max(1, share)))


@contextmanager
def _client(scheduler: str | None) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError:
        raise ModelExportError(NEEDS_DASK) from None
    try:
        client = Client(scheduler, timeout=CONNECT, set_as_default=False)
    except Exception as error:  # nobody answers, or something that is no scheduler
        raise OptionError(f'The scheduler "{scheduler}" cannot be reached: {one_line(error).rstrip(".")}.') from error
    with client:
        yield client
