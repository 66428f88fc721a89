"""The nodes that a traced block left in the graph, and copies of them for another block.

All that torch's tracer would have made is put together as it does: nodes with their names and notes, the module calls,
and new tensors that stand for the results.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn
from torch._ops import OpOverload
from torch._subclasses.fake_tensor import FakeTensor
from torch.fx.experimental.proxy_tensor import (
    disable_proxy_modes_tracing,
    get_proxy_slot,
    track_tensor_tree,
)
from torch.utils._pytree import TreeSpec, tree_flatten, tree_leaves, tree_unflatten

from ..modules import own_tensors
from ..recording import CallRecorder
from ..values import PLAIN, form_of

Renumber = Callable[[dict[str, Any], int], dict[str, Any]]


@dataclass(frozen=True)
class Given:
    """What a block may use: its arguments, and its own parameters and buffers.

    Attributes:
        form: equal for two blocks that are given things of the same kind, the same ones in the same places.
        arguments: the leaves of the arguments.
        tensors: those of the arguments, then its own.
        nodes: what stands for each of them in the graph.
    """

    form: Hashable
    arguments: tuple[Any, ...]
    tensors: tuple[torch.Tensor, ...]
    nodes: tuple[fx.Node, ...]

    @classmethod
    def of(cls, tracer: Any, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Given | None:
        """None where something else is among them than plain tensors and constants."""
        leaves, structure = tree_flatten((args, kwargs))
        parts = module.named_modules()
        own = [(f"{path}.{name}", tensor) for path, part in parts for name, tensor in own_tensors(part)]
        tensors: list[torch.Tensor] = []
        nodes: list[fx.Node] = []
        form: list[Hashable] = [structure]
        for name, leaf in [*(("", leaf) for leaf in leaves), *own]:
            if isinstance(leaf, torch.Tensor) and (node := _node_of(tracer, leaf)) is not None:
                tensors.append(leaf)
                nodes.append(node)
                form.append((name, nodes.index(node), form_of(leaf)))
            elif type(leaf) in PLAIN:
                form.append((type(leaf), repr(leaf)))
            else:
                return None
        return cls(tuple(form), tuple(leaves), tuple(tensors), tuple(nodes))


@dataclass(frozen=True)
class _Result:
    """A leaf of what a block returned: the argument at `place`, the tensor of `node`, or else `value` itself."""

    value: Any
    place: int = -1
    node: fx.Node | None = None


@dataclass(frozen=True)
class TracedBlock:
    """A block in the graph.

    Attributes:
        path: of its module, as the tracer names it.
        canonical: of its module.
        given: what stood for the things that it may use.
        nodes: what it left in the graph.
        restated: the given tensors, by number, that one of these stands for now: what `x.contiguous()` returns is often
            `x` itself.
        results, structure: what it returned.
        first: the number of its call.
        calls: path and parent of this call and of those in it.
    """

    path: str
    canonical: str
    given: tuple[fx.Node, ...]
    nodes: list[fx.Node]
    restated: list[tuple[int, fx.Node]]
    results: list[_Result]
    structure: TreeSpec
    first: int
    calls: list[tuple[str, int]]

    @classmethod
    def of(
        cls,
        tracer: Any,
        recorder: CallRecorder,
        module: nn.Module,
        given: Given,
        output: Any,
        before: tuple[fx.Node, int],
    ) -> TracedBlock | None:
        """The block that has just been traced, after the last node and the number of calls `before`; None where a copy
        of it might not be what the tracer would make."""
        last, first = before
        nodes = _nodes_after(last)
        calls = [(call.path, call.parent) for call in recorder.calls.calls[first:]]
        canonical = calls[0][0]
        if not _self_contained(nodes, given) or not all(inner.startswith(f"{canonical}.") for inner, _ in calls[1:]):
            return None
        leaves, structure = tree_flatten(output)
        results = _results_of(tracer, leaves, given, nodes)
        restated = _restated(tracer, given, nodes)
        if results is None or restated is None:
            return None
        path = tracer.path_of_module(module)
        return cls(path, canonical, given.nodes, nodes, restated, results, structure, first, calls)

    def copy(self, tracer: Any, recorder: CallRecorder, module: nn.Module, given: Given, renumber: Renumber) -> Any:
        """Let graph and calls be as if this other module had been traced; what it returns."""
        higher = self._call(recorder, module)
        path = tracer.path_of_module(module)
        new = dict(zip(self.given, given.nodes, strict=True))
        stacks: dict[int, dict[str, Any]] = {}  # one for all nodes of a call, as they were
        for node in self.nodes:
            args, kwargs = (fx.node.map_arg(each, new.__getitem__) for each in (node.args, node.kwargs))
            new[node] = copy = tracer.graph.create_node(node.op, node.target, args, kwargs, node.name)
            copy.meta = dict(node.meta)
            if (stack := node.meta.get("nn_module_stack")) is not None:
                copy.meta["nn_module_stack"] = stacks.setdefault(id(stack), self._stack(stack, path))
            if (notes := node.meta.get("custom")) is not None:
                copy.meta["custom"] = renumber(notes, higher)
        for number, node in self.restated:
            track_tensor_tree(given.tensors[number], fx.Proxy(new[node], tracer), constant=None, tracer=tracer)
        return tree_unflatten(self._results(tracer, given, new), self.structure)

    def _call(self, recorder: CallRecorder, module: nn.Module) -> int:
        """Record the calls; by how much their numbers are higher."""
        path, begun = recorder.path_of(module), len(recorder.calls)
        higher = begun - self.first
        for number, (inner, parent) in enumerate(self.calls):
            within = recorder.stack[-1] if number == 0 else parent + higher
            recorder.calls.begin(f"{path}{inner[len(self.canonical) :]}", within)
        return higher

    def _stack(self, stack: dict[str, Any], path: str) -> dict[str, Any]:
        """The modules around a node, with the other block in place of this one."""

        def other(name: str) -> str:
            inside = name == self.path or name.startswith((f"{self.path}.", f"{self.path}@"))
            return path + name[len(self.path) :] if inside else name

        return type(stack)((other(key), (other(name), kind)) for key, (name, kind) in stack.items())

    def _results(self, tracer: Any, given: Given, new: dict[fx.Node, fx.Node]) -> list[Any]:
        made: dict[fx.Node, torch.Tensor] = {}
        found = []
        for result in self.results:
            if result.node is None:
                found.append(result.value if result.place < 0 else given.arguments[result.place])
                continue
            if result.node not in made:
                tensor = made[result.node] = _like(result.value)
                track_tensor_tree(tensor, fx.Proxy(new[result.node], tracer), constant=None, tracer=tracer)
            found.append(made[result.node])
        return found


def _node_of(tracer: Any, tensor: torch.Tensor) -> fx.Node | None:
    """What stands for the tensor in the graph; None where nothing does, or torch knows its numbers."""
    slot: Any = get_proxy_slot(tensor, tracer, None)
    return None if slot is None or slot.constant is not None else slot.proxy.node


def _nodes_after(last: fx.Node) -> list[fx.Node]:
    nodes = []
    while (last := last.next).op != "root":
        nodes.append(last)
    return nodes


def _self_contained(nodes: list[fx.Node], given: Given) -> bool:
    known = {*given.nodes, *nodes}
    return all(_is_plain(node) and known.issuperset(node.all_input_nodes) for node in nodes)


def _results_of(tracer: Any, leaves: list[Any], given: Given, nodes: list[fx.Node]) -> list[_Result] | None:
    """What was returned; None where something among it is neither given nor plain."""
    own = {*nodes}
    results = []
    for leaf in leaves:
        if (result := _result(tracer, leaf, given, own)) is None:
            return None
        results.append(result)
    return results


def _restated(tracer: Any, given: Given, nodes: list[fx.Node]) -> list[tuple[int, fx.Node]] | None:
    """The given tensors, by number, that one of the nodes stands for now; None where something else does."""
    own = {*nodes}
    restated = []
    for number, (tensor, was) in enumerate(zip(given.tensors, given.nodes, strict=True)):
        node = _node_of(tracer, tensor)
        if node is was:
            continue
        if node is None or node not in own:
            return None
        restated.append((number, node))
    return restated


def _result(tracer: Any, leaf: Any, given: Given, nodes: set[fx.Node]) -> _Result | None:
    for place, argument in enumerate(given.arguments):
        if isinstance(leaf, torch.Tensor) and leaf is argument:
            return _Result(None, place)
    if not isinstance(leaf, torch.Tensor):
        return _Result(leaf) if type(leaf) in PLAIN else None
    node = _node_of(tracer, leaf)
    plain = type(leaf) is FakeTensor and leaf.layout is torch.strided and not leaf.requires_grad
    return _Result(leaf, node=node) if plain and node in nodes else None


def _is_plain(node: fx.Node) -> bool:
    """Whether it computes tensors of known sizes and nothing that is kept elsewhere, and changes none in place: copies
    share the notes of what they return, and who shares memory with a changed tensor is changed, too."""
    values = tree_leaves(node.meta.get("val"))
    return (
        node.op == "call_function"
        and not (isinstance(node.target, OpOverload) and node.target._schema.is_mutable)
        and all(type(value) is FakeTensor and all(type(size) is int for size in value.shape) for value in values)
    )


def _like(tensor: Any) -> torch.Tensor:
    """A new tensor without numbers; no tracer sees it come."""
    with disable_proxy_modes_tracing(), torch._C.DisableTorchFunction(), tensor.fake_mode:
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)
