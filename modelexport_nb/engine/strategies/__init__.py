"""Ways to attribute the nodes of a captured graph to module calls. One file each; this file knows them all."""

from __future__ import annotations

from ..errors import OptionError, did_you_mean
from .base import Strategy, Subject
from .fx import FxStrategy

__all__ = ["Strategy", "Subject", "get_strategy", "known_strategies"]


_STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in (FxStrategy(),)}


def known_strategies() -> list[str]:
    """Names that `strategy=` takes."""
    return list(_STRATEGIES)


def get_strategy(name: str) -> Strategy:
    """The strategy of that name.

    Raises:
        OptionError: unknown; names the nearest known one.
    """
    if name not in _STRATEGIES:
        raise OptionError(f'Unknown strategy "{name}"' + did_you_mean(str(name), known_strategies()))
    return _STRATEGIES[name]
