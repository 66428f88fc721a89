"""Put what kinds of calls become in the place of the calls of a graph, under the names that torch would give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import fx
from torch._export.utils import _build_cache, _rename_without_collisions
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.export.graph_signature import ExportGraphSignature
from torch.utils._pytree import tree_leaves, tree_map_only

from .kinds import TensorKind
from .recipes import Recipe, Ref


@dataclass(frozen=True)
class Call:
    """A node to be replaced, and the node whose tensor it changes in place, if any."""

    node: fx.Node
    changed: fx.Node | None


Traced = tuple[str, fx.Node | None]  # a name that torch asks for, and the node that gets it unless it is unused


def cook(call: Call, recipe: Recipe, signature: ExportGraphSignature, mode: FakeTensorMode) -> list[Traced]:
    """Put what a call becomes in its place; the tensors that it is annotated with are of that `mode`."""
    node, changed, graph = call.node, call.changed, call.node.graph
    if recipe.same and changed is None and "val" in node.meta:
        return [(name, None if step is None else node) for name, step in recipe.traced]
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
    return [(name, None if step is None else made[step]) for name, step in recipe.traced]


# What a node tells of where it comes from; the rest is about the call that is no more.
_KEPT = {"stack_trace", "nn_module_stack", "source_fn_stack", "custom", "from_node", "torch_fn"}


def _replace(graph: fx.Graph, node: fx.Node, result: Any, signature: ExportGraphSignature) -> None:
    if isinstance(result, fx.Node):
        if any(user.op == "output" for user in node.users):  # torch looks through all inputs and outputs for a name
            signature.replace_all_uses(node.name, result.name)
        node.replace_all_uses_with(result)
    else:
        for user in list(node.users):  # each picks one of several results
            _replace(graph, user, result[user.args[1]], signature)
    graph.erase_node(node)


def rename(graph: fx.Graph, traced: Iterable[Traced], signature: ExportGraphSignature) -> None:
    """Name what is in the graph as torch does when it traces all of it."""
    names = type(graph._graph_namespace)()
    asked = [(names.create_name(name, None), node) for name, node in traced]
    graph._graph_namespace = names
    taken: tuple[dict[str, str], dict[str, int], set[str]] = ({}, defaultdict(int), set())
    for placeholder in graph.find_nodes(op="placeholder"):
        _build_cache(placeholder.name, *taken[1:])
    present = set(graph.nodes)
    before = {node: node.name for node in present}
    for name, node in asked:
        if node is not None and node in present:
            node.name = _rename_without_collisions(*taken, name, name)
    now = {name: node.name for node, name in before.items()}
    for spec in signature.output_specs:
        spec.arg.name = now.get(spec.arg.name, spec.arg.name)
