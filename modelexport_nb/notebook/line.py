"""A line of `%modelexport`: the verb that it begins with, its options, and all that it can refer to."""

from __future__ import annotations

import difflib
from argparse import SUPPRESS, RawDescriptionHelpFormatter
from argparse import Namespace as Options
from dataclasses import dataclass
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser
from IPython.utils.process import arg_split

from modelexport_nb.engine.errors import did_you_mean
from modelexport_nb.grammar import Argument, Verb, tidy
from modelexport_nb.verbs import EXPORT, NOTEBOOK_VERBS

from .history import History
from .namespace import Namespace, is_module
from .settings import ModelExport

USAGE = "usage: "  # what argparse puts before it


@dataclass(frozen=True)
class Line:
    """A parsed line, with all that it can refer to."""

    verb: Verb
    options: Options
    namespace: Namespace
    settings: ModelExport
    history: History
    cell: str | None = None  # what stands below the line, where anything does

    def choice(self, name: str) -> Any:
        """The line's value, else the default of `%config`."""
        value = getattr(self.options, name)
        return getattr(self.settings, name) if value is None else value

    def own(self, name: str) -> Any:
        """The line's value, else the verb's own default."""
        value = getattr(self.options, name)
        return self.verb.default(name) if value is None else value


def find_verb(text: str, namespace: Namespace) -> Verb | None:
    """The verb that a line begins with; None where it begins with a model.

    A module of a verb's name in the notebook is what the reader means instead.
    """
    word = _first(text)
    return None if is_module(namespace.variables.get(word)) else NOTEBOOK_VERBS.get(word)


def split_verb(text: str, namespace: Namespace) -> tuple[Verb, str]:
    """The verb of a line, `export` where it names none, and the rest of the line.

    Raises:
        UsageError: the first word is nothing that there is, and resembles a verb more than any variable.
    """
    verb = find_verb(text, namespace)
    if verb is not None:
        return verb, text.strip()[len(verb.name) :]
    word = _first(text)
    if word.isidentifier() and word not in namespace.variables:
        nearest = difflib.get_close_matches(word, [*NOTEBOOK_VERBS, *namespace.names()], n=1, cutoff=0.5)
        if nearest and nearest[0] in NOTEBOOK_VERBS:
            raise UsageError(f'There is neither a verb nor a variable "{word}"' + did_you_mean(word, nearest))
    return EXPORT, text


def _first(text: str) -> str:
    return text.split(maxsplit=1)[0] if text.strip() else ""


def parser_of(verb: Verb) -> MagicArgumentParser:
    """The parser of a verb's line, and of what follows an export that no verb begins."""
    name = f"%modelexport {verb.name}" if verb is not EXPORT else "%modelexport"
    parser = MagicArgumentParser(name, description=verb.summary, formatter_class=RawDescriptionHelpFormatter)
    for spec in arguments_of(verb):
        spec.add_to(parser)
    return parser


def arguments_of(verb: Verb) -> tuple[Argument, ...]:
    """All arguments of a verb in a notebook."""
    return (*(verb.notebook or ()), *verb.options)


def parsed(verb: Verb, text: str) -> Options:
    """The options of a line; a UsageError that helps where it does not fit the grammar."""
    try:
        return tidy(parser_of(verb).parse_intermixed_args(arg_split(text)))
    except ValueError as error:  # an open quote
        raise UsageError(f"{error}: {text}") from None
    except UsageError as error:
        hints = {"unrecognized": " An expression with spaces needs quotes.", "required": " More: %modelexport?"}
        hint = next((f".{hint}" for word, hint in hints.items() if word in str(error)), "")
        raise UsageError(f"{error}{hint}") from None


def verbs_help() -> str:
    """What `%modelexport?` says about the verbs; an argument that several have is described once."""
    told: set[tuple[tuple[str, ...], str]] = set()
    parts = []
    for verb in NOTEBOOK_VERBS.values():
        new = [spec for spec in arguments_of(verb) if (spec.flags, spec.text) not in told]
        told.update((spec.flags, spec.text) for spec in new)
        usage = parser_of(verb).format_usage().replace(f"\n{' ' * len(USAGE)}", "\n").removeprefix(USAGE)
        parts.append("\n".join(["", usage, verb.summary, *_described(new)]))
    return "\n".join(parts)


def _described(specs: list[Argument]) -> list[str]:
    parser = MagicArgumentParser(usage=SUPPRESS, formatter_class=RawDescriptionHelpFormatter)
    for spec in specs:
        spec.add_to(parser)
    return ["", parser.format_help().rstrip()] if specs else []
