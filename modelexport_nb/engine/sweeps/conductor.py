"""The thread of a sweep: hands out jobs, takes results, keeps them. The only one that writes to the store."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ModelExportError, one_line
from . import children
from .board import Sweep
from .crew import Crew
from .jobs import Job
from .limits import Limits
from .places import Place, folder_name
from .results import JobResult, Status
from .store import Store
from .task import Task

TRIES = 3
"""How often a job is begun in one sweep when those who do it die."""
_LOOK = 0.2  # seconds between two looks, at least
_ELSEWHERE = 1.0  # seconds between two looks at what other sweeps do


@dataclass(frozen=True)
class Work:
    """What is to be done: each job with its bytes, by name; where files go, and stand until then; what is shared."""

    packed: Mapping[str, tuple[Job, bytes]]
    sources: Mapping[str, Any]
    place: Place
    drafts: Place
    limits: Limits
    threads: int
    token: str

    def task(self, name: str) -> Task:
        """The job for another process."""
        job, payload = self.packed[name]
        home = self.place / folder_name(job.model_name) / folder_name(job.variant)
        return Task(
            name, job.model_name, payload, self.sources, home, self.drafts, self.limits, self.threads, self.token
        )


class Conductor:
    """Has the work done.

    Args:
        board: where every change is shown.
    """

    def __init__(self, board: Sweep, work: Work, crew: Crew) -> None:
        self._board = board
        self._work = work
        self._crew = crew
        self._waiting = deque(work.packed)
        self._elsewhere: deque[str] = deque()
        self._running: dict[Future[dict[str, Any]], str] = {}
        self._tries: dict[str, int] = {}
        self._looked = 0.0

    def conduct(self) -> None:
        """Until all is done, or the board says that it is cancelled.

        Raises:
            PathError: the store cannot be written any more.
            ModelExportError: the executor broke.
        """
        self._store = Store(self._board.store, self._work.token)
        try:
            while (self._waiting or self._running or self._elsewhere) and not self._board.cancelled:
                self._hand_out()
                self._take()
                self._look_elsewhere()
                self._store.renew()
        finally:
            self._end_what_runs()
            self._store.close()

    def _hand_out(self) -> None:
        while self._waiting and len(self._running) < self._crew.slots():
            name = self._next()
            attempt = self._store.claim(name)
            if attempt is None:
                self._elsewhere.append(name)
                self._put(name, Status.RUNNING, cause="another sweep does it")
                continue
            if self._done_elsewhere(name):  # between our look into the store and the claim
                self._store.release(name)
                continue
            try:
                future = self._crew.submit(self._work.task(name))
            except (RuntimeError, OSError) as error:  # shut down, or broken
                raise ModelExportError(f"The executor takes no more jobs: {one_line(error).rstrip('.')}.") from error
            self._tries[name] = self._tries.get(name, 0) + 1
            self._running[future] = name
            self._put(name, Status.RUNNING, attempt=attempt, cause="")

    def _next(self) -> str:
        """A job of a model that nobody is at work on: whoever does one has done half of the next one of that model."""
        busy = {self._board[name].model for name in self._running.values()}
        name = next((name for name in self._waiting if self._board[name].model not in busy), self._waiting[0])
        self._waiting.remove(name)
        return name

    def _take(self) -> None:
        done, _ = wait_for(self._running, timeout=_LOOK, return_when=FIRST_COMPLETED)
        for future in done:
            name = self._running.pop(future)
            try:
                facts = future.result()
            except (children.CancelledError, CancelledError) as error:
                if self._board.cancelled:
                    self._store.release(name)
                else:  # by somebody else, such as a scheduler that began anew
                    self._lost(name, error)
            except BrokenExecutor as error:
                raise ModelExportError(
                    f"The executor broke: {one_line(error).rstrip('.')}. Run it again: what is done is kept."
                ) from error
            except Exception as error:  # whoever did it died: a job's own failure comes as facts
                self._lost(name, error)
            else:
                self._keep(name, facts)
        if not self._running:
            time.sleep(_LOOK if self._elsewhere else 0)

    def _keep(self, name: str, facts: Mapping[str, Any]) -> None:
        result = replace(self._board[name], **facts, ended_at=time.time())
        if not self._store.keep(result):  # our claim ran out, as on a machine that slept, and another sweep took it
            self._elsewhere.append(name)
            return
        self._board.put(result)

    def _lost(self, name: str, error: BaseException) -> None:
        """Let another one do it; the job is not to blame, and the store says nothing of it."""
        self._store.release(name)
        if self._tries[name] < TRIES:
            self._waiting.appendleft(name)
            self._put(name, Status.WAITING, cause="its worker was lost")
        else:
            cause = f"those who did it died {TRIES} times: {type(error).__name__}: {one_line(error)}"
            self._put(name, Status.FAILED, cause=cause, error="WorkerLost")

    def _look_elsewhere(self) -> None:
        """Take what other sweeps have done, or left behind."""
        if not self._elsewhere or time.monotonic() - self._looked < _ELSEWHERE:
            return
        self._looked = time.monotonic()
        for name in [self._elsewhere.popleft() for _ in range(len(self._elsewhere))]:
            if not self._done_elsewhere(name):
                self._waiting.append(name)  # the claim tells whether it is free now

    def _done_elsewhere(self, name: str) -> bool:
        """Whether the store has got this job's result since this sweep began."""
        before = self._store.result(name)
        mine = self._board[name]
        if before is None or before.fingerprint != mine.fingerprint or (before.ended_at or 0) < self._board.begun_at:
            return False
        self._board.put(before.as_kept(mine.model, mine.variant))
        return True

    def _put(self, name: str, status: Status, **facts: Any) -> None:
        before = self._board[name]
        after: JobResult = replace(before, status=status, **facts)
        if after != before:
            self._board.put(after)

    def _end_what_runs(self) -> None:
        """Stop it where there is some, and keep what ended in the meantime."""
        if not self._running:
            return
        self._crew.stop(self._work.token)
        for future in self._running:
            future.cancel()
        wait_for(self._running, timeout=30)
        for future, name in self._running.items():
            ended = future.done() and not future.cancelled() and future.exception() is None
            if ended:
                self._keep(name, future.result())
            else:
                self._store.release(name)
                self._put(name, Status.SKIPPED, cause="ended by the end of the sweep")
