"""What a capture knows of its graph: for each node the module calls whose operators it was made from.

Put together once, from the stamps and from what the optimiser did. It holds plain numbers and names only, so that it
can be kept in a file while the operators themselves are let go.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import onnx_ir as ir
import torch

from ..graph import all_nodes
from ..lineage import Lineage, trace_lineage
from ..modules import CallTree
from ..snapshot import Snapshot
from ..sources import source_of
from .stamps import inner_modules, stamp_of


@dataclass(frozen=True)
class Record:
    """Lists by the number of the node in `graph.all_nodes`, calls by their index.

    Attributes:
        made_by: the calls whose operators the node stands for, in execution order; one may stand there repeatedly.
        fresh: whether the optimiser made the node.
        source: `file:line` of the first of those operators.
        fetched: for each initializer that holds a parameter looked up whole or arranged, by name: the calls
        removed: why calls whose operators are all gone have none.
    """

    made_by: list[list[int]]
    fresh: list[bool]
    source: list[str | None]
    fetched: dict[str, list[int]]
    removed: dict[int, str]


@dataclass(frozen=True)
class Traced:
    """The traced run: its calls, its number in the stamps, and the path of each module by `id`."""

    calls: CallTree
    run: int
    paths: dict[int, str]


def record_of(model: ir.Model, before: Snapshot, traced: Traced) -> Record:
    """Follow every node of the optimised graph back to the calls that it came from.

    Args:
        before: the graph as it was translated.
        traced: calls inside the branches of `torch.cond`, which no hook sees, are added to its `calls`.
    """
    initializers = list(model.graph.initializers.values())
    lineage = trace_lineage(before, all_nodes(model), initializers)
    origins = [_origin(traced, frozen.fx_node) for frozen in before.nodes]
    made_by = [[call for at in places if (call := origins[at]) is not None] for places in lineage.made_from]
    source = [_source(before.nodes[places[0]].fx_node) if places else None for places in lineage.made_from]
    fetched = {
        value.name or "": [call for at in lineage.computed[id(value)] if (call := origins[at]) is not None]
        for value in initializers
        if id(value) in lineage.computed
    }
    return Record(made_by, lineage.fresh, source, fetched, _removed(lineage, origins))


def _origin(traced: Traced, fx_node: torch.fx.Node | None) -> int | None:
    """The call that an operator ran in, if it was stamped in the traced run."""
    stamp = stamp_of(fx_node)
    if fx_node is None or stamp is None or stamp[0] != traced.run:
        return None
    return _inner_call(traced, stamp[1], fx_node)


def _inner_call(traced: Traced, call: int, fx_node: torch.fx.Node) -> int:
    """Inside a branch of torch.cond: the call of the module that Dynamo noted, below the stamped one."""
    calls = traced.calls
    for identity in inner_modules(fx_node):
        path = traced.paths.get(identity)
        if path is None or path == calls[call].path:
            continue
        inside = [c.index for c in calls.calls if c.path == path and c.parent == call]
        call = inside[0] if inside else calls.begin(path, call)
    return call


def _source(fx_node: torch.fx.Node | None) -> str | None:
    return source_of(fx_node.meta.get("stack_trace") or "") if fx_node is not None else None


def _removed(lineage: Lineage, origins: list[int | None]) -> dict[int, str]:
    reasons: dict[int, Counter[str]] = {}
    for at, reason in lineage.gone.items():
        origin = origins[at]
        if origin is not None:
            reasons.setdefault(origin, Counter())[str(reason)] += 1
    return {call: counts.most_common(1)[0][0] for call, counts in reasons.items()}
