"""Fewer searches for garbage while a graph is built, and most of them in what is new only."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 50_000, 20, 100  # new objects, young collections, middle ones between two searches
_MORE = 1.25  # times as many objects as at the last search through all: Python's own measure of when one pays
_settled = 0  # objects at the last search of ours through all


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage in cycles less often in the block, and among the block's own objects only: a graph is many
    objects that stay, and Python goes through all that there are, the notebook's own too, again and again while it
    grows. What the block leaves behind is looked for once, at its end; through all objects if they have become many
    more, because our own searches put off those that Python would make.
    """
    global _settled
    before = gc.get_threshold()
    apart = gc.isenabled() and not gc.get_freeze_count()  # what somebody else has frozen stays so
    gc.set_threshold(*_RARELY)
    if apart:
        gc.freeze()
    objects = gc.get_freeze_count()
    try:
        yield
    finally:
        if apart:
            if objects > _MORE * _settled:
                gc.unfreeze()
                _settled = objects
            gc.collect()
            gc.unfreeze()
        gc.set_threshold(*before)
