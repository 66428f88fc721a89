"""The verbs of `%modelexport`: what a line can ask for besides an export."""

from __future__ import annotations

from argparse import Namespace as Options
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import MagicArgumentParser

from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tagging import tag_onnx

from .namespace import Namespace, is_inputs, is_module
from .options import INPUTS, MODEL, Argument, options, tidy
from .progress import progress_bar
from .settings import ModelExport
from .temporary import temporary_path


@dataclass(frozen=True)
class Line:
    """A parsed line, with all that it can refer to."""

    options: Options
    namespace: Namespace
    settings: ModelExport

    def choice(self, name: str) -> Any:
        """The line's value, else the default of `%config`."""
        value = getattr(self.options, name)
        return getattr(self.settings, name) if value is None else value


@dataclass(frozen=True)
class Verb:
    """One verb: its grammar, and what it does with a line."""

    name: str
    summary: str
    arguments: tuple[Argument, ...]
    run: Callable[[Line], Any]

    def parser(self) -> MagicArgumentParser:
        parser = MagicArgumentParser(
            f"%modelexport {self.name}", description=self.summary, formatter_class=RawDescriptionHelpFormatter
        )
        for spec in self.arguments:
            parser.add_argument(*spec.flags, help=spec.help.replace("%", "%%"), **spec.keywords)
        return parser


def tag(line: Line) -> ExportReport:
    """Write a tagged copy of an ONNX file of the model."""
    model = line.namespace.evaluate(line.options.model, is_module)
    inputs = line.namespace.evaluate(line.options.inputs, is_inputs)
    output = line.options.output and line.namespace.path(line.options.output)
    with progress_bar(line.choice("progress"), "tagging", "tagged") as progress:
        return tag_onnx(
            line.namespace.path(line.options.file),
            model,
            inputs,
            output or temporary_path(type(model).__name__),
            metadata=line.choice("metadata"),
            verify=line.choice("verify"),
            progress=progress,
        )


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            "tag",
            "Find the module calls again in an ONNX file of the model, whoever exported or optimised it.",
            (
                MODEL,
                INPUTS,
                Argument(("file",), "The ONNX file. ~ and {name} are expanded.", "file"),
                *options("--output", "--metadata", "--verify", "--no-verify", "--progress"),
            ),
            tag,
        ),
    )
}


def find_verb(text: str, namespace: Namespace) -> Verb | None:
    """The verb that a line begins with. A module of that name in the notebook is what the reader means instead."""
    word = text.split(maxsplit=1)[0] if text.strip() else ""
    return None if is_module(namespace.variables.get(word)) else VERBS.get(word)


def run_verb(verb: Verb, text: str, namespace: Namespace, settings: ModelExport) -> Any:
    """Do what a line asks for that begins with this verb."""
    rest = text.strip()[len(verb.name) :]
    return verb.run(Line(parsed(verb.parser(), rest), namespace, settings))


def parsed(parser: MagicArgumentParser, text: str) -> Options:
    """The options of a line; a UsageError that helps where it does not fit the grammar."""
    try:
        return tidy(parser.parse_argstring(text))
    except ValueError as error:  # an open quote
        raise UsageError(f"{error}: {text}") from None
    except UsageError as error:
        hints = {"unrecognized": " An expression with spaces needs quotes.", "required": " More: %modelexport?"}
        hint = next((f".{hint}" for word, hint in hints.items() if word in str(error)), "")
        raise UsageError(f"{error}{hint}") from None


def verbs_help() -> str:
    """What `%modelexport?` says about the verbs."""
    return "\n".join(f"\n{verb.parser().format_help().replace('::', '', 1).strip()}" for verb in VERBS.values())
