"""What an ONNX file says about modules: our keys, torch's lists of scopes, node names, or nothing."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import onnx_ir as ir

from .attribution import CONFIDENCE, Evidence, NodeScope
from .graph import body_owners
from .metadata import PREFIX
from .modules import CallTree, ModuleCall

Source = Literal["modelexport", "torch", "names", "flat"]
Chain = list[tuple[str, str]]  # path and class of the modules around a node, outermost first, the root left out

LONGEST = 100_000  # characters of one text of the exporter that are still parsed
LONGEST_REASON = 200
DEEPEST = 100  # modules inside each other: a stranger's file must not make a tree many times its own size
_NO_MODULE = "_empty_nn_module_stack_from_metadata_hook"  # torch's word for "no module is known"


@dataclass(frozen=True)
class StatedScope(NodeScope):
    """A claim whose file states another confidence than the usual one of its evidence."""

    stated: float = 0.0

    @property
    def confidence(self) -> float:
        return self.stated


@dataclass(frozen=True)
class Reading:
    """What one source says: modules by path with their class (the root first), their calls, a claim for each node.

    `empty` says why calls have no node, `hidden` which modules the capture did not show; None where the source does
    not tell.
    """

    source: Source
    note: str
    classes: dict[str, str]
    calls: CallTree
    scopes: list[NodeScope]
    strategy: str = ""
    empty: dict[int, str] | None = None
    hidden: frozenset[str] | None = None


class InconsistentError(Exception):
    """Our keys contradict each other; the message says where."""


def plain(text: str, limit: int = 60) -> str:
    """A stranger's text on one line, nothing in it that a terminal would obey, shortened."""
    shown = repr(text[: limit + 1])[1:-1]
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


# ---- our own keys ----


def read_ours(model: ir.Model, nodes: list[ir.Node]) -> Reading | None:
    """What `metadata.write_metadata` wrote; None when no node carries any of it."""
    tags = [
        {key.removeprefix(PREFIX): text for key, text in node.metadata_props.items() if key.startswith(PREFIX)}
        for node in nodes
    ]
    written = model.metadata_props.get(PREFIX + "hierarchy")
    untagged = sum(not tag for tag in tags)
    if untagged == len(nodes):
        if written is None:
            return None
        if nodes:
            raise InconsistentError("no node carries one any more, as after an optimiser")
    stored = _stored(written)
    classes, calls = _stored_tree(stored)
    empty, hidden = _stored_reasons(stored, list(classes), calls)
    call_of = {(call.path, str(call.number)): call.index for call in calls.calls}
    scopes = []
    for number, tag in enumerate(tags):
        try:
            scopes.append(_stored_scope(tag, call_of, calls) if tag else NodeScope(0, Evidence.ROOT))
        except (KeyError, ValueError, TypeError, RecursionError) as error:
            raise InconsistentError(f"those of node {number} make no sense ({plain(str(error))})") from error
    strategy = model.metadata_props.get(PREFIX + "strategy", "")
    by = f"modelexport {plain(model.metadata_props.get(PREFIX + 'version', '?'))}, strategy {plain(strategy)}"
    note = f"Tags of {by}: for each node its module call and the evidence for it."
    if untagged:
        note += f" {untagged} of {len(nodes)} nodes, made by another tool, carry none and stand at the root."
    return Reading("modelexport", note, classes, calls, scopes, strategy, empty, hidden)


def _stored(written: str | None) -> dict[str, Any]:
    """The JSON object of `modelexport.hierarchy`."""
    if written is None:
        raise InconsistentError("the file holds no hierarchy for them")
    try:
        stored = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InconsistentError(f"the hierarchy is no such JSON ({plain(str(error))})") from error
    if not isinstance(stored, dict):
        raise InconsistentError("the hierarchy is no such JSON")
    return stored


