"""The matrix of a sweep under its cell: live while it runs, as it ended after that, and once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display

from modelexport_nb.engine.sweeps.board import Sweep

_shown: WeakKeyDictionary[Sweep, int] = WeakKeyDictionary()
"""Sweeps that a cell shows already, with the cell's number."""


class LiveSweep:
    """What `sweep` takes as `progress`: shows the matrix as soon as there is one. It lives by itself from then on."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.sweep: Sweep | None = None
        self._shell = shell
        self._handle: Any = None

    def __call__(self, found: Sweep) -> None:
        if self._handle is None:
            self.sweep = found
            self._handle = display(found, display_id=True)

    def finish(self) -> None:
        """Let the cell keep the matrix as it ended: what it had shown first is what a saved notebook would keep."""
        if self.sweep is not None:
            self._handle.update(self.sweep)
            _shown[self.sweep] = self._shell.execution_count


@contextmanager
def live(found: LiveSweep) -> Iterator[LiveSweep]:
    """Show it, however it ends."""
    try:
        yield found
    finally:
        found.finish()


@contextmanager
def shown_once(shell: InteractiveShell) -> Iterator[None]:
    """While this lasts, a sweep that a cell has shown live is not shown again as that cell's value."""
    formatter: Any = shell.display_formatter
    table = formatter.ipython_display_formatter

    def skip(found: Sweep) -> None:
        if _shown.pop(found, None) != shell.execution_count:
            raise NotImplementedError  # IPython goes on to show it in the usual way

    table.for_type(Sweep, skip)
    try:
        yield
    finally:
        table.pop(Sweep, None)
