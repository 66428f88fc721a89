"""What every export must reach: full coverage, true owners, convex regions, equal numbers, an otherwise equal graph."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch

from modelexport_nb.engine.capture import Request
from modelexport_nb.engine.capture.ladder import _CAPTURES
from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.inputs import as_arguments
from modelexport_nb.engine.report import ExportReport

from .zoo import ZOO, build

Exported = Callable[[str], ExportReport]


@pytest.mark.parametrize("name", ZOO)
def test_measures(exported: Exported, name: str) -> None:
    measures = exported(name).measures
    assert measures.covered == measures.nodes > 0
    assert measures.root_share < 0.005
    assert measures.disowned == ()
    assert measures.owning > 0
    assert measures.non_convex == ()


@pytest.mark.parametrize("name", ZOO)
def test_numbers(exported: Exported, name: str) -> None:
    parity = exported(name).parity
    assert parity is not None and parity.ok, parity
    assert parity.outputs
    assert parity.max_abs < 1e-4


@pytest.mark.parametrize("name", ZOO)
def test_file(exported: Exported, name: str) -> None:
    report = exported(name)
    proto = onnx.load(report.path)
    onnx.checker.check_model(proto, full_check=True)
    nodes = _all_nodes(proto.graph)
    names = [node.name for node in nodes]
    assert len(set(names)) == len(names) == report.measures.nodes
    assert [record.name for record in report.nodes()] == names
    scopes = {prop.key: prop.value for prop in nodes[0].metadata_props}
    assert {
        "modelexport.scope",
        "modelexport.call",
        "modelexport.tag",
        "modelexport.evidence",
        "namespace",
    } <= set(scopes)


@pytest.mark.parametrize("name", ZOO)
def test_graph_is_the_untagged_one(exported: Exported, name: str) -> None:
    """The exporter alone, without any of our witnesses, makes the same graph."""
    model, inputs = build(name)
    args, kwargs = as_arguments(model, inputs)
    request = Request(model, args, kwargs)
    way = next(way for way in _CAPTURES if way.accepts(request))
    with torch.no_grad():
        plain = way.export(request)
    ours = exported(name).graph
    assert [value.name for value in ours.graph.inputs] == [value.name for value in plain.graph.inputs]
    assert [value.name for value in ours.graph.outputs] == [value.name for value in plain.graph.outputs]
    assert list(ours.graph.initializers) == list(plain.graph.initializers)
    assert [_shape(node) for node in all_nodes(ours)] == [_shape(node) for node in all_nodes(plain)]


def _shape(node: object) -> tuple[object, ...]:
    return (
        node.op_identifier(),
        [value and value.name for value in node.inputs],
        [value.name for value in node.outputs],
        sorted(name for name in node.attributes),
    )


def _all_nodes(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    nodes = []
    for node in graph.node:
        nodes.append(node)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                nodes.extend(_all_nodes(attribute.g))
    return nodes


def test_boundaries_are_owned_by_name(exported: Exported) -> None:
    """An independent look: every initializer that kept a parameter's name is read inside that parameter's module."""
    for name in ("BERT", "GPT-2", "ViT", "Llama", "T5 encoder"):
        report = exported(name)
        checked = 0
        for record in report.nodes():
            for _, _, parameter in record.inputs:
                if parameter is not None and parameter in (value for value, _, _ in record.inputs):
                    owner = parameter.rpartition(".")[0]
                    assert owner in {key.split("#")[0] for key in (record.scope, *record.also)}, record
                    checked += 1
        assert checked > 5, name


def test_no_absolute_path_in_the_file(exported: Exported, tmp_path: Path) -> None:
    content = exported("BERT").path.read_bytes()
    for place in (Path(torch.__file__).parent.parent, Path(__file__).parent):
        assert str(place).encode() not in content
