"""Child processes that do one job after another: a fresh one for each would spend most of its time importing.

Whoever executes a job, a thread here or a worker of a cluster, borrows one from its process's pool. A job that is
ended, or that ends its process, costs that child alone.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ..errors import CrashError, ModelExportError, one_line
from ..isolation.forked import Nursery
from ..isolation.isolated import INTERVAL
from ..isolation.process import Child, child_process
from ..isolation.watch import Watch, memory_reserve
from ..memory import available_memory, private_memory
from .results import Status
from .task import Task

GROWN = 2**30
"""Bytes that a child may hold after a job, above those at its start; one with more is replaced."""
_MAIN = f"{__package__}.child"
_PAUSE = 2.0  # seconds that memory takes to come free after a child was ended


class CancelledError(Exception):
    """The job was ended because its sweep was told to stop."""


class NoChildError(Exception):
    """No child process could be started: the job is not to blame."""


class _Held:
    """A child with what belongs to it: of a nursery, or a fresh process."""

    def __init__(self, nursery: Nursery | None) -> None:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="modelexport.")))
            start = child_process(_MAIN, folder) if nursery is None else nursery.child(folder)
            self.child: Child = stack.enter_context(start)
            self._stack = stack.pop_all()
        self.begun_with: int | None = None
        self.model = ""  # of the last job

    def end(self) -> None:
        """Let it and its folder be gone."""
        self._stack.close()

    @property
    def grown(self) -> bool:
        """Whether it holds on to much that a job left."""
        held = private_memory(self.child.pid)
        return held is not None and self.begun_with is not None and held - self.begun_with > GROWN


class ChildPool:
    """The children of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Held] = []
        self._busy: list[_Held] = []
        self._starting = 0
        self._stopped: set[str] = set()
        self._nursery: Nursery | None = None
        self._last_end = 0.0

    def run(self, task: Task, home: Path) -> dict[str, Any]:
        """Do a job whose files are to stand in `home`; the facts of its result.

        Raises:
            CancelledError: its sweep was stopped.
            TimeLimitError, MemoryLimitError, CrashError: its child was ended, or died.
        """
        self._await_room(task)
        with self._borrowed(task) as held:
            watch = Watch(True, task.limits.timeout, task.limits.memory_limit, lambda: self._first_to_go(held))
            held.child.stage = "start"
            held.child.tell(task, str(home))
            while True:
                self.check_stopped(task)
                watch.look(held.child)
                match held.child.message(INTERVAL):
                    case ("ready", files):
                        held.child.model_files = files
                        watch.begin(held.child)
                    case ("stage", stage, _, _):
                        held.child.stage = stage
                        if held.begun_with is None:  # the first job: all is imported
                            held.begun_with = private_memory(held.child.pid)
                    case ("done", facts):
                        return dict(facts)

    def stop(self, token: str) -> None:
        """End the jobs of a sweep, now and later."""
        self._stopped.add(token)

    def close(self) -> None:
        """End the children that do nothing, and when no other is at work what makes them."""
        with self._lock:
            idle, self._idle = self._idle, []
            nursery, self._nursery = (None, self._nursery) if self._busy or self._starting else (self._nursery, None)
        for held in idle:
            held.end()
        if nursery is not None:
            nursery.end()

    @contextmanager
    def _borrowed(self, task: Task) -> Iterator[_Held]:
        held = self._waiting(task.model) or self._started()
        held.model = task.model
        fit = False
        try:
            yield held
            fit = not held.grown
        finally:
            self._give_back(held, fit)
            if task.token in self._stopped:  # `stop` left what was at work, and the nursery with it
                self.close()

    def _waiting(self, model: str) -> _Held | None:
        """A child that is there already, best one that has just done a job of this model."""
        while True:
            with self._lock:
                self._idle.sort(key=lambda each: each.model == model)
                held = self._idle.pop() if self._idle else None
                if held is not None and held.child.alive:
                    self._busy.append(held)
                    return held
            if held is None:
                return None
            held.end()  # something ended it meanwhile

    def _started(self) -> _Held:
        """A new child."""
        with self._lock:
            self._starting += 1
        held = None
        try:
            held = _Held(self._living_nursery())
            return held
        except (CrashError, OSError) as error:
            raise NoChildError(f"No child process could be started: {one_line(error)}") from error
        finally:
            with self._lock:
                self._starting -= 1
                self._busy += [held] if held is not None else []

    def _living_nursery(self) -> Nursery | None:
        """What makes children; None where a fork is not safe."""
        if sys.platform != "linux":
            return None
        with self._lock:
            if self._nursery is not None and not self._nursery.alive:
                self._nursery.end()
                self._nursery = None
            self._nursery = self._nursery or Nursery(_MAIN)
            return self._nursery

    def _give_back(self, held: _Held, fit: bool) -> None:
        if not fit:
            held.end()
        with self._lock:
            self._busy.remove(held)
            if fit:
                self._idle.append(held)

    def check_stopped(self, task: Task) -> None:
        """Raise a CancelledError where the job's sweep was stopped."""
        if task.token in self._stopped:
            raise CancelledError

    def _first_to_go(self, held: _Held) -> bool:
        """Whether this is the child to end when memory is short: the one that holds most, and one at a time."""
        with self._lock:
            if time.monotonic() - self._last_end < _PAUSE:
                return False
            largest = max(self._busy, key=lambda each: private_memory(each.child.pid) or 0)
            if largest is not held:
                return False
            self._last_end = time.monotonic()
            return True

    def _await_room(self, task: Task) -> None:
        """Wait while the machine has little memory and other jobs, that will give some back, run here."""
        while self._busy and (available := available_memory()) is not None and available < 2 * memory_reserve():
            self.check_stopped(task)
            time.sleep(INTERVAL)


POOL = ChildPool()
"""Of this process."""


def execute(task: Task) -> dict[str, Any]:
    """Do a job in a child process and let its files stand in its place; the facts of its result, failures too.

    This is what executors run, in whatever process and on whatever machine.

    Raises:
        CancelledError: its sweep was stopped.
        NoChildError: it was not begun.
    """
    begun = time.monotonic()
    try:
        with task.place.staged(task.drafts) as home:
            try:
                facts = POOL.run(task, home)
            except ModelExportError as error:
                POOL.check_stopped(task)  # it may have been ended by that
                facts = {"status": Status.FAILED, "cause": str(error), "error": type(error).__name__}
    except (OSError, ModelExportError) as error:
        cause = f"The artifacts cannot be written: {getattr(error, 'strerror', None) or one_line(error)}."
        facts = {"status": Status.FAILED, "cause": cause, "error": "PathError"}
    return {**facts, "folder": task.place.url, "seconds": round(time.monotonic() - begun, 4)}


def stop(token: str) -> None:
    """End the jobs of a sweep that this process executes, and children that do nothing."""
    POOL.stop(token)
    POOL.close()
