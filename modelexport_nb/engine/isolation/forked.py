"""Children of a nursery, as those who need them see it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from ..errors import CrashError
from .process import Child, child_process, end_group

_MAIN = f"{__package__}.nursery"
# Packages whose modules start no thread that a fork would lose; ONNX Runtime's import starts one.
_QUIET = ("torch", "torchgen", "onnx", "onnx_ir", "onnxscript", "sympy", "transformers")
_BIRTH = 60.0  # seconds that imports may take


class Nursery:
    """A process that makes children by fork, which spares each of them most imports.

    Args:
        work: the module whose `main(channel, folder)` they run.
    """

    def __init__(self, work: str) -> None:
        self._lock = threading.Lock()
        self._codes: dict[int, int] = {}
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="modelexport.")))
        self._process = self._stack.enter_context(child_process(_MAIN, folder, work, *_loaded()))

    def end(self) -> None:
        """Let it be gone; its children do not depend on it."""
        self._stack.close()

    @property
    def alive(self) -> bool:
        """Whether it can make children."""
        return self._process.alive

    @contextmanager
    def child(self, folder: Path) -> Iterator[Child]:
        """A child; after the block it and all that it started are gone.

        Raises:
            CrashError: the nursery is dead.
        """
        ours, theirs = Pipe()
        with ours:
            with theirs:
                process = Forked(self, self._born(folder, theirs))
            try:
                yield Child(process, ours, folder)
            finally:
                end_group(process)

    def code(self, pid: int) -> int | None:
        """The exit code of a child that has ended."""
        with self._lock:
            try:
                while (message := self._process.message(0)) is not None:
                    self._note(message)
            except CrashError:
                if pid not in self._codes and not _lives(pid):
                    return -signal.SIGKILL  # nobody can tell any more
            return self._codes.get(pid)

    def _born(self, folder: Path, channel: Connection) -> int:
        with self._lock:
            self._process.tell(str(folder))
            self._process.send_file(channel.fileno())
            deadline = time.monotonic() + _BIRTH
            while time.monotonic() < deadline:
                message = self._process.message(1.0)
                if message is not None and message[0] == "born":
                    return int(message[1])
                if message is not None:
                    self._note(message)
            raise CrashError(f"A child process was not there after {_BIRTH:g} s.")

    def _note(self, message: tuple[str, int, int]) -> None:
        _, pid, code = message
        self._codes[pid] = code


class Forked:
    """A child process of a nursery, with as much of `subprocess.Popen` as `Child` asks for."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery

    def poll(self) -> int | None:
        """Its exit code when it has ended."""
        if self.returncode is None:
            self.returncode = self._nursery.code(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; `subprocess.TimeoutExpired` when it does not end in time."""
        begun = time.monotonic()
        while (code := self.poll()) is None:
            if timeout is not None and time.monotonic() - begun > timeout:
                raise subprocess.TimeoutExpired("a child", timeout)
            time.sleep(0.01)
        return code


def _loaded() -> list[str]:
    """What this process has imported of those packages: its children will probably want the same."""
    return [name for name in list(sys.modules) if name.partition(".")[0] in _QUIET and "__main__" not in name]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
