"""The limits of a child process: what they may be, and whether the child keeps them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from ..errors import MemoryLimitError, OptionError, TimeLimitError
from ..memory import available_memory, machine_memory, private_memory
from .process import Child

RESERVE = 2**30
"""Bytes of the machine's memory that a child process leaves free, or a twentieth of it where that is less."""
UNDONE = "Nothing was written; the model is unchanged."


class Watch:
    """Ends a child that takes too long or holds too much.

    Args:
        isolate: whether a child was asked for.
        timeout: seconds from now on, the child's start included.
        memory_limit: bytes above what the child holds when it has the model.
        first_to_go: asked when the machine is nearly out of memory: whether this child is to be ended then.

    Attributes:
        start: seconds until the child had the model.

    Raises:
        OptionError: one of them has no meaning, or the system does not tell what has to be watched.
    """

    def __init__(
        self,
        isolate: bool,
        timeout: float | None,
        memory_limit: int | None,
        first_to_go: Callable[[], bool] = lambda: True,
    ) -> None:
        check_limits(isolate, timeout, memory_limit)
        self._first_to_go = first_to_go
        self._begun = time.monotonic()
        self._timeout = timeout
        self._limit = memory_limit
        self._held: int | None = None
        self.start = 0.0
        self._reserve = memory_reserve()

    def begin(self, child: Child) -> None:
        """The child has the model: what it takes from here on counts."""
        self._held = private_memory(child.pid)
        self.start = time.monotonic() - self._begun

    def look(self, child: Child) -> None:
        """Raise a `TimeLimitError` or a `MemoryLimitError` when the child is beyond a limit."""
        if self._timeout is not None and time.monotonic() - self._begun > self._timeout:
            raise TimeLimitError(
                f"The child process was ended: it took longer than {self._timeout:g} s{child.where()}. {UNDONE} "
                "Give it more time with timeout=."
            )
        held = private_memory(child.pid) if self._limit is not None and self._held is not None else None
        if held is not None and self._limit is not None and held - (self._held or 0) > self._limit:
            raise MemoryLimitError(
                f"The child process was ended: it held more than {_size(self._limit)}{child.where()}. {UNDONE} "
                "Give it more memory with memory_limit=."
            )
        available = available_memory()
        if available is not None and available < self._reserve and self._first_to_go():
            raise MemoryLimitError(
                f"The child process was ended before the machine runs out of memory: {_size(available)} were left"
                f"{child.where()}. {UNDONE} Free some memory, or take a smaller model."
            )


def memory_reserve() -> int:
    """Bytes that child processes leave free; 0 where the machine's memory is not known."""
    machine = machine_memory()
    return 0 if machine is None else min(RESERVE, machine // 20)


def check_limits(isolate: bool, timeout: float | None, memory_limit: int | None) -> None:
    """Raise an OptionError where one of them has no meaning, or the system does not tell what has to be watched."""
    if not isinstance(isolate, bool):
        raise OptionError(f"isolate is {isolate!r}. Pass True or False.")
    if timeout is not None and not (_is_number(timeout, float) and timeout > 0):
        raise OptionError(f"The timeout is {timeout!r}. Pass seconds such as 300, or None.")
    if memory_limit is not None and not (_is_number(memory_limit) and memory_limit > 0):
        raise OptionError(
            f"The memory limit is {memory_limit!r}. Pass a whole number of bytes such as 4_000_000_000, or None."
        )
    if memory_limit is not None and private_memory(os.getpid()) is None:
        raise OptionError("memory_limit needs /proc, where Linux tells what a process holds. Leave it out here.")
    if not hasattr(os, "killpg"):
        raise OptionError("isolate, timeout and memory_limit need process groups, which this system lacks.")


def _is_number(value: object, *kinds: type) -> bool:
    return isinstance(value, (int, *kinds)) and not isinstance(value, bool)


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
