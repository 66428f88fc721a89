"""What was exported in this kernel, by number. Keeps no model alive, and of the reports only the newest."""

from __future__ import annotations

import itertools
import weakref
from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from torch import nn

from modelexport_nb import text
from modelexport_nb.engine.errors import InputError, PathError
from modelexport_nb.engine.hierarchy import Hierarchy, read_hierarchy
from modelexport_nb.engine.report import ExportReport

ROWS = 100  # exports that are listed
HELD = 10  # reports that the history itself keeps; older ones live as long as somebody else holds them
HEAD = ("export", "model", "strategy", "capture", "file", "nodes", "parity")

Stamp = tuple[int, int]


@dataclass(frozen=True)
class Export:
    """One export: what the table shows of it, and ways to its model and its report that keep neither alive.

    `of` is the same number for exports of the same module object, or of models that were loaded from the same `origin`;
    `asked` is equal for exports that were asked for alike, as when a cell runs again.
    """

    number: int
    cells: tuple[str, ...]
    path: Path
    of: int
    asked: Hashable
    origin: Hashable
    model: weakref.ref[nn.Module]
    report: weakref.ref[ExportReport]
    stamp: Stamp | None


class History:
    """The exports of a kernel: `history[3]` is the third one's report, iterating gives those that are listed."""

    def __init__(self) -> None:
        self._exports: deque[Export] = deque(maxlen=ROWS)
        self._held: deque[ExportReport] = deque(maxlen=HELD)
        self._numbers = itertools.count(1)

    def add(self, model: nn.Module, report: ExportReport, asked: Hashable, origin: Hashable = None) -> None:
        """Remember an export; what was asked for is compared, never shown.

        `origin` is where a model that was loaded by name came from: loaded again, it counts as the same.
        """
        number = next(self._numbers)
        # While a listed model lives no other object can be it, and when it is gone its reference says so.
        same = (one for one in self._exports if one.model() is model or (origin is not None and one.origin == origin))
        of = next((one.of for one in same), number)
        self._exports.append(
            Export(
                number,
                _cells(report),
                report.path,
                of,
                asked,
                origin,
                weakref.ref(model),
                weakref.ref(report),
                _stamp(report.path),
            )
        )
        self._held.append(report)

    def __getitem__(self, number: int) -> ExportReport | Hierarchy:
        """The report of an export; of an old one that nobody holds any more, what its file tells.

        Raises:
            InputError: no such number is listed.
            PathError: the report is gone, and so is its file, or something else was written there since.
        """
        export = next((export for export in self._exports if export.number == number), None)
        if export is None:
            listed = f"Listed are {self._exports[0].number} to {self._exports[-1].number}" if self._exports else _EMPTY
            raise InputError(f"There is no export {number}. {listed}.")
        return self._report(export)

    def of_last_model(self) -> list[ExportReport | Hierarchy]:
        """The exports of the model that was exported last; of those that were asked for alike, the last.

        Raises:
            InputError: these are not two.
        """
        if not self._exports:
            raise InputError(f"{_EMPTY}, so that there is nothing to compare. First: %modelexport model inputs")
        last = self._exports[-1]
        found = {export.asked: export for export in self._exports if export.of == last.of}
        if len(found) < 2:
            raise InputError(
                f"{last.cells[0]} was exported in one way only, {last.cells[1]}, so that there is nothing to compare. "
                "Export it in another way too, or in several at once: %modelexport compare model inputs"
            )
        return [self._report(export) for export in sorted(found.values(), key=lambda export: export.number)]

    def _report(self, export: Export) -> ExportReport | Hierarchy:
        report = export.report()
        if report is not None:
            return report
        now = _stamp(export.path)
        if now is None or now != export.stamp:
            what = "gone" if now is None else "another one by now"
            raise PathError(f"Nobody holds the report of export {export.number}, and its file is {what}. Export again.")
        return read_hierarchy(export.path)

    def __len__(self) -> int:
        return len(self._exports)

    def __iter__(self) -> Iterator[Export]:
        return iter(tuple(self._exports))

    def rows(self) -> list[tuple[str, ...]]:
        """The table, a row for each export: number, model, strategy, capture, file, nodes, parity."""
        return [(str(export.number), *export.cells) for export in self._exports]

    def __repr__(self) -> str:
        return f"<History of {text.plural(len(self), 'export')}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        alone = len(printer.stack) == 1 and len(self) > 0
        printer.text(_plain([HEAD, *self.rows()]) if alone else repr(self))

    def _repr_html_(self) -> str:
        if not self._exports:
            return f"<p>{_EMPTY}.</p>"
        head = "".join(f"<th>{cell}</th>" for cell in HEAD)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


_EMPTY = "Nothing was exported in this kernel yet"


def _cells(report: ExportReport) -> tuple[str, ...]:
    found = report.parity
    verified = found is not None and found.problem is None
    parity = f"{'equal' if found.ok else 'different'}, {found.text}" if found and verified else "not verified"
    names = (report.model_class, report.strategy, report.capture, report.path.name)
    return (*map(text.printable, names), str(len(report.attribution.scopes)), text.printable(parity))


def _plain(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _stamp(path: Path) -> Stamp | None:
    """What tells whether a file is still the same; None when it is gone."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
