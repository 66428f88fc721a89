"""The command line `modelexport`: a thin skin on the engine, with the verbs and options of `%modelexport`."""

from __future__ import annotations

import difflib
import os
import signal
import sys
import traceback
import warnings
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import Any, NoReturn

from . import __version__
from .engine.errors import ModelExportError, OptionError, did_you_mean, one_line
from .grammar import Argument, Verb
from .options import DEBUG, JSON
from .verbs import SHELL_VERBS

FINE, WRONG, MISTYPED, INTERRUPTED, PIPE_CLOSED = 0, 1, 2, 130, 141

DESCRIPTION = "PyTorch models as ONNX files that tell which module made which node."
CODES = """exit status:
  0    done, and nothing is wrong
  1    it failed, or the numbers differ, or a check found something wrong
  2    the command line is not right
  130  interrupted; nothing is left half-written
"""
EXAMPLES = {
    "export": "export my_models:net --inputs my_models:batch -o net.onnx",
    "compare": "compare fx.onnx htp.onnx",
    "open": "open net.onnx -o net.html --no-browser",
    "sweep": "sweep nightly.toml --retry failed",
    "tag": "tag optimised.onnx my_models:net --inputs my_models:batch -o tagged.onnx",
    "validate": "validate net.onnx --model my_models:net --inputs my_models:batch",
    "analyze": "analyze net.onnx --path 'encoder.layer.*' --csv",
}


class Parser(ArgumentParser):
    """Says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        end = "" if message.endswith((".", "?")) else "."
        self.exit(MISTYPED, f"{self.prog}: error: {message}{end} More: {self.prog} --help\n")


def arguments_of(verb: Verb) -> tuple[Argument, ...]:
    """All arguments of a verb on the command line."""
    return (*(verb.shell or ()), *verb.options, JSON, DEBUG)


def make_parser() -> tuple[Parser, dict[str, Parser]]:
    """The whole parser, and that of each verb."""
    parser = Parser(
        "modelexport",
        description=DESCRIPTION,
        epilog=CODES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    group = parser.add_subparsers(title="verbs", dest="verb", metavar="VERB", parser_class=Parser)
    of_verb = {}
    for name, verb in SHELL_VERBS.items():
        of_verb[name] = group.add_parser(
            name,
            help=verb.summary,
            description=verb.summary,
            epilog=f"example:\n  modelexport {EXAMPLES[name]}",
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        for spec in arguments_of(verb):
            spec.add_to(of_verb[name])
    return parser, of_verb


def parse(argv: Sequence[str]) -> Namespace:
    """The options of a command line; exits where it is not right, with what was probably meant."""
    parser, of_verb = make_parser()
    word = next((word for word in argv if not word.startswith("-")), None)
    if word is not None and word not in of_verb:
        parser.error(f'There is no verb "{word}"' + did_you_mean(word, of_verb))
    options, unknown = parser.parse_known_args(argv)
    if options.verb is None:
        parser.print_help(sys.stderr)
        parser.exit(MISTYPED)
    if unknown:
        known = [text for spec in arguments_of(SHELL_VERBS[options.verb]) if spec.is_option for text in spec.spellings]
        near = difflib.get_close_matches(unknown[0].partition("=")[0], known, n=1)
        of_verb[options.verb].error(f"{unknown[0]} is not understood" + (did_you_mean(near[0], near) if near else ""))
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for; the exit status."""
    try:
        options = parse(sys.argv[1:] if argv is None else argv)
    except SystemExit as end:
        return int(end.code or 0)
    try:
        with _set_apart(options.debug):
            from .cli_actions import ACTIONS  # PyTorch takes seconds: not for --help
            from .cli_command import Command
            from .cli_output import show

            outcome = ACTIONS[options.verb](Command(SHELL_VERBS[options.verb], options))
        show(outcome, options.json)
        return FINE if outcome.ok else WRONG
    except KeyboardInterrupt:
        print("modelexport: interrupted; nothing is left half-written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        return _failed(error, options.debug)


def _failed(error: Exception, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    if isinstance(error, ModelExportError):
        line = str(error)
    else:
        hint = "" if debug else " With --debug it shows where."
        line = f"{type(error).__name__}: {one_line(error)}{hint}"
    print(f"modelexport: error: {line}", file=sys.stderr)
    return MISTYPED if isinstance(error, OptionError) else WRONG


@contextmanager
def _set_apart(debug: bool) -> Iterator[None]:
    """While this lasts, `import` finds the present folder's modules, and nothing but the result reaches stdout."""
    from .cli_models import importing_here

    with importing_here(), redirect_stdout(sys.stderr), warnings.catch_warnings():
        if not debug:
            warnings.simplefilter("ignore")
        yield


def _terminate(*_: Any) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)  # as an exception, so that what was begun is removed


def run() -> NoReturn:
    """The entry point of the installed command."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a narrow encoding must not fail
    sys.exit(main())
