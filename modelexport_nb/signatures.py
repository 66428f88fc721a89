"""Which rows of a tree are equal copies, down to the last operator: static and live views fold by this one answer.

What has another name in each copy (a tied parameter, a symbolic dimension) is compared by the innermost row around
all that use it: two copies that are each tied within themselves are equal, and one that is tied to something outside
is not equal to one that is not.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import Any

import onnx_ir as ir

from .engine.graph import all_nodes
from .engine.hierarchy import Hierarchy
from .engine.report import ExportReport
from .engine.tree import Tree
from .wiring import Wiring

# Longer data is compared by its digest.
LONG = 64

Spot = tuple[int, int]  # a row, and a place among its own nodes
Uses = list[tuple[int, Any]]  # of one shared thing: the rows that use it, each with a label that says where


def signatures(
    shown: ExportReport | Hierarchy, nodes: list[ir.Node] | None = None, wiring: Wiring | None = None
) -> list[int]:
    """A number for each row: equal for rows that are equal in everything but their place and their numbers.

    That is: class, calls, parameters, bytes, why there are no nodes, operators with attributes, output types and how
    they feed one another, which parameters are tied, and all of that for the rows inside, under the same names.

    Args:
        shown: what holds the tree and the graph.
        nodes, wiring: of the graph, where they are known already.
    """
    nodes = all_nodes(shown.graph) if nodes is None else nodes
    wiring = Wiring.of(shown.graph, nodes) if wiring is None else wiring
    tree = shown.tree
    spots = _spots(tree, len(nodes))
    scopes = _Scopes(tree)
    kinds, dimensions = _kinds(nodes, spots)
    edges = _edges(wiring, spots, scopes)
    ties = _weights(shown, nodes, spots) if isinstance(shown, Hierarchy) else _parameters(shown)
    shared = [scopes.seen_from_within(uses) for uses in (ties, dimensions)]
    seen: dict[Hashable, int] = {}
    found = [0] * len(tree)
    for row in reversed(tree.rows):
        content = (
            row.class_name,
            row.calls,
            row.parameters,
            row.bytes,
            row.reason and re.sub(r"\d+", "#", row.reason),  # "folded into layer.1.norm" is alike in every layer
            tuple([kinds[node] for node in row.nodes]),
            tuple(sorted(edges.get(row.index, ()))),
            *(tuple(sorted(uses.get(row.index, ()))) for uses in shared),
            tuple([(tree.rows[child].name, found[child]) for child in row.children]),
        )
        found[row.index] = seen.setdefault(content, len(seen))
    return found


def _spots(tree: Tree, nodes: int) -> list[Spot]:
    spots = [(0, 0)] * nodes
    for row in tree:
        for place, node in enumerate(row.nodes):
            spots[node] = (row.index, place)
    return spots


class _Scopes:
    """Finds the row around others, and tells from within a row what is shared in a row around it."""

    def __init__(self, tree: Tree) -> None:
        self._parents = [row.parent for row in tree]
        self._depths: list[int] = []
        for parent in self._parents:
            self._depths.append(self._depths[parent] + 1 if parent >= 0 else 0)

    def around(self, first: int, last: int) -> int:
        """The innermost row that contains both; `first` is not after `last`, and rows stand in pre-order."""
        while last > first:
            last = self._parents[last]
        return last

    def seen_from_within(self, uses: Iterable[Uses]) -> dict[int, list[tuple[Any, int, int]]]:
        """For each row how it uses shared things: a label, how many rows out all users meet, and which of those that
        meet there it is. `uses` lists for each thing the rows that use it, each with a label."""
        found: dict[int, list[tuple[Any, int, int]]] = defaultdict(list)
        meeting: dict[int, int] = defaultdict(int)
        for users in uses:
            rows = [row for row, _ in users]
            outer = self.around(min(rows), max(rows))
            number = meeting[outer]
            meeting[outer] += 1
            for row, label in users:
                found[row].append((label, self._depths[row] - self._depths[outer], number))
        return found


def _edges(wiring: Wiring, spots: list[Spot], scopes: _Scopes) -> dict[int, list[tuple[int, ...]]]:
    """Each edge at the row around both ends, counted from there: alike in equal copies of that row."""
    found: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    edges = zip(wiring.port, wiring.producer, wiring.slot, strict=True)
    for (reader, place), degree in zip(spots, wiring.degree, strict=True):
        for port, producer, slot in itertools.islice(edges, degree):
            if producer >= 0:
                maker, made = spots[producer]
                outer = scopes.around(min(maker, reader), max(maker, reader))
                found[outer].append((reader - outer, place, port, maker - outer, made, slot))
    return found


def _parameters(report: ExportReport) -> list[Uses]:
    """Tied parameters and buffers of the live model, each with the rows of the modules that own it."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row in report.tree:
        rows[row.path].append(row.index)
    uses: list[Uses] = []
    for names in report.modules.ties:
        owners = [name.rpartition(".") for name in names]
        uses.append([(row, name) for path, _, name in owners for row in rows[path]])
    return [users for users in uses if users]


