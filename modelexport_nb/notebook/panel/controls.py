"""The panel's controls: what can be chosen, what the reader should know of a choice, and where each stands."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import onnx
from ipywidgets import HTML, Box, Dropdown, HBox, Text, VBox

from modelexport_nb import text
from modelexport_nb.engine.capture import Request, choose, known_captures
from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.files import check_destination
from modelexport_nb.engine.inputs import as_arguments
from modelexport_nb.engine.requirements import LOWEST_OPSET
from modelexport_nb.engine.strategies import known_strategies
from modelexport_nb.options import VERIFY

from ..namespace import Namespace
from ..settings import ModelExport
from . import axes
from .found import Found, found_inputs, found_models
from .lines import Choices
from .parts import Axes, Segments

VERIFY_HINTS = {"model": "the outputs", "modules": "each module call", "off": "nothing is compared"}


MADE = "Some are made, always the same ones; a note of the result shows them."


class Pick:
    """A variable out of those that fit, or an expression; where it is optional, also nothing."""

    def __init__(self, label: str, *, optional: bool = False) -> None:
        self.label, self._optional = label, optional
        self._other = "none, or an expression …" if optional else "an expression …"
        self.choice = Dropdown(description=label)
        self.typed = Text(
            placeholder="an expression, or nothing" if optional else "an expression",
            tooltip=f"{label}, as an expression",
        )
        self.hint = Hint()
        self.widget = VBox([self.choice, self.typed, self.hint.widget])
        self.choice.observe(lambda _: show(self.typed, self.is_expression), "value")
        self.found: list[Found] = []
        self.offer([])

    @property
    def is_expression(self) -> bool:
        return not self.choice.value

    @property
    def text(self) -> str:
        """The variable's name, or the expression; empty where there is neither."""
        return self.choice.value or self.typed.value.strip()

    @property
    def lack(self) -> str:
        """What is missing for a line; empty when nothing is."""
        if self.text or self._optional:
            return ""
        if self.found:
            return f"Write an expression for the {self.label}."
        return f"No variable fits as {self.label}: assign one in a cell, or write an expression."

    def offer(self, found: list[Found]) -> None:
        """Show these variables. What was chosen stays chosen while it is there; else it is the first."""
        chosen = self.text if not self.is_expression else None
        # Nothing is a choice only where there was something to choose.
        stays = self.is_expression and (self.typed.value or (self._optional and self.found))
        options = [*((one.label, one.name) for one in found), (self._other, "")]
        if list(self.choice.options) != options:
            self.choice.options = options
            names = [one.name for one in found]
            self.choice.value = chosen if chosen in names else "" if stays or not names else names[0]
        self.found = found
        show(self.typed, self.is_expression)

    @property
    def problem(self) -> str:
        """Why the chosen variable cannot be taken; empty when it can."""
        return next((one.problem for one in self.found if one.name == self.choice.value), "")


class Hint:
    """A line below a control. Shows nothing when it is empty."""

    def __init__(self) -> None:
        self.widget = HTML()
        self.widget.add_class("below")
        self.say("")

    def say(self, said: str) -> None:
        """Say this; it may hold names of the notebook's."""
        self.widget.value = f'<span class="hint">{escape(text.printable(said, 1_000))}</span>' if said else ""
        show(self.widget, bool(said))


