"""The magic's line that does what the panel's controls say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from modelexport_nb.engine.errors import InputError
from modelexport_nb.grammar import Verb
from modelexport_nb.verbs import COMPARE, EXPORT

from ..line import find_verb
from ..namespace import Namespace
from ..settings import ModelExport


@dataclass(frozen=True)
class Choices:
    """What the controls say. None and "" stand for what holds where a line says nothing."""

    model: str
    inputs: str
    strategy: str
    capture: str
    opset: int | None
    dynamic: str
    verify: str
    output: str


def export_line(choices: Choices, settings: ModelExport) -> str:
    """The line that exports: `model inputs --verify modules -o model.onnx`."""
    return " ".join(
        [
            *_subject(choices),
            *_option(EXPORT, "strategy", choices.strategy, settings.strategy),
            *_option(EXPORT, "capture", choices.capture, settings.capture),
            *_option(EXPORT, "opset", choices.opset),
            *_option(EXPORT, "dynamic", choices.dynamic),
            *_option(EXPORT, "verify", choices.verify, settings.verify),
            *_option(EXPORT, "output", choices.output),
        ]
    )


def compare_line(choices: Choices) -> str:
    """The line that compares all strategies on the same model: `compare model inputs --captures torchscript`."""
    return " ".join(
        [
            COMPARE.name,
            *_subject(choices),
            *_option(COMPARE, "captures", choices.capture, *COMPARE.default("captures")),
            *_option(COMPARE, "opset", choices.opset),
            *_option(COMPARE, "dynamic", choices.dynamic),
            *_option(COMPARE, "verify", choices.verify, COMPARE.default("verify")),
        ]
    )


def check_verb(line: str, verb: Verb, namespace: Namespace) -> None:
    """Raise an `InputError` where the magic would read the line as another verb's: a module may bear a verb's name."""
    found = find_verb(line, namespace) or EXPORT
    word = line.split(maxsplit=1)[0]
    if found is not verb and verb is EXPORT:
        raise InputError(f'There is no module "{word}": in a line that is a verb.')
    if found is not verb:
        raise InputError(f'A module is called "{word}", which a line takes for the model. Give it another name.')


def free_name(first: str, kind: type, namespace: Namespace) -> str:
    """The variable for a result: `first`, or `first2` and so on where the user keeps something else there."""
    number = 1
    while True:
        name = first if number == 1 else f"{first}{number}"
        if name not in namespace.variables or isinstance(namespace.variables[name], kind):
            return name
        number += 1


def _subject(choices: Choices) -> list[str]:
    """The model, and the inputs where there are any: a line that names none has some made."""
    return [_word(choices.model), *([_word(choices.inputs)] if choices.inputs else [])]


def _option(verb: Verb, name: str, value: Any, default: Any = None) -> Iterator[str]:
    """An option as the grammar spells it; nothing where it says what holds anyway."""
    if value in (default, None, ""):
        return
    yield next(spec for spec in verb.options if spec.name == name and spec.takes_value).flags[0]
    yield _word(str(value))


def _word(expression: str) -> str:
    """One word of the line: in quotes where it would not be one without.

    Raises:
        InputError: it needs quotes, and there are none left that it does not hold itself.
    """
    expression = expression.strip()
    plain = expression and not any(char.isspace() for char in expression)
    if plain and expression[0] not in "\"'-" and expression[-1] != ";":
        return expression
    for quote in "\"'":
        if quote not in expression:
            return f"{quote}{expression}{quote}"
    raise InputError(f"{expression} has spaces and both kinds of quotes. Give it a name in a cell, and choose that.")
