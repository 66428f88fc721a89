"""What a word of a line names that was exported before: a report, its number in the history, or an ONNX file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from modelexport_nb.engine.errors import InputError, PathError
from modelexport_nb.engine.hierarchy import Hierarchy, read_hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.subjects import SUFFIX

from .history import History
from .namespace import Namespace, is_module


def is_exported(value: object) -> bool:
    """Whether a value is a report or an opened file."""
    return issubclass(type(value), ExportReport | Hierarchy)


def is_compared(value: object) -> bool:
    """Whether a value can be the first that is compared: a model too."""
    return is_exported(value) or is_module(value)


def named(word: str, namespace: Namespace, history: History) -> Any:
    """What the word names; of an expression its value, whatever that is.

    Raises:
        ModelExportError: there is no such export, file or variable.
    """
    if word.isdecimal():
        return history[int(word)]
    path = _file(word, namespace)
    return namespace.evaluate(word, is_compared) if path is None else read_hierarchy(path)


def exported(word: str, namespace: Namespace, history: History) -> ExportReport | Hierarchy:
    """The report or the file that the word names.

    Raises:
        ModelExportError: it names neither.
    """
    value = named(word, namespace, history)
    if is_exported(value):
        return value
    hint = f" For the file that it names: {{{word}}}" if isinstance(value, str | Path) else ""
    raise InputError(
        f'"{word}" is a {type(value).__name__}. Give a report, its number in %modelexport history, or an ONNX file.'
        f"{hint}"
    )


def _file(word: str, namespace: Namespace) -> Path | None:
    """The file that a word means: by its suffix, or because it is there. Braces may also be a Python expression."""
    if word in namespace.variables:
        return None
    try:
        path = namespace.path(word)
    except PathError:
        if word.endswith(SUFFIX):
            raise
        return None
    return path if path.suffix == SUFFIX or path.is_file() else None
