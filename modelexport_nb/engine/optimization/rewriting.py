"""onnxscript's default rewrite rules, tried only where they can match.

A rule is a pattern that ends in one or several nodes. onnxscript tries each rule on each node, and for a pattern with
several ends it goes through all nodes of the graph each time: the time grows with the square of the graph. A node that
is not what the pattern ends in cannot match; and ends of one pattern hang together by the values that they share, so
the others are found among the readers of what the first one reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir
from onnxscript import rewriter

from .patching import replaced


def linear_rewrites() -> AbstractContextManager[None]:
    """Let onnxscript's optimiser use the focused rules while the block runs."""
    rules = tuple(_Focused(rule) for rule in rewriter._DEFAULT_REWRITE_RULES)
    return replaced(rewriter, "_DEFAULT_REWRITE_RULES", rules)


class _Focused:
    """A rule that looks only where it can match; in all else it is the rule that it was made of."""

    def __init__(self, rule: Any) -> None:
        self._rule = rule
        pattern = rule._target_pattern
        self._end = pattern.output_nodes[0].op_identifier()  # None where it may be one of several operators
        self._spread = not pattern.has_single_output_node

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rule, name)

    def try_rewrite(self, model: ir.Model, graph: ir.Graph | ir.Function, node: ir.Node, **options: Any) -> Any:
        """The replacement, or None where the rule does not match."""
        if self._end is not None and node.op_identifier() != self._end:
            return None
        return self._rule.try_rewrite(model, _Neighbours(graph, node) if self._spread else graph, node, **options)


@dataclass(frozen=True)
class _Neighbours:
    """The part of a graph in which the other ends of a pattern can lie."""

    whole: ir.Graph | ir.Function
    node: ir.Node

    @property
    def graph(self) -> ir.Graph:
        return self.whole if isinstance(self.whole, ir.Graph) else self.whole.graph

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def __iter__(self) -> Iterator[ir.Node]:
        readers = [use.node for value in self.node.inputs if value is not None for use in value.uses()]
        return iter(dict.fromkeys(reader for reader in readers if reader.graph is self.node.graph))
