"""A process that imports what children need, once, and makes each of them by fork.

It does nothing else: no operator runs and no session is opened here, so that no thread of PyTorch or of ONNX Runtime
can be lost by a fork. Imports nothing of ours before a child is there, for the same reason.
"""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import NoReturn


def main(channel: str, folder: str, work: str, *imports: str) -> None:
    """Make children that run `main(channel, folder)` of the module `work`, until the channel ends.

    What comes through the channel: the folder of a child, then its end of a channel of its own. What goes back:
    `("born", pid)`, and for each that ended `("ended", pid, exit code)`, negative for a signal.
    """
    parent = Connection(int(channel))
    for name in imports:
        with suppress(Exception):  # what cannot be imported here cannot be in a child either, which tells so
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the pages of what is there now stay shared
    awake, bell = os.pipe()
    for end in (awake, bell):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with suppress(EOFError, OSError):
        while True:
            ready = wait([parent, awake])
            if awake in ready:
                os.read(awake, 4096)
                _bury(parent)
            if parent in ready:
                home, end = str(parent.recv()[0]), _receive(parent)
                if (pid := os.fork()) == 0:
                    _grow_up(work, end, home, (parent.fileno(), awake, bell))
                os.close(end)
                with suppress(OSError):  # here too: it must be a group before anybody is told of it
                    os.setpgid(pid, pid)
                parent.send(("born", pid))
    shutil.rmtree(folder, ignore_errors=True)


def _receive(parent: Connection) -> int:
    """The file that was sent."""
    with socket.socket(fileno=os.dup(parent.fileno())) as line:
        _, files, _, _ = socket.recv_fds(line, 1, 1)
    return files[0]


def _bury(parent: Connection) -> None:
    """Ask for the ends of all that ended."""
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            parent.send(("ended", found[0], os.waitstatus_to_exitcode(found[1])))


def _grow_up(work: str, channel: int, folder: str, not_mine: tuple[int, ...]) -> NoReturn:
    """Be a child."""
    code = 1
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in not_mine:
            os.close(end)
        os.environ["TMPDIR"] = folder
        tempfile.tempdir = None
        importlib.import_module(work).main(str(channel), folder)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
