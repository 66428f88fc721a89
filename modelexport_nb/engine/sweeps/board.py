"""`Sweep`: how every job stands, while they run and after. Threads write it, views read it."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import ModelExportError, did_you_mean, one_line
from ..hierarchy import Hierarchy, read_hierarchy
from ..shown import make_widget
from .places import Place
from .results import JobResult, Status


class Sweep(Mapping[str, JobResult]):
    """The jobs by name, each with what is known of it now: `s["MiniLM / fx"].status`.

    Attributes:
        models: the rows of the matrix, in the order of the jobs.
        variants: its columns.
        store: the file that keeps the results.
        begun_at: seconds since 1970.
        notes: what the reader should know of the sweep as a whole.
    """

    def __init__(self, results: Iterable[JobResult], store: Path, notes: Iterable[str] = ()) -> None:
        self._results = {result.name: result for result in results}
        self._numbers = {name: number for number, name in enumerate(self._results)}
        self._changed_at = [0] * len(self._results)  # the version in which each job changed last
        self._version = 0
        self._news = threading.Condition()
        self._begun = time.monotonic()
        self.begun_at = time.time()
        self._ended: float | None = None
        self._error: BaseException | None = None
        self._cancelled = False
        self._widget: Any = None
        self.store = store
        self.notes = tuple(notes)
        self.models = tuple(dict.fromkeys(result.model for result in self._results.values()))
        self.variants = tuple(dict.fromkeys(result.variant for result in self._results.values()))
        self._places = {(result.model, result.variant): name for name, result in self._results.items()}

    # ---- what is known ----

    def __getitem__(self, name: str) -> JobResult:
        if name not in self._results:
            raise ModelExportError(f'There is no job "{name}"' + did_you_mean(str(name), self._results))
        return self._results[name]

    def __contains__(self, name: object) -> bool:
        return name in self._results

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def cell(self, model: str, variant: str) -> JobResult | None:
        """The job in this row and column of the matrix; None where there is none."""
        name = self._places.get((model, variant))
        return None if name is None else self._results[name]

    @property
    def counts(self) -> dict[Status, int]:
        """How many jobs stand where, for every status."""
        found = Counter(result.status for result in self._results.values())
        return {status: found[status] for status in Status}

    @property
    def ok(self) -> bool:
        """Whether all jobs ended, none failed and none was skipped."""
        counts = self.counts
        return counts[Status.OK] + counts[Status.WARNED] == len(self)

    @property
    def running(self) -> bool:
        """Whether the sweep goes on."""
        return self._ended is None

    @property
    def cancelled(self) -> bool:
        """Whether it was told to stop."""
        return self._cancelled

    @property
    def problem(self) -> str:
        """Why the sweep itself came to an end before its jobs did, such as a full disk; empty where it did not."""
        return "" if self._error is None else one_line(self._error)

    @property
    def elapsed(self) -> float:
        """Seconds since it began; until its end, when that has come."""
        return (self._ended or time.monotonic()) - self._begun

    @property
    def remaining(self) -> float | None:
        """Seconds that it will probably take from now on, from what the jobs of this time took; None before the
        first has ended."""
        left = sum(not result.status.ended for result in self._results.values())
        done = sum(result.status.ended and not result.kept for result in self._results.values())
        if not left or not self.running:
            return 0.0
        return self.elapsed * left / done if done else None

    # ---- its end ----

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, at most so many seconds; whether it has come. Ctrl-C while waiting cancels.

        Raises:
            ModelExportError: the sweep itself came to an end before its jobs did, such as on a full disk.
        """
        try:
            with self._news:
                self._news.wait_for(lambda: not self.running, seconds)
        except KeyboardInterrupt:
            self.cancel()
            raise
        if self._error is not None:
            raise self._error
        return not self.running

    def cancel(self) -> None:
        """Stop what runs and keep what is done; returns at once, and `wait()` waits for the end."""
        with self._news:
            self._cancelled = True
            self._news.notify_all()

    # ---- for views ----

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self._version

    def changed_since(self, version: int) -> list[tuple[int, JobResult]]:
        """The jobs that changed after this version, each with its number in the order of the jobs."""
        with self._news:
            results = list(self._results.values())
            return [(number, results[number]) for number, at in enumerate(self._changed_at) if at > version]

    def await_news(self, version: int, seconds: float) -> int:
        """The present version, when it is another one or so many seconds have passed."""
        with self._news:
            self._news.wait_for(lambda: self._version != version, seconds)
            return self._version

    def hierarchy(self, name: str) -> Hierarchy:
        """The file that a job made, with its module tree: the live view shows it.

        Raises:
            ModelExportError: there is no such job, or it made no file that can be read here.
        """
        result = self[name]
        if result.nodes is None or not result.folder:
            raise ModelExportError(f'There is no file of "{name}": {result.cause or f"it is {result.status}"}.')
        with tempfile.TemporaryDirectory(prefix="modelexport.") as folder:
            return read_hierarchy(Place(result.folder).fetch("model.onnx", Path(folder)))

    @property
    def widget(self) -> Any:
        """The live matrix (one for each sweep). Needs Jupyter: `%load_ext modelexport_nb`."""
        if self._widget is None:
            self._widget = make_widget(self)
        return self._widget

    def to_frame(self) -> Any:
        """The jobs as a pandas DataFrame: one row each, indexed by name."""
        from modelexport_nb.sweep_views import to_frame

        return to_frame(self)

    def to_markdown(self, times: bool = False) -> str:
        """The matrix as a table, and what failed or is to be looked at with its cause.

        The same in every run, unless `times` asks for the seconds and for what was in the store.
        """
        from modelexport_nb.sweep_views import to_markdown

        return to_markdown(self, times)

    def to_html(self) -> str:
        """The matrix as HTML without script, for places where no widget runs. The same in every run."""
        from modelexport_nb.sweep_html import to_html

        return to_html(self)

    def save_html(self, path: str | Path, times: bool = False) -> Path:
        """Write the matrix and all that is known of every job as one page that loads nothing.

        The same in every run, unless `times` asks for the seconds, the memory and the folders.

        Raises:
            PathError: it cannot be written there.
        """
        from modelexport_nb.sweep_html import write_html

        return write_html(self, path, times)

    def to_json(self, times: bool = False) -> str:
        """Everything as JSON. The same in every run, unless `times` asks for the seconds, memory and folders."""
        from modelexport_nb.sweep_views import to_json

        return to_json(self, times)

    def __repr__(self) -> str:
        # One line, the same in every run: no folder, no time.
        counts = ", ".join(f"{number} {status}" for status, number in self.counts.items() if number)
        return f"<Sweep of {len(self.models)} models × {len(self.variants)}: {counts}>"

    # ---- for those who run it ----

    def put(self, result: JobResult) -> None:
        """Let a job stand so from now on."""
        with self._news:
            self._results[result.name] = result
            self._version += 1
            self._changed_at[self._numbers[result.name]] = self._version
            self._news.notify_all()

    def end(self, error: BaseException | None = None) -> None:
        """Nothing more happens: what did not end is skipped."""
        for result in list(self._results.values()):
            if not result.status.ended:
                self.put(replace(result, status=Status.SKIPPED, cause="the sweep ended before it ran"))
        with self._news:
            self._ended, self._error = time.monotonic(), error
            self._version += 1
            self._news.notify_all()

    __hash__ = object.__hash__  # a mapping that changes, held by those who show it
