"""What runs in the child process: the same function, telling the parent how it goes."""

from __future__ import annotations

import faulthandler
import os
import pickle
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn, TextIO

import cloudpickle

from ..errors import one_line
from ..files import remove_folder
from ..report import ExportReport
from .handover import read_payload
from .process import STACK

_READ_FROM_THE_FILE = ("path", "graph", "_widget")
_FIRST_TO_GO = "1000"


class Parent:
    """The other end of the channel; also what the work takes as `progress`."""

    def __init__(self, channel: Connection) -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def tell(self, *message: Any) -> None:
        """Send a message. Classes defined in a notebook go by value and arrive as what they were there."""
        data = cloudpickle.dumps(message)
        with self._lock:
            self._channel.send_bytes(data)

    def __call__(self, stage: str, index: int, total: int) -> None:
        self.tell("stage", stage, index, total)

    def ended(self, stage: str) -> None:
        self.tell("ended", stage)

    def warn(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """What `warnings` shows, which is for the reader there."""
        self.tell("warning", str(message), category, filename, lineno)

    def hear(self) -> Any:
        """What the parent says next; an EOFError or OSError when it is gone."""
        return self._channel.recv()

    def outlive(self, *folders: str) -> None:
        """Leave nothing when the parent is gone: the channel ends then."""
        with suppress(EOFError, OSError):
            self.hear()
        self.vanish(*folders)

    @staticmethod
    def vanish(*folders: str) -> NoReturn:
        """End this process with all that it started, and leave nothing in these folders."""
        for folder in folders:
            remove_folder(Path(folder))  # the work goes on meanwhile
        os.killpg(0, signal.SIGKILL)
        raise AssertionError  # never reached


def main(channel: str, folder: str, staging: str) -> None:
    """Do the work that lies in `folder`; the report or the error goes through the channel."""
    parent = Parent(Connection(int(channel)))
    threading.Thread(target=parent.outlive, args=(folder, staging), daemon=True).start()
    with telling_where(Path(folder)):
        _work(parent, Path(folder))


@contextmanager
def telling_where(folder: Path) -> Iterator[None]:
    """Write to the child's folder where it is, when it crashes and when it is asked; be the first to go when memory
    runs out."""
    with suppress(OSError):  # Linux: this process is ended then and not the notebook's
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    with (folder / STACK).open("w") as stack:
        faulthandler.enable(stack, all_threads=False)
        faulthandler.register(signal.SIGUSR1, stack, all_threads=False)
        yield


def _work(parent: Parent, folder: Path) -> None:
    try:
        payload = read_payload(folder)
        payload.settle()
        warnings.showwarning = parent.warn
        parent.tell("ready")
        report = payload.work(**payload.arguments, progress=parent)
        last: tuple[Any, ...] = ("report", _facts(report))
    except (
        BaseException
    ) as error:  # what the caller would see without a child: Ctrl-C of the model's and SystemExit too
        last = ("failed", portable(error), "".join(traceback.format_exception(error)))
    sys.stdout.flush()
    sys.stderr.flush()
    parent.tell(*last)


def _facts(report: ExportReport) -> dict[str, Any]:
    """The report but for what the parent reads from the file."""
    facts = {field.name: getattr(report, field.name) for field in fields(report)}
    for name in _READ_FROM_THE_FILE:
        del facts[name]
    return facts | {"files": [file.name for file in report.files]}


def portable(error: BaseException) -> BaseException:
    """The error if it survives the way to the parent, else one that says the same."""
    try:
        pickle.loads(cloudpickle.dumps(error))
    except Exception:  # its class may do anything
        return RuntimeError(f"{type(error).__name__}: {one_line(error)}")
    return error
