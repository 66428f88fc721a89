"""onnxscript's default rewrite rules, tried only where they can match.

A rule is a pattern that ends in one or several nodes. onnxscript tries each rule on each node, and for a pattern with
several ends it goes through all nodes of the graph each time: the time grows with the square of the graph. A node that
is not what the pattern ends in cannot match; and ends of one pattern hang together by the values that they share, so
the others are found among the readers of what the first one reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir
from onnxscript import rewriter

from .patching import replaced


def linear_rewrites() -> AbstractContextManager[None]:
    """Let onnxscript's optimiser use the focused rules while the block runs."""
    return replaced(rewriter, "_DEFAULT_REWRITE_RULES", (_AllRules(rewriter._DEFAULT_REWRITE_RULES),))


class _AllRules:
    """Rules as one: the first that matches a node, of those that can. In all else it is the rule that matched last,
    which is what the optimiser asks for when it puts a replacement in."""

    def __init__(self, rules: Sequence[Any]) -> None:
        self._rules = [_Focused(rule) for rule in rules]
        self._beginning_at: dict[ir.OperatorIdentifier, list[_Focused]] = {}
        self._matched = next((rule for rule in rules if not rule.remove_nodes), rules[0])

    def __getattr__(self, name: str) -> Any:
        return getattr(self._matched, name)

    def graph_pre_visitor(self) -> None:
        """What rules do before they see a graph."""
        for rule in self._rules:
            if rule.whole.graph_pre_visitor:
                rule.whole.graph_pre_visitor()

    def graph_post_visitor(self) -> None:
        """What rules do when they have seen one."""
        for rule in self._rules:
            if rule.whole.graph_post_visitor:
                rule.whole.graph_post_visitor()

    def try_rewrite(self, model: ir.Model, graph: ir.Graph | ir.Function, node: ir.Node, **options: Any) -> Any:
        """The replacement, or None where no rule matches."""
        operator = node.op_identifier()
        if operator not in self._beginning_at:
            self._beginning_at[operator] = [rule for rule in self._rules if rule.end in (None, operator)]
        for rule in self._beginning_at[operator]:
            found = rule.try_rewrite(model, graph, node, **options)
            if found is not None and not (found.new_initializers and isinstance(graph, ir.Function)):
                self._matched = rule.whole
                return found
        return None


class _Focused:
    """A rule that looks only where it can match. `end` is the operator that its pattern ends in, None where it may be
    one of several; of a pattern with several ends, one of them."""

    def __init__(self, rule: Any) -> None:
        self.whole = rule
        pattern = rule._target_pattern
        self.end = pattern.output_nodes[0].op_identifier()
        self._spread = not pattern.has_single_output_node

    def try_rewrite(self, model: ir.Model, graph: ir.Graph | ir.Function, node: ir.Node, **options: Any) -> Any:
        """The replacement, or None where the rule does not match."""
        return self.whole.try_rewrite(model, _Neighbours(graph, node) if self._spread else graph, node, **options)


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
