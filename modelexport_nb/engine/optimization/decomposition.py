"""Take operators apart one kind of call at a time, instead of tracing the whole graph again.

Before it translates a graph, torch traces all of it once more to take apart what ONNX has no words for. What becomes
of a call depends on its operator, its constants and the types of its tensors alone; a deep network makes the same few
kinds of calls over and over. So each kind is taken apart once, by torch's own `run_decompositions` on a small program
that makes one call of each kind, and each call of the graph is replaced by what its kind became. What calls do to each
other (a tensor changed in place that others see, sizes known as symbols only) is left to torch's way.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.export import ExportedProgram
from torch.onnx._internal.exporter import _decomp, _fx_passes
from torch.onnx._internal.exporter._registration import ONNXRegistry
from torch.utils._pytree import tree_leaves

from .cooking import Call, cook, rename
from .kinds import Kind, Unclear, kind_of, kinds_in
from .patching import replaced
from .recipes import Recipe, recipes_of

_ROUNDS = 10
_MOST = 20_000  # kinds remembered for a table
_known: dict[int, dict[Kind, Recipe]] = {}  # for each table, by its identity: tables are never dropped
_tables: dict[frozenset[Any], dict[Any, Any]] = {}


@contextmanager
def decomposing_what_needs_it() -> Iterator[None]:
    """Let torch's ONNX exporter take graphs apart in this way while the block runs, where that is possible."""
    whole = _fx_passes.decompose_with_registry

    def decompose(program: ExportedProgram, registry: ONNXRegistry) -> ExportedProgram:
        try:
            return _by_kinds(program, registry)
        except Unclear:
            return whole(program, registry)

    with replaced(_fx_passes, "decompose_with_registry", decompose):
        yield


def _by_kinds(program: ExportedProgram, registry: ONNXRegistry) -> ExportedProgram:
    """The program with every call replaced by what its kind becomes; changes nothing where that is unclear."""
    graph = program.graph_module.graph
    table = _table(registry)
    recipes = _known.setdefault(id(table), {})
    calls = _all_known(graph, recipes, table)
    own = _only_own_tensors_changed(graph, calls)
    mode = _fake_mode(graph)
    traced = []
    for node, kind in calls.items():
        traced += cook(Call(node, own.get(node)), recipes[kind], program.graph_signature, mode)
    graph.eliminate_dead_code(_has_effects)
    rename(graph, traced, program.graph_signature)
    program.graph_module.recompile()  # which is on demand, unless that is turned off
    return program


def _has_effects(node: fx.Node) -> bool:
    """As torch asks while it traces: what draws random numbers may go where nobody reads them."""
    return node.is_impure(impure_random=False)


def _all_known(graph: fx.Graph, recipes: dict[Kind, Recipe], table: dict[Any, Any]) -> dict[fx.Node, Kind]:
    """The kind of each call, with a recipe for all of them.

    What a call becomes may lay out its result in another way, and what reads that is then of another kind; hence
    several rounds.
    """
    for _ in range(_ROUNDS):
        calls, complete = _kinds(graph, recipes)
        new = list(dict.fromkeys(kind for kind in calls.values() if kind not in recipes))
        if not new and complete:
            return calls
        if len(recipes) + len(new) > _MOST:
            recipes.clear()
        else:
            recipes.update(zip(new, recipes_of(new, table), strict=True))
    raise Unclear


def _kinds(graph: fx.Graph, recipes: dict[Kind, Recipe]) -> tuple[dict[fx.Node, Kind], bool]:
    """The kinds of the calls in order, as far as they are known, and whether those are all."""
    tensors: dict[fx.Node, Any] = {}
    calls: dict[fx.Node, Kind] = {}
    for node in graph.nodes:
        kind = kind_of(node, tensors) if node.op == "call_function" else None
        if kind is not None:
            calls[node] = kind
        if kind is not None and kind in recipes:
            tensors[node] = recipes[kind].returned
        elif node.target is operator.getitem:
            tensors[node] = tensors[node.args[0]][node.args[1]]
        elif "val" in node.meta or not node.users:
            tensors[node] = kinds_in(node.meta.get("val"))
        else:  # torch has not noted what it returns: its recipe will tell
            return calls, False
    return calls, True


def _table(registry: ONNXRegistry) -> dict[Any, Any]:
    """Which operators torch takes apart, and how, for this registry."""
    registered = frozenset(_decomp.get_onnx_implemented_overloads(registry))
    if registered not in _tables:
        _tables[registered] = _decomp.create_onnx_friendly_decomposition_table(set(registered))
    return _tables[registered]


def _only_own_tensors_changed(graph: fx.Graph, calls: dict[fx.Node, Kind]) -> dict[fx.Node, fx.Node]:
    """For each call that changes a tensor in place, the node whose tensor that is.

    Raises:
        Unclear: somebody else may see the change: a view, or the caller.
    """
    changing = {node: node.args[0] for node, kind in calls.items() if kind.changes}
    if not changing:
        return {}
    sharing: dict[int, set[fx.Node]] = {}
    for node in graph.nodes:
        for value in tree_leaves(node.meta.get("val")):
            if isinstance(value, torch.Tensor):
                sharing.setdefault(_storage(value), set()).add(node)
    chains: dict[fx.Node, set[fx.Node]] = {}
    for node, changed in changing.items():
        if not isinstance(changed, fx.Node) or changed.op != "call_function":
            raise Unclear
        chains[node] = chains.get(changed, {changed}) | {node}
    last = set(changing) - set(changing.values())
    for node in last:
        value = node.meta["val"]
        if not isinstance(value, torch.Tensor) or sharing[_storage(value)] - chains[node]:
            raise Unclear
    return changing  # type: ignore[return-value]


def _fake_mode(graph: fx.Graph) -> FakeTensorMode:
    for node in graph.nodes:
        for value in tree_leaves(node.meta.get("val")):
            if isinstance(value, FakeTensor):
                return value.fake_mode
    raise Unclear


def _storage(value: torch.Tensor) -> int:
    return value.untyped_storage()._cdata
