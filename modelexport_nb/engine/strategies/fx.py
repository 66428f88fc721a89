"""Strategy `fx`: each ONNX node takes the module call in which torch.export traced the operator it came from.

Translation and decomposition carry the call along; what the optimiser then made of the nodes is found by comparing
the graph before and after. A node that stands for the work of several calls has the first as its scope and the
others in `also`.
"""

from __future__ import annotations

import onnx_ir as ir

from ..attribution import Attribution, Evidence, NodeScope
from ..capture.record import Record
from ..graph import all_nodes
from .base import Subject
from .dataflow import fill_from_neighbours


class FxStrategy:
    """What the capture itself recorded, followed through every rewrite."""

    name = "fx"
    needs_values = False

    def obstacle(self, subject: Subject) -> str | None:
        """It needs the capture's own record."""
        recorded = subject.captured is not None and subject.captured.record is not None
        return None if recorded else "fx needs a capture through torch.export, which keeps a record"

    def attribute(self, subject: Subject) -> Attribution:
        """Scopes from stamps; nodes without any from their neighbours; the root's call as the last resort."""
        captured = subject.captured
        assert captured is not None and captured.record is not None  # told by `obstacle`
        nodes, record, calls = all_nodes(captured.model), captured.record, captured.calls
        scopes: list[NodeScope | None] = []
        for at, made_by in enumerate(record.made_by):
            # a call that was seen to hand its input through did none of the work
            workers = [call for call in made_by if calls[call].key not in subject.eager.identity]
            looked_up = _lookups(nodes[at], record, subject)
            scope = _scope(workers or made_by, record.fresh[at], record.source[at], looked_up)
            scopes.append(_handed_through(nodes[at]) if scope is None else scope)
        filled = fill_from_neighbours(nodes, scopes, calls)
        return Attribution(self.name, calls, filled, record.removed)


def _lookups(node: ir.Node, record: Record, subject: Subject) -> list[int]:
    """Calls that did nothing but fetch a parameter (a position table looked up whole) or arrange it: after folding the
    node reads the parameter itself."""
    read = [value for value in node.inputs if value is not None and id(value) in subject.parameters]
    return [call for value in read for call in record.fetched.get(value.name or "", ())]


def _scope(made_by: list[int], fresh: bool, source: str | None, looked_up: list[int]) -> NodeScope | None:
    calls = list(dict.fromkeys(made_by))
    if not calls:
        return None
    evidence = Evidence.REWRITE if fresh or len(calls) > 1 else Evidence.TRACE
    also = [call for call in dict.fromkeys([*calls[1:], *looked_up]) if call != calls[0]]
    return NodeScope(calls[0], evidence, tuple(also), source)


def _handed_through(node: ir.Node) -> NodeScope | None:
    """What the exporter puts between an input that the model returns and the output: ONNX wants two names there."""
    joins = all(value is not None and value.is_graph_input() for value in node.inputs) and len(node.inputs) == 1
    ends = all(value.is_graph_output() for value in node.outputs)
    return NodeScope(0, Evidence.DATAFLOW) if joins and ends else None
