"""Where does each module call begin and end in the order of the nodes?

A call's nodes are taken to be one stretch of the execution order, and calls nest and follow one another as they did
when the model ran. Among all such layouts that contain the anchors, the best is the one in which modules exchange the
fewest values: a `forward` takes few tensors and returns few, while its inside is dense. Solved exactly by dynamic
programming over the tree of calls.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

import numpy as np

from .usage_timeline import Timeline

_SILENT = 3.5  # cost of a call that computed something and has no node: more than taking a chain of nodes (2) or a join
_MOST_CUTS = 96  # positions at which a call may begin or end, where the anchors leave more


@dataclass(frozen=True)
class Flow:
    """A value of the graph by positions in the execution order: who makes it (-1: from outside), who reads it.

    What leaves the graph is read at the position after the last node.
    """

    made: int
    read: tuple[int, ...]


class Regions:
    """The layout of all calls.

    Args:
        timeline: the calls.
        length: number of nodes.
        flows: the values.
        anchors: for positions whose call is known, that call; consistent with the timeline.
        silent: calls that need no node: they returned their input, or their work is known to be elsewhere.
    """

    def __init__(
        self, timeline: Timeline, length: int, flows: list[Flow], anchors: dict[int, int], silent: set[int]
    ) -> None:
        self._timeline = timeline
        self._length = length
        self._silent = silent
        self._cuts = _Cuts(length, flows)
        depth = max(len(timeline.calls.chain(call.index)) for call in timeline.calls.calls)
        self._tie = 0.1 / (max(length, 1) * depth * 2)
        self._own: dict[int, list[int]] = {}
        self._span: dict[int, tuple[int, int]] = {}
        for position, call in sorted(anchors.items()):
            self._own.setdefault(call, []).append(position)
            for around in timeline.calls.chain(call):
                first, _ = self._span.get(around, (position, position))
                self._span[around] = (first, position)
        self._costs: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def innermost(self) -> list[int]:
        """For each position the innermost call around it."""
        root = np.array([0]), np.array([self._length])
        self._solve(0, *root)
        scopes = [0] * self._length
        pending = [(0, 0, self._length)]
        while pending:
            call, start, end = pending.pop()
            scopes[start:end] = [call] * (end - start)
            pending.extend(self._place(call, start, end))
        return scopes

    def _solve(self, call: int, starts: np.ndarray, ends: np.ndarray) -> None:
        """Cost of the call and everything inside it, for each start and end."""
        state = np.full((len(starts), len(starts)), np.inf)
        np.fill_diagonal(state, 0.0)
        at = starts
        for child, window in zip(self._timeline.children[call], self._windows(call, starts[0], ends[-1]), strict=True):
            self._solve(child, *window)
            state, at = _follow(state, at, *self._costs[child]), window[1]
        inside = _until(state, at, ends)
        self._costs[call] = (starts, ends, inside + self._cost(call, starts, ends))

    def _place(self, call: int, start: int, end: int) -> list[tuple[int, int, int]]:
        """Best places of the children, the call's own place being known."""
        children = self._timeline.children[call]
        state, at = np.zeros((1, 1)), np.array([start])
        states = [(state, at)]
        for child in children:
            state, at = _follow(state, at, *self._costs[child]), self._costs[child][1]
            states.append((state, at))
        placed = []
        for child, (before, at) in zip(reversed(children), reversed(states[:-1]), strict=True):
            starts, ends, costs = self._costs[child]
            total = _until(before, at, starts)[0][:, None] + costs
            reached = total.min(axis=0) + self._rest(children, child, ends, end)
            column = int(np.argmin(reached))
            row = int(np.argmin(total[:, column]))
            placed.append((child, int(starts[row]), int(ends[column])))
            end = int(starts[row])
        return placed

    def _rest(self, children: list[int], child: int, ends: np.ndarray, end: int) -> np.ndarray:
        return np.where(ends <= end, 0.0, np.inf)
