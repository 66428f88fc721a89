"""Fewer searches for garbage while a graph is built, and most of them in what is new only."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 50_000, 20, 100  # new objects, young collections, middle ones between two searches
_all = 0  # objects at the last search of ours through all
_left = 0  # objects that blocks have left since then


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage in cycles less often in the block, and among the block's own objects only: a graph is many
    objects that stay, and Python goes through all that there are, the notebook's own too, again and again while it
    grows. What the block leaves behind is looked for once, at its end.
    """
    before = gc.get_threshold()
    apart = gc.isenabled() and not gc.get_freeze_count()  # what somebody else has frozen stays so
    gc.set_threshold(*_RARELY)
    if apart:
        gc.freeze()
    try:
        yield
    finally:
        if apart:
            _search()
        gc.set_threshold(*before)


def _search() -> None:
    """Look for garbage among the block's own objects; among all when blocks have left a fourth of them, Python's own
    measure of when that pays: our searches put off those that Python would make."""
    global _all, _left
    if whole := _left > _all // 4:
        gc.unfreeze()
    gc.collect()
    if whole or not _all:
        gc.freeze()
        _all, _left = gc.get_freeze_count(), 0
    else:
        _left += len(gc.get_objects(2))
    gc.unfreeze()
