"""Defaults of the magic, changed with `%config ModelExport.<name> = <value>` or in an IPython profile."""

from __future__ import annotations

from typing import Any

from traitlets import Bool, Enum, Int, TraitError, Unicode, validate
from traitlets.config import Configurable

from modelexport_nb.engine.errors import did_you_mean
from modelexport_nb.engine.strategies import known_strategies
from modelexport_nb.grammar import Argument
from modelexport_nb.options import CAPTURE, METADATA, METADATA_LEVEL, OPSET, PROGRESS, STRATEGY, VERIFY, VERIFY_LEVEL


def _setting(kind: Any, spec: Argument, *values: Any, **options: Any) -> Any:
    """A trait with the default and the help of an option."""
    return kind(*values, spec.default, help=spec.help, **options).tag(config=True)


class ModelExport(Configurable):
    """Defaults of `%modelexport`. An option on the line wins over them."""

    strategy = _setting(Unicode, STRATEGY)
    capture = _setting(Unicode, CAPTURE)
    opset = _setting(Int, OPSET, allow_none=True)
    metadata = _setting(Enum, METADATA_LEVEL, METADATA)
    verify = _setting(Enum, VERIFY_LEVEL, VERIFY)
    progress = _setting(Bool, PROGRESS)

    @validate("strategy")
    def _known(self, proposal: dict[str, str]) -> str:
        strategy, known = proposal["value"], known_strategies()
        if strategy not in known:
            raise TraitError(f'There is no strategy "{strategy}"' + did_you_mean(strategy, known))
        return strategy
