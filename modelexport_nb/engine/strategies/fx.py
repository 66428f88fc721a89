"""Strategy `fx`: each ONNX node takes the module call in which torch.export traced the operator it came from.

Translation and decomposition carry the call along; what the optimiser then made of the nodes is found by comparing
the graph before and after. A node that stands for the work of several calls has the first as its scope and the
others in `also`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import onnx_ir as ir

from ..attribution import Attribution, Evidence, NodeScope
from ..capture import Captured
from ..capture.stamps import inner_modules, stamp_of
from ..graph import all_nodes
from ..lineage import Lineage, trace_lineage
from ..snapshot import Snapshot
from ..sources import source_of
from .base import Subject
from .dataflow import fill_from_neighbours


class FxStrategy:
    """What the capture itself recorded, followed through every rewrite."""

    name = "fx"
    needs_values = False

    def obstacle(self, subject: Subject) -> str | None:
        """It needs the capture's own record."""
        recorded = subject.captured is not None and subject.captured.before is not None
        return None if recorded else "fx needs a capture through torch.export, which keeps a record"

    def attribute(self, subject: Subject) -> Attribution:
        """Scopes from stamps; nodes without any from their neighbours; the root's call as the last resort."""
        captured = subject.captured
        assert captured is not None and captured.before is not None  # told by `obstacle`
        nodes = all_nodes(captured.model)
        lineage = trace_lineage(captured.before, nodes, list(captured.model.graph.initializers.values()))
        origins = _calls_before(captured, captured.before)
        scopes: list[NodeScope | None] = []
        for at, sources in enumerate(lineage.made_from):
            made_by = [origin for source in sources if (origin := origins[source]) is not None]
            # a call that was seen to hand its input through did none of the work
            workers = [call for call in made_by if captured.calls[call].key not in subject.eager.identity]
            first = captured.before.nodes[sources[0]].fx_node if sources else None
            looked_up = [origins[old] for old in _lookups(nodes[at], lineage, subject)]
            scope = _scope(workers or made_by, lineage.fresh[at], first, looked_up)
            scopes.append(_handed_through(nodes[at]) if scope is None and first is None else scope)
        filled = fill_from_neighbours(nodes, scopes, captured.calls)
        return Attribution(self.name, captured.calls, filled, _removed(lineage, origins))


def _calls_before(captured: Captured, before: Snapshot) -> list[int | None]:
    """For each node of the unoptimised graph the call that made it."""
    origins: list[int | None] = []
    for frozen in before.nodes:
        stamp = stamp_of(frozen.fx_node)
        traced = stamp is not None and stamp[0] == captured.run
        origins.append(_inner_call(captured, stamp[1], frozen.fx_node) if stamp and traced else None)
    return origins


def _inner_call(captured: Captured, call: int, fx_node: Any) -> int:
    """Inside a branch of torch.cond: the call of the module that Dynamo noted, below the stamped one."""
    for identity in inner_modules(fx_node):
        path = captured.modules_by_id.get(identity)
        if path is None or path == captured.calls[call].path:
            continue
        inside = [c.index for c in captured.calls.calls if c.path == path and c.parent == call]
        call = inside[0] if inside else captured.calls.begin(path, call)
    return call


def _lookups(node: ir.Node, lineage: Lineage, subject: Subject) -> list[int]:
    """Translated nodes that did nothing but fetch a parameter (a position table looked up whole): after folding the
    node reads the parameter itself."""
    read = [id(value) for value in node.inputs if value is not None]
    return [lineage.computed[value] for value in read if value in lineage.computed and value in subject.parameters]


def _scope(made_by: list[int], fresh: bool, fx_node: Any, looked_up: list[int | None]) -> NodeScope | None:
    calls = list(dict.fromkeys(made_by))
    if not calls:
        return None
    evidence = Evidence.REWRITE if fresh or len(calls) > 1 else Evidence.TRACE
    source = source_of(fx_node.meta.get("stack_trace") or "") if fx_node is not None else None
    also = [call for call in dict.fromkeys([*calls[1:], *looked_up]) if call is not None and call != calls[0]]
    return NodeScope(calls[0], evidence, tuple(also), source)


def _handed_through(node: ir.Node) -> NodeScope | None:
    """What the exporter puts between an input that the model returns and the output: ONNX wants two names there."""
    joins = all(value is not None and value.is_graph_input() for value in node.inputs) and len(node.inputs) == 1
    ends = all(value.is_graph_output() for value in node.outputs)
    return NodeScope(0, Evidence.DATAFLOW) if joins and ends else None


def _removed(lineage: Lineage, origins: list[int | None]) -> dict[int, str]:
    """Why calls whose operators are all gone have none."""
    reasons: dict[int, Counter[str]] = {}
    for at, reason in lineage.gone.items():
        origin = origins[at]
        if origin is not None:
            reasons.setdefault(origin, Counter())[str(reason)] += 1
    return {call: counts.most_common(1)[0][0] for call, counts in reasons.items()}