def _weights(hierarchy: Hierarchy, nodes: list[ir.Node], spots: list[Spot]) -> list[Uses]:
    """Weights of a file that several modules read: all that it tells about ties."""
    uses: dict[int, Uses] = defaultdict(list)
    for node, (row, place) in zip(nodes, spots, strict=True):
        for port, value in enumerate(node.inputs):
            if value is not None and value.is_initializer() and _is_large(value):
                uses[id(value)].append((row, (place, port)))
    paths = [row.path for row in hierarchy.tree]
    return [users for users in uses.values() if len({paths[row] for row, _ in users}) > 1]


def _is_large(value: ir.Value) -> bool:
    """More than one number: exporters share single constants, axes and scales, which ties nothing."""
    floating = value.dtype is not None and value.dtype.is_floating_point()
    return floating and value.shape is not None and math.prod(d for d in value.shape if isinstance(d, int)) > 1


def _kinds(nodes: list[ir.Node], spots: list[Spot]) -> tuple[list[int], Iterable[Uses]]:
    """A number for each node: equal for equal operators with equal attributes and outputs; and the uses of each
    symbolic dimension, because exporters number those that depend on data."""
    seen: dict[Hashable, int] = {}
    named: dict[str, Uses] = defaultdict(list)
    kinds = []
    for node, (row, place) in zip(nodes, spots, strict=True):
        outputs: list[Hashable] = []
        for slot, value in enumerate(node.outputs):
            dims: Hashable = None if value.shape is None else tuple(value.shape)
            if value.shape is not None and not value.shape.is_static():
                dims = tuple([dim if isinstance(dim, int) else None for dim in value.shape])
                for axis, dim in enumerate(value.shape):
                    if not isinstance(dim, int) and dim.value is not None:
                        named[dim.value].append((row, (place, slot, axis)))
            outputs.append((value.dtype, dims))
        attributes = tuple([_attribute(attribute) for attribute in node.attributes.values()])
        kind = (node.domain, node.op_type, len(node.inputs), attributes, tuple(outputs))
        kinds.append(seen.setdefault(kind, len(seen)))
    return kinds, named.values()


def _attribute(attribute: ir.Attr) -> Hashable:
    value = attribute.value
    if attribute.is_ref():
        data: Hashable = attribute.ref_attr_name
    elif attribute.type == ir.AttributeType.TENSOR:
        data = _tensor(value)
    elif attribute.type == ir.AttributeType.TENSORS:
        data = tuple(_tensor(tensor) for tensor in value)
    elif attribute.type == ir.AttributeType.GRAPH:
        data = len(value)  # its nodes are in the tree and are compared there
    elif attribute.type == ir.AttributeType.GRAPHS:
        data = tuple(len(graph) for graph in value)
    else:
        data = value if isinstance(value, Hashable) else id(value)
    return attribute.name, attribute.type, data


def _tensor(tensor: ir.TensorProtocol) -> Hashable:
    """Dtype, shape and numbers; of data in another file only where it is, which is not read."""
    if isinstance(tensor, ir.ExternalTensor):
        return "external", str(tensor.location), tensor.offset, tensor.length
    try:
        strings = tensor.dtype == ir.DataType.STRING
        data = repr(tensor.numpy().tolist()).encode() if strings else tensor.tobytes()
    except Exception:  # damaged in a stranger's file: equal to nothing
        return id(tensor)
    return tensor.dtype, tuple(tensor.shape), data if len(data) <= LONG else hashlib.sha256(data).digest()
