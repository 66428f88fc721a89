"""What ipywidgets has no counterpart for: a choice in a row, boxes for axes, a bar in stages, a line to copy."""

from __future__ import annotations

from pathlib import Path

import anywidget
from traitlets import Bool, Dict, Float, Int, List, Unicode

BROWSER = Path(__file__).parent / "browser"


class Segments(anywidget.AnyWidget):
    """One of a few words, all in sight: a group of radio buttons with a label and a hint beside it.

    ipywidgets' own radio buttons have no name that groups them, and its toggle buttons no state that is read aloud.
    """

    _esm = BROWSER / "segments.js"

    label = Unicode().tag(sync=True)
    options = List(Unicode()).tag(sync=True)
    value = Unicode().tag(sync=True)
    hint = Unicode().tag(sync=True)
    disabled = Bool(False).tag(sync=True)


class Axes(anywidget.AnyWidget):
    """Tensors with a box to tick for each of their axes.

    Attributes:
        rows: what is shown: `name`, `about` and the number of `axes` of each tensor.
        ticked: pairs of a row's name and an axis.
    """

    _esm = BROWSER / "axes.js"

    label = Unicode().tag(sync=True)
    rows = List(Dict()).tag(sync=True)
    ticked = List(List()).tag(sync=True)
    disabled = Bool(False).tag(sync=True)


class Stages(anywidget.AnyWidget):
    """A bar in stages, each with its name and its seconds below. The seconds pass in the browser.

    Attributes:
        label: what runs.
        names: of the stages, in order; "" where it is not known before the stage begins.
        usual: seconds that each usually takes, which are the widths; the stage that runs fills at that speed.
        at: number of the stage that runs.
        known: whether `usual` was measured on this very model, so that it may be shown as progress.
    """

    _esm = BROWSER / "stages.js"

    label = Unicode().tag(sync=True)
    names = List(Unicode()).tag(sync=True)
    usual = List(Float()).tag(sync=True)
    at = Int(-1).tag(sync=True)
    known = Bool(False).tag(sync=True)


class MagicLine(anywidget.AnyWidget):
    """A line of code with a button that copies it, or a note in its place."""

    _esm = BROWSER / "line.js"
    _css = "\n".join(path.read_text(encoding="utf-8") for path in sorted(BROWSER.glob("*.css")))

    text = Unicode().tag(sync=True)
    note = Unicode().tag(sync=True)
    label = Unicode("Copy the line").tag(sync=True)
