"""One line at a time: one that waited for its turn would keep the whole kernel waiting, so it is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from modelexport_nb.engine.errors import ModelExportError

_lock = threading.RLock()  # the cell of a %%modelexport may hold lines of its own


@contextmanager
def alone() -> Iterator[None]:
    """Hold off lines of other threads.

    Raises:
        ModelExportError: one of them runs already.
    """
    if not _lock.acquire(blocking=False):
        raise ModelExportError("An export is running in this kernel. Wait for its end, or cancel it in its panel.")
    try:
        yield
    finally:
        _lock.release()
