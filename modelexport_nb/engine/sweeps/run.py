"""`sweep()`: check → pack → do → keep, readable top to bottom."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..errors import OptionError, did_you_mean
from .board import Sweep
from .conductor import Conductor, Work
from .crew import Crew, crew_for
from .drafts import drafts
from .jobs import Job, check_jobs
from .limits import Limits
from .options import check_options
from .places import Place
from .prints import Prints
from .results import JobResult, Status
from .store import Store
from .task import Packer

DEFAULT_LIMITS = Limits()
RETRY = ("changed", "failed", "all")


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

    Each job runs in a child process of whoever does it, which does one job after another; one that hangs, eats memory
    or crashes is ended and is a result like any other. A worker of a cluster that dies is none: its jobs run elsewhere.

    Args:
        jobs: what to do; `Job.grid()` makes all combinations.
        executor: who does it: None, this machine; any executor of `concurrent.futures`; or a
            `dask.distributed.Client`.
        scheduler: address of a Dask scheduler, such as `"tcp://10.0.0.1:8786"`, in place of an executor.
        store: SQLite file that keeps the results. What is in it and was made from the same model, inputs, options and
            versions does not run again. Several sweeps may use it at once: what one does the others take from it.
        artifacts: folder, or any URL that fsspec knows, for the files that jobs make; None takes a folder beside the
            store, of its name with `.artifacts`. On a cluster it must be a folder that all machines see, or a URL.
        limits: what each job may take.
        retry: what runs although it is in the store: `"changed"` what was made from something else, `"failed"` also
            what failed, `"all"` everything.
        wait: come back when all is done; Ctrl-C then stops what runs and keeps what is done. False comes back at once:
            `Sweep.wait()` waits, `Sweep.cancel()` stops.
        progress: called with the sweep after changes, and at least twice a second, in the calling thread while that
            waits.

    Returns:
        The sweep, a mapping of the jobs' names to their results.

    Raises:
        InputError: no jobs, two of one name, or one that cannot be pickled; says what to pass instead.
        OptionError: an option has a value that cannot be used, or the scheduler cannot be reached.
        PathError: the store or the artifacts cannot be written, or the store is none of ours.
        ModelExportError: the base of all these; something is missing, or the executor itself broke. What was done by
            then is kept.
    """
    wanted = check_jobs(jobs)
    _check_options(wanted)
    if retry not in RETRY:
        raise OptionError(f'There is no retry "{retry}"' + did_you_mean(str(retry), RETRY))
    token = uuid.uuid4().hex
    with ExitStack() as made:
        crew = made.enter_context(crew_for(executor, scheduler, limits))
        kept = _look_into(store, token, wanted, retry)
        path = Path(store).expanduser().absolute()
        place = Place.of(artifacts if artifacts is not None else path.with_suffix(".artifacts"))
        own = made.enter_context(drafts(place, token))
        board = Sweep(kept.values(), path)
        todo = [job for job in wanted if not kept[job.name].kept]
        work = _packed(todo, place, own, crew.threads, limits, token)
        _start(board, work, crew, made.pop_all())
    if wait:
        _await(board, progress)
    return board


def _check_options(jobs: Iterable[Job]) -> None:
    """Tell a slip of the finger once, before anything runs, and not as the failure of a job."""
    for job in jobs:
        try:
            check_options(job.options)
        except OptionError as error:
            raise OptionError(f'Job "{job.name}": {error}') from None


def _look_into(store: str | Path, token: str, jobs: tuple[Job, ...], retry: str) -> dict[str, JobResult]:
    """Each job as it stands before the sweep: kept, or waiting with its fingerprint."""
    opened = Store(store, token)
    try:
        known = opened.results()
    finally:
        opened.close()
    prints = Prints()
    found = {}
    for job in jobs:
        result = JobResult(job.name, job.model_name, job.variant, fingerprint=prints.of(job))
        before = known.get(job.name)
        settled = before is not None and before.fingerprint == result.fingerprint and _stays(before, retry)
        found[job.name] = before.as_kept(job.model_name, job.variant) if before is not None and settled else result
    return found


def _stays(result: JobResult, retry: str) -> bool:
    return retry == "changed" or (retry == "failed" and result.status is not Status.FAILED)


def _packed(jobs: Iterable[Job], place: Place, own: Place, threads: int, limits: Limits, token: str) -> Work:
    """What is to be done; every job is packed once, so that one that cannot be is told before anything runs."""
    packer = Packer(own)
    packed = {job.name: (job, packer.pack(job)) for job in jobs}
    return Work(packed, packer.sources, place, own, limits, threads, token)


def _start(board: Sweep, work: Work, crew: Crew, made: ExitStack) -> None:
    def conduct() -> None:
        error: BaseException | None = None
        try:
            with made:
                Conductor(board, work, crew).conduct()
        except BaseException as caught:  # shown to whoever waits
            error = caught
        board.end(error)

    threading.Thread(target=conduct, name="modelexport-sweep", daemon=True).start()


def _await(board: Sweep, progress: Callable[[Sweep], None] | None) -> None:
    try:
        version = -1
        while board.running:
            version = board.await_news(version, 0.5)
            if progress is not None:
                progress(board)
        board.wait()
    except BaseException:  # Ctrl-C, or `progress` failed
        board.cancel()
        board.wait()
        raise
