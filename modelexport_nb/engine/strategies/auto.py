"""Strategy `auto`: takes the witness that the situation allows, and the next one when it fails; tells which and why."""

from __future__ import annotations

from dataclasses import replace

from ..attribution import Attribution
from ..errors import AttributionError, ModelExportError, OptionError, did_you_mean
from ..graph import all_nodes
from ..judge import take_measures
from ..measures import Measures
from .base import Subject

PRIORITIES: tuple[str, ...] = ("speed", "accuracy")
ORDER: tuple[str, ...] = ("fx", "htp", "usage_based")
"""What was recorded goes before what is found again by value, and that before what is inferred; they cost the same or
more in this order, so that speed and accuracy differ only in how many are heard."""


class AutoStrategy:
    """`speed` takes the first witness that can speak; `accuracy` hears all and takes the one whose claims hold best."""

    name = "auto"

    def __init__(self, prioritize: str = "speed") -> None:
        if prioritize not in PRIORITIES:
            raise OptionError(f'Unknown priority "{prioritize}"' + did_you_mean(str(prioritize), PRIORITIES))
        self._prioritize = prioritize
        self.needs_values = prioritize == "accuracy"

    def obstacle(self, subject: Subject) -> str | None:
        """None: the last witness needs nothing."""
        return None

    def attribute(self, subject: Subject) -> Attribution:
        """The chosen witness's attribution under its own name; `tried` tells what each said."""
        heard: list[tuple[Attribution, Measures]] = []
        tried: list[str] = []
        for name in ORDER:
            try:
                attribution, measures = _hear(name, subject)
            except ModelExportError as error:
                tried.append(f"{name}: {error}")
                continue
            heard.append((attribution, measures))
            tried.append(f"{name}: {_summary(measures)}")
            if self._prioritize == "speed":
                break
        if not heard:
            raise AttributionError("No strategy could attribute the graph. " + " ".join(tried))
        best = max(heard, key=lambda one: _score(one[1]))[0]  # equal claims: the first in order
        return replace(best, tried=(*tried, f"{self._prioritize} first: took {best.strategy}"))


def _hear(name: str, subject: Subject) -> tuple[Attribution, Measures]:
    from .registry import get_strategy  # the registry names this file

    witness = get_strategy(name)
    obstacle = witness.obstacle(subject)
    if obstacle is not None:
        raise AttributionError(obstacle)
    attribution = witness.attribute(subject)
    measures = take_measures(all_nodes(subject.graph), attribution, subject.parameters, subject.eager)
    return attribution, measures


def _score(measures: Measures) -> tuple[float, float, float]:
    owned = measures.owned / measures.owning if measures.owning else 1.0
    convex = measures.convex / measures.regions if measures.regions else 1.0
    return owned, convex, -measures.root_share


def _summary(measures: Measures) -> str:
    return ", ".join(f"{name} {value}" for name, value, _ in measures.rows())
