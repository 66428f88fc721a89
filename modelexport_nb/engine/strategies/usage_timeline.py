"""The order of things: when each module call ran, and the nodes of a graph in the order in which they are computed.

Time is counted in slots. A call with two children has three slots of its own: before, between and after them. Slots
are numbered in execution order, so that "earlier" and "inside" are comparisons of numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

import onnx_ir as ir

from ..graph import body_owners
from ..modules import CallTree


class Timeline:
    """Slots of the calls of one run.

    Attributes:
        children: for each call the calls right inside it, in execution order.
        own: for each call its own slots, in order.
    """

    def __init__(self, calls: CallTree) -> None:
        self.calls = calls
        self.children: list[list[int]] = [[] for _ in calls.calls]
        self.own: list[list[int]] = [[] for _ in calls.calls]
        open_calls: list[int] = []
        slots = 0
        for call in calls.calls:
            while open_calls and open_calls[-1] != call.parent:
                open_calls.pop()
                slots = self._add(open_calls[-1], slots) if open_calls else slots
            if call.parent >= 0:
                self.children[call.parent].append(call.index)
            open_calls.append(call.index)
            slots = self._add(call.index, slots)
        while len(open_calls) > 1:
            open_calls.pop()
            slots = self._add(open_calls[-1], slots)

    def _add(self, call: int, slot: int) -> int:
        self.own[call].append(slot)
        return slot + 1

    def by_end(self, calls: set[int]) -> list[int]:
        """Calls in the order in which they returned: a call that reads a child's parameter does so after the child."""
        return sorted(calls, key=lambda call: self.own[call][-1])

    def longest_story(self, claims: list[tuple[int, ...]]) -> set[int]:
        """Indices of the most claims that can all be true in one run.

        Each claim names calls, one of which made a node; claims come in the order of their nodes. The result is the
        longest subsequence whose slots never go back in time.
        """
        ends: list[int] = []  # smallest last slot of a story of each length
        tails: list[tuple[int, int | None]] = []  # the claim at the end of that story, and the step before it
        steps: list[tuple[int, int | None]] = []
        for index, claim in enumerate(claims):
            slots = sorted({slot for call in claim for slot in self.own[call]}, reverse=True)
            for slot in slots:  # from the latest, so that a claim never follows itself
                length = bisect_right(ends, slot)
                before = tails[length - 1][0] if length else None
                steps.append((index, before))
                if length == len(ends):
                    ends.append(slot)
                    tails.append((len(steps) - 1, None))
                else:
                    ends[length] = slot
                    tails[length] = (len(steps) - 1, None)
        story: set[int] = set()
        at = tails[-1][0] if tails else None
        while at is not None:
            index, at = steps[at]
            story.add(index)
        return story


def execution_order(nodes: list[ir.Node]) -> list[int]:
    """Numbers of the nodes, each after everything that it reads: bodies of If, Loop and Scan before their node."""
    inside: dict[int, list[int]] = defaultdict(list)
    owners = body_owners(nodes)
    for number, owner in owners.items():
        inside[owner].append(number)
    order: list[int] = []

    def visit(number: int) -> None:
        for inner in inside.get(number, ()):
            visit(inner)
        order.append(number)

    for number in range(len(nodes)):
        if number not in owners:
            visit(number)
    return order
