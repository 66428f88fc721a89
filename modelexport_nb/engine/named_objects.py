"""Objects that are named as `module:name`: imported, and made where they are a class or a function."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .errors import InputError, ModelExportError, did_you_mean, one_line

NAMED = re.compile(r"(?P<module>[\w.]+):(?P<name>[\w.]+)")
"""How they are named."""


def load_object(spec: str) -> Any:
    """What `module:name` names; the folder of the shell is looked in first."""
    match = NAMED.fullmatch(spec)
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


@contextmanager
def importing_from(folder: Path) -> Iterator[None]:
    """Let `import` find what is in a folder, as Python does with that of a script."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def called(found: Any, spec: str, arguments: Mapping[str, Any] | None = None) -> Any:
    """What a class or a function makes of the arguments; anything else as it is, where there are none.

    Raises:
        InputError: it fails, or takes other arguments.
    """
    given = dict(arguments or {})
    if isinstance(found, (nn.Module, torch.Tensor, Mapping)) or not callable(found):
        if given:
            raise InputError(f'"{spec}" is a {type(found).__name__}, which takes no arguments.')
        return found
    try:
        signature = inspect.signature(found)
        signature.bind(**given)
    except TypeError:
        hint = "Name a function that needs none" if not given else f"Given were {', '.join(given)}"
        raise InputError(f'"{spec}" takes arguments, {signature}. {hint}.') from None
    except ValueError:  # written in C: calling it tells
        pass
    try:
        return found(**given)
    except ModelExportError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(f'"{spec}" failed with {type(error).__name__}: {one_line(error)}') from error
