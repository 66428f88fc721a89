"""Strings that are sent once and named by number."""

from __future__ import annotations


class Table:
    """Strings in the order of first use."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str | None) -> int:
        """Index of `text`; -1 for None."""
        return -1 if text is None else self._numbers.setdefault(text, len(self._numbers))

    @property
    def texts(self) -> list[str]:
        return list(self._numbers)