class Controls:
    """All controls. `changed` is called after each change of theirs."""

    def __init__(self, settings: ModelExport, namespace: Callable[[], Namespace], changed: Callable[[], None]) -> None:
        self._settings, self._namespace, self._changed = settings, namespace, changed
        self._configured: dict[str, Any] = {}
        self.model, self.inputs = Pick("model"), Pick("inputs", optional=True)
        self.axes = Axes(label="dynamic axes")
        self.strategy = Segments(label="strategy")
        self.capture = Dropdown(description="capture", options=known_captures())
        self.opset = Dropdown(description="opset", options=[0])
        self.verify = Segments(label="verify", options=[VERIFY[-1], *VERIFY[:-1]])
        self.output = Text(description="output", placeholder="a temporary file")
        self.capture_hint, self.output_hint = Hint(), Hint()
        self._named: dict[str, Any] = {}
        self.widget = self._layout()
        self.refresh()
        for control in self._all():
            control.observe(self._choose, ["value", "ticked"])

    def choices(self) -> Choices:
        """What the controls say."""
        return Choices(
            self.model.text,
            self.inputs.text,
            self.strategy.value,
            self.capture.value,
            self.opset.value or None,
            axes.expression(self._named, [(name, axis) for name, axis in self.axes.ticked]),
            self.verify.value,
            self.output.value.strip(),
        )

    def refresh(self) -> None:
        """Look at the notebook's variables and at `%config` again."""
        self._follow_settings()
        self.model.offer(found_models(self._namespace()))
        self._update()

    def enable(self, yes: bool) -> None:
        """Let the controls be used, or not."""
        for control in self._all():
            control.disabled = not yes

    def _all(self) -> list[Any]:
        picks = [control for pick in (self.model, self.inputs) for control in (pick.choice, pick.typed)]
        return [*picks, self.axes, self.strategy, self.capture, self.opset, self.verify, self.output]

    def _follow_settings(self) -> None:
        """Controls that say what `%config` says follow it."""
        own = "default" if self._settings.opset is None else f"default {self._settings.opset}"
        opsets = range(LOWEST_OPSET, onnx.defs.onnx_opset_version() + 1)
        _offer(self.opset, [(own, 0), *((str(opset), opset) for opset in opsets)])
        self.strategy.options = known_strategies()
        known = {"strategy": self.strategy.options, "capture": known_captures(), "verify": VERIFY}
        for name, values in known.items():
            control, default = getattr(self, name), getattr(self._settings, name)
            if default in values and control.value == self._configured.get(name, control.value):
                control.value = default
            self._configured[name] = default

    def _choose(self, _: Any) -> None:
        self._update()
        self._changed()

    def _update(self) -> None:
        """Let what depends on another choice follow it."""
        namespace = self._namespace()
        model = namespace.variables.get(self.model.choice.value)
        self.inputs.offer(found_inputs(namespace, model))
        inputs = namespace.variables.get(self.inputs.choice.value)
        self._named = {} if model is None or inputs is None else axes.arguments(model, inputs)
        rows = axes.rows(self._named)
        if rows != self.axes.rows:
            there = {(row["name"], axis) for row in rows for axis in range(row["axes"])}
            self.axes.ticked = [pair for pair in self.axes.ticked if tuple(pair) in there]
            self.axes.rows = rows
        show(self.axes, bool(rows))
        self.inputs.hint.say(self.inputs.problem if self.inputs.text else MADE)
        fits = model is not None and inputs is not None and not self.inputs.problem
        self._check_capture(model if fits else None, inputs)
        self.verify.hint = VERIFY_HINTS.get(self.verify.value, "")
        self.output_hint.say(_about_output(self.output.value.strip(), namespace))

    def _check_capture(self, model: Any, inputs: Any) -> None:
        """Tell which one `auto` takes of this model, or that the chosen one takes no such model."""
        labels = {name: name for name in known_captures()}
        problem = ""
        if model is not None:
            args, kwargs = as_arguments(model, inputs)
            request = Request(model, args, kwargs, dynamic_shapes=self.choices().dynamic or None)
            labels["auto"] = f"auto   {choose(request, 'auto').name}"
            try:
                choose(request, self.capture.value)
            except ModelExportError as error:
                problem = str(error)
        _offer(self.capture, [(label, name) for name, label in labels.items()])
        self.capture_hint.say(problem)

    def _layout(self) -> Box:
        left = VBox([self.model.widget, self.inputs.widget, self.axes])
        capture = VBox([HBox([self.capture, self.opset]), self.capture_hint.widget])
        output = VBox([self.output, self.output_hint.widget])
        right = VBox([self.strategy, capture, self.verify, output])
        forms = Box([left, right])
        forms.add_class("forms")
        return forms


def _offer(control: Dropdown, options: list[tuple[str, Any]]) -> None:
    """Let a control have these options, and keep its choice."""
    if list(control.options) != options:
        chosen = control.value
        control.options = options
        control.value = chosen


def show(widget: Any, yes: bool) -> None:
    """Show a widget, or take it out of the layout."""
    widget.layout.display = None if yes else "none"


def _about_output(output: str, namespace: Namespace) -> str:
    if not output:
        return ""
    try:
        path = check_destination(namespace.path(output))
    except ModelExportError as error:
        return str(error)
    return "exists; replaced once the new file is checked" if path.exists() else ""
