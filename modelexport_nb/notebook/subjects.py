"""The model and the inputs that a line of the magic is about: variables first, then models of Hugging Face by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn
from torch.utils._pytree import tree_leaves

from modelexport_nb.engine.errors import InputError, PathError
from modelexport_nb.subjects import Subject, check_loading, load_subject, make_missing_inputs, names_axes

from .line import Line
from .namespace import Namespace, is_inputs, is_module

# An id with its owner, or with a hyphen; a bare word may be a mistyped variable.
_ID = re.compile(r"[\w.-]+/[\w.-]+|\w[\w.]*-[\w.-]*\w")


def subject_of(
    line: Line, model: str, inputs: str | None, *, found: nn.Module | None = None, engine_can: bool = False
) -> Subject:
    """The model and its inputs, made where the line names none.

    Args:
        found: the value of the expression, where that is known already.
        engine_can: as in `make_missing_inputs`.

    Raises:
        ModelExportError: a name leads to nothing, or options do not fit what is named.
    """
    if found is not None:
        check_loading(line.options)
    subject = Subject(found) if found is not None else _model(line, model)
    if inputs is not None:
        subject.inputs = line.namespace.evaluate(inputs, is_inputs)
    make_missing_inputs(subject, line.options, engine_can=engine_can)
    return subject


def names_model(word: str, namespace: Namespace) -> bool:
    """Whether a word that means nothing in Python names a model: a folder, or what looks like an id."""
    if not word or namespace.means_something(word):
        return False
    return _folder(word, namespace) is not None or _ID.fullmatch(word) is not None


def dynamic_of(line: Line) -> Any:
    """What `--dynamic` says: the value of a variable or of an expression, else words as they are."""
    text = line.options.dynamic
    if text is None:
        return None
    if names_axes(text) and not _is_shapes(line.namespace.variables.get(text)):
        return text
    return line.namespace.evaluate(text)


def _model(line: Line, word: str) -> Subject:
    namespace = line.namespace
    if names_model(word, namespace):
        return load_subject(_folder(word, namespace) or word, line.options)
    if word.isidentifier() and not namespace.means_something(word) and not namespace.resembles(word):
        return _by_bare_word(line, word)
    value = namespace.evaluate(word, is_module)
    if isinstance(value, str | Path):
        return load_subject(value, line.options)
    check_loading(line.options)
    return Subject(value)


def _by_bare_word(line: Line, word: str) -> Subject:
    try:
        return load_subject(word, line.options)
    except InputError as error:
        raise InputError(f'There is no variable "{word}", and no model of Hugging Face: {error}') from error


def _folder(word: str, namespace: Namespace) -> Path | None:
    try:
        path = namespace.path(word)
    except PathError:
        return None
    return path if path.is_dir() else None


def _is_shapes(value: Any) -> bool:
    """Whether a variable could be meant: one that holds no tensors, such as a batch of that name would."""
    kinds = (str, Mapping, tuple, list)
    return isinstance(value, kinds) and not any(hasattr(leaf, "dtype") for leaf in tree_leaves(value))
