"""onnxscript's optimiser grows with the square of the graph for want of one look; the capture takes that look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from onnxscript.rewriter import _basics, _matcher


@contextmanager
def quick_matching() -> Iterator[None]:
    """For the block: a rewrite rule with several results is tried only on nodes that its first result can be.

    The matcher lists all nodes of the graph before it looks at the one that it is asked about; it finds the same.
    """
    matcher: Any = _matcher.SimplePatternMatcher
    original = matcher.match

    def match(self: Any, model: Any, graph: Any, node: Any, **options: Any) -> Any:
        if not self.pattern.has_single_output_node:
            first = self.pattern.output_nodes[0].matches(node, _basics.MatchResult())
            if not first:
                return first
        return original(self, model, graph, node, **options)

    matcher.match = match
    try:
        yield
    finally:
        matcher.match = original
