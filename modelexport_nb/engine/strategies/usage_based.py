"""Strategy `usage_based`: the light witness. It looks at no capture and runs no graph.

An eager run tells which module calls ran, in which order and inside which, and which of them read each parameter.
Nodes that read parameters are anchors in that story, and so are nodes whose name speaks of a call, where the name
agrees with the parameters. The others lie between anchors, and the places where one call ends and the next begins are
those at which modules exchange the fewest values.
"""

from __future__ import annotations

from dataclasses import dataclass

import onnx_ir as ir

from ..attribution import Attribution, Evidence, NodeScope
from ..eager import EagerRun
from ..graph import all_nodes
from ..modules import CallTree
from .base import Subject
from .usage.flow import connected, execution_order, flows_between, told_in_order
from .usage.habits import reaches
from .usage.names import claims_of_names
from .usage.readers import Readers
from .usage.regions import Regions
from .usage.timeline import Claim, Timeline
from .usage.unrun import rank_unrun, with_unrun_modules

_ORDERLY = 0.98  # share of the parameters' claims that agree with each other when nodes come as they ran
_TRUSTED = 0.9  # share of the names that parameters confirm; optimisers name fused nodes after either part


class UsageBasedStrategy:
    """Which modules ran, what they read, and the data flow between."""

    name = "usage_based"
    needs_values = False

    def obstacle(self, subject: Subject) -> str | None:
        """It works on any graph; where nothing is known it says so node by node."""
        return None

    def attribute(self, subject: Subject) -> Attribution:
        """Scopes from parameters, then from the layout of the calls; the root's call where nothing is known."""
        nodes = all_nodes(subject.graph)
        told = _read(subject, nodes, execution_order(nodes))
        if len(told.story) < _ORDERLY * len(told.claims):  # the file lists its nodes in some order of its own
            moments = {told.order[at]: told.timeline.own[claim[-1]][-1] for at, claim in told.claims.items()}
            told = _read(subject, nodes, told_in_order(told.order, nodes, moments))
        return Attribution(self.name, told.timeline.calls, _scopes(subject, nodes, told), {})


@dataclass(frozen=True)
class _Told:
    """What parameters tell, given an order of the nodes: claims by position, and those that agree in one story."""

    order: list[int]
    timeline: Timeline
    readers: Readers
    claims: dict[int, Claim]
    story: dict[int, int]


def _read(subject: Subject, nodes: list[ir.Node], order: list[int]) -> _Told:
    ordered = [nodes[number] for number in order]
    calls = with_unrun_modules(subject.eager, subject.modules, subject.parameters)
    timeline = Timeline(calls, rank_unrun(ordered, subject.parameters, calls, subject.eager))
    readers = Readers(ordered, subject.parameters, subject.eager, timeline)
    claims = readers.claims()
    return _Told(order, timeline, readers, claims, timeline.longest_story(claims))


def _scopes(subject: Subject, nodes: list[ir.Node], told: _Told) -> list[NodeScope]:
    timeline, readers, order = told.timeline, told.readers, told.order
    ordered = [nodes[number] for number in order]
    anchors = {position: told.story.get(position, claim[0]) for position, claim in told.claims.items()}
    story = _with_names(told.story, claims_of_names(ordered, timeline), timeline)
    flows = flows_between(subject.graph.graph, nodes, order, readers.carriers)
    working = _working(subject.eager, timeline.calls) - readers.vanished()
    reach = reaches(ordered, story, timeline, subject.modules)
    layout = Regions(timeline, len(order), flows, story, working, reach).innermost()

    known = connected(flows, set(story) | set(anchors), len(order))
    folded = _folded(readers, timeline, anchors)
    scopes = [NodeScope(0, Evidence.ROOT)] * len(nodes)
    for position, number in reversed(list(enumerate(order))):  # readers before the carriers of what they read
        if position in anchors:
            also = readers.others(position, anchors[position]) | folded.get(position, set())
            first, *others = sorted({anchors[position], *also}, key=lambda call: timeline.own[call][0])
            scopes[number] = NodeScope(first, Evidence.PARAMETER, tuple(others))
        elif position in readers.carriers:
            scopes[number] = NodeScope(scopes[order[readers.carriers[position]]].call, Evidence.PARAMETER)
        elif position in known:
            scopes[number] = NodeScope(layout[position], Evidence.DATAFLOW)
    return scopes


def _with_names(story: dict[int, int], named: dict[int, Claim], timeline: Timeline) -> dict[int, int]:
    """The story with the calls that names speak of, if names are right about nearly all nodes that read parameters."""
    checked = [position for position in story if position in named]
    right = sum(story[position] in named[position] for position in checked)
    if right < _TRUSTED * len(checked):
        return story
    longer = timeline.longest_story(named | {position: (call,) for position, call in story.items()})
    return longer if story.items() <= longer.items() else story


def _working(eager: EagerRun, calls: CallTree) -> set[int]:
    """Calls that contain no other and returned something new: they must have computed it."""
    parents = {call.parent for call in calls.calls}
    return {call.index for call in calls.calls if call.index not in parents and call.key not in eager.identity}


def _folded(readers: Readers, timeline: Timeline, anchors: dict[int, int]) -> dict[int, set[int]]:
    """Calls whose parameters are gone from the graph, by the node before them that reads changed numbers since."""
    last = {call: position for position, call in sorted(anchors.items())}
    folded: dict[int, set[int]] = {}
    for call in readers.vanished():
        before = timeline.before(call, set(last))
        if before is not None and readers.is_rescaled(last[before]):
            folded.setdefault(last[before], set()).add(call)
    return folded
