"""The folder for files that live as long as this process. Those of processes that were killed are taken away."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from filelock import FileLock

_PREFIX = "modelexport-process."
_LOCK = ".lock"  # held as long as the process lives; the system lets go of it, however that ends


def process_folder() -> Path:
    """Made when it is first asked for, gone when the interpreter ends."""
    return Path(_made(os.getpid())[0].name)


@cache
def _made(_: int) -> tuple[tempfile.TemporaryDirectory[str], FileLock]:
    _clear()
    while True:
        folder = tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
        lock = FileLock(Path(folder.name, _LOCK))
        with suppress(OSError, NotImplementedError):  # without locks nobody ever takes it away
            lock.acquire()
        if Path(folder.name).exists():  # who clears may have been quicker
            return folder, lock


def _clear() -> None:
    """Take away the folders that no process holds any more."""
    for lock in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*/{_LOCK}"):
        with suppress(OSError, NotImplementedError), FileLock(lock, timeout=0):  # a time that is over is an OSError
            shutil.rmtree(lock.parent)
