"""How a kind of call is taken apart, found out on a program of its own, and put in the place of a call."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.export.graph_signature import ExportGraphSignature, OutputKind
from torch.utils._pytree import tree_leaves, tree_map_only, tree_unflatten

from .kinds import Kind, TensorKind, Unclear, kinds_in

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
    """What a kind of call becomes: steps, and its result in terms of them. `same` says that nothing changes."""

    steps: tuple[Step, ...]
    result: Any
    same: bool

    def returns(self, kind: Kind) -> Any:
        """What a call of the kind returns, with the kind of each tensor in its place."""
        given = [leaf for leaf in kind.leaves if isinstance(leaf, TensorKind)]
        return tree_map_only(
            Ref, lambda ref: self.steps[ref.number].value if ref.is_step else given[ref.number], self.result
        )


@dataclass(frozen=True)
class Call:
    """A node to be replaced, and the node whose tensor it changes in place, if any."""

    node: fx.Node
    changed: fx.Node | None


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
            program = _export(_Calls(kinds), tuple(inputs)).run_decompositions(table)
    except Exception as error:
        raise Unclear from error
    return _read(program, kinds)


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


def _read(program: torch.export.ExportedProgram, kinds: Sequence[Kind]) -> list[Recipe]:
    graph = program.graph_module.graph
    if any(node.op == "get_attr" for node in graph.nodes):
        raise Unclear
    placeholders = iter([node for node in graph.nodes if node.op == "placeholder"])
    returned = zip(graph.output_node().args[0], program.graph_signature.output_specs, strict=True)
    results = tree_unflatten(
        [node for node, spec in returned if spec.kind is OutputKind.USER_OUTPUT], program.call_spec.out_spec
    )
    order = {node: number for number, node in enumerate(graph.nodes)}
    recipes = []
    for kind, result in zip(kinds, results, strict=True):
        taken = [next(placeholders) for leaf in kind.leaves if isinstance(leaf, TensorKind)]
        recipes.append(_recipe(kind, taken, result, order))
    return recipes


def _recipe(kind: Kind, taken: list[fx.Node], result: Any, order: dict[fx.Node, int]) -> Recipe:
    """The steps that lead from the call's tensors to its result."""
    needed: set[fx.Node] = set()
    open_nodes = [leaf for leaf in tree_leaves(result) if isinstance(leaf, fx.Node)]
    while open_nodes:
        node = open_nodes.pop()
        if node not in needed and node not in taken:
            needed.add(node)
            open_nodes.extend(node.all_input_nodes)
    nodes = sorted(needed, key=order.__getitem__)
    refs = {node: Ref(number, False) for number, node in enumerate(taken)}
    refs |= {node: Ref(number, True) for number, node in enumerate(nodes)}
    if len(refs) != len(taken) + len(nodes) or any(node.op != "call_function" for node in nodes):
        raise Unclear  # it reads what belongs to another call

    def named(tree: Any) -> Any:
        return tree_map_only(fx.Node, refs.__getitem__, tree)

    steps = tuple(
        [Step(node.target, named(node.args), named(node.kwargs), kinds_in(node.meta["val"])) for node in nodes]
    )
    return Recipe(steps, named(result), _is_same(kind, steps))


def _is_same(kind: Kind, steps: tuple[Step, ...]) -> bool:
    """Whether the call becomes itself, and its results are picked out of it as before."""
    if (
        not steps
        or steps[0].target is not kind.target
        or any(step.target is not operator.getitem for step in steps[1:])
    ):
        return False
    numbers = itertools.count()
    leaves = [Ref(next(numbers), False) if isinstance(leaf, TensorKind) else leaf.value for leaf in kind.leaves]
    return tree_unflatten(leaves, kind.layout) == (steps[0].args, steps[0].kwargs)


def cook(call: Call, recipe: Recipe, signature: ExportGraphSignature, mode: FakeTensorMode) -> None:
    """Put what a call becomes in its place; the tensors that it is annotated with are of that `mode`."""
    node, changed, graph = call.node, call.changed, call.node.graph
    if recipe.same and changed is None and "val" in node.meta:
        return
    tensors = [leaf for leaf in tree_leaves((node.args, node.kwargs)) if isinstance(leaf, fx.Node)]
    made: list[fx.Node] = []

    def filled(tree: Any) -> Any:
        return tree_map_only(Ref, lambda ref: (made if ref.is_step else tensors)[ref.number], tree)

    with graph.inserting_before(node):
        for step in recipe.steps:
            new = graph.call_function(step.target, filled(step.args), filled(step.kwargs))
            new.meta = {name: value for name, value in node.meta.items() if name in _KEPT}
            with mode:
                new.meta["val"] = tree_map_only(TensorKind, TensorKind.make, step.value)
            made.append(new)
    result = filled(recipe.result)
    if changed is not None:
        later = [user for user in changed.users if user not in made and node < user]
        for user in later:
            user.replace_input_with(changed, result)
    _replace(graph, node, result, signature)


# What a node tells of where it comes from; the rest is about the call that is no more.
_KEPT = {"stack_trace", "nn_module_stack", "source_fn_stack", "custom", "from_node", "torch_fn"}


def _replace(graph: fx.Graph, node: fx.Node, result: Any, signature: ExportGraphSignature) -> None:
    if isinstance(result, fx.Node):
        node.replace_all_uses_with(result)
        signature.replace_all_uses(node.name, result.name)
    else:
        for user in list(node.users):  # each picks one of several results
            _replace(graph, user, result[user.args[1]], signature)
    graph.erase_node(node)