def _stored_tree(stored: dict[str, Any]) -> tuple[dict[str, str], CallTree]:
    """The modules and calls, in which nothing may contradict anything."""
    try:
        modules = [(path, name) for path, name, *_ in stored["modules"]]
        calls = [(module, number, parent) for module, number, parent in stored["calls"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InconsistentError(f"the hierarchy is no such JSON ({plain(str(error))})") from error
    classes = dict(modules) if all(isinstance(text, str) for entry in modules for text in entry) else {}
    if len(classes) != len(modules) or not classes or modules[0][0] != "":
        raise InconsistentError("the hierarchy's modules are not distinct paths that begin with the root")
    for path in classes:
        if path.count(".") >= DEEPEST and path.rpartition(".")[0] not in classes:
            raise InconsistentError("the hierarchy leaves out modules around others")
    tree = CallTree()
    for index, (module, number, parent) in enumerate(calls):
        # a call comes after the one that holds it, so that no circle can be
        holders = range(0, index) if index else (-1,)
        whole = all(type(value) is int for value in (module, number, parent))
        if not whole or not 0 <= module < len(modules) or (not index and module) or parent not in holders:
            raise InconsistentError(f"call {index} of the hierarchy makes no sense")
        path = modules[module][0]
        if number != tree.count(path):
            raise InconsistentError(f"call {index} of the hierarchy has a number out of order")
        tree.begin(path, parent)
    if not len(tree):
        raise InconsistentError("the hierarchy holds no call")
    return classes, tree


def _stored_reasons(
    stored: dict[str, Any], modules: list[str], calls: CallTree
) -> tuple[dict[int, str] | None, frozenset[str] | None]:
    """Why calls have no node, and the hidden modules; None and None in files of versions that did not write them."""
    if "empty" not in stored or "hidden" not in stored:
        return None, None
    empty, hidden = stored["empty"], stored["hidden"]
    known = isinstance(empty, dict) and all(_are_indices(group, len(calls)) for group in empty.values())
    if not known or not _are_indices(hidden, len(modules)):
        raise InconsistentError("the hierarchy's reasons name no calls of it")
    reasons = {call: plain(reason, LONGEST_REASON) for reason, group in empty.items() for call in group}
    return reasons, frozenset(modules[index] for index in hidden)


def _are_indices(group: Any, count: int) -> bool:
    return isinstance(group, list) and all(type(index) is int and 0 <= index < count for index in group)


def _stored_scope(tag: dict[str, str], call_of: dict[tuple[str, str], int], calls: CallTree) -> NodeScope:
    """One node's claim; any of the standard errors when it is none."""
    call = call_of[tag["scope"], tag["call"]]
    evidence = Evidence(tag["evidence"])
    confidence = float(tag["confidence"])
    if not 0 <= confidence <= 1:
        raise ValueError("confidence")
    also = json.loads(tag.get("also", "[]"))
    if not isinstance(also, list):
        raise TypeError("also")
    others = tuple(calls.by_key[key] for key in also)
    source = tag.get("source")
    if f"{CONFIDENCE[evidence]:g}" == f"{confidence:g}":
        return NodeScope(call, evidence, others, source)
    return StatedScope(call, evidence, others, source, stated=confidence)


# ---- what others left ----


def read_torch(nodes: list[ir.Node], root: str) -> Reading | None:
    """The lists of module paths that torch's exporter writes."""
    whole = (node.metadata_props.get("pkg.torch.onnx.class_hierarchy") for node in nodes)
    named = next((classes[0] for text in whole if (classes := _texts(text))), "")
    return _from_chains(nodes, "torch", _torch_chain, named.rpartition(".")[2] or root, _TORCH_NOTE)


_TORCH_NOTE = (
    "torch's own name_scopes: they do not tell calls of one module apart, and name only the last of the modules "
    "that an optimiser folded into one node."
)


def _torch_chain(node: ir.Node) -> Chain | None:
    paths = _texts(node.metadata_props.get("pkg.torch.onnx.name_scopes"))[:-1]  # the operator comes last
    classes = _texts(node.metadata_props.get("pkg.torch.onnx.class_hierarchy"))[:-1]
    if not paths or paths[0] != "" or len(paths) > DEEPEST:
        return None
    if len(classes) != len(paths):
        classes = [""] * len(paths)
    named = zip(paths, classes, strict=True)
    return [(path, name.rpartition(".")[2]) for path, name in named if path not in ("", _NO_MODULE)]


def _texts(literal: str | None) -> list[str]:
    """A Python list of strings, as torch writes it; empty when it is anything else."""
    if not literal or len(literal) > LONGEST:
        return []
    try:
        value = ast.literal_eval(literal)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return []
    return value if isinstance(value, list) and all(isinstance(text, str) for text in value) else []


def read_names(nodes: list[ir.Node], root: str) -> Reading | None:
    """Node names such as `/encoder/layer.0/MatMul_3`, taken literally."""
    note = (
        "Read from node names, taken literally: exporters leave out modules, repeat containers and count calls "
        "in ways of their own, and nothing proves a name."
    )
    return _from_chains(nodes, "names", _name_chain, root, note)


def _name_chain(node: ir.Node) -> Chain | None:
    parts = [part for part in (node.name or "").split("/") if part][:-1]
    if not parts or len(parts) > DEEPEST or len(node.name or "") > LONGEST:
        return None
    return [(".".join(parts[: depth + 1]), "") for depth in range(len(parts))]


FLAT_NOTE = "This file tells nothing of modules: all nodes stand at the root."


def read_flat(nodes: list[ir.Node], root: str) -> Reading:
    return Reading("flat", FLAT_NOTE, {"": root}, _root_call(), [NodeScope(0, Evidence.ROOT) for _ in nodes])


def _root_call() -> CallTree:
    return CallTree([ModuleCall(0, "", 0, -1)])


def _from_chains(
    nodes: list[ir.Node], source: Source, chain_of: Callable[[ir.Node], Chain | None], root: str, note: str
) -> Reading | None:
    """One call for each path, inside the one around it where it was first seen; None when no node names a module."""
    calls = _root_call()
    classes = {"": root}
    found: list[int | None] = []
    for node in nodes:
        chain = chain_of(node)
        at = 0
        for path, name in chain or ():
            if path not in classes:
                classes[path] = name
                calls.begin(path, at)
            at = calls.by_key[path]
        found.append(None if chain is None else at)
    if len(calls) == 1:
        return None
    for inner, holder in body_owners(nodes).items():  # a branch is part of the module that branches
        if found[inner] is None:
            found[inner] = found[holder]
    unknown = found.count(None)
    if unknown:
        note += f" {unknown} of {len(nodes)} nodes tell nothing and stand at the root."
    return Reading(source, note, classes, calls, [NodeScope(at or 0, Evidence.ROOT) for at in found])
