"""Nodes inside the bodies of If, Loop and Scan, whose values nobody can see from outside."""

from __future__ import annotations

import onnx_ir as ir

from ..attribution import Evidence, NodeScope
from ..graph import body_owners
from ..modules import CallTree, ModuleTree
from ..owners import Parameter


def place_in_bodies(
    nodes: list[ir.Node],
    scopes: list[NodeScope | None],
    parameters: dict[int, list[Parameter]],
    calls: CallTree,
    modules: ModuleTree,
) -> None:
    """Give each node of a body that reads the parameter of one module that module's call below the body's holder.

    A branch that was not taken never ran: its modules get a call of their own, added to `calls`.
    """
    for number, holder in body_owners(nodes).items():
        around = scopes[holder]
        owners = {
            parameter.module
            for value in nodes[number].inputs
            if value is not None
            for parameter in parameters.get(id(value), [])
        }
        if scopes[number] is None and around is not None and len(owners) == 1:
            scopes[number] = NodeScope(_call_inside(calls, modules, around.call, owners.pop()), Evidence.PARAMETER)


def _call_inside(calls: CallTree, modules: ModuleTree, around: int, path: str) -> int:
    call = around
    for inner in reversed(modules.ancestors(path)):
        if inner in modules.ancestors(calls[around].path):
            continue
        known = [c.index for c in calls.calls if c.path == inner and c.parent == call]
        call = known[0] if known else calls.begin(inner, call)
    return call
