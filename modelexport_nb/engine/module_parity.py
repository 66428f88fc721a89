"""Parity module by module: what each call returned in PyTorch against the tensor at the boundary of its region."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import onnx_ir as ir
import torch

from .arrays import to_numpy
from .attribution import Attribution
from .capture import Request
from .eager import run_eagerly
from .graph import all_nodes, body_owners
from .intermediates import run_with_intermediates
from .parity import OutputParity, compare_arrays
from .precision import coarsest_types
from .scratch import KeptArray, Scratch, scratch, scratch_room
from .state import preserved
from .strategies import Subject
from .values import tensors_in


class Verdict(StrEnum):
    """What became of a call's outputs in the graph."""

    EQUAL = "equal"
    DIFFERS = "differs"
    IDENTITY = "identity"  # the call hands an input through
    FOLDED = "folded"  # its work is merged into a node of another call and its result does not exist on its own
    REMOVED = "removed"  # constant, unused or without effect: no node is left of it
    REARRANGED = "rearranged"  # computed otherwise inside a call whose own result is equal
    UNSEEN = "unseen"  # inside a branch, or as large as no tensor at the boundary
    NOT_FINITE = "not finite"  # both sides hold no finite number, which proves nothing


Output = tuple[str, list[KeptArray]]  # a call and what it returned
Match = tuple[OutputParity, int]  # a comparison with a tensor of the graph and the node that makes it


@dataclass(frozen=True)
class CallParity:
    """One module call: the verdict, how many of its tensors were found of how many it returned and, where tensors were
    compared, the largest differences and the node that makes the compared tensor (`graph.all_nodes` number)."""

    key: str
    verdict: Verdict
    found: int = 0
    returned: int = 0
    max_abs: float | None = None
    max_rel: float | None = None
    node: int | None = None


@dataclass(frozen=True)
class ModuleParity:
    """Every module call that returned tensors, in the order in which the calls returned."""

    calls: tuple[CallParity, ...]

    @property
    def ok(self) -> bool:
        return not any(call.verdict is Verdict.DIFFERS for call in self.calls)

    @property
    def first_divergence(self) -> CallParity | None:
        """The first call, by when it returned, whose numbers differ: inner modules come before those around them."""
        return next((call for call in self.calls if call.verdict is Verdict.DIFFERS), None)

    def counts(self) -> dict[str, int]:
        """How many calls have each verdict, in a fixed order."""
        return {verdict.value: sum(call.verdict is verdict for call in self.calls) for verdict in Verdict}

    def of(self, key: str) -> CallParity | None:
        """The finding about one call (`path` or `path#n`)."""
        return next((call for call in self.calls if call.key == key), None)


def compare_modules(path: Path, subject: Subject, attribution: Attribution) -> ModuleParity:
    """Compare every module call of one eager run with the graph.

    A call is compared with the tensors that its region, or a node that names it in `also`, hands on; of several as
    large as its output the nearest counts. PyTorch's side is kept in the temporary folder; where that has no room for
    all, both sides run several times. Of the graph's no more is held than `subject.values_limit`, where that can be.

    Args:
        path: the file of `subject.graph`.
    """
    return compare_all_modules(path, subject, [attribution])[0]


def compare_all_modules(path: Path, subject: Subject, attributions: Sequence[Attribution]) -> list[ModuleParity]:
    """`compare_modules` for several attributions of one graph, for which both sides run once."""
    sides = [_boundaries(subject.graph, attribution) for attribution in attributions]
    found: list[list[CallParity]] = [[] for _ in attributions]
    start: int | None = 0
    while start is not None:
        with scratch() as store:
            kept, start = _outputs(subject.request, start, store)
            matches = _nearest(path, subject, kept, [boundary for boundary, _ in sides])
        for (boundary, owners), calls, nearest in zip(sides, found, matches, strict=True):
            for (key, tensors), near in zip(kept, nearest, strict=True):
                bounded, identity = bool(boundary.get(key)), key in subject.eager.identity
                calls.append(_judge(key, len(tensors), near, bounded, key in owners, identity))
    return [ModuleParity(tuple(_settle(*each))) for each in zip(found, attributions, strict=True)]


def _outputs(request: Request, start: int, store: Scratch) -> tuple[list[Output], int | None]:
    """What calls returned, in that order, from the `start`-th return on and as many as there is room for; where to go
    on, None at the end."""
    kept: list[tuple[int, list[KeptArray]]] = []
    room = scratch_room()
    returned = 0
    full_at: int | None = None

    def keep(call: int, output: Any) -> None:
        nonlocal returned, room, full_at
        returned += 1
        tensors = [tensor for tensor in tensors_in(output) if tensor.layout is torch.strided]
        if returned <= start or full_at is not None or not tensors:
            return
        room -= sum(tensor.numel() * tensor.element_size() for tensor in tensors)
        if kept and room < 0:
            full_at = returned - 1
        else:
            kept.append((call, [store.keep(to_numpy(tensor)) for tensor in tensors]))

    with preserved(request.model):
        run = run_eagerly(request.model, request.args, request.kwargs, direct=request.direct, keep=keep)
    return [(run.calls[call].key, arrays) for call, arrays in kept], full_at


