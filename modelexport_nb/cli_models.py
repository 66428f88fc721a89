"""What the command line names, as objects: models and inputs from Python modules, models of Hugging Face."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .engine.errors import InputError, ModelExportError, OptionError, did_you_mean, one_line
from .engine.pretrained import load_pretrained

_OBJECT = re.compile(r"(?P<module>[\w.]+):(?P<name>[\w.]+)")
Note = Callable[[str], None]


def model_and_inputs(model: str, inputs: str | None, note: Note) -> tuple[nn.Module, Any]:
    """The model and what its `forward` takes, as the command line names them.

    Args:
        note: told where inputs come from that nobody named, and what a loaded model lacks.

    Raises:
        InputError: something named is not there, or is not what it should be.
    """
    found, beside = _model(model, note)
    if inputs is not None:
        return found, _called(load_object(inputs), inputs)
    if beside is not None:
        return found, beside
    return found, _own_inputs(found, note)


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


def _model(spec: str, note: Note) -> tuple[nn.Module, Any]:
    """The model, and the inputs that came with it."""
    path = Path(spec).expanduser()
    if path.is_file():
        raise InputError(f'"{spec}" is a file. Name a model: module:name, or a folder or id of Hugging Face.')
    if path.is_dir() or ":" not in spec:
        if not path.is_dir():
            _check_id(spec)
        loaded = load_pretrained(spec)
        for line in loaded.notes:
            note(line)
        return loaded.model, None
    found = _called(load_object(spec), spec)
    if isinstance(found, tuple) and len(found) == 2 and isinstance(found[0], nn.Module):
        return found
    if not isinstance(found, nn.Module):
        raise InputError(f'"{spec}" is a {type(found).__name__}, not a torch.nn.Module, nor a pair of one and inputs.')
    return found, None


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


def _own_inputs(model: nn.Module, note: Note) -> Any:
    """A Hugging Face model's dummy inputs, where they are what it takes."""
    modeling = sys.modules.get("transformers.modeling_utils")  # not imported: then nothing can be one
    if modeling is not None and isinstance(model, modeling.PreTrainedModel):
        inputs = model.dummy_inputs
        if model.main_input_name in inputs:
            note(f"no --inputs: the model's own dummy inputs are taken, {', '.join(map(_described, inputs.items()))}")
            return inputs
    raise InputError(
        f"There are no inputs. forward of {type(model).__name__} takes {_signature(model)}. Name them: "
        "--inputs module:name"
    )


def _described(item: tuple[str, Any]) -> str:
    name, value = item
    return f"{name} {'×'.join(map(str, value.shape))}" if isinstance(value, torch.Tensor) else name


def _signature(model: nn.Module) -> str:
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):  # forward written in C
        return "what it does not tell"
    return f"({', '.join(str(parameter) for parameter in parameters)})"
