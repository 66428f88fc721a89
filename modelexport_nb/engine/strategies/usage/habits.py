"""What the calls of one class have in common: how far beyond its parameters a module can reach.

All calls of a class run the same code. What one of them does not do after its last parameter, none of them does: a
Linear that is followed by a second Linear at once shows that no Linear ends with anything else.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import onnx_ir as ir

from ...modules import ModuleTree
from .timeline import Timeline

_MANY = 3


@dataclass(frozen=True)
class Reach:
    """How many nodes before its first and after its last anchor a call can have at most; None where that is unknown.

    `surely` says whether it has them all: the same nodes stand there in surroundings of many kinds.
    """

    before: int | None = None
    after: int | None = None
    surely_before: bool = False
    surely_after: bool = False


def reaches(nodes: list[ir.Node], anchors: dict[int, int], timeline: Timeline, modules: ModuleTree) -> dict[int, Reach]:
    """The reach of each call that has anchors.

    Args:
        nodes: in execution order.
        anchors: for positions whose call is known, that call; together they agree with the timeline.
    """
    spans: dict[int, tuple[int, int]] = {}
    for position, call in sorted(anchors.items()):
        for around in timeline.calls.chain(call):
            spans[around] = (spans.get(around, (position, position))[0], position)
    alike: dict[object, list[int]] = defaultdict(list)
    for call in spans:
        alike[_structure(call, timeline, modules)].append(call)
    found = {}
    for members in alike.values():
        before = [_kinds(nodes, anchors, spans[call][0] - 1, -1) for call in members]
        after = [_kinds(nodes, anchors, spans[call][1] + 1, 1) for call in members]
        leaves = not any(timeline.children[call] for call in members)
        reach = Reach(_shared(before, leaves), _shared(after, leaves), _is_sure(before), _is_sure(after))
        found.update(dict.fromkeys(members, reach))
    return found


def _structure(call: int, timeline: Timeline, modules: ModuleTree) -> tuple[object, ...]:
    """The class of a call's module and of all that it calls."""
    inner = tuple(_structure(child, timeline, modules) for child in timeline.children[call])
    return (modules.modules[timeline.calls[call].path].class_path, *inner)


def _kinds(nodes: list[ir.Node], anchors: dict[int, int], position: int, step: int) -> list[ir.OperatorIdentifier]:
    """Operators from a position on, up to the next anchor."""
    kinds = []
    while 0 <= position < len(nodes) and position not in anchors:
        kinds.append(nodes[position].op_identifier())
        position += step
    return kinds


def _shared(windows: list[list[ir.OperatorIdentifier]], leaves: bool) -> int | None:
    """How many nodes all windows begin with; None if they are all alike, which shows nothing.

    Of a call with children only the shortest window counts: its nodes may stand elsewhere, done once for several calls.
    """
    if all(window == windows[0] for window in windows):
        return None
    shared = _common_length(windows)
    shortest = min(len(window) for window in windows)
    return shared if leaves or shortest == 0 else None


def _is_sure(windows: list[list[ir.OperatorIdentifier]]) -> bool:
    """Whether what comes after the shared nodes differs enough: two surroundings may be alike by chance."""
    shared = _common_length(windows)
    return len({tuple(window[shared : shared + 1]) for window in windows}) >= _MANY


def _common_length(windows: list[list[ir.OperatorIdentifier]]) -> int:
    alike = 0
    for kinds in zip(*windows, strict=False):
        if len(set(kinds)) > 1:
            break
        alike += 1
    return alike
