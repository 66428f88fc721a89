"""The panel's foot: for each verb a button, the line that does the same, and Cancel while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from ipywidgets import Button, HBox

from modelexport_nb.grammar import Verb

from .controls import show
from .parts import MagicLine


@dataclass
class Action:
    """What one button does.

    Attributes:
        title: what stands on the button.
        noun: what it is called when it fails.
        verb: whose line it runs.
        variable: what its result is called, unless the notebook has something else under that name.
        kind: what its result is.
        line: what follows `%modelexport`; empty while there is nothing to run.
    """

    title: str
    noun: str
    verb: Verb
    variable: str
    kind: type
    line: str = ""
    button: Button = field(init=False)
    shown: MagicLine = field(init=False)
    cancel: Button = field(init=False)
    row: HBox = field(init=False)

    def __post_init__(self) -> None:
        self.button = Button(description=self.title, tooltip=f"{self.verb.summary}")
        self.shown = MagicLine(label=f"Copy the line: {self.title}")
        self.cancel = Button(description="Cancel", tooltip="Stop when the present stage ends")
        self.cancel.add_class("cancel")
        self.row = HBox([self.button, self.shown, self.cancel])
        self.rest()

    def write(self, line: str, variable: str) -> None:
        """Show the line, with the variable that takes its result."""
        self.line = line
        self.shown.text = f"{variable} = %modelexport {line}"
        self.say("")

    def lack(self, note: str) -> None:
        """Say what is missing; there is no line yet."""
        self.line = ""
        self.say(note)

    def say(self, note: str) -> None:
        """Show a note in the place of the line; the line again where it is empty."""
        self.shown.note = note

    def run(self, note: str) -> None:
        """It runs: Cancel comes, and the focus goes to it from the button that can no longer have it."""
        self.say(note)
        self.cancel.disabled = False
        show(self.cancel, True)
        self.cancel.focus()

    def rest(self) -> None:
        """It does not run."""
        show(self.cancel, False)
        self.say("")
