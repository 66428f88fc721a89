"""The export panel of a shell: choose, see the line that does the same, run it, look at the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Any

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from ipywidgets import HTML, Output, VBox, Widget

from modelexport_nb import text
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import InputError, ModelExportError, one_line
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.verbs import COMPARE, EXPORT

from ..namespace import Namespace
from ..settings import ModelExport
from .controls import Controls, show
from .foot import Action
from .lines import check_verb, compare_line, export_line, free_name
from .measured import Stopwatch
from .parts import Stages
from .running import Cancelled, Run, WaitingCells

UNTOUCHED = "Nothing is written before the end, and the model stays as it is. Cells wait meanwhile."
STATIC = "<p>The export panel needs a running kernel: run this cell.</p>"


class Panel:
    """Controls over the notebook's variables, and what came of them.

    Args:
        shell: whose notebook it stands in.
        settings: the defaults of `%config`.
        magic: runs the line after `%modelexport`, exactly as a cell does.

    Attributes:
        widget: what is shown; it can be shown several times.
        controls, export, compare, stages, message, output: its parts, from above.
        result: what the last line returned; its variable is in the notebook, too.
        closed: whether it was taken away.
    """

    def __init__(self, shell: InteractiveShell, settings: ModelExport, magic: Callable[[str], Any]) -> None:
        self._shell, self._settings, self._magic = shell, settings, magic
        self._run: Run | None = None
        self._watch = Stopwatch()
        self.closed = False
        self.result: ExportReport | Comparison | None = None
        self.controls = Controls(settings, self._namespace, self._write)
        self.export = Action("Export", "Export", EXPORT, "r", ExportReport)
        self.compare = Action("Compare strategies", "Comparison", COMPARE, "c", Comparison)
        self.stages, self.message, self.output = Stages(), HTML(), Output()
        self.widget = self._layout()
        for action in self._actions:
            action.button.on_click(lambda _, action=action: self.start(action))
            action.cancel.on_click(lambda _: self.cancel())
        self._write()
        shell.events.register("post_run_cell", self._refresh)

    # ---- what the reader does, from Python ----

    def start(self, action: Action) -> None:
        """Run the line of `export` or of `compare`, beside the main thread."""
        if self._run is not None or not action.line:
            return
        variable = free_name(action.variable, action.kind, self._namespace())
        self._run = Run(
            lambda: self._magic(action.line),
            lambda stage, index, total: self._heard(action, stage, index, total),
            lambda outcome: self._done(action, variable, outcome),
        )
        self._waiting = WaitingCells(self._shell, self._run)
        self._watch.begin()
        self._busy(True)
        self._say("")
        self.output.outputs = ()
        action.run(UNTOUCHED)
        self._waiting.begin()
        self._run.start()

    def cancel(self) -> None:
        """Leave the run when its present stage ends: nothing is written, and the model is as before."""
        if self._run is None:
            return
        self._run.cancel()
        for action in self._actions:
            action.cancel.disabled = True
            if action.shown.note:
                action.say(f"Cancelling. The stage {self._watch.at} cannot be interrupted; it ends first.")

    def wait(self) -> None:
        """Return when nothing runs any more."""
        if self._run is not None:
            self._run.wait()

    def close(self) -> None:
        """Take the panel away, from every place where it is shown, and what runs with it."""
        if self.closed:
            return
        self.closed = True
        self._shell.events.unregister("post_run_cell", self._refresh)
        self.cancel()
        self.wait()
        for widget in (*_all_widgets(self.widget), self.widget):
            widget.close()

    # ---- the line ----

    @property
    def _actions(self) -> tuple[Action, Action]:
        return self.export, self.compare

    def _namespace(self) -> Namespace:
        return Namespace.of(self._shell)

    def _refresh(self, *_: Any) -> None:
        """A cell has run: there may be other variables."""
        if self._run is None:
            self.controls.refresh()
            self._write()

    def _write(self) -> None:
        """Let the lines say what the controls say."""
        choices, namespace = self.controls.choices(), self._namespace()
        lines = {"export": lambda: export_line(choices, self._settings), "compare": lambda: compare_line(choices)}
        lack = self.controls.model.lack or self.controls.inputs.lack
        for action in self._actions:
            try:
                if lack:
                    raise InputError(lack)
                line = lines[action.verb.name]()
                check_verb(line, action.verb, namespace)
                action.write(line, free_name(action.variable, action.kind, namespace))
            except InputError as error:
                action.lack(str(error))
            action.button.disabled = not action.line

    # ---- the run, told by its own thread ----

    def _heard(self, action: Action, stage: str, index: int, total: int) -> None:
        self._watch.stage(stage)
        if index == 0:
            plan = self._watch.plan(action.verb.name, action.line, total)
            with self.stages.hold_sync():
                self.stages.label, self.stages.known = action.noun, plan.known
                self.stages.names, self.stages.usual = list(plan.names), plan.widths
            show(self.stages, True)
        names = self.stages.names
        with self.stages.hold_sync():
            self.stages.names = [*names[:index], stage, *names[index + 1 :]]
            self.stages.at = index

    def _done(self, action: Action, variable: str, outcome: Any) -> None:
        try:
            if isinstance(outcome, BaseException):
                self._say(_failure(action.noun, self._watch.at, outcome))
            else:
                self._watch.finish(action.verb.name, action.line)
                self.result = self._shell.user_ns[variable] = outcome
                self.output.outputs = (self._display(outcome),)
        finally:
            self._run = None
            self._waiting.end()
            self._busy(False)
            action.rest()
            self._refresh()

    def _display(self, result: Any) -> dict[str, Any]:
        """The result as a cell would show it."""
        formatter: Any = self._shell.display_formatter
        data, metadata = formatter.format(result)
        return {"output_type": "display_data", "data": data, "metadata": metadata}

    def _busy(self, yes: bool) -> None:
        self.controls.enable(not yes)
        for action in self._actions:
            action.button.disabled = yes
        if not yes:
            show(self.stages, False)
            self.stages.at = -1

    def _say(self, message: str) -> None:
        self.message.value = message
        show(self.message, bool(message))

    # ---- how it stands there ----

    def _layout(self) -> VBox:
        show(self.stages, False)
        self._say("")
        foot = VBox([action.row for action in self._actions])
        foot.add_class("foot")
        controls = VBox([self.controls.widget, self.stages, foot, self.message])
        controls.add_class("controls")
        panel = VBox([controls, self.output])
        panel.add_class("modelexport-panel")
        return panel

    def __repr__(self) -> str:
        return "Export panel, for a notebook. Elsewhere: %modelexport model inputs"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        data = self.widget._repr_mimebundle_(**options)
        return {**data, "text/plain": repr(self), "text/html": STATIC}


def _failure(noun: str, stage: str, error: BaseException) -> str:
    """What is said of a run that came to nothing: one line."""
    kind, told = "failed", str(error)
    if isinstance(error, Cancelled):
        kind, told = "cancelled", "Nothing was written; the model is unchanged."
    elif not isinstance(error, ModelExportError | UsageError):
        told = f"{type(error).__name__}: {one_line(error).rstrip('.')}. The line in a cell shows the traceback."
    said = f"{noun} {kind}{f' at {stage}' if stage else ''}."
    return f'<div class="msg {kind}" role="alert"><b>{said}</b> {escape(text.printable(told, 1_000))}</div>'


def _all_widgets(widget: Widget) -> Iterator[Widget]:
    for child in getattr(widget, "children", ()):
        yield child
        yield from _all_widgets(child)
