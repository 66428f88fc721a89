"""Fewer searches for garbage while a graph is built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_RARELY = 50_000, 20, 100  # new objects, young collections, middle ones between two searches


@contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage in cycles less often in the block: a graph is many objects that stay, and Python goes through
    all that there are, the notebook's own too, again and again while it grows."""
    before = gc.get_threshold()
    gc.set_threshold(*_RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
