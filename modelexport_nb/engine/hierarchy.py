"""Open any ONNX file and show the module tree that it can honestly tell: ours, torch's, that of its names, or none."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx
import onnx_ir as ir

from .attribution import Attribution
from .errors import CheckError, ModelExportError, PathError, one_line
from .graph import all_nodes, drop_weights, graphs, initializers, type_text, weights_from_inputs
from .hierarchy_sources import (
    InconsistentError,
    Reading,
    Source,
    plain,
    read_flat,
    read_names,
    read_ours,
    read_torch,
)
from .modules import CallTree, ModuleInfo, ModuleTree
from .shown import NodeRecord, Shown
from .tree import Tree, build_tree

REFUSED = "Its modelexport tags are not used"
# Shapes, indices and masks are no weights.
_NOT_WEIGHTS = {ir.DataType.UNDEFINED, ir.DataType.STRING, ir.DataType.BOOL, ir.DataType.INT64}


@dataclass(repr=False)
class Hierarchy(Shown):
    """What a file tells of the modules that it was made from.

    Attributes:
        path: the file.
        source: where the tree comes from: `modelexport` our tags, `torch` the exporter's `name_scopes`, `names` the
            scoped node names, `flat` nothing.
        note: one line for people: what that source is worth.
        tree: rows as in a report. Without a live model `parameters` and `bytes` count the weights (initializers of
            any type but int64, bool and string; constants and buffers too) that no node outside the module reads: 0
            where none is known. A class that the file does not tell is empty; the root then bears the graph's name.
        modules: the modules of the tree.
        scopes: for each node the key of its module call (`path` or `path#n`).
        attribution: the claims with their evidence; None unless `source` is `modelexport`.
        graph: the graph without its weights, which are never loaded.
    """

    path: Path
    source: Source
    note: str
    tree: Tree
    modules: ModuleTree
    scopes: tuple[str, ...]
    attribution: Attribution | None
    graph: ir.Model
    _widget: Any = field(default=None, compare=False)

    def node(self, number: int) -> NodeRecord:
        """Everything that the file tells about node `number`.

        Where the tree is not ours the evidence is the tree's source and the confidence 0: nobody states one.
        """
        return _record(self, self._nodes[number], number)

    def __repr__(self) -> str:
        return f"<Hierarchy of {self.path.name} from {self.source}: {len(self.tree)} rows, {len(self.scopes)} nodes>"


def read_hierarchy(path: str | Path) -> Hierarchy:
    """The module tree that an ONNX file tells, whoever made it, and how it tells it.

    Tried in this order: `modelexport.*` keys, torch's `pkg.torch.onnx.name_scopes`, node names such as
    `/encoder/layer.0/MatMul`, a single root. Keys that contradict each other are not believed, and the note says so.
    Weights are not loaded: external data is never opened, wherever it is said to be.

    Args:
        path: the file.

    Returns:
        The tree, where it comes from (`source`), and in one line what that is worth (`note`).

    Raises:
        PathError: there is no such file, or it cannot be read.
        CheckError: it is no ONNX file, or a damaged one.
    """
    path = Path(path).expanduser()
    model = _open(path)
    nodes = all_nodes(model)
    refused = ""
    reading = None
    try:
        reading = read_ours(model, nodes)
    except InconsistentError as error:
        refused = f"{REFUSED}: {error}. "
    root = plain(model.graph.name or path.stem)
    reading = reading or read_torch(nodes, root) or read_names(nodes, root) or read_flat(nodes, root)
    modules = _modules(model, nodes, reading)
    reasons = _left_empty(reading) | (reading.empty or {})
    attribution = Attribution(reading.strategy, reading.calls, reading.scopes, reasons, reading.hidden or frozenset())
    tree = build_tree(modules, attribution)
    for row in tree:
        if row.number is None and reading.hidden is None:
            row.reason = "no call of it is recorded"
    drop_weights(model)
    return Hierarchy(
        path=path,
        source=reading.source,
        note=refused + reading.note,
        tree=tree,
        modules=modules,
        scopes=tuple(reading.calls[scope.call].key for scope in reading.scopes),
        attribution=attribution if reading.source == "modelexport" else None,
        graph=model,
    )


def _open(path: Path) -> ir.Model:
    try:
        if path.is_dir():
            raise PathError(f'"{path}" is a folder. Give the ONNX file in it.')
        if not path.is_file():
            raise PathError(f'There is no file "{path}".')
        proto = onnx.load(str(path), load_external_data=False)
        if not proto.ir_version or not proto.HasField("graph"):
            raise CheckError(f'"{path.name}" is not an ONNX file: it holds no graph.')
        model = ir.from_proto(proto)
        if not all(isinstance(text, str) for text in _texts(model) if text is not None):  # protobuf hands on any bytes
            raise CheckError(f'"{path.name}" is damaged: it holds names that are not text.')
        weights_from_inputs(model.graph)
        return model
    except OSError as error:
        raise PathError(f'"{path.name}" cannot be read: {error.strerror or error}.') from error
    except ModelExportError:
        raise
    except Exception as error:  # a parser meets a stranger's bytes: anything may happen
        cause = plain(f"{type(error).__name__}: {one_line(error, 150)}", 200).rstrip(".")
        raise CheckError(f'"{path.name}" is not an ONNX file, or it is damaged: {cause}.') from error


def _texts(model: ir.Model) -> Iterator[object]:
    """Every name and piece of metadata of the file."""
    yield from itertools.chain(*model.metadata_props.items())
    for graph in graphs(model):
        yield graph.name
        yield from (value.name for value in graph.inputs)
        for node in graph:
            yield from (node.name, node.op_type, node.domain, *node.attributes)
            yield from itertools.chain(*node.metadata_props.items())
            yield from (value.name for value in (*node.inputs, *node.outputs) if value is not None)
    yield from (value.name for value in initializers(model))


def _left_empty(reading: Reading) -> dict[int, str]:
    """Calls without a node; what became of their work the source does not tell, or tells in `empty`."""
    busy = {scope.call for scope in reading.scopes} | {call.parent for call in reading.calls.calls}
    return {call: "no node of it is in the file" for call in range(len(reading.calls)) if call not in busy}


def _modules(model: ir.Model, nodes: list[ir.Node], reading: Reading) -> ModuleTree:
    position = {id(node): number for number, node in enumerate(nodes)}
    counts = dict.fromkeys(reading.classes, 0)
    sizes = dict.fromkeys(reading.classes, 0)
    owners = set()
    for value in initializers(model):
        owners.add((value.name or "").rpartition(".")[0])  # torch names a weight by its path
        numbers = (position[id(use.node)] for use in value.uses() if id(use.node) in position)
        holder = _innermost([reading.calls[reading.scopes[number].call].path for number in numbers], reading.classes)
        count, size = _weight(value)
        counts[holder] += count
        sizes[holder] += size
    parents = {path: _innermost([path.rpartition(".")[0]], reading.classes) for path in reading.classes if path}
    for path in sorted(parents, key=len, reverse=True):  # the inner ones first
        counts[parents[path]] += counts[path]
        sizes[parents[path]] += sizes[path]
    holding = set(parents.values())
    return ModuleTree(
        {
            path: ModuleInfo(path, name, name, counts[path], sizes[path], path in holding, path in owners)
            for path, name in reading.classes.items()
        }
    )


def _innermost(paths: Iterable[str], known: dict[str, str]) -> str:
    """The innermost known module that holds all of `paths`."""
    levels = zip(*(path.split(".") for path in set(paths)), strict=False)
    shared = ".".join(level[0] for level in itertools.takewhile(lambda level: len(set(level)) == 1, levels))
    while shared not in known:
        shared = shared.rpartition(".")[0]
    return shared


def _weight(value: ir.Value) -> tuple[int, int]:
    """Number of values and bytes, from the declared shape and type alone."""
    told = value if value.const_value is None else value.const_value
    if told.dtype is None or told.dtype in _NOT_WEIGHTS or told.shape is None:
        return 0, 0
    dims = [dim if isinstance(dim, int) else 0 for dim in told.shape]
    count = math.prod(dims) if all(dim >= 0 for dim in dims) else 0
    return count, math.ceil(count * told.dtype.bitwidth / 8)


def _record(hierarchy: Hierarchy, node: ir.Node, number: int) -> NodeRecord:
    claim = hierarchy.attribution.scopes[number] if hierarchy.attribution is not None else None
    calls = hierarchy.attribution.calls if hierarchy.attribution is not None else CallTree()
    return NodeRecord(
        number=number,
        name=node.name or "",
        op=node.op_type,
        domain=node.domain,
        scope=hierarchy.scopes[number],
        also=tuple(calls[index].key for index in claim.also) if claim else (),
        evidence=str(claim.evidence) if claim else hierarchy.source,
        confidence=claim.confidence if claim else 0.0,
        source=claim.source if claim else None,
        inputs=tuple((value.name or "", type_text(value), None) for value in node.inputs if value is not None),
        outputs=tuple((value.name or "", type_text(value)) for value in node.outputs),
        attributes=tuple((name, _attribute(value), value.type.name) for name, value in node.attributes.items()),
    )


def _attribute(attribute: ir.Attr) -> str:
    if attribute.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS):
        return "(subgraph)"
    if attribute.type in (ir.AttributeType.TENSOR, ir.AttributeType.TENSORS):
        return "(tensor)"  # showing its numbers could open external data
    return plain(str(attribute.value), 200)
