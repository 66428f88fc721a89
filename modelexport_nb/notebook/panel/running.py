"""A line that runs beside the kernel's main thread, so that the panel hears of Cancel meanwhile.

Nothing interrupts a stage: an exception thrown into torch's or ONNX Runtime's own code could end the kernel. A run is
left between stages, as if the model itself had failed there, so that the engine puts everything back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from modelexport_nb.progress import Progress, listening

# Seconds. Not every system lets an interruption end a wait without a limit.
SOON = 0.5


class Cancelled(BaseException):
    """The reader pressed Cancel. No `except Exception` on the way may take it for a failure of an export."""


class Run:
    """One line on its way.

    Args:
        work: runs the line and returns its result.
        heard: called as each stage begins.
        done: called with the result, or with what was raised, when all is over.
    """

    def __init__(self, work: Callable[[], Any], heard: Progress, done: Callable[[Any], None]) -> None:
        self._work, self._heard, self._done = work, heard, done
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="modelexport", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Stop when the present stage ends."""
        self._cancelled.set()

    def wait(self) -> None:
        """Return when all is over. An interruption of the kernel cancels the run and goes on waiting."""
        while self._thread.is_alive():
            try:
                self._thread.join(SOON)
            except KeyboardInterrupt:
                self.cancel()

    def __call__(self, stage: str, index: int, total: int) -> None:
        """A stage begins."""
        self._check()
        self._heard(stage, index, total)

    def ended(self, stage: str) -> None:
        """A stage is over, and nothing came of it yet."""
        self._check()

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled

    def _run(self) -> None:
        try:
            with listening(self):
                result = self._work()
        except BaseException as error:
            self._done(error)
        else:
            self._done(result)


class WaitingCells:
    """Cells that wait for a run: while torch exports, a cell's own output would vanish and its models be traced too."""

    def __init__(self, shell: InteractiveShell, run: Run) -> None:
        self._shell, self._run = shell, run

    def begin(self) -> None:
        """From now on, cells wait."""
        self._shell.events.register("pre_run_cell", self._wait)

    def end(self) -> None:
        """From now on, they do not."""
        self._shell.events.unregister("pre_run_cell", self._wait)

    def _wait(self, _: Any) -> None:
        self._run.wait()
