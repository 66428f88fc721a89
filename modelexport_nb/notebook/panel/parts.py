"""Controls that ipywidgets has no counterpart for: a choice in a row, stages under their bar, a line to copy."""

from __future__ import annotations

from pathlib import Path

import anywidget
from traitlets import Bool, Float, Int, List, Unicode

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
    _css = BROWSER / "panel.css"

    text = Unicode().tag(sync=True)
    note = Unicode().tag(sync=True)
    label = Unicode("Copy the line").tag(sync=True)
