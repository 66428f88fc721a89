"""The result of a strategy: every node of a graph with its scope, what else it was made for, and the evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .modules import CallTree


class Evidence(StrEnum):
    """Why a node has its scope (DESIGN section 5)."""

    TRACE = "trace"
    PARAMETER = "parameter"
    VALUE = "value"
    DATAFLOW = "dataflow"
    REWRITE = "rewrite"
    ROOT = "root"


CONFIDENCE: dict[Evidence, float] = {
    Evidence.TRACE: 1.0,  # the capture itself recorded the call
    Evidence.PARAMETER: 0.95,  # only this module owns what the node reads; which of its calls may be inferred
    Evidence.VALUE: 0.95,  # the numbers agree; two calls may compute the same ones
    Evidence.REWRITE: 0.95,  # derived from recorded nodes by what the optimiser replaced
    Evidence.DATAFLOW: 0.6,  # inferred from neighbours
    Evidence.ROOT: 0.0,  # nothing better is known
}


@dataclass(frozen=True)
class NodeScope:
    """The claim about one node.

    `call` is the index of the innermost module call whose `forward` produced the node, `also` the indices of further
    calls whose work is merged into it, in execution order. `source` is `file:line` relative to its package.
    """

    call: int
    evidence: Evidence
    also: tuple[int, ...] = ()
    source: str | None = None

    @property
    def confidence(self) -> float:
        return CONFIDENCE[self.evidence]


@dataclass(frozen=True)
class Attribution:
    """What one strategy says about one graph: `scopes[i]` belongs to node `i` of `graph.all_nodes(model)`.

    `removed` maps a call whose operators are all gone to the reason (constant, no-op, result unused), for the tree;
    `hidden` are modules that ran in PyTorch but that the capture did not show: their nodes carry the call around them.
    `tried` tells what each strategy said when one was chosen among several.
    """

    strategy: str
    calls: CallTree
    scopes: list[NodeScope]
    removed: dict[int, str]
    hidden: frozenset[str] = frozenset()
    tried: tuple[str, ...] = ()
