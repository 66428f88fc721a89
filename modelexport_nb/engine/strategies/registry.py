"""Which strategies there are: the built-in ones, then those of installed plug-ins.

A package adds a strategy with an entry point; nothing is imported before the strategy is asked for:

    [project.entry-points."modelexport_nb.strategies"]
    mine = "my_package.module:MyStrategy"
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

from ..errors import OptionError, did_you_mean, one_line
from .base import Strategy

GROUP = "modelexport_nb.strategies"

_BUILT_IN: dict[str, str] = {
    "auto": "modelexport_nb.engine.strategies.auto:AutoStrategy",
    "fx": "modelexport_nb.engine.strategies.fx:FxStrategy",
    "htp": "modelexport_nb.engine.strategies.htp:HtpStrategy",
    "usage_based": "modelexport_nb.engine.strategies.usage_based:UsageBasedStrategy",
}
_loaded: dict[EntryPoint, Strategy] = {}


def known_strategies() -> list[str]:
    """Names that `strategy=` takes: the built-in ones first, then those of plug-ins in alphabetical order.

    Looks at what is installed now, so that a `%pip install` is seen; a plug-in is not imported for it.
    """
    plugins = {entry.name for entry in _plugins()} - set(_BUILT_IN)
    return [*_BUILT_IN, *sorted(plugins)]


def get_strategy(name: str) -> Strategy:
    """The strategy of that name, made once.

    Raises:
        OptionError: unknown (names the nearest known one), or the plug-in that offers it is broken.
    """
    entry = _find(name)
    if entry not in _loaded:
        _loaded[entry] = _load(entry)
    return _loaded[entry]


def _find(name: str) -> EntryPoint:
    if name in _BUILT_IN:  # whatever plug-ins call themselves
        return EntryPoint(name, _BUILT_IN[name], GROUP)
    entries = [entry for entry in _plugins() if entry.name == name]
    if not entries:
        raise OptionError(f'Unknown strategy "{name}"' + did_you_mean(str(name), known_strategies()))
    if len(entries) > 1:
        rivals = " and ".join(sorted(_owner(entry) for entry in entries))
        raise OptionError(f'Several plug-ins offer a strategy "{name}": {rivals}. Uninstall all but one.')
    return entries[0]


def _plugins() -> Iterator[EntryPoint]:
    """Entry points of all readable distributions; the same one found in two places on sys.path counts once."""
    seen = set()
    for distribution in importlib.metadata.distributions():
        try:
            entries = list(distribution.entry_points.select(group=GROUP))
        except Exception:  # some package's entry_points.txt is damaged: no reason to lose the others
            continue
        for entry in entries:
            if (entry.name, entry.value) not in seen:
                seen.add((entry.name, entry.value))
                yield entry


def _load(entry: EntryPoint) -> Strategy:
    try:
        made: Any = entry.load()
        if isinstance(made, type):
            made = made()
    except (Exception, SystemExit) as error:  # foreign code: anything may happen
        raise OptionError(
            f'The strategy "{entry.name}" of {_owner(entry)} cannot be loaded: '
            f"{type(error).__name__}: {one_line(error).rstrip('.')}. Mend or uninstall that plug-in."
        ) from error
    fault = _fault(made, entry)
    if fault:
        raise OptionError(f'The strategy "{entry.name}" of {_owner(entry)} is no strategy: {fault}.')
    strategy: Strategy = made
    return strategy


def _fault(made: Any, entry: EntryPoint) -> str | None:
    """What keeps an object from being a `Strategy`."""
    missing = [method for method in ("obstacle", "attribute") if not callable(getattr(made, method, None))]
    if missing:
        return f"it has no method {missing[0]}() (its type is {type(made).__name__})"
    if not isinstance(getattr(made, "needs_values", None), bool):
        return "it does not say with needs_values (True or False) what it needs of the eager run"
    name = getattr(made, "name", None)
    if name != entry.name:
        return f"its name is {name!r}, its entry point says {entry.name!r}"
    return None


def _owner(entry: EntryPoint) -> str:
    distribution = entry.dist
    package = distribution.metadata["Name"] if distribution is not None else None
    return f'the plug-in "{package or "unknown"}" ({entry.value})'
