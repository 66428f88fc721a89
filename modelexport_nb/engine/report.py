"""What an export hands back: the file, its tree, the measures, the parity and how long each stage took."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx_ir as ir

from .attribution import Attribution
from .capture import Attempt
from .graph import type_text
from .measures import Measures
from .metadata import node_name
from .modules import ModuleTree
from .parity import Parity
from .shown import NodeRecord, Shown
from .tree import Tree


@dataclass(repr=False)
class ExportReport(Shown):
    """Result of `export_model()`.

    Attributes:
        path: the ONNX file.
        files: the ONNX file and, where there is one, its external data.
        strategy: which strategy attributed the graph; with `"auto"` the one that it took.
        capture: which capture made it.
        opset: its ONNX opset.
        metadata: how much of the attribution the file carries: `"lean"`, `"full"` or `"none"`.
        modules: every module of the model.
        attribution: every node with its scope, further calls, evidence and confidence.
        tree: the rows that the views show.
        measures: coverage, root share, ownership, convexity.
        attempts: each capture that was tried, in order, and why its graph was not taken; the last one is this file's
            unless all others did no better.
        parity: agreement of the whole model's outputs with PyTorch; None when not verified.
        timings: seconds of wall time for each stage, in order.
        notes: what the reader should know: a mode that was changed, a trap that could not be undone.
        resumed: stages that were taken from the work directory and not done again; they have no timing.
        graph: the graph of the file; of its weights the shapes and types alone.
        parameter_names: the parameter of the model that an initializer of the graph holds, by the name of that.
    """

    path: Path
    files: tuple[Path, ...]
    strategy: str
    capture: str
    opset: int
    metadata: str
    modules: ModuleTree
    attribution: Attribution
    tree: Tree
    measures: Measures
    parity: Parity | None
    timings: dict[str, float]
    notes: tuple[str, ...]
    graph: ir.Model
    parameter_names: dict[str, str] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()
    resumed: tuple[str, ...] = ()
    _widget: Any = field(default=None, compare=False)

    @property
    def bytes(self) -> int:
        """Size of all files on disk."""
        return sum(file.stat().st_size for file in self.files if file.exists())

    @property
    def tried(self) -> tuple[str, ...]:
        """What each strategy said when `auto` chose among them, and which it took; empty when one was named."""
        return self.attribution.tried

    @property
    def model_class(self) -> str:
        """Class name of the exported module."""
        return self.modules.root.class_name

    def node(self, number: int) -> NodeRecord:
        """Everything known about node `number`."""
        return _record(self, self._nodes[number], number)

    def __repr__(self) -> str:
        # One line, the same in every run: no folder, no time, no address.
        agrees = "not verified" if self.parity is None else self.parity.text
        return f"<ExportReport {self.model_class} → {self.path.name}: {len(self.attribution.scopes)} nodes, {agrees}>"


def _record(report: ExportReport, node: ir.Node, number: int) -> NodeRecord:
    scope = report.attribution.scopes[number]
    calls = report.attribution.calls
    return NodeRecord(
        number=number,
        name=node_name(calls, report.tree, scope.call, node, number),
        op=node.op_type,
        domain=node.domain,
        scope=calls[scope.call].key,
        also=tuple(calls[index].key for index in scope.also),
        evidence=str(scope.evidence),
        confidence=scope.confidence,
        source=scope.source,
        inputs=tuple(
            (value.name or "", type_text(value), report.parameter_names.get(value.name or ""))
            for value in node.inputs
            if value is not None
        ),
        outputs=tuple((value.name or "", type_text(value)) for value in node.outputs),
        attributes=tuple(_attribute(attribute) for attribute in node.attributes.values()),
    )


def _attribute(attribute: ir.Attr) -> tuple[str, str, str]:
    if attribute.type in (ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS):
        return attribute.name, "(subgraph)", attribute.type.name
    text = str(attribute.value)
    return attribute.name, text if len(text) <= 200 else text[:199] + "…", attribute.type.name
