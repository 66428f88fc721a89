"""Take the measures of an attribution. Independent of the strategy: parameters by memory and value, the graph's own
edges, and what an eager run was seen to read."""

from __future__ import annotations

import onnx_ir as ir

from .attribution import Attribution, Evidence
from .convexity import detours, node_reads, regions
from .eager import EagerRun
from .measures import Measures
from .modules import storage_address
from .owners import Owners, Parameter


def take_measures(
    nodes: list[ir.Node],
    attribution: Attribution,
    parameters: dict[int, list[Parameter]],
    eager: EagerRun,
) -> Measures:
    """Measure an attribution.

    Args:
        nodes: `graph.all_nodes(model)`.
        parameters: for each initializer (`id` of its value) the parameters it holds, from `read_parameters`.
        eager: an eager run of the same model on the same inputs.
    """
    owning, disowned = _ownership(nodes, attribution, parameters, eager)
    regions, broken = _convexity(nodes, attribution)
    return Measures(
        nodes=len(nodes),
        covered=len(attribution.scopes),
        root=sum(scope.evidence is Evidence.ROOT for scope in attribution.scopes),
        owned=owning - len(disowned),
        owning=owning,
        convex=regions - len(broken),
        regions=regions,
        disowned=tuple(disowned),
        non_convex=tuple(broken),
    )


def read_parameters(model: ir.Model, owners: Owners) -> dict[int, list[Parameter]]:
    """The parameters that each initializer of the main graph holds, by the `id` of its value."""
    return {id(value): found for value in model.graph.initializers.values() if (found := owners.of(value))}


def _ownership(
    nodes: list[ir.Node],
    attribution: Attribution,
    parameters: dict[int, list[Parameter]],
    eager: EagerRun,
) -> tuple[int, list[int]]:
    readers = {key: _readers(group, eager) for key, group in parameters.items()}
    owning, disowned = 0, []
    for number, (node, scope) in enumerate(zip(nodes, attribution.scopes, strict=True)):
        read = [id(value) for value in node.inputs if value is not None and id(value) in parameters]
        if not read:
            continue
        owning += 1
        claimed = {attribution.calls[index].key for index in (scope.call, *scope.also)}
        claimed_paths = {attribution.calls[index].path for index in (scope.call, *scope.also)}
        if not all(
            bool(claimed & readers[key]) if readers[key] else any(p.module in claimed_paths for p in parameters[key])
            for key in read
        ):
            disowned.append(number)
    return owning, disowned


def _readers(group: list[Parameter], eager: EagerRun) -> set[str]:
    """Calls that the eager run saw reading the parameter: one of them must be claimed. Where it saw none, a call of
    the module that owns it."""
    return {key for parameter in group for key in eager.readers.get(storage_address(parameter.tensor), ())}


def _convexity(nodes: list[ir.Node], attribution: Attribution) -> tuple[int, list[str]]:
    """Number of calls with nodes, and the keys of those whose region a path leaves and enters again."""
    members = regions(attribution.scopes, attribution.calls)
    reads = node_reads(nodes)
    broken = [attribution.calls[call].key for call, region in sorted(members.items()) if detours(region, reads)]
    return len(members), broken
