"""Which module calls can have made a node, going by the parameters that it reads.

An eager run shows which calls read which parameter. A module that runs many times reads it many times; the nodes that
read it are then dealt out to its calls in the order of execution.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import onnx_ir as ir

from ...arrays import to_numpy
from ...eager import EagerRun
from ...modules import storage_address
from ...owners import Parameter
from .timeline import Claim, Timeline


class Readers:
    """Claims of the nodes that read parameters, by position.

    Args:
        nodes: in execution order.
        parameters: for each initializer (`id` of its value) the parameters that it holds.
        eager: which calls read them.
        timeline: the calls, those of modules that did not run on these inputs included.
    """

    def __init__(
        self, nodes: list[ir.Node], parameters: dict[int, list[Parameter]], eager: EagerRun, timeline: Timeline
    ) -> None:
        self._nodes = nodes
        self._parameters = parameters
        self._readers = eager.readers
        self._timeline = timeline
        self._claims: dict[int, list[Claim]] = {}
        self._read: dict[int, tuple[int, ...]] = {}
        held, self.carriers = _held(nodes, parameters)
        for position, node in enumerate(nodes):
            if position in self.carriers:
                continue
            groups = [held[id(value)] for value in node.inputs if value is not None and id(value) in held]
            claims = [claim for group in groups if (claim := self._calls_reading(group))]
            if claims:
                self._claims[position] = list(dict.fromkeys(claims))
                self._read[position] = tuple(id(group[0].tensor) for group in groups)

    def _calls_reading(self, group: list[Parameter]) -> Claim:
        """The calls that were seen to read one of these parameters; else the calls of their owners."""
        calls = self._timeline.calls
        keys = {key for parameter in group for key in self._readers.get(storage_address(parameter.tensor), ())}
        owners = {parameter.module for parameter in group}
        found = {calls.by_key[key] for key in keys if key in calls.by_key}
        return self._timeline.by_end(found or {call.index for call in calls.calls if call.path in owners})

    def claims(self) -> dict[int, Claim]:
        """One claim for each node that reads parameters; nodes of a repeated call are told apart where they can be.

        Calls of one module make the same nodes: when the number of nodes that read the same is a multiple of the
        number of calls, each call has its share, in order.
        """
        alike: dict[tuple[Claim, tuple[int, ...]], list[int]] = defaultdict(list)
        claims = {position: self._common(groups) for position, groups in self._claims.items()}
        for position, claim in claims.items():
            alike[claim, self._read[position]].append(position)
        for (claim, _), positions in alike.items():
            if len(positions) % len(claim) == 0:
                for rank, position in enumerate(positions):
                    claims[position] = (claim[rank * len(claim) // len(positions)],)
        return claims

    def _common(self, groups: list[Claim]) -> Claim:
        """Calls that read all parameters of a node; if none does, those that read the first."""
        common = set(groups[0]).intersection(*groups[1:])
        return tuple(call for call in groups[0] if call in common) or groups[0]

    def others(self, position: int, call: int) -> set[int]:
        """Further calls whose parameters the node reads, `call` being one that made it."""
        return {self._timeline.nearest(claim, call) for claim in self._claims.get(position, ()) if call not in claim}

    def vanished(self) -> set[int]:
        """Calls that read parameters of which no node reads any: their work was done by the exporter or elsewhere."""
        by_key = self._timeline.calls.by_key
        reading = {by_key[key] for keys in self._readers.values() for key in keys if key in by_key}
        return reading - {call for groups in self._claims.values() for claim in groups for call in claim}

    def is_rescaled(self, position: int) -> bool:
        """Whether the node reads a parameter with other numbers than the module's own: something was folded into it."""
        return any(
            not _same_numbers(value, self._parameters[id(value)])
            for value in self._nodes[position].inputs
            if value is not None and id(value) in self._parameters
        )


def _held(
    nodes: list[ir.Node], parameters: dict[int, list[Parameter]]
) -> tuple[dict[int, list[Parameter]], dict[int, int]]:
    """Values that hold a parameter, and the nodes that merely hand one on, each with the node that it is handed to.

    A node that reads one parameter and nothing else hands it on: exporters transpose weights, and copy those that a
    shared module reads again.
    """
    position = {id(node): place for place, node in enumerate(nodes)}
    held = dict(parameters)
    carriers: dict[int, int] = {}
    for place, node in enumerate(nodes):
        source = node.inputs[0] if len(node.inputs) == 1 and len(node.outputs) == 1 else None
        if source is None or id(source) not in held:
            continue
        result = node.outputs[0]
        readers = [position[id(use.node)] for use in result.uses() if id(use.node) in position]
        if readers:
            held[id(result)] = held[id(source)]
            carriers[place] = min(readers)
    return held, carriers


def _same_numbers(value: ir.Value, group: list[Parameter]) -> bool:
    if value.const_value is None:
        return True
    array = np.sort(value.const_value.numpy(), axis=None)
    return any(np.array_equal(np.sort(to_numpy(parameter.tensor), axis=None), array) for parameter in group)
