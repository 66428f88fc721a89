"""The notebook's variables as a magic sees them: which fit, what an expression means, what a path says."""

from __future__ import annotations

import ast
import builtins
import difflib
import sys
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from modelexport_nb.engine.errors import InputError, PathError, did_you_mean, one_line

Fits = Callable[[object], bool]

# What the name of a file that holds a plan of a sweep ends with.
PLAN = ".toml"
# Longer lists of what there is help nobody.
SHOWN_NAMES = 8


def is_module(value: object) -> bool:
    """Whether a value is a torch.nn.Module. Asks its type alone: no code of a stranger's object runs."""
    torch = sys.modules.get("torch")
    return torch is not None and issubclass(type(value), torch.nn.Module)


def is_swept(value: object) -> bool:
    """Whether a value holds models or jobs to sweep: a list or a dict that begins with one, alone or in a pair."""
    if not isinstance(value, list | tuple | dict) or not value:
        return False
    first = next(iter(value.values() if isinstance(value, dict) else value))
    first = first[0] if isinstance(first, tuple) and first else first
    jobs = sys.modules.get("modelexport_nb.engine.sweeps.jobs")
    return is_module(first) or (jobs is not None and type(first) is jobs.Job)


def is_inputs(value: object) -> bool:
    """Whether a value could be what a module's `forward` takes."""
    torch = sys.modules.get("torch")
    kinds: tuple[type, ...] = (tuple, Mapping)
    return issubclass(type(value), kinds if torch is None else (*kinds, torch.Tensor))


def anything(value: object) -> bool:
    """Every value fits."""
    return True


@dataclass(frozen=True)
class Namespace:
    """The variables that a magic's line can name. `hidden` are those that IPython put there, not the user."""

    variables: dict[str, Any]
    hidden: Container[str] = ()

    @classmethod
    def of(cls, shell: InteractiveShell, local: Mapping[str, Any] | None = None) -> Namespace:
        """What a line of this shell sees: the notebook's variables, and inside a function that one's."""
        return cls({**shell.user_ns, **(local or {})}, shell.user_ns_hidden)

    def names(self, fits: Fits = anything) -> list[str]:
        """The user's own variables whose values fit, sorted, without `_private` ones."""
        return sorted(
            name
            for name, value in self.variables.items()
            if not name.startswith("_") and name not in self.hidden and fits(value)
        )

    def evaluate(self, expression: str, fits: Fits = anything) -> Any:
        """The value of a name or an expression; InputError, with the nearest name, when it has none."""
        try:
            return eval(expression, self.variables)
        except NameError as error:
            missing = error.name or expression
            raise InputError(f'There is no variable "{missing}"' + self._nearest(missing, fits)) from None
        except SyntaxError as error:
            raise InputError(f'"{expression}" is not a Python expression: {error.msg}.') from None
        except Exception as error:
            raise InputError(f'"{expression}" failed with {type(error).__name__}: {one_line(error)}') from error

    def means_something(self, expression: str) -> bool:
        """Whether it is an expression all of whose names are defined."""
        try:
            nodes = list(ast.walk(ast.parse(expression, mode="eval")))
        except (SyntaxError, ValueError):
            return False
        names = [node for node in nodes if isinstance(node, ast.Name)]
        own = {name.id for name in names if isinstance(name.ctx, ast.Store)}
        own |= {node.arg for node in nodes if isinstance(node, ast.arg)}  # of a lambda
        return all(name.id in self.variables or name.id in own or hasattr(builtins, name.id) for name in names)

    def resembles(self, name: str) -> bool:
        """Whether a variable is called nearly so."""
        return bool(difflib.get_close_matches(name, self.names(), cutoff=0.5))

    def path(self, text: str) -> Path:
        """A path with `~` and `{name}` filled in; PathError when a name is not defined."""
        try:
            filled = Formatter().vformat(text, (), self.variables)
        except KeyError as error:
            name = str(error.args[0])
            hint = self._nearest(name, lambda value: isinstance(value, str | int | Path))
            raise PathError(f'There is no variable "{name}" for the path "{text}"{hint}') from None
        except Exception as error:
            raise PathError(f'The path "{text}" cannot be filled in: {one_line(error)}') from error
        return Path(filled).expanduser()

    def _nearest(self, name: str, fits: Fits) -> str:
        if self.resembles(name):
            return did_you_mean(name, self.names())
        return did_you_mean(name, self.names(fits)[:SHOWN_NAMES])
