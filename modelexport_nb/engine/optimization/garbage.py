"""Fewer searches for garbage while a graph is built, and only in what is new."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_YOUNG = 50_000  # new objects between two searches among them
_NEVER = 1_000_000_000  # such searches until those that survived them are searched, too


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage in cycles less often in the block, and among its newest objects only: a graph is many objects
    that stay, and Python goes through all that there are, the notebook's own too, again and again while it grows.
    What the block leaves behind is looked for once, at its end, in what it made; all else is left to Python.
    """
    before = gc.get_threshold()
    if not gc.isenabled() or not before[0]:
        yield
        return
    gc.set_threshold(_YOUNG, _NEVER, before[2])
    try:
        yield
    finally:
        gc.collect(1)
        gc.set_threshold(*before)
