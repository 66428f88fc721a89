"""Ways to attribute the nodes of a captured graph to module calls. One file each; this file knows them all."""

from __future__ import annotations

from typing import Protocol

from ..attribution import Attribution
from ..capture import Captured
from ..errors import OptionError, did_you_mean
from ..modules import ModuleTree
from .fx import FxStrategy


class Strategy(Protocol):
    """Attributes every node of a captured graph."""

    name: str

    def attribute(self, captured: Captured, modules: ModuleTree) -> Attribution:
        """A scope for each node of `graph.all_nodes(captured.model)`, in that order."""
        ...


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
