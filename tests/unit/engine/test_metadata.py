"""The contract on disk: keys, forms of metadata, names, the hierarchy of the whole model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import onnx
import onnxruntime as ort
import pytest
import torch
from torch import nn

from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.report import ExportReport

from .zoo import build

Exported = Callable[[str], ExportReport]


def props(thing: onnx.NodeProto | onnx.ModelProto) -> dict[str, str]:
    return {prop.key: prop.value for prop in thing.metadata_props}


def test_a_node_of_bert(exported: Exported) -> None:
    proto = onnx.load(exported("BERT with mask").path)
    node = next(n for n in proto.graph.node if "/layer.0/attention/self/query/MatMul_" in n.name)
    found = props(node)
    assert found.pop("modelexport.source").startswith("transformers/models/bert/modeling_bert.py:")
    assert found == {
        "modelexport.scope": "encoder.layer.0.attention.self.query",
        "modelexport.call": "0",
        "modelexport.tag": "/BertModel/BertEncoder/BertLayer.0/BertAttention/BertSelfAttention/Linear",
        "modelexport.evidence": "trace",
        "modelexport.confidence": "1",
        "namespace": "BertModel/encoder (BertEncoder)/layer.0 (BertLayer)/attention (BertAttention)"
        "/self (BertSelfAttention)/query (Linear)",
    }


def test_also_is_a_json_list_or_absent(exported: Exported) -> None:
    nodes = onnx.load(exported("Conv and BatchNorm").path).graph.node
    assert [props(node).get("modelexport.also") for node in nodes] == ['["norm"]', None, '["norm2"]']


def test_later_calls(exported: Exported) -> None:
    nodes = onnx.load(exported("called twice").path).graph.node
    norms = [node for node in nodes if node.op_type == "LayerNormalization"]
    assert [(props(n)["modelexport.scope"], props(n)["modelexport.call"]) for n in norms] == [
        ("first.norm", "0"),
        ("between.norm", "0"),
        ("first.norm", "1"),
    ]
    assert norms[-1].name.startswith("/first#1/norm#1/LayerNormalization_")


def test_the_hierarchy_lists_every_module_and_call(exported: Exported) -> None:
    report = exported("ALBERT")
    found = props(onnx.load(report.path))
    assert found["modelexport.strategy"] == "fx"
    hierarchy = json.loads(found["modelexport.hierarchy"])
    assert [path for path, _ in hierarchy["modules"]] == list(report.modules.modules)
    calls = hierarchy["calls"]
    assert calls[0] == [0, 0, -1]
    empty = {report.attribution.calls[call].key for group in hierarchy["empty"].values() for call in group}
    assert empty == {row.key for row in report.tree if row.reason and row.number is not None and not row.children}
    assert hierarchy["hidden"] == []
    for at, (module, number, parent) in enumerate(calls):
        assert parent < at and number >= 0
        assert hierarchy["modules"][module][0] == report.attribution.calls[at].path


def test_lean_full_none(tmp_path: Path) -> None:
    sizes = {}
    for form in ("none", "lean", "full"):
        path = tmp_path / f"{form}.onnx"
        export_model(*build("Sequential"), path, metadata=form)
        keys = {key for node in onnx.load(path).graph.node for key in props(node)}
        ours = {key for key in keys if key.startswith("modelexport.")}
        foreign = {key for key in keys if key.startswith("pkg.")}
        assert bool(ours) == (form != "none")
        assert bool(foreign) == (form == "full")
        sizes[form] = path.stat().st_size
        ort.InferenceSession(path)
    assert sizes["none"] < sizes["lean"] < sizes["full"]


def test_hostile_names(tmp_path: Path) -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.add_module("a/b;c", nn.Linear(4, 4))
            self.add_module("<b>x</b>'", nn.Linear(4, 4))
            self.add_module("ünï😀", nn.Linear(4, 4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for child in self.children():
                x = child(x)
            return x

    report = export_model(Odd().eval(), torch.randn(1, 4), tmp_path / "m.onnx")
    nodes = onnx.load(report.path).graph.node
    assert [props(node)["modelexport.scope"] for node in nodes] == ["a/b;c", "<b>x</b>'", "ünï😀"]
    assert props(nodes[0])["namespace"] == "Odd/a|b|c (Linear)"
    assert len({node.name for node in nodes}) == 3


@pytest.mark.parametrize("threshold", [0, 10**9])
def test_external_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: int) -> None:
    monkeypatch.setattr("modelexport_nb.engine.files.EXTERNAL_DATA_THRESHOLD", threshold)
    report = export_model(*build("GRU"), tmp_path / "m.onnx")
    names = ["m.onnx"] if threshold else ["m.onnx", "m.onnx.data"]
    assert sorted(file.name for file in tmp_path.iterdir()) == names == [file.name for file in report.files]
    assert report.parity is not None and report.parity.ok
    assert report.bytes == sum(file.stat().st_size for file in tmp_path.iterdir())
    assert ort.InferenceSession(report.path).get_outputs()
