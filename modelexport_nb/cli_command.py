"""A parsed command line and what comes of it: what the verbs of the command line have in common."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from .cli_models import load_value, named_subject
from .engine.clock import Progress
from .grammar import Verb
from .progress import progress_bar
from .subjects import Subject, names_axes


@dataclass(frozen=True)
class Outcome:
    """What a verb found, for people (at most so many columns wide) and for programs.

    `ok` tells whether all is as it should be; `markdown` that the text is Markdown.
    """

    text: Callable[[int], str]
    json: Callable[[], str]
    ok: bool = True
    markdown: bool = False


@dataclass(frozen=True)
class Command:
    """A parsed command line."""

    verb: Verb
    options: Namespace

    def given(self, name: str) -> Any:
        """What the line says; None where it does not."""
        return getattr(self.options, name)

    def choice(self, name: str) -> Any:
        """What the line says, else the default."""
        value = self.given(name)
        return self.verb.default(name) if value is None else value

    def choices(self, *names: str) -> dict[str, Any]:
        """Several choices by name."""
        return {name: self.choice(name) for name in names}

    def said(self, *names: str) -> dict[str, Any]:
        """Of these what the line says; the engine knows what holds where it does not."""
        return {name: self.given(name) for name in names if self.given(name) is not None}

    def subject(self, model: str, *, engine_can: bool = False) -> Subject:
        """The model of this name, with inputs."""
        return named_subject(model, self.given("inputs"), self.options, engine_can=engine_can)

    def progress(self, doing: str, done: str) -> AbstractContextManager[Progress | None]:
        """A bar, where somebody looks."""
        return progress_bar(self.choice("progress") and sys.stderr.isatty(), doing, done)


def dynamic_of(command: Command) -> Any:
    """What `--dynamic` says; None where the line does not."""
    shapes = command.given("dynamic")
    return shapes if shapes is None or names_axes(shapes) else load_value(shapes)


def note(line: str) -> None:
    """Tell it beside the result."""
    print(f"note: {line}", file=sys.stderr)
