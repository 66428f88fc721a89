"""Where does each module call begin and end in the order of the nodes?

A call's nodes are taken to be one stretch of the execution order, and calls nest and follow one another as they did
when the model ran. Among all such layouts that contain the anchors, the best is the one in which modules exchange the
fewest values: a `forward` takes few tensors and returns few, while its inside is dense. Solved by dynamic programming
over the tree of calls.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from .flow import Cuts, Flow
from .habits import Reach
from .timeline import Timeline

_SILENT = 3.5  # cost of a call without a node that must have computed something: more than to give it a chain (2)
_HABIT = 0.05  # for each node that calls of the same class have elsewhere
_NARROW = 0.01  # for each value or read, where two layouts exchange the same
_MOST_CUTS = 96  # of the positions at which a call may begin or end the narrowest are tried, if there are more


@dataclass(frozen=True)
class _Costs:
    """`table[i, j]`: the least cost of a call, with all inside it, that begins at `starts[i]` and ends before
    `ends[j]`; infinite where anchors forbid it."""

    starts: np.ndarray
    ends: np.ndarray
    table: np.ndarray


class Regions:
    """The best layout of all calls.

    Args:
        timeline: the calls.
        length: number of nodes.
        flows: the values.
        anchors: for positions whose call is known, that call; together they agree with the timeline.
        working: calls that computed something, so that a layout in which they have no node is a bad one.
        reach: how far calls can reach beyond their anchors.
    """

    def __init__(
        self,
        timeline: Timeline,
        length: int,
        flows: list[Flow],
        anchors: dict[int, int],
        working: set[int],
        reach: dict[int, Reach],
    ) -> None:
        self._timeline = timeline
        self._length = length
        self._working = working
        self._reach = reach
        self._cuts = Cuts(length, flows)
        depth = max(len(timeline.calls.chain(call.index)) for call in timeline.calls.calls)
        self._tie = 0.1 / (max(length, 1) * depth * 2)  # all ties together weigh less than one value
        self._anchored = sorted(anchors)
        self._span: dict[int, tuple[int, int]] = {}
        for position in self._anchored:
            for around in timeline.calls.chain(anchors[position]):
                first, _ = self._span.get(around, (position, position))
                self._span[around] = (first, position)
        self._costs: dict[int, _Costs] = {}

    def innermost(self) -> list[int]:
        """For each position the innermost call around it."""
        self._solve(0, np.array([0]), np.array([self._length]))
        scopes = [0] * self._length
        pending = [(0, 0, self._length)]
        while pending:
            call, start, end = pending.pop()
            scopes[start:end] = [call] * (end - start)
            pending.extend(self._place_children(call, start, end))
        return scopes

    def _solve(self, call: int, starts: np.ndarray, ends: np.ndarray) -> None:
        state, at = np.where(np.eye(len(starts), dtype=bool), 0.0, np.inf), starts
        children = self._timeline.children[call]
        for child, window in zip(children, self._windows(children, int(starts[0]), int(ends[-1])), strict=True):
            self._solve(child, *window)
            state, at = _follow(state, at, self._costs[child]), window[1]
        self._costs[call] = _Costs(starts, ends, _until(state, at, ends) + self._own_cost(call, starts, ends))

    def _windows(self, children: list[int], low: int, high: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each child the positions at which it may begin, and those before which it may end."""
        windows = []
        spans = [self._span.get(child) for child in children]
        later = [high] * (len(children) + 1)
        for index in range(len(children) - 1, -1, -1):
            span = spans[index]
            later[index] = span[0] if span else later[index + 1]
        for index, span in enumerate(spans):
            if span is None:
                cuts = self._between(low, later[index + 1])
                windows.append((cuts, cuts))
                continue
            at = bisect_left(self._anchored, span[0])
            begin = max(low, self._anchored[at - 1] + 1) if at else low
            at = bisect_left(self._anchored, span[1] + 1)
            end = min(high, self._anchored[at]) if at < len(self._anchored) else high
            reach = self._reach.get(children[index], Reach())
            begin = begin if reach.before is None else max(begin, span[0] - reach.before)
            end = end if reach.after is None else min(end, span[1] + 1 + reach.after)
            windows.append((self._between(begin, span[0]), self._between(span[1] + 1, end)))
            low = span[1] + 1
        return windows

    def _between(self, low: int, high: int) -> np.ndarray:
        return self._cuts.between(low, high, _MOST_CUTS)

    def _own_cost(self, call: int, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        length = ends[None, :] - starts[:, None]
        cost = self._cuts.exchanged(starts, ends) + self._preference(call, starts, ends, length)
        cost[length == 0] = _SILENT if call in self._working else 0.0
        if call not in self._span:
            foreign = np.searchsorted(self._anchored, ends)[None, :] - np.searchsorted(self._anchored, starts)[:, None]
            cost[foreign > 0] = np.inf
        cost[length < 0] = np.inf
        return cost

    def _preference(self, call: int, starts: np.ndarray, ends: np.ndarray, length: np.ndarray) -> np.ndarray:
        """What decides where the number of values does not; each rule weighs less than the one before."""
        reach = self._reach.get(call, Reach())
        cost = np.zeros(length.shape)
        if reach.surely_before:
            cost += _HABIT * starts[:, None]
        if reach.surely_after:
            cost -= _HABIT * ends[None, :]
        if self._timeline.children[call]:
            # A sum with what went in (a residual) is the caller's; glue is rather of a module with children than of a
            # leaf beside it, and rather of one that is about to return than of one that has just begun.
            cost += _NARROW * self._cuts.outside_reads(starts, ends)
            return cost - self._tie * (length + 0.25 * starts[:, None])
        # A leaf begins where few values pass: x * f(x) belongs together. One with parameters ends
        # with the last of them.
        cost += _NARROW * self._cuts.width(starts)[:, None]
        if call not in self._span:
            cost += _NARROW * self._cuts.width(ends)[None, :]
        return cost + self._tie * (length + 0.25 * starts[:, None])

    def _place_children(self, call: int, start: int, end: int) -> list[tuple[int, int, int]]:
        """The best places of the children, the call's own place being known."""
        children = self._timeline.children[call]
        state, at = np.zeros((1, 1)), np.array([start])
        steps = []
        for child in children:
            costs = self._costs[child]
            total = _until(state, at, costs.starts)[0][:, None] + costs.table
            steps.append(total)
            state, at = total.min(axis=0)[None, :], costs.ends
        placed = []
        for child, total in zip(reversed(children), reversed(steps), strict=True):
            costs = self._costs[child]
            column = int(np.argmin(np.where(costs.ends <= end, total.min(axis=0), np.inf)))
            row = int(np.argmin(total[:, column]))
            placed.append((child, int(costs.starts[row]), int(costs.ends[column])))
            end = placed[-1][1]
        return placed


def _until(state: np.ndarray, at: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The least of `state` at or before each position, row by row."""
    best = np.minimum.accumulate(state, axis=1)
    last = np.searchsorted(at, positions, side="right") - 1
    return np.where(last >= 0, best[:, last], np.inf)


def _follow(state: np.ndarray, at: np.ndarray, costs: _Costs) -> np.ndarray:
    """The state after one more call: its columns are the ends of that call."""
    before = _until(state, at, costs.starts)
    after = np.full((len(state), len(costs.ends)), np.inf)
    for row in range(len(costs.starts)):
        np.minimum(after, before[:, row, None] + costs.table[None, row], out=after)
    return after
