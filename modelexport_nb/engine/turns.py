"""One thread at a time: what torch and we change while a model is looked at is the whole process's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_turn = threading.RLock()  # the thread whose turn it is may begin more: a comparison makes inputs, say


@contextmanager
def in_turn() -> Iterator[None]:
    """Wait until no other thread is in such a block. What is left to a process of its own needs no turn."""
    with _turn:
        yield
