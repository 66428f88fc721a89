"""What the command line names, as objects: models and inputs from Python modules, models of Hugging Face."""

from __future__ import annotations

import ast
import importlib.util
from argparse import Namespace
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from torch import nn

from .engine.errors import InputError, OptionError, one_line
from .engine.named_objects import NAMED, called, importing_from, load_object
from .subjects import Subject, check_loading, load_subject, make_missing_inputs


def named_subject(model: str, inputs: str | None, options: Namespace, *, engine_can: bool = False) -> Subject:
    """The model and what its `forward` takes, as the command line names them; inputs are made where there are none.

    Args:
        options: how to load a named model, and what to make inputs of.
        engine_can: as in `make_missing_inputs`.

    Raises:
        ModelExportError: something named is not there, or is not what it should be.
    """
    subject = _model(model, options)
    if inputs is not None:
        subject.inputs = called(load_object(inputs), inputs)
    make_missing_inputs(subject, options, engine_can=engine_can)
    return subject


def load_value(spec: str) -> Any:
    """A Python literal, or what `module:name` names."""
    if NAMED.fullmatch(spec):
        return called(load_object(spec), spec)
    try:
        return ast.literal_eval(spec)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise OptionError(f'"{spec}" is neither a Python literal nor module:name: {one_line(error)}.') from None


def importing_here() -> AbstractContextManager[None]:
    """Let `import` find what is in the present folder, as Python itself does."""
    return importing_from(Path.cwd())


def _model(spec: str, options: Namespace) -> Subject:
    """The model, with the inputs that came with it."""
    path = Path(spec).expanduser()
    if path.is_file():
        raise InputError(f'"{spec}" is a file. Name a model: module:name, or a folder or id of Hugging Face.')
    if path.is_dir() or ":" not in spec:
        if not path.is_dir():
            _check_id(spec)
        return load_subject(spec, options)
    check_loading(options)
    found = called(load_object(spec), spec)
    if isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], nn.Module):
        return Subject(*found)
    if not isinstance(found, nn.Module):
        raise InputError(f'"{spec}" is a {type(found).__name__}, not a torch.nn.Module, nor a pair of one and inputs.')
    return Subject(found)


def _check_id(name: str) -> None:
    """Keep what is probably a slip of the finger from the network."""
    module, _, rest = name.partition(".")
    if module.isidentifier() and importlib.util.find_spec(module) is not None:
        raise InputError(f'"{name}" names a Python module. Write module:name: {module}:{rest or "name"}')
