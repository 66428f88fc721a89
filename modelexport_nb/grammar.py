"""What an argument and a verb are, and what their values mean. Knows neither IPython nor PyTorch."""

from __future__ import annotations

import math
from argparse import Action, ArgumentParser, ArgumentTypeError, BooleanOptionalAction, Namespace
from dataclasses import dataclass, field
from typing import Any

from .engine.sizes import parse_size


class Once(Action):
    """Refuses a second value: which of the two is meant nobody can know."""

    def __call__(self, parser: ArgumentParser, namespace: Namespace, values: Any, option: str | None = None) -> None:
        if getattr(namespace, self.dest) is not None:
            parser.error(f"{option} is given twice. To see several beside each other, use compare.")
        setattr(namespace, self.dest, values)


@dataclass(frozen=True)
class Argument:
    """One argument. `keywords` are argparse's.

    `values` says what its value is, for completion: `model`, `inputs`, `compared`, `exported`, `strategy`, `capture`,
    `metadata`, `verify`, `weights`, `task`, `class`, `dynamic`, `sweep`, `retry`, `file`, or the plural of one, which
    stands for several with commas between; None where nothing can be foreseen. `default` is what counts where a line
    does not say.
    """

    flags: tuple[str, ...]
    help: str
    values: str | None = None
    default: Any = None
    keywords: dict[str, Any] = field(default_factory=dict)

    @property
    def is_option(self) -> bool:
        return self.flags[0].startswith("-")

    @property
    def takes_value(self) -> bool:
        return self.is_option and self.keywords.get("action") in (None, Once, "append")

    @property
    def repeats(self) -> bool:
        """Whether several values may stand in its place, or an option may be given several times."""
        return self.keywords.get("nargs") in ("*", "+") or self.keywords.get("action") == "append"

    @property
    def name(self) -> str:
        """What its value is called once it is parsed."""
        return self.keywords.get("dest") or self.flags[-1].lstrip("-").replace("-", "_")

    @property
    def spellings(self) -> list[str]:
        """Every way to write an option, `--no-…` included."""
        negatable = self.keywords.get("action") is BooleanOptionalAction
        negated = [f"--no-{flag[2:]}" for flag in self.flags if negatable]
        return [*self.flags, *negated]

    @property
    def text(self) -> str:
        """The help, with the default where that is a word."""
        told = ",".join(self.default) if isinstance(self.default, tuple) else self.default
        return f"{self.help} Default: {told}." if isinstance(told, str) else self.help

    def add_to(self, parser: ArgumentParser) -> None:
        """Let a parser know it. What a line does not say is None there: each side knows where defaults come from."""
        parser.add_argument(*self.flags, help=self.text.replace("%", "%%"), **self.keywords)


@dataclass(frozen=True)
class Verb:
    """One verb.

    Attributes:
        name: the word that stands for it.
        summary: what it does, in one sentence.
        options: how it does that; the same on both sides.
        notebook, shell: what it is about, as a notebook and as a command line name it, and what only one of them has;
            None where the verb does not exist there.
    """

    name: str
    summary: str
    options: tuple[Argument, ...]
    notebook: tuple[Argument, ...] | None = None
    shell: tuple[Argument, ...] | None = None

    def default(self, name: str) -> Any:
        """What an option means where a line does not say."""
        specs = (*self.options, *(self.notebook or ()), *(self.shell or ()))
        return next((spec.default for spec in specs if spec.name == name and spec.default is not None), None)


def byte_size(text: str) -> int:
    """The bytes that `500MB`, `1.5 GiB` or `2000000` mean."""
    try:
        return parse_size(unquoted(text.strip()))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


def seconds(text: str) -> float:
    """The seconds that `90` or `1.5` mean."""
    try:
        found = float(unquoted(text.strip()))
    except ValueError:
        found = 0.0
    if not 0 < found < math.inf:
        raise ArgumentTypeError(f"{text} is no time. Write seconds above 0, such as 600.")
    return found


def whole(text: str) -> int:
    """The whole number from 1 that `4` means."""
    found = unquoted(text.strip())
    if not found.isdecimal() or int(found) < 1:
        raise ArgumentTypeError(f"{text} is no whole number from 1.")
    return int(found)


def shape(text: str) -> tuple[str, tuple[int, ...]]:
    """The input and the sizes that `input_ids=1,128` means."""
    name, equals, sizes = unquoted(text.strip()).partition("=")
    numbers = [size.strip() for size in sizes.split(",")]
    if not equals or not name.strip() or not all(number.isdecimal() for number in numbers):
        raise ArgumentTypeError(f"{text} is no shape. Write an input and its sizes, as in input_ids=1,128.")
    return name.strip(), tuple(map(int, numbers))


def listed(text: str) -> tuple[str, ...]:
    """The names that `fx,htp` lists."""
    names = tuple(name.strip() for name in unquoted(text.strip()).split(","))
    if not all(names):
        raise ArgumentTypeError(f"{text} is no list of names. Put commas between them, as in fx,htp.")
    return names


def numbers(text: str) -> tuple[int, ...]:
    """The numbers that `18,20` lists."""
    return tuple(map(whole, listed(text)))


def unquoted(text: str) -> str:
    """`text` without the one pair of quotes around it: a magic's line keeps them."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text


def tidy(options: Namespace) -> Namespace:
    """The same options, each text without its pair of quotes."""
    return Namespace(**{name: _tidy(value) for name, value in vars(options).items()})


def _tidy(value: Any) -> Any:
    if isinstance(value, list):
        return [_tidy(part) for part in value]
    return unquoted(value) if isinstance(value, str) else value
