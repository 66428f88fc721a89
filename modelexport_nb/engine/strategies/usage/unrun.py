"""Modules of the graph that did not run on these inputs, such as the branch of a condition that was not taken."""

from __future__ import annotations

import onnx_ir as ir

from ...eager import EagerRun
from ...modules import CallTree, ModuleTree, storage_address
from ...owners import Parameter


def with_unrun_modules(eager: EagerRun, modules: ModuleTree, parameters: dict[int, list[Parameter]]) -> CallTree:
    """The calls of the eager run, and one for each module that did not run but whose parameters the graph reads."""
    calls = CallTree(eager.calls.calls)
    for group in parameters.values():
        seen = any(storage_address(p.tensor) in eager.readers or calls.count(p.module) for p in group)
        if seen or group[0].module not in modules.modules:
            continue
        around = modules.ancestors(group[0].module)
        ran = next((path for path in around if calls.count(path)), "")
        call = calls.by_key[ran]
        for path in reversed(around[: around.index(ran)]):
            call = calls.begin(path, call)
    return calls


def rank_unrun(
    nodes: list[ir.Node], parameters: dict[int, list[Parameter]], calls: CallTree, eager: EagerRun
) -> dict[int, int]:
    """An order for calls beside one that did not run: branches run in none, so that the graph's is taken."""
    beside = {calls[index].parent for index in range(len(eager.calls), len(calls))}
    if not beside:
        return {}
    first: dict[int, int] = {}
    for position, node in enumerate(nodes):
        owners = {p.module for value in node.inputs if value is not None for p in parameters.get(id(value), ())}
        for call in calls.calls:
            if call.path in owners:
                for around in calls.chain(call.index):
                    first.setdefault(around, position)
    return {call: position for call, position in first.items() if calls[call].parent in beside}
