"""Options of `export_model` for many jobs: a slip of the finger is told once, before anything runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ..capture import check_capture
from ..dynamic import check_dynamic
from ..errors import OptionError, did_you_mean
from ..export import export_model
from ..intermediates import check_limit
from ..metadata import check_choice
from ..requirements import check_opset
from ..strategies import known_strategies
from ..strategies.auto import AutoStrategy
from ..verification import verify_level
from ..weightless import check_weights
from .jobs import BY_THE_SWEEP


def check_options(options: Mapping[str, Any]) -> None:
    """Raise an `OptionError` for an option that there is not, or that has a value that cannot be used."""
    known = [name for name in inspect.signature(export_model).parameters if name not in BY_THE_SWEEP]
    for name, value in options.items():
        if name in BY_THE_SWEEP:
            raise OptionError(f"{name} is no option of a job: the sweep gives it.")
        if name not in known:
            raise OptionError(f'There is no option "{name}"' + did_you_mean(name, known))
        if name in _CHECKS:
            _CHECKS[name](value)


def _check_strategy(name: str) -> None:
    if name not in known_strategies():  # looks no further: a plug-in is loaded where it works
        raise OptionError(f'Unknown strategy "{name}"' + did_you_mean(str(name), known_strategies()))


_CHECKS: dict[str, Callable[[Any], object]] = {
    "strategy": _check_strategy,
    "prioritize": AutoStrategy,
    "capture": check_capture,
    "opset": check_opset,
    "dynamic": check_dynamic,
    "metadata": check_choice,
    "verify": verify_level,
    "weights": check_weights,
    "values_limit": check_limit,
}