def _boundaries(graph: ir.Model, attribution: Attribution) -> tuple[dict[str, dict[str, int]], set[str]]:
    """For each call the tensors that its region, or a node that it shares in, hands on, by name, with the node that
    makes each; and the calls that have nodes of their own."""
    nodes = all_nodes(graph)
    position = {id(node): at for at, node in enumerate(nodes)}
    hidden = body_owners(nodes)
    region: dict[int, set[int]] = defaultdict(set)
    shares: dict[int, set[int]] = defaultdict(set)
    for at, scope in enumerate(attribution.scopes):
        for index in attribution.calls.chain(scope.call):
            region[index].add(at)
        for other in scope.also:
            for index in attribution.calls.chain(other):
                shares[index].add(at)
    boundaries: dict[str, dict[str, int]] = {}
    for call in attribution.calls.calls:
        own = region.get(call.index, set())
        tensors = dict(_handed_on(nodes, position, own | shares.get(call.index, set()), own))
        boundaries[call.key] = {name: at for name, at in tensors.items() if at not in hidden}
    return boundaries, {attribution.calls[index].key for index in region}


def _handed_on(
    nodes: list[ir.Node], position: dict[int, int], members: set[int], own: set[int]
) -> Iterator[tuple[str, int]]:
    for at in sorted(members):
        for value in nodes[at].outputs:
            readers = {position.get(id(use.node)) for use in value.uses()}
            if value.name and (value.is_graph_output() or not readers or at not in own or readers - own):
                yield value.name, at


def _nearest(
    path: Path, subject: Subject, kept: list[Output], boundaries: list[dict[str, dict[str, int]]]
) -> list[list[list[Match]]]:
    """For each side, for each call, the nearest tensor at its boundary to each of its own, where one is as large."""
    readers: dict[str, list[int]] = defaultdict(list)
    for number, (key, _) in enumerate(kept):
        for name in dict.fromkeys(name for boundary in boundaries for name in boundary.get(key, {})):
            readers[name].append(number)
    best: dict[tuple[int, int, int], Match] = {}
    types = coarsest_types(subject.graph)
    arrays = run_with_intermediates(path, subject.feed, sorted(readers), subject.values_limit) if readers else ()
    for name, array in arrays:
        for number in readers[name]:
            key, tensors = kept[number]
            for which, tensor in enumerate(tensors):
                # optimisers multiply flattened rows: the same numbers under another shape are the same result
                if array.size != tensor.size or array.dtype.kind != tensor.dtype.kind:
                    continue
                compared = compare_arrays(name, array.reshape(tensor.shape), tensor, types.get(name, ""))
                for side, boundary in enumerate(boundaries):
                    if (node := boundary.get(key, {}).get(name)) is not None:
                        at, match = (side, number, which), (compared, node)
                        best[at] = min(best.get(at, match), match, key=_distance)
    return [
        [
            [best[side, number, which] for which in range(len(tensors)) if (side, number, which) in best]
            for number, (_, tensors) in enumerate(kept)
        ]
        for side in range(len(boundaries))
    ]


def _distance(match: Match) -> tuple[float, int]:
    return match[0].max_abs, match[1]


def _judge(
    key: str, returned: int, matches: list[Match], bounded: bool, has_nodes: bool, is_identity: bool
) -> CallParity:
    if is_identity:
        return CallParity(key, Verdict.IDENTITY)
    if matches:
        worst, node = max(matches, key=lambda match: (not match[0].ok, match[0].max_rel))
        if all(match.proves_nothing for match, _ in matches):
            return CallParity(key, Verdict.NOT_FINITE, len(matches), returned)
        verdict = Verdict.EQUAL if worst.ok else Verdict.DIFFERS
        return CallParity(key, verdict, len(matches), returned, worst.max_abs, worst.max_rel, node)
    if has_nodes:
        return CallParity(key, Verdict.UNSEEN, 0, returned)
    return CallParity(key, Verdict.FOLDED if bounded else Verdict.REMOVED, 0, returned)


def _settle(found: list[CallParity], attribution: Attribution) -> list[CallParity]:
    """A difference counts where the call itself completes the compared tensor, and no call around it agrees."""
    calls = attribution.calls
    equal = {call.key for call in found if call.verdict is Verdict.EQUAL}
    settled = []
    for call in found:
        if call.verdict is Verdict.DIFFERS and call.node is not None and call.key in calls.by_key:
            scope = attribution.scopes[call.node]
            around = {calls[index].key for index in calls.chain(calls.by_key[call.key])}
            completed_by = {calls[index].key for index in calls.chain((scope.call, *scope.also)[-1])}
            if call.key not in completed_by:
                call = CallParity(call.key, Verdict.FOLDED, call.found, call.returned)
            elif around & equal:
                call = CallParity(call.key, Verdict.REARRANGED, call.found, call.returned)
        settled.append(call)
    return settled
