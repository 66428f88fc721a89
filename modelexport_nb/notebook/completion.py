"""Completion of `%modelexport` in every form: alone, in an assignment, as a cell magic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from modelexport_nb.grammar import Argument
from modelexport_nb.options import INPUTS, METADATA, RETRY_WHICH, VERIFY, WHICH_WEIGHTS
from modelexport_nb.verbs import EXPORT, NOTEBOOK_VERBS

from .exported import is_compared, is_exported
from .line import arguments_of, find_verb
from .namespace import PLAN, Fits, Namespace, is_inputs, is_module, is_swept
from .pretrained_names import cached_models, class_names, task_names

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


# Arguments that name a variable, and which fit.
VARIABLES: dict[str | None, Fits] = {
    "model": is_module,
    "inputs": is_inputs,
    "dynamic": is_inputs,
    "compared": is_compared,
    "exported": is_exported,
    "sweep": is_swept,
}
# Several with commas between, and of what.
LISTS = {"strategies": "strategy", "captures": "capture"}
# Arguments that may also name a file.
FILES_TOO = ("compared", "exported")
# Arguments that may also name a model of Hugging Face.
MODELS_TOO = ("model", "compared")
Grammar = tuple[Argument, ...]


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
    namespace = Namespace.of(shell)
    has_verbs = not text.lstrip().startswith("%%")
    verb = find_verb(words[0], namespace) if has_verbs and words else None
    given = words[1:] if verb else words
    grammar = arguments_of(verb or EXPORT)
    found = _values(given, word, grammar, namespace) or _next(given, word, grammar, namespace)
    if has_verbs and not words and word and found is not None:  # before the first letter a model is what fits
        found.texts.extend(name for name in NOTEBOOK_VERBS if name.startswith(word) and find_verb(name, namespace))
    return found


def _values(words: list[str], word: str, grammar: Grammar, namespace: Namespace) -> Found | None:
    """Values of the option before the cursor: `-s fx`, `--strategy fx` or `--strategy=fx`."""
    before = words[-1] if words else ""
    if word.startswith("--") and "=" in word:
        before, _, word = word.partition("=")
    option = _option(before, grammar)
    return _fitting(option, word, namespace) if option is not None and option.takes_value else None


def _fitting(argument: Argument, word: str, namespace: Namespace) -> Found | None:
    """What can stand for an argument; None where Python knows more."""
    if argument.values == "file":
        return Found(word, _files(word))
    if argument.values in VARIABLES:
        more = _files(word) if word and argument.values in FILES_TOO else []
        more += _models(word) if word and argument.values in MODELS_TOO else []
        more += _plans(word) if argument.values == "sweep" else []
        more += [value for value in _choices(argument.values) if value.startswith(word)]
        if EXPRESSION.search(word):
            return Found(word, more) if more else None
        return Found(word, list(dict.fromkeys([*_variables(word, VARIABLES[argument.values], namespace), *more])))
    begun = word[: word.rfind(",") + 1] if argument.values in LISTS else ""
    return Found(word, [begun + value for value in _choices(argument.values) if value.startswith(word[len(begun) :])])


def _choices(kind: str | None) -> list[str]:
    kind = LISTS.get(kind or "", kind)
    if kind == "strategy":
        from modelexport_nb.engine.strategies import known_strategies

        return known_strategies()
    if kind == "capture":
        from modelexport_nb.engine.capture import known_captures

        return known_captures()
    if kind == "task":
        return task_names()
    if kind == "class":
        return class_names()
    choices = {
        "metadata": METADATA,
        "verify": VERIFY,
        "weights": WHICH_WEIGHTS,
        "dynamic": ("auto",),
        "retry": RETRY_WHICH,
    }
    return list(choices.get(kind or "", ()))


def _next(words: list[str], word: str, grammar: Grammar, namespace: Namespace) -> Found | None:
    """What can stand at the cursor: the next argument without a name, else the options not yet used."""
    unnamed = _unnamed(_given(words, grammar), grammar, namespace)
    if not word.startswith("-") and unnamed is not None:
        found = _fitting(unnamed, word, namespace)
        if found is None or found.texts or word:
            return found
    used = {option.flags for text in words if (option := _option(text, grammar))}
    free = [spec for spec in grammar if spec.is_option and (spec.repeats or spec.flags not in used)]
    return Found(word, [text for spec in free for text in spec.spellings if text.startswith(word)])


def _unnamed(given: list[str], grammar: Grammar, namespace: Namespace) -> Argument | None:
    """The argument without a name that follows those that are given."""
    specs = [spec for spec in grammar if not spec.is_option]
    if not specs or not specs[-1].repeats:
        return specs[len(given)] if len(given) < len(specs) else None
    if not given:
        return specs[-1]
    if is_module(namespace.variables.get(given[0])):  # a model, which is compared on one thing
        return INPUTS if len(given) == 1 else None
    return replace(specs[-1], values="exported")


def _given(words: list[str], grammar: Grammar) -> list[str]:
    """The words that are neither options nor their values."""
    found = []
    after = ""
    for word in words:
        option = _option(after, grammar)
        if not word.startswith("-") and not (option and option.takes_value):
            found.append(word)
        after = word
    return found


def _option(word: str, grammar: Grammar) -> Argument | None:
    name = word.partition("=")[0] if word.startswith("--") else word
    return next((spec for spec in grammar if spec.is_option and name in spec.spellings), None)


def _variables(prefix: str, fits: Fits, namespace: Namespace) -> list[str]:
    return [name for name in namespace.names(fits) if name.startswith(prefix)]


def _models(word: str) -> list[str]:
    """Models of Hugging Face that are here: ids, and folders where the word begins like a path."""
    folders = [file for file in _files(word) if file.endswith("/")] if "/" in word or word[0] in "~." else []
    return [*cached_models(word), *folders]


def _plans(word: str) -> list[str]:
    """TOML files that begin with `word`, and folders that may hold some."""
    return [file for file in _files(word) if file.strip("\"'").endswith((PLAN, "/"))]


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
