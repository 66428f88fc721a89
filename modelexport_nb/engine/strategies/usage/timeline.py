"""The order of things: when each module call ran.

Time is counted in slots. A call with two children has three slots of its own: before, between and after them. Slots
are numbered in execution order, so that "earlier" and "inside" are comparisons of numbers.
"""

from __future__ import annotations

from bisect import bisect_right

from ...modules import CallTree

Claim = tuple[int, ...]
"""Calls, one of which made a node."""


class Timeline:
    """Slots of the calls of one run.

    Args:
        calls: the calls, in the order in which they began.
        rank: another order for calls that did not run one after the other.

    Attributes:
        children: for each call the calls right inside it, in execution order.
        own: for each call its own slots, in order.
    """

    def __init__(self, calls: CallTree, rank: dict[int, int]) -> None:
        self.calls = calls
        self.children: list[list[int]] = [[] for _ in calls.calls]
        self.own: list[list[int]] = [[] for _ in calls.calls]
        self._slots: list[int] = []
        for call in calls.calls:
            if call.parent >= 0:
                self.children[call.parent].append(call.index)
        for children in self.children:
            children.sort(key=lambda call: rank.get(call, call))
        self._number(0)

    def _number(self, call: int) -> None:
        self._add_slot(call)
        for child in self.children[call]:
            self._number(child)
            self._add_slot(call)

    def _add_slot(self, call: int) -> None:
        self.own[call].append(len(self._slots))
        self._slots.append(call)

    def by_end(self, calls: set[int]) -> Claim:
        """Calls in the order in which they returned: one that reads a child's parameter does so after the child."""
        return tuple(sorted(calls, key=lambda call: self.own[call][-1]))

    def nearest(self, claim: Claim, call: int) -> int:
        """The call of a claim that ran nearest to another call."""
        return min(claim, key=lambda other: abs(self.own[other][0] - self.own[call][0]))

    def before(self, call: int, among: set[int]) -> int | None:
        """The latest of some calls that began before another call."""
        earlier = [other for other in among if self.own[other][0] < self.own[call][0]]
        return max(earlier, key=lambda other: self.own[other][0], default=None)

    def longest_story(self, claims: dict[int, Claim]) -> dict[int, int]:
        """The most claims that can all be true in one run, each with its call.

        Claims come by position in the execution order; time never goes back from one to the next. Of several calls
        that would do, the earliest is taken.
        """
        ends: list[int] = []  # for each length of a story the earliest slot in which it can end
        tails: list[int] = []  # and its last step
        steps: list[tuple[int, int, int]] = []  # position, slot, the step before
        for position, claim in sorted(claims.items()):
            slots = sorted({slot for call in claim for slot in self.own[call]}, reverse=True)
            for slot in slots:  # the latest first, so that a claim never follows itself
                length = bisect_right(ends, slot)
                steps.append((position, slot, tails[length - 1] if length else -1))
                ends[length : length + 1] = [slot]
                tails[length : length + 1] = [len(steps) - 1]
        story: dict[int, int] = {}
        step = tails[-1] if tails else -1
        while step >= 0:
            position, slot, step = steps[step]
            story[position] = self._slots[slot]
        return story
