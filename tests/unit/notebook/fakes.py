"""Reports made by hand: any tree, any names, without an export."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import onnx_ir as ir

from modelexport_nb.engine.attribution import Attribution, Evidence, NodeScope
from modelexport_nb.engine.measures import Measures
from modelexport_nb.engine.module_parity import CallParity, ModuleParity, Verdict
from modelexport_nb.engine.modules import CallTree, ModuleInfo, ModuleTree
from modelexport_nb.engine.parity import OutputParity, Parity
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tree import build_tree

Call = tuple[str, str, Sequence[str]]

SMALL: list[Call] = [
    ("", "Net", []),
    ("embed", "Embedding", ["Gather"]),
    ("encoder", "Encoder", ["Cast", "Cast"]),
    ("encoder.layer.0", "Layer", []),
    ("encoder.layer.0.dense", "Linear", ["MatMul", "Add"]),
    ("encoder.layer.1", "Layer", []),
    ("encoder.layer.1.dense", "Linear", ["MatMul", "Add"]),
    ("encoder.layer.2", "Layer", []),
    ("encoder.layer.2.dense", "Linear", ["MatMul", "Add"]),
    ("encoder.layer.2.drop", "Dropout", []),
    ("head", "Linear", ["Gemm"]),
    ("head", "Linear", ["Gemm"]),
]


def fake_report(calls: Sequence[Call] = SMALL, uncalled: Sequence[tuple[str, str]] = (), **changes) -> ExportReport:
    """A report of `(path, class, operators)` for each call in pre-order; a path again is a later call."""
    called = CallTree()
    scopes: list[NodeScope] = []
    ops: list[str] = []
    for path, _, operators in calls:
        index = called.begin(path, _around(called, path))
        ops += operators
        scopes += [NodeScope(index, Evidence.TRACE, source=f"net/model.py:{10 + index}")] * len(operators)
    names = dict.fromkeys((*((path, name) for path, name, _ in calls), *uncalled))
    modules = ModuleTree({path: _module(path, name) for path, name in names})
    attribution = Attribution("fx", called, scopes, {})
    fields = {
        "path": Path("/somewhere/net.onnx"),
        "files": (),
        "strategy": "fx",
        "capture": "torch.onnx.export",
        "opset": 20,
        "metadata": "lean",
        "modules": modules,
        "attribution": attribution,
        "tree": build_tree(modules, attribution),
        "measures": Measures(len(ops), len(ops), 0, 3, 3, 5, 5),
        "parity": Parity((OutputParity("y", 5.3e-05, 1e-06, True),)),
        "timings": {"run": 1.25},
        "notes": (),
        "graph": _graph(ops),
    }
    return ExportReport(**{**fields, **changes})


def big_report(nodes: int) -> ExportReport:
    """About so many nodes, ten for every four module calls: numbered layers with projections, compared and merged."""
    calls: list[Call] = [("", "Net", [])]
    for layer in range(nodes // 100):
        name = f"encoder.layers.{layer}"
        calls.append((name, "DecoderLayer", ["Add"] * 5))
        calls += [
            (f"{name}.projection_{i}", f"Linear{i % 7}", ["MatMul", "Add", "Mul"][: 2 + i % 2]) for i in range(38)
        ]
    report = fake_report(calls)
    called = report.attribution.calls.calls
    compared = [CallParity(call.key, Verdict.EQUAL, 1, 1, 1.234e-6 * (1 + call.index % 9)) for call in called]
    parity = Parity((OutputParity("y", 5.3e-05, 1e-06, True),), modules=ModuleParity(tuple(compared)))
    return replace(report, parity=parity)


def _around(called: CallTree, path: str) -> int:
    """The latest call of a module that contains `path`."""
    while path:
        path = path.rpartition(".")[0]
        if count := called.count(path):
            return called.by_key[f"{path}#{count - 1}" if count > 1 else path]
    return -1


def _module(path: str, class_name: str) -> ModuleInfo:
    return ModuleInfo(path, class_name, f"net.{class_name}", 1_234, 4_936, False, True)


def _graph(ops: Sequence[str]) -> ir.Model:
    """A chain of nodes, one float tensor handed on."""
    value = first = _value("x")
    nodes = []
    for number, op in enumerate(ops):
        output = _value(f"v{number}")
        nodes.append(ir.Node("", op, [value], [ir.AttrInt64("axis", 1)], outputs=[output]))
        value = output
    return ir.Model(ir.Graph([first], [value], nodes=nodes, opset_imports={"": 20}), ir_version=10)


def _value(name: str) -> ir.Value:
    return ir.Value(name=name, shape=ir.Shape([2, 10]), type=ir.TensorType(ir.DataType.FLOAT))
