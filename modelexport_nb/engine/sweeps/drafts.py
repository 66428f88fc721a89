"""What stands in the artifacts only while a sweep lives: large models that its jobs read, files that they write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .places import Place
from .store import Owner

PREFIX = ".sweep-"
_OWNER = "owner"
_LONG_AGO = 7 * 86400  # seconds


@contextmanager
def drafts(place: Place, token: str) -> Iterator[Place]:
    """A place in the artifacts that goes with the sweep, and with it what workers that were killed have left there.

    Raises:
        PathError: it cannot be made.
    """
    _clear(place)
    home = Place.of(place.join(f"{PREFIX}{token}"))
    try:
        if home.is_folder:
            with suppress(OSError):  # without it age alone tells that it was left
                Path(home.join(_OWNER)).write_text(str(Owner.me(token)), encoding="utf-8")
        yield home
    finally:
        home.remove()


def _clear(place: Place) -> None:
    """Take away what sweeps that were killed have left: others may be at work now."""
    for folder in Path(place.url).glob(f"{PREFIX}*") if place.is_folder else ():
        with suppress(OSError):  # its sweep ended meanwhile
            if _owner_is_gone(folder) or time.time() - folder.stat().st_mtime > _LONG_AGO:
                Place(str(folder)).remove()


def _owner_is_gone(folder: Path) -> bool:
    try:
        return Owner.read((folder / _OWNER).read_text(encoding="utf-8")).surely_gone
    except (OSError, ValueError, TypeError):  # not written yet, or by nobody of ours
        return False
