"""The contract on disk (DESIGN section 4): what stands in `metadata_props`, and unique node names."""

from __future__ import annotations

import json
from typing import Any, Literal

import onnx_ir as ir

from .. import __version__
from .attribution import Attribution, NodeScope
from .errors import OptionError, did_you_mean
from .graph import all_nodes, graphs
from .modules import CallTree, ModuleTree
from .tree import Tree, TreeRow

Metadata = Literal["lean", "full", "none"]
METADATA_CHOICES: tuple[str, ...] = ("lean", "full", "none")
PREFIX = "modelexport."


def check_choice(metadata: str) -> None:
    """Raise an `OptionError` unless `metadata` is one of the three forms."""
    if metadata not in METADATA_CHOICES:
        raise OptionError(f'Unknown metadata "{metadata}"' + did_you_mean(str(metadata), METADATA_CHOICES))


def write_metadata(model: ir.Model, attribution: Attribution, modules: ModuleTree, tree: Tree, metadata: str) -> None:
    """Tag every node of the graph in place.

    `lean` writes our keys and drops the exporter's own, which are most of a graph file's bytes and hold absolute
    paths; `full` keeps both; `none` writes none. Node names are made unique in every form.
    """
    nodes = all_nodes(model)
    for number, (node, scope) in enumerate(zip(nodes, attribution.scopes, strict=True)):
        node.name = node_name(attribution.calls, tree, scope.call, node, number)
        if metadata == "full":
            node.metadata_props.pop("namespace", None)
        else:
            node.metadata_props.clear()
        if metadata != "none":
            node.metadata_props.update(node_props(attribution.calls, tree, scope))
    if metadata != "full":
        _drop_foreign(model)
    if metadata != "none":
        model.metadata_props.update(_model_props(attribution, modules, tree))


def node_name(calls: CallTree, tree: Tree, call: int, node: ir.Node, number: int) -> str:
    """`/encoder/layer.0/attention/self/query/MatMul_12`: the tree's own labels, the operator, the node's number."""
    return "/".join(
        ["", *(_label(tree, row) for row in _rows_around(tree, tree.row_of_call[call])[1:]), f"{node.op_type}_{number}"]
    )


def row_tag(tree: Tree, row: TreeRow) -> str:
    """`/BertModel/BertEncoder/BertLayer.0/…`: classes for people, with the index of a numbered sibling."""
    parts = []
    for around in _rows_around(tree, row.index):
        last = tree.rows[around].path.rpartition(".")[2]
        parts.append(tree.rows[around].class_name + (f".{last}" if last.isdecimal() else ""))
    return "/" + "/".join(parts)


def _rows_around(tree: Tree, row: int) -> list[int]:
    rows = []
    while row >= 0:
        rows.append(row)
        row = tree.rows[row].parent
    return rows[::-1]


def _label(tree: Tree, row: int) -> str:
    number = tree.rows[row].number
    return tree.rows[row].name + (f"#{number}" if number else "")


def node_props(calls: CallTree, tree: Tree, scope: NodeScope) -> dict[str, str]:
    """What a node with this scope carries."""
    call = calls[scope.call]
    props = {
        "scope": call.path,
        "call": str(call.number),
        "tag": row_tag(tree, tree.rows[tree.row_of_call[scope.call]]),
        "evidence": str(scope.evidence),
        "confidence": f"{scope.confidence:g}",
    }
    if scope.also:
        props["also"] = json.dumps([calls[index].key for index in scope.also])
    if scope.source:
        props["source"] = scope.source
    return {PREFIX + key: value for key, value in props.items()} | {"namespace": _namespace(tree, scope.call)}


def _namespace(tree: Tree, call: int) -> str:
    """`BertModel/encoder (BertEncoder)/…`: what Model Explorer builds its layers from."""
    first, *rest = _rows_around(tree, tree.row_of_call[call])
    segments = [tree.rows[first].class_name] + [f"{_label(tree, row)} ({tree.rows[row].class_name})" for row in rest]
    return "/".join(segment.replace("/", "|").replace(";", "|") for segment in segments)


def _drop_foreign(model: ir.Model) -> None:
    for graph in graphs(model):
        graph.metadata_props.clear()
        values = [*graph.inputs, *getattr(graph, "initializers", {}).values()]
        for value in values:
            value.metadata_props.clear()
        for node in graph:
            for value in node.outputs:
                value.metadata_props.clear()
    model.metadata_props.clear()


def _model_props(attribution: Attribution, modules: ModuleTree, tree: Tree) -> dict[str, str]:
    return {
        PREFIX + "version": __version__,
        PREFIX + "strategy": attribution.strategy,
        PREFIX + "hierarchy": json.dumps(hierarchy(attribution, modules, tree), separators=(",", ":")),
    }


def hierarchy(attribution: Attribution, modules: ModuleTree, tree: Tree) -> dict[str, Any]:
    """The whole module tree and the calls: `modules` holds `[path, class]`, `calls` holds `[module, number, parent]`
    with `module` an index into `modules` and `parent` an index into `calls` (-1 for the root's). `empty` holds for
    each reason why a call has no node the calls that have none for it, `hidden` the modules that the capture did not
    show; what follows from the rest (folded into another, all calls inside it empty) is left out."""
    index = {path: at for at, path in enumerate(modules.modules)}
    return {
        "modules": [[path, info.class_name] for path, info in modules.modules.items()],
        "calls": [[index[call.path], call.number, call.parent] for call in attribution.calls.calls],
        "empty": _empty_calls(attribution, tree),
        "hidden": sorted(index[path] for path in attribution.hidden),
    }


def _empty_calls(attribution: Attribution, tree: Tree) -> dict[str, list[int]]:
    folded = {call for scope in attribution.scopes for call in scope.also}
    empty: dict[str, list[int]] = {}
    for call, at in sorted(tree.row_of_call.items()):
        row = tree.rows[at]
        if row.reason is not None and call not in folded and (call in attribution.removed or not row.children):
            empty.setdefault(row.reason, []).append(call)
    return empty
