"""What a check of a file found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from .errors import OptionError, did_you_mean


class Finding(StrEnum):
    """How one check ended."""

    FINE = "fine"
    DOUBTFUL = "doubtful"  # allowed, but the reader should look
    WRONG = "wrong"
    UNCHECKED = "not checked"


@dataclass(frozen=True)
class Check:
    """One check: what was looked at, how it ended, and one line for the reader."""

    name: str
    finding: Finding
    text: str


@dataclass(frozen=True, repr=False)
class Validation:
    """Result of `validate()`: the checks in the order in which they were made. `ok` when none found anything wrong."""

    path: Path
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        return not self.wrong

    @property
    def wrong(self) -> list[Check]:
        """The checks that found something wrong."""
        return [check for check in self.checks if check.finding is Finding.WRONG]

    def check(self, name: str) -> Check:
        """The check of that name; an `OptionError` with the nearest one where there is none."""
        known = {check.name: check for check in self.checks}
        if name not in known:
            raise OptionError(f'There is no check "{name}"' + did_you_mean(str(name), known))
        return known[name]

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain data."""
        checks = [{"name": c.name, "finding": str(c.finding), "text": c.text} for c in self.checks]
        return {"file": self.path.name, "ok": self.ok, "checks": checks}

    def __repr__(self) -> str:
        wrong = ", ".join(check.name for check in self.wrong)
        return f"<Validation of {self.path.name}: {f'wrong: {wrong}' if wrong else 'nothing is wrong'}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        from modelexport_nb.validation_views import render

        printer.text(render(self) if len(printer.stack) == 1 else repr(self))

    def _repr_html_(self) -> str:
        from modelexport_nb.validation_views import to_html

        return to_html(self)
