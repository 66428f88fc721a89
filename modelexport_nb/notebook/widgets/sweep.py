"""The live matrix: an anywidget that sends all jobs once, then what changes, and answers what the browser asks."""

from __future__ import annotations

import threading
import time
from typing import Any

import anywidget
from traitlets import Dict, List, TraitError, Unicode, validate

from modelexport_nb import text
from modelexport_nb.engine.errors import ModelExportError, did_you_mean, one_line
from modelexport_nb.engine.sweeps.board import Sweep
from modelexport_nb.engine.sweeps.results import Status

from .hierarchy import STATIC
from .sweep_payload import changes, job_detail, sweep_payload

# Seconds between two messages while jobs end, and while nothing but time passes.
PAUSE, BEAT = 0.25, 1.0
FEW = 200  # jobs that changed; when there are more, the whole matrix is sent and changes count from there
ORDERS = ("name", "status", "seconds")


class SweepWidget(anywidget.AnyWidget):
    """How the jobs of a sweep stand, models as rows and variants as columns, while they run and after.

    Args:
        shown: the sweep.
        variable: what Python calls it, for the lines that the widget offers.

    All state can be read, set and observed; a value that cannot be raises a TraitError.

    Attributes:
        selected: name of the job whose facts are shown, or None.
        query: what the name of a model must hold to be shown, in upper or lower case.
        statuses: a model is shown when one of its jobs stands so; none shows all.
        sort: `name`, `status` (the worst first), `seconds` (the longest first), `column:VARIANT` (the worst of that
            column first), each with a "-" before it the other way round, or "" for the order of the jobs.
        compared: two variants, of which only the models are shown in which they differ; or none.
    """

    # As text: a path would be watched for changes, and the watch would keep every widget alive.
    _esm = (STATIC / "widget.js").read_text(encoding="utf-8")
    _css = (STATIC / "widget.css").read_text(encoding="utf-8")

    _shown: Sweep | None = None  # also there when __init__ has failed: closing reads it
    _thread: threading.Thread | None = None

    # The matrix as it stood at some time, and all that changed since. As traits both reach a view that begins to listen
    # late, while the kernel is busy too, and a saved notebook.
    payload = Dict().tag(sync=True)
    news = Dict().tag(sync=True)

    selected = Unicode(None, allow_none=True).tag(sync=True)
    query = Unicode("").tag(sync=True)
    statuses = List(Unicode()).tag(sync=True)
    sort = Unicode("").tag(sync=True)
    compared = List(Unicode()).tag(sync=True)

    def __init__(self, shown: Sweep, *, variable: str = "s", **traits: Any) -> None:
        self._shown = shown
        self._closed = threading.Event()
        self._telling = threading.Lock()
        payload = sweep_payload(shown, variable)
        super().__init__(payload=payload, **traits)
        self.on_msg(self._hear)
        if payload["now"]["running"]:
            self._thread = threading.Thread(target=self._follow, args=(shown,), name="modelexport sweep", daemon=True)
            self._thread.start()

    # ---- what a reader does with the mouse, from Python ----

    def select(self, name: str | None) -> None:
        """Show the facts of a job, in every view of this widget; None shows none."""
        self.selected = name

    @validate("selected")
    def _check_selected(self, proposal: dict[str, Any]) -> str | None:
        name = proposal["value"]
        if name is not None and self._shown is not None:
            try:
                self._shown[name]
            except ModelExportError as error:
                raise TraitError(text.printable(str(error), 1_000)) from None
        return name

    @validate("statuses")
    def _check_statuses(self, proposal: dict[str, Any]) -> list[str]:
        return list(dict.fromkeys(_one_of(name, [str(one) for one in Status], "status") for name in proposal["value"]))

    @validate("sort")
    def _check_sort(self, proposal: dict[str, Any]) -> str:
        value = proposal["value"]
        order = value.removeprefix("-")
        if order.startswith("column:"):
            self._variant(order.removeprefix("column:"))
        elif order:
            _one_of(order, [*ORDERS, "column:VARIANT"], "order")
        return value if order else ""

    @validate("compared")
    def _check_compared(self, proposal: dict[str, Any]) -> list[str]:
        names = [self._variant(name) for name in proposal["value"]]
        if names and (len(names) != 2 or names[0] == names[1]):
            raise TraitError("Two different variants are compared, or none: [].")
        return names

    def _variant(self, name: str) -> str:
        return name if self._shown is None else _one_of(name, list(self._shown.variants), "variant")

    # ---- what the browser hears ----

    def _follow(self, sweep: Sweep) -> None:
        """Tell what changes until the sweep ends or the widget is closed."""
        told_at = time.monotonic()
        version, running = -1, True
        while running and not self._closed.is_set():
            running = sweep.running  # first, so that what is told last holds all that happened
            now = sweep.await_news(version, PAUSE)
            if now != version or not running or time.monotonic() - told_at >= BEAT:
                self._tell(sweep)
                told_at = time.monotonic()
            self._closed.wait(PAUSE if running and now != version else 0)
            version = now

    def _tell(self, sweep: Sweep) -> None:
        with self._telling, self.hold_sync():
            found = changes(sweep, self.payload["now"]["at"])
            if len(found["jobs"]) > FEW or not found["running"]:
                found = changes(sweep, -1)
                self.payload = {**self.payload, "now": found}
                found = changes(sweep, found["at"])
            self.news = found

    def _hear(self, _: object, content: Any, buffers: object) -> None:
        """Answer the browser, or stop the sweep; whatever fails becomes a line where it was asked."""
        kind = content.get("kind") if isinstance(content, dict) else None
        if self._shown is not None and kind == "job":
            self._answer(self._shown, content)
        elif self._shown is not None and kind == "cancel":
            self._shown.cancel()
            self._tell(self._shown)

    def _answer(self, sweep: Sweep, question: dict[str, Any]) -> None:
        try:
            found = {"kind": "job", "job": job_detail(sweep, question.get("number"))}
        except Exception as error:
            found = {"kind": "error", "message": one_line(error)}
        self.send({**found, "id": question.get("id")})

    def close(self) -> None:
        """Close every view and follow the sweep no longer; it goes on. Shown again, it makes a new widget."""
        if self._shown is not None:
            self._closed.set()
            if self._shown._widget is self:
                self._shown._widget = None
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        super().close()

    def __repr__(self) -> str:
        return f"SweepWidget({self._shown!r}, selected={self.selected!r})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        if self._shown is not None:
            data["text/html"] = self._shown.to_html()
            data["text/plain"] = repr(self._shown)
        return data, metadata


def _one_of(value: str, known: list[str], what: str) -> str:
    if value not in known:
        hint = did_you_mean(value, [text.printable(name) for name in known])
        raise TraitError(f'There is no {what} "{text.printable(value)}"{hint}')
    return value
