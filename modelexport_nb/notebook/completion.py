"""Completion of `%modelexport` in every form: alone, in an assignment, as a cell magic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .namespace import Fits, Namespace, is_inputs, is_module
from .options import ARGUMENTS, METADATA, VERIFY, Argument

try:
    from IPython.core.completer import SimpleCompletion, context_matcher
except ImportError:  # an IPython without matchers: the older hook serves the plain form
    context_matcher = None  # type: ignore[assignment]

# `%modelexport …`, `%%modelexport …` and `anything = %modelexport …`; what follows the name is completed.
LINE = re.compile(r"^(?:\s*%?%|.*[^=!<>]=\s*%)modelexport\s(?P<rest>.*)$")
# A word begins after a space that stands in no quotes.
WORD = re.compile(r"""(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s"'])+""")
# In an expression Python's own completion knows more than we do.
EXPRESSION = re.compile(r"[.\[({\"',+*]")


@dataclass(frozen=True)
class Found:
    """What can stand in place of `fragment`, the word at the cursor."""

    fragment: str
    texts: list[str]


def complete(text: str, first_line: bool, shell: InteractiveShell) -> Found | None:
    """Completions of a line up to the cursor; None when it is not this magic's, or Python's to complete."""
    match = LINE.match(text)
    if match is None or (text.lstrip().startswith("%%") and not first_line):
        return None
    rest = match["rest"]
    words = WORD.findall(rest)
    word = words.pop() if words and not rest[-1].isspace() else ""
    return _values(words, word, shell) or _positional_or_option(words, word, shell)


def _values(words: list[str], word: str, shell: InteractiveShell) -> Found | None:
    """Values of the option before the cursor: `-s fx`, `--strategy fx` or `--strategy=fx`."""
    before = words[-1] if words else ""
    if word.startswith("--") and "=" in word:
        before, _, word = word.partition("=")
    option = _option(before)
    if option is None or not option.takes_value:
        return None
    if option.values == "file":
        return Found(word, _files(word))
    if option.values == "expression":
        return None if EXPRESSION.search(word) else Found(word, _variables(word, is_inputs, shell))
    return Found(word, [value for value in _choices(option.values) if value.startswith(word)])


def _choices(kind: str | None) -> list[str]:
    if kind == "strategy":
        from modelexport_nb.engine.strategies import known_strategies

        return known_strategies()
    return list({"metadata": METADATA, "verify": VERIFY}.get(kind or "", ()))


def _positional_or_option(words: list[str], word: str, shell: InteractiveShell) -> Found | None:
    place = len(_positionals(words))
    if not word.startswith("-") and place < 2:
        if EXPRESSION.search(word):
            return None
        found = _variables(word, is_inputs if place else is_module, shell)
        if found or word:
            return Found(word, found)
    used = {option.flags for option in map(_option, words) if option}
    free = [spec for spec in ARGUMENTS if spec.is_option and spec.flags not in used]
    return Found(word, [text for spec in free for text in spec.spellings if text.startswith(word)])


def _positionals(words: list[str]) -> list[str]:
    found = []
    after = ""
    for word in words:
        option = _option(after)
        if not word.startswith("-") and not (option and option.takes_value):
            found.append(word)
        after = word
    return found


def _option(word: str) -> Argument | None:
    name = word.partition("=")[0] if word.startswith("--") else word
    return next((spec for spec in ARGUMENTS if spec.is_option and name in spec.spellings), None)


def _variables(prefix: str, fits: Fits, shell: InteractiveShell) -> list[str]:
    return [name for name in Namespace.of(shell).names(fits) if name.startswith(prefix)]


def _files(word: str) -> list[str]:
    """Paths that begin with `word`, folders with a slash; quoted where the word is or a space needs it."""
    quote = word[0] if word[:1] in ('"', "'") else ""
    typed = word[len(quote) :]
    found = []
    folder, _, start = typed.rpartition("/")
    folder += "/" if "/" in typed else ""
    for path in _listing(Path(folder or ".").expanduser(), start):
        text = folder + path.name + ("/" if path.is_dir() else "")
        mark = quote or ('"' if " " in text else "")
        found.append(mark + text + ("" if text.endswith("/") else mark))
    return found


def _listing(folder: Path, start: str) -> list[Path]:
    try:
        names = sorted(path.name for path in folder.iterdir() if path.name.startswith(start))
    except OSError:  # no such folder, or one that may not be read
        return []
    return [folder / name for name in names if start or not name.startswith(".")]


def _matcher(shell: InteractiveShell) -> Any:
    @context_matcher(identifier="modelexport_nb")
    def matcher(context: Any) -> Any:
        first = not context.full_text.split("\n")[: context.cursor_line]
        found = complete(context.text_until_cursor, first, shell)
        if found is None:
            return {"completions": [], "suppress": False}
        return {
            "completions": [SimpleCompletion(text, type="param") for text in found.texts],
            "matched_fragment": found.fragment,
            "suppress": True,  # otherwise ours drown among a hundred names
            "ordered": True,
        }

    return matcher


@contextmanager
def completing(shell: InteractiveShell) -> Iterator[None]:
    """Complete the magic's line while this lasts."""
    matchers = getattr(shell.Completer, "custom_matchers", None)
    if context_matcher is None or matchers is None:
        with _hooked(shell):
            yield
        return
    matcher = _matcher(shell)
    matchers.append(matcher)
    try:
        yield
    finally:
        matchers.remove(matcher)


@contextmanager
def _hooked(shell: InteractiveShell) -> Iterator[None]:
    def hook(_: object, event: Any) -> list[str]:
        found = complete(event.text_until_cursor, True, shell)
        return found.texts if found else []

    keys = ("%modelexport", "%%modelexport")
    for key in keys:
        shell.set_hook("complete_command", hook, str_key=key)
    try:
        yield
    finally:
        for key in keys:
            shell.strdispatchers["complete_command"].strs.pop(key, None)
