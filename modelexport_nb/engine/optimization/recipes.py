"""How a kind of call is taken apart, found out on a program of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.export.graph_signature import OutputKind
from torch.utils._pytree import tree_leaves, tree_map_only, tree_unflatten

from .kinds import Kind, TensorKind, Unclear, kinds_in
from .patching import replaced

_export = torch.export.export  # as torch has it: captures put a function of their own in its place


@dataclass(frozen=True)
class Ref:
    """In a recipe: the call's tensor argument of that number, or the result of a step before."""

    number: int
    is_step: bool


@dataclass(frozen=True)
class Step:
    """One call; `args` and `kwargs` hold a `Ref` where a node belongs, `value` a `TensorKind` where a tensor does."""

    target: Any
    args: Any
    kwargs: Any
    value: Any


@dataclass(frozen=True)
class Recipe:
    """What a kind of call becomes: steps, and its result in terms of them. `same` says that nothing changes.

    `returned` is the result with the kind of each tensor in its place. `traced` is all that torch makes of the call
    before it drops what is unused, in order: the name that it asks for, and the step that it is, if any.
    """

    steps: tuple[Step, ...]
    result: Any
    returned: Any
    same: bool
    traced: tuple[tuple[str, int | None], ...]


def recipes_of(kinds: Sequence[Kind], table: dict[Any, Callable[..., Any]]) -> list[Recipe]:
    """What each kind becomes by torch's own decomposition with that table.

    Raises:
        Unclear: torch cannot trace a call of one of them by itself.
    """
    if not kinds:
        return []
    with FakeTensorMode():  # numbers are of no account
        inputs = [leaf.make() for kind in kinds for leaf in kind.leaves if isinstance(leaf, TensorKind)]
    try:
        with torch.no_grad():
            program = _export(_Calls(kinds), tuple(inputs))
            with replaced(fx.Graph, "eliminate_dead_code", _keep_dead_code):
                taken_apart = program.run_decompositions(table)
    except Exception as error:
        raise Unclear from error
    return _read(taken_apart, _calls_of(program, kinds), kinds)


def _keep_dead_code(graph: fx.Graph, *_: Any, **__: Any) -> bool:
    """In place of its elimination: what is unused has a name, too, and so counts in the names of what follows."""
    return False


def _calls_of(program: torch.export.ExportedProgram, kinds: Sequence[Kind]) -> list[str]:
    """The name of the node that calls each kind; between them torch.export puts assertions of its own."""
    nodes = iter([node for node in program.graph.nodes if node.op == "call_function"])
    calls = []
    for kind in kinds:
        call = next((node for node in nodes if node.target is kind.target), None)
        if call is None:
            raise Unclear
        calls.append(call.name)
    return calls


class _Calls(torch.nn.Module):
    """Makes one call of each kind, each on tensors of its own."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        super().__init__()
        self._kinds = kinds

    def forward(self, *tensors: torch.Tensor) -> list[Any]:
        given = iter(tensors)
        results = []
        for kind in self._kinds:
            leaves = [next(given) if isinstance(leaf, TensorKind) else leaf.value for leaf in kind.leaves]
            args, kwargs = tree_unflatten(leaves, kind.layout)
            results.append(kind.target(*args, **kwargs))
        return results


def _read(program: torch.export.ExportedProgram, calls: list[str], kinds: Sequence[Kind]) -> list[Recipe]:
    graph = program.graph_module.graph
    if any(node.op == "get_attr" for node in graph.nodes):
        raise Unclear
    placeholders = iter([node for node in graph.nodes if node.op == "placeholder"])
    returned = zip(graph.output_node().args[0], program.graph_signature.output_specs, strict=True)
    results = tree_unflatten(
        [node for node, spec in returned if spec.kind is OutputKind.USER_OUTPUT], program.call_spec.out_spec
    )
    made: dict[str, list[fx.Node]] = {call: [] for call in calls}
    for node in graph.nodes:
        if node.op == "call_function" and (call := node.meta["from_node"][-1].name) in made:
            made[call].append(node)
    recipes = []
    for kind, call, result in zip(kinds, calls, results, strict=True):
        taken = [next(placeholders) for leaf in kind.leaves if isinstance(leaf, TensorKind)]
        recipes.append(_recipe(kind, taken, result, made[call]))
    return recipes


def _recipe(kind: Kind, taken: list[fx.Node], result: Any, made: list[fx.Node]) -> Recipe:
    """The steps, of the nodes that the call made, that lead from its tensors to its result."""
    needed: set[fx.Node] = set()
    open_nodes = [leaf for leaf in tree_leaves(result) if isinstance(leaf, fx.Node)]
    while open_nodes:
        node = open_nodes.pop()
        if node not in needed and node not in taken:
            needed.add(node)
            open_nodes.extend(node.all_input_nodes)
    nodes = [node for node in made if node in needed]
    if len(nodes) != len(needed):
        raise Unclear  # it reads what belongs to another call
    refs = {node: Ref(number, False) for number, node in enumerate(taken)}
    refs |= {node: Ref(number, True) for number, node in enumerate(nodes)}

    def named(tree: Any) -> Any:
        return tree_map_only(fx.Node, refs.__getitem__, tree)

    steps = tuple(
        [Step(node.target, named(node.args), named(node.kwargs), kinds_in(node.meta["val"])) for node in nodes]
    )
    traced = tuple([(_asked_name(node), refs[node].number if node in refs else None) for node in made])
    given = [leaf for leaf in kind.leaves if isinstance(leaf, TensorKind)]
    kinds = {
        **dict(zip(taken, given, strict=True)),
        **{node: step.value for node, step in zip(nodes, steps, strict=True)},
    }
    returned = tree_map_only(fx.Node, kinds.__getitem__, result)
    return Recipe(steps, named(result), returned, _is_same(kind, steps), traced)


def _is_same(kind: Kind, steps: tuple[Step, ...]) -> bool:
    """Whether the call becomes itself."""
    if len(steps) != 1 or steps[0].target is not kind.target:
        return False
    numbers = itertools.count()
    leaves = [Ref(next(numbers), False) if isinstance(leaf, TensorKind) else leaf.value for leaf in kind.leaves]
    return tree_unflatten(leaves, kind.layout) == (steps[0].args, steps[0].kwargs)


def _asked_name(node: fx.Node) -> str:
    """What torch asks to call the node before it counts."""
    packet: Any = getattr(node.target, "overloadpacket", node.target)
    return node.graph._target_to_str(packet.__name__)
