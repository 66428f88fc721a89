"""What the command line names, as objects: models and inputs from Python modules, models of Hugging Face."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .engine.errors import InputError, ModelExportError, OptionError, did_you_mean, one_line
from .subjects import Subject, check_loading, load_subject, make_missing_inputs

_OBJECT = re.compile(r"(?P<module>[\w.]+):(?P<name>[\w.]+)")


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
        subject.inputs = _called(load_object(inputs), inputs)
    make_missing_inputs(subject, options, engine_can=engine_can)
    return subject


def load_object(spec: str) -> Any:
    """What `module:name` names; the folder of the shell is looked in first."""
    match = _OBJECT.fullmatch(spec)
    if match is None:
        raise InputError(f'"{spec}" names nothing. Write module:name, the module as import takes it.')
    try:
        module = importlib.import_module(match["module"])
    except (Exception, SystemExit) as error:  # whatever stands in it is run
        if isinstance(error, ModuleNotFoundError) and f"{match['module']}.".startswith(f"{error.name}."):
            raise InputError(f'There is no module "{error.name}", neither here nor installed.') from None
        raise InputError(
            f'"{match["module"]}" cannot be imported: {type(error).__name__}: {one_line(error)}'
        ) from error
    found: Any = module
    for name in match["name"].split("."):
        if not hasattr(found, name):
            known = [known for known in vars(found) if not known.startswith("_")] if hasattr(found, "__dict__") else []
            hint = did_you_mean(name, known)
            raise InputError(f'"{spec}" has no {name}' + (hint if hint.startswith(". Did") else "."))
        found = getattr(found, name)
    return found


def load_value(spec: str) -> Any:
    """A Python literal, or what `module:name` names."""
    if _OBJECT.fullmatch(spec):
        return _called(load_object(spec), spec)
    try:
        return ast.literal_eval(spec)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise OptionError(f'"{spec}" is neither a Python literal nor module:name: {one_line(error)}.') from None


@contextmanager
def importing_here() -> Iterator[None]:
    """Let `import` find what is in the present folder, as Python itself does."""
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        yield
    finally:
        sys.path.remove(here)


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
    found = _called(load_object(spec), spec)
    if isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], nn.Module):
        return Subject(*found)
    if not isinstance(found, nn.Module):
        raise InputError(f'"{spec}" is a {type(found).__name__}, not a torch.nn.Module, nor a pair of one and inputs.')
    return Subject(found)


def _called(found: Any, spec: str) -> Any:
    """What a class or a function makes; anything else as it is."""
    if isinstance(found, (nn.Module, torch.Tensor, Mapping)) or not callable(found):
        return found
    try:
        signature = inspect.signature(found)
        signature.bind()
    except TypeError:
        raise InputError(f'"{spec}" takes arguments, {signature}. Name a function that needs none.') from None
    except ValueError:  # written in C: calling it tells
        pass
    try:
        return found()
    except ModelExportError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(f'"{spec}" failed with {type(error).__name__}: {one_line(error)}') from error


def _check_id(name: str) -> None:
    """Keep what is probably a slip of the finger from the network."""
    module, _, rest = name.partition(".")
    if module.isidentifier() and importlib.util.find_spec(module) is not None:
        raise InputError(f'"{name}" names a Python module. Write module:name: {module}:{rest or "name"}')
