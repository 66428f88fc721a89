"""The child process as its parent sees it: start, messages, where it is, and its end."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from torch import nn

from ..errors import CrashError
from ..sources import code_place, relative_source

STACK = "stack.txt"
"""File in the child's folder to which it writes where it is: when it crashes, and when it is asked."""
_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from importlib import import_module; import_module(sys.argv[2]).main(*sys.argv[3:])"
)
_PATIENCE = 10
"""Seconds to wait for the end of what was killed; the system may hold one back, as for a disk that does not answer."""
_FRAME = re.compile(r'File "([^"]+)", line (\d+) in ')


class ChildTraceback(Exception):
    """The traceback of an error in the child, as text: the cause of the same error here."""


class Child:
    """A running child.

    Attributes:
        pid: its process, the leader of a process group of its own.
        stage: the stage that it began last; `start` before the first.
        model_files: the files of the model's own code, as Python names them: what of its stack tells where it is.
    """

    def __init__(self, process: subprocess.Popen[bytes], channel: Connection, folder: Path) -> None:
        self.pid = process.pid
        self.stage = "start"
        self.model_files: set[str] = set()
        self._process = process
        self._channel = channel
        self._stack = folder / STACK

    @property
    def alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def tell(self, *message: Any) -> None:
        """Say something to the child.

        Raises:
            CrashError: it is dead.
        """
        try:
            self._channel.send(message)
        except OSError:
            raise CrashError(self._obituary()) from None

    def message(self, seconds: float) -> Any:
        """What the child says within so many seconds, None for nothing.

        Raises:
            CrashError: it is dead.
        """
        try:
            if self._channel.poll(seconds):
                return pickle.loads(self._channel.recv_bytes())
            dead = self._process.poll() is not None and not self._channel.poll()
        except (EOFError, OSError):  # its end of the channel is closed
            dead = True
        if dead:
            raise CrashError(self._obituary())
        return None

    def where(self) -> str:
        """` in stage "run", at model.py:12`, for an error message."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGUSR1)  # it writes its stack, even from native code
            self._await_stack()
        return self._place()

    def _await_stack(self) -> None:
        for _ in range(10):
            time.sleep(0.02)
            if self._stack.exists() and self._stack.stat().st_size:
                time.sleep(0.02)  # the rest of it
                return

    def _place(self) -> str:
        stack = self._stack.read_text(errors="replace") if self._stack.exists() else ""
        lines = [f"{relative_source(file)}:{line}" for file, line in _FRAME.findall(stack) if file in self.model_files]
        return f' in stage "{self.stage}"' + "".join(f", at {line}" for line in lines[:1])

    def _obituary(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        code = self._process.returncode
        if code is None or code >= 0:
            how = f"left with exit code {code}" if code is not None else "went silent"
            why = "Something in it ends the interpreter."
        elif -code == signal.SIGKILL:
            how = "was killed (SIGKILL)"
            why = "Systems do that when memory runs out; see memory_limit=."
        else:
            how = f"crashed ({_signal_name(-code)})"
            why = "Native code failed, of the model or of a library."
        return f"The child process {how}{self._place()}. {why} Nothing was written; the model is unchanged."


@contextmanager
def child_process(main: str, folder: Path, *arguments: str) -> Iterator[Child]:
    """Start a child; after the block it and all that it started are gone.

    Args:
        main: the module whose `main(channel, folder, *arguments)` it runs, a channel being the number of its end.
        folder: the child's temporary folder.
    """
    ours, theirs = Pipe()
    with ours:
        with theirs:
            path = json.dumps([str(entry) for entry in sys.path])
            process = subprocess.Popen(
                [sys.executable, "-u", "-c", _BOOT, path, main, str(theirs.fileno()), str(folder), *arguments],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C reaches us alone, and the group can be killed as a whole
                env={**os.environ, "TMPDIR": str(folder)},
            )
        try:
            yield Child(process, ours, folder)
        finally:
            _end_group(process)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill it and all that it started, and wait for their end: one that holds much memory takes its time to die."""
    with contextlib.suppress(OSError):  # all of the group have gone
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    patience = time.monotonic() + _PATIENCE
    while _any_runs(process.pid) and time.monotonic() < patience:
        time.sleep(0.01)


def _any_runs(group: int) -> bool:
    """Whether a process of the group is alive; one that nobody has asked for its end (a zombie) is not."""
    try:
        os.killpg(group, 0)
    except OSError:
        return False
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            state, _, its_group, *_ = entry.read_text(errors="replace").rpartition(")")[2].split()
            if int(its_group) == group and state not in "ZX":
                return True
    return False


def own_files(model: Any) -> set[str]:
    """The files of a model's own code, without torch's, as Python names them."""
    modules = model.modules() if isinstance(model, nn.Module) else ()
    files = {place.file for module in modules if (place := code_place(module.forward)) is not None}
    return {file for file in files if not relative_source(file).startswith("torch/")}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
