"""The most memory that this process held at once, where the system tells: Linux does."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_STATUS = Path("/proc/self/status")
_FORGET = Path("/proc/self/clear_refs")  # "5" sets the highest to the present


def forget_peak() -> None:
    """Let `peak_memory` speak of what comes from here on; without effect where the system does not take it."""
    with suppress(OSError):
        _FORGET.write_text("5")


def peak_memory() -> int | None:
    """Bytes that the process held at its highest; None where that is not known."""
    return _bytes_of("VmHWM:")


def present_memory() -> int | None:
    """Bytes that the process holds now; None where that is not known."""
    return _bytes_of("VmRSS:")


def _bytes_of(label: str) -> int | None:
    try:
        lines = _STATUS.read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(label)]
    return int(found[0]) * 1024 if found else None
