"""Ways to attribute the nodes of a captured graph to module calls. One file each; `registry.py` knows them all."""

from __future__ import annotations

from .base import Strategy, Subject
from .registry import get_strategy, known_strategies

__all__ = ["Strategy", "Subject", "get_strategy", "known_strategies"]
