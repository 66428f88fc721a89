"""How much memory a process holds and the machine has, where the system tells: Linux does."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_STATUS = Path("/proc/self/status")
_FORGET = Path("/proc/self/clear_refs")  # "5" sets the highest to the present


def forget_peak() -> None:
    """Let `peak_memory` speak of what comes from here on; without effect where the system does not take it."""
    with suppress(OSError):
        _FORGET.write_text("5")


def peak_memory() -> int | None:
    """Bytes that the process held at its highest; None where that is not known."""
    return _bytes_of(_STATUS, "VmHWM")


def present_memory() -> int | None:
    """Bytes that the process holds now; None where that is not known."""
    return _bytes_of(_STATUS, "VmRSS")


def private_memory(pid: int) -> int | None:
    """Bytes that a process and those that it started have to themselves, in memory or swapped out; None where that is
    not known. Files mapped into memory do not count: the system drops them when it needs the room."""
    status = _PROC / str(pid) / "status"
    own = _bytes_of(status, "RssAnon")
    if own is None:
        return None
    return own + (_bytes_of(status, "VmSwap") or 0) + sum(private_memory(child) or 0 for child in _started_by(pid))


def machine_memory() -> int | None:
    """Bytes of memory that the machine has; None where that is not known."""
    return _bytes_of(_PROC / "meminfo", "MemTotal")


def available_memory() -> int | None:
    """Bytes that can be had now without swapping; None where that is not known."""
    return _bytes_of(_PROC / "meminfo", "MemAvailable")


def _started_by(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in (_PROC / str(pid) / "task").iterdir():
            with suppress(OSError):  # it ended meanwhile
                found += map(int, (thread / "children").read_text().split())
    return found


def _bytes_of(table: Path, label: str) -> int | None:
    try:
        lines = table.read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith(f"{label}:")]
    return int(found[0]) * 1024 if found else None
