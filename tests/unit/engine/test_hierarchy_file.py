"""Any ONNX file opens with the tree that it can honestly tell; nothing that a stranger wrote is believed blindly."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from torch import nn

from modelexport_nb.engine.agreement import agreement
from modelexport_nb.engine.attribution import Evidence
from modelexport_nb.engine.errors import CheckError, ModelExportError, PathError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.hierarchy import Hierarchy, read_hierarchy
from modelexport_nb.engine.hierarchy_sources import DEEPEST, StatedScope
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tree import TreeRow

from .zoo import build, perturb

Exported = Callable[[str], ExportReport]
ROUND_TRIPS = ["BERT", "ALBERT", "called twice", "Conv and BatchNorm", "torch.cond", "child's parameter", "ModuleDict"]


def shape_of(row: TreeRow) -> TreeRow:
    """A row without what only the live model knows."""
    return replace(row, parameters=0, bytes=0)


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_our_own_file_tells_what_the_report_told(exported: Exported, name: str) -> None:
    report = exported(name)
    found = read_hierarchy(report.path)
    assert found.source == "modelexport" and found.attribution is not None
    assert [shape_of(row) for row in found.tree] == [shape_of(row) for row in report.tree]
    assert found.tree.row_of_call == report.tree.row_of_call
    assert found.attribution.calls.calls == report.attribution.calls.calls
    assert found.attribution.scopes == report.attribution.scopes
    assert found.attribution.strategy == report.attribution.strategy
    here, there = found.nodes(), report.nodes()
    for field in ("number", "name", "op", "scope", "also", "evidence", "confidence", "source", "outputs"):
        assert [getattr(n, field) for n in here] == [getattr(n, field) for n in there], field
    assert found.attribution.hidden == report.attribution.hidden
    assert agreement(report, found).share == 1.0


class Sparse(nn.Module):
    """Every reason that a row may have for having no node."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.dropouts = nn.Sequential(nn.Dropout(), nn.Dropout())
        self.constant = Constant()
        self.nothing, self.never = Nothing(), nn.Linear(2, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.dropouts(self.norm(self.conv(x)))
        self.nothing(x)
        return x * self.constant(x)


class Constant(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.arange(float(x.shape[-1])).cos().cumsum(0)


class Nothing(nn.Module):
    def forward(self, x: torch.Tensor) -> None:
        return None


@pytest.mark.parametrize("strategy", ["fx", "htp"])
def test_every_reason_is_kept(tmp_path: Path, strategy: str) -> None:
    report = export_model(perturb(Sparse()), torch.randn(1, 3, 8, 8), tmp_path / "m.onnx", strategy=strategy)
    told = {row.path: row.reason for row in report.tree}
    assert told["conv"] is None and told["norm"] == "folded into conv"
    assert told["dropouts.0"] == told["dropouts"] == "identity in eval mode"
    assert told["never"] == "never called"
    if strategy == "fx":
        assert told["constant"] == "computed once at export: constant"
        assert told["nothing"] == "made no operator"
    assert {row.path: row.reason for row in read_hierarchy(report.path).tree} == told


def test_hidden_modules_are_kept(tmp_path: Path) -> None:
    class Regions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.after = nn.Linear(4, 4), nn.Linear(4, 4)
            self.region = torch.compiler.nested_compile_region(lambda x: self.inner(x) * 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.after(self.region(self.region(x)))

    report = export_model(Regions().eval(), torch.randn(2, 4), tmp_path / "m.onnx")
    found = read_hierarchy(report.path)
    assert found.attribution is not None and found.attribution.hidden == {"inner"} == report.attribution.hidden
    assert found.row("inner").reason == report.row("inner").reason == "hidden from the capture"


def test_files_that_tell_no_reasons_are_still_read(exported: Exported, tmp_path: Path) -> None:
    report = exported("BERT")
    proto = onnx.load(report.path)
    prop = next(p for p in proto.metadata_props if p.key == "modelexport.hierarchy")
    older = {key: value for key, value in json.loads(prop.value).items() if key in ("modules", "calls")}
    prop.value = json.dumps(older)
    onnx.save(proto, tmp_path / "m.onnx")
    found = read_hierarchy(tmp_path / "m.onnx")
    assert found.source == "modelexport" and len(found.tree) == len(report.tree)
    reasons = {row.reason for row in found.tree} - {None}
    assert reasons == {"no node of it is in the file", "no call of it is recorded"}


def test_calls_that_lost_their_nodes_later(exported: Exported, tmp_path: Path) -> None:
    report = exported("called twice")
    proto = onnx.load(report.path)
    for node in proto.graph.node:  # another tool that rewrote the nodes of one call
        if {p.key: p.value for p in node.metadata_props}["modelexport.scope"] == "between.norm":
            write_tag(node, {})
    onnx.save(proto, tmp_path / "m.onnx")
    assert read_hierarchy(tmp_path / "m.onnx").row("between.norm").reason == "no node of it is in the file"


def test_weights_are_counted_where_only_one_module_reads_them(exported: Exported) -> None:
    report = exported("ModuleDict")
    found = read_hierarchy(report.path)
    assert [(r.key, r.parameters, r.bytes) for r in found.tree] == [(r.key, r.parameters, r.bytes) for r in report.tree]
    twice = read_hierarchy(exported("called twice").path)
    assert {row.parameters for row in twice.tree if row.path == "first.inner.linear"} == {20}
    shared = read_hierarchy(exported("child's parameter").path)
    called, never, root = (shared.row(key).parameters for key in ("called", "never", ""))
    assert (called, never, root) == (4, 0, 40)  # the root reads both weights itself; only the bias is the child's


def test_regions_and_errors(exported: Exported) -> None:
    report = exported("called twice")
    found = read_hierarchy(str(report.path))
    assert [n.number for n in found.nodes("first#1")] == [n.number for n in report.nodes("first#1")]
    with pytest.raises(ModelExportError, match=r'No module call "frist"\. Did you mean "first"'):
        found.nodes("frist")
    assert repr(found) == f"<Hierarchy of {report.path.name} from modelexport: 16 rows, 15 nodes>"


# ---- the other sources ----


@pytest.fixture(scope="module")
def from_torch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, inputs = build("torch.cond")
    path = tmp_path_factory.mktemp("torch") / "m.onnx"
    program = torch.onnx.export(model, (inputs,), dynamo=True, verbose=False)
    assert program is not None
    program.save(path)
    return path


def test_torchs_scopes(from_torch: Path) -> None:
    found = read_hierarchy(from_torch)
    assert found.source == "torch" and found.attribution is None and found.note.startswith("torch's own name_scopes")
    assert [(r.path, r.class_name) for r in found.tree] == [
        ("", "HoldsBranches"),
        ("before", "Linear"),
        ("branches", "Branches"),
    ]
    ops = {node.op: node for node in found.nodes("branches")}
    assert {"If", "Relu", "Mul"} <= set(ops)  # the branches belong to the module that branches
    assert (ops["If"].evidence, ops["If"].confidence) == ("torch", 0.0)


def test_names_then_nothing(from_torch: Path, tmp_path: Path, exported: Exported) -> None:
    report = exported("called twice")
    bare = stripped(report.path, tmp_path / "bare.onnx")
    found = read_hierarchy(bare)
    assert found.source == "names" and found.attribution is None
    assert found.scopes[4] == "first.norm" and found.scopes[-1] == "first#1.norm#1"  # literally
    assert found.row("first.inner").class_name == "" and found.row("").class_name == "main_graph"
    flat = read_hierarchy(stripped(from_torch, tmp_path / "flat.onnx"))
    assert flat.source == "flat" and len(flat.tree) == 1 and flat.tree.rows[0].total == len(flat.scopes) > 0


def test_a_function_body(tmp_path: Path) -> None:
    body = [helper.make_node("Relu", ["x"], ["y"], name="/block/act/Relu")]
    function = helper.make_function("local", "F", ["x"], ["y"], body, [helper.make_opsetid("", 18)])
    graph = helper.make_graph(
        [helper.make_node("F", ["a"], ["b"], name="/block/F", domain="local")], "g", [f32("a")], [f32("b")]
    )
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("local", 1)]
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(graph, functions=[function], opset_imports=opsets), path)
    found = read_hierarchy(path)
    assert [(node.op, node.scope) for node in found.nodes()] == [("F", "block"), ("Relu", "block.act")]


def test_a_file_without_nodes_keeps_its_modules(tmp_path: Path) -> None:
    proto = helper.make_model(helper.make_graph([], "g", [f32("x")], [f32("x")]))
    hierarchy = {"modules": [["", "Root"], ["a", "Dropout"]], "calls": [[0, 0, -1], [1, 0, 0]]}
    proto.metadata_props.add(key="modelexport.hierarchy", value=json.dumps(hierarchy))
    onnx.save(proto, tmp_path / "m.onnx")
    found = read_hierarchy(tmp_path / "m.onnx")
    assert found.source == "modelexport"
    assert [(row.key, row.class_name, row.reason) for row in found.tree][1] == (
        "a",
        "Dropout",
        "no node of it is in the file",
    )


# ---- files of strangers ----


def f32(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 2])


def stripped(path: Path, to: Path) -> Path:
    proto = onnx.load(path)
    del proto.metadata_props[:]
    for node in every_node(proto.graph):
        del node.metadata_props[:]
    onnx.save(proto, to)
    return to


def every_node(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    inner = [a.g for node in graph.node for a in node.attribute if a.HasField("g")]
    return [*graph.node, *(node for body in inner for node in every_node(body))]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is not an ONNX file: it holds no graph"),
        (b"\x08\x07", "is not an ONNX file: it holds no graph"),
        (b"PK\x03\x04 a zip archive\xff\xff", "is not an ONNX file, or it is damaged: DecodeError"),
        (b'{"json": true}', "is not an ONNX file, or it is damaged"),
    ],
)
def test_not_an_onnx_file(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(CheckError, match=words) as caught:
        read_hierarchy(path)
    assert "\n" not in str(caught.value) and str(tmp_path) not in str(caught.value)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    for path, words in [
        (tmp_path / "no.onnx", "There is no file"),
        (tmp_path, "is a folder"),
        (tmp_path / ("n" * 300), "cannot be read: File name too long"),
    ]:
        with pytest.raises(PathError, match=words):
            read_hierarchy(path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 10**6), flip=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_a_damaged_file_is_an_error_of_ours_or_still_makes_sense(
    exported: Exported, tmp_path: Path, cut: int, flip: int, byte: int
) -> None:
    content = bytearray(exported("called twice").path.read_bytes())
    content[flip % len(content)] = byte
    path = tmp_path / "m.onnx"
    path.write_bytes(content[: len(content) - cut % len(content) // 50])
    try:
        found = read_hierarchy(path)
    except (CheckError, PathError) as error:
        assert "\n" not in str(error)
    else:
        consistent(found)


def test_names_that_are_no_text(exported: Exported, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    for name in (b"modelexport.evidence", b"/first/norm/LayerNormalization_4", b"LayerNormalization"):
        content = exported("called twice").path.read_bytes()
        path.write_bytes(content.replace(name, b"\xff" + name[1:], 1))
        with pytest.raises(CheckError, match="is damaged"):
            read_hierarchy(path)


def consistent(found: Hierarchy) -> None:
    numbers = sorted(number for row in found.tree for number in row.nodes)
    assert numbers == list(range(len(found.scopes)))
    assert found.tree.rows[0].total == len(found.scopes)
    assert "\n" not in found.note and found.note.isprintable()


def test_external_data_is_never_opened(tmp_path: Path) -> None:
    """Neither that of a weight nor that of a constant: opening the pipe would wait forever."""
    os.mkfifo(tmp_path / "pipe")
    tensors = []
    for location in ("pipe", "../../../../etc/passwd"):
        tensor = TensorProto(name=location, dims=[2, 2], data_type=TensorProto.FLOAT)
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)
        tensors.append(tensor)
    constant = helper.make_node("Constant", [], ["c"], name="/m/c", value=tensors[1])
    nodes = [constant, helper.make_node("Add", ["c", "pipe"], ["y"], name="/m/Add")]
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [], [f32("y")], tensors[:1])), path)
    found = read_hierarchy(path)
    assert found.row("m").parameters == 4 and found.row("m").bytes == 16
    assert [attribute for node in found.nodes() for attribute in node.attributes] == [("value", "(tensor)", "TENSOR")]
    assert all(value.const_value is None for value in found.graph.graph.initializers.values())


Change = Callable[[dict[str, str], dict[str, Any]], None]
NONSENSE: dict[str, tuple[Change, str]] = {
    "scope unknown": (lambda tag, h: tag.update({"scope": "no.such"}), "those of node 3 make no sense"),
    "call unknown": (lambda tag, h: tag.update(call="7"), "those of node 3 make no sense"),
    "call no number": (lambda tag, h: tag.update(call="x" * 10_000), "those of node 3 make no sense"),
    "evidence unknown": (lambda tag, h: tag.update(evidence="faith"), "those of node 3 make no sense"),
    "confidence nan": (lambda tag, h: tag.update(confidence="nan"), "those of node 3 make no sense"),
    "confidence 2": (lambda tag, h: tag.update(confidence="2"), "those of node 3 make no sense"),
    "also no JSON": (lambda tag, h: tag.update(also="[["), "those of node 3 make no sense"),
    "also no list": (lambda tag, h: tag.update(also='"first"'), "those of node 3 make no sense"),
    "also unknown": (lambda tag, h: tag.update(also='["\x1b[31m\\n"]'), "those of node 3 make no sense"),
    "also nested": (lambda tag, h: tag.update(also='[["first"]]'), "those of node 3 make no sense"),
    "also deep": (lambda tag, h: tag.update(also="[" * 100_000), "those of node 3 make no sense"),
    "half a tag": (lambda tag, h: tag.pop("call") and None, "those of node 3 make no sense"),
    "no modules": (lambda tag, h: h.pop("modules") and None, "no such JSON"),
    "modules empty": (lambda tag, h: h.update(modules=[]), "not distinct paths"),
    "a module twice": (lambda tag, h: h["modules"].append(["first", "X"]), "not distinct paths"),
    "a path that is a number": (lambda tag, h: h["modules"].append([3, "X"]), "not distinct paths"),
    "no root": (lambda tag, h: h["modules"][0].__setitem__(0, "root"), "not distinct paths"),
    "a bottomless path": (lambda tag, h: h["modules"].append(["." * 10_000, "X"]), "leaves out modules"),
    "no calls": (lambda tag, h: h.update(calls=[]), "holds no call"),
    "calls a number": (lambda tag, h: h.update(calls=3), "no such JSON"),
    "a circle": (lambda tag, h: h["calls"][2].__setitem__(2, 3), "call 2 of the hierarchy makes no sense"),
    "its own parent": (lambda tag, h: h["calls"][2].__setitem__(2, 2), "call 2 of the hierarchy makes no sense"),
    "a second root": (lambda tag, h: h["calls"][2].__setitem__(2, -1), "call 2 of the hierarchy makes no sense"),
    "parent true": (lambda tag, h: h["calls"][2].__setitem__(2, True), "call 2 of the hierarchy makes no sense"),
    "module out of range": (lambda tag, h: h["calls"][2].__setitem__(0, 99), "call 2 of the hierarchy makes no sense"),
    "module negative": (lambda tag, h: h["calls"][2].__setitem__(0, -1), "call 2 of the hierarchy makes no sense"),
    "number huge": (lambda tag, h: h["calls"][2].__setitem__(1, 10**18), "a number out of order"),
    "reasons a list": (lambda tag, h: h.update(empty=[]), "reasons name no calls"),
    "reason of a call out of range": (lambda tag, h: h["empty"].update(gone=[99]), "reasons name no calls"),
    "reason of a call true": (lambda tag, h: h["empty"].update(gone=[True]), "reasons name no calls"),
    "reason of no list": (lambda tag, h: h["empty"].update(gone=3), "reasons name no calls"),
    "hidden out of range": (lambda tag, h: h.update(hidden=[-1]), "reasons name no calls"),
    "hidden a path": (lambda tag, h: h.update(hidden=["first"]), "reasons name no calls"),
    "root call elsewhere": (lambda tag, h: h["calls"][0].__setitem__(0, 1), "call 0 of the hierarchy makes no sense"),
}


@pytest.mark.parametrize("what", NONSENSE)
def test_nonsense_in_our_own_keys_falls_to_the_next_source(exported: Exported, tmp_path: Path, what: str) -> None:
    change, words = NONSENSE[what]
    proto = copy.deepcopy(onnx.load(exported("called twice").path))
    tag = {p.key.removeprefix("modelexport."): p.value for p in proto.graph.node[3].metadata_props}
    props = {p.key: p for p in proto.metadata_props}
    hierarchy = json.loads(props["modelexport.hierarchy"].value)
    change(tag, hierarchy)
    props["modelexport.hierarchy"].value = json.dumps(hierarchy)
    write_tag(proto.graph.node[3], tag)
    path = tmp_path / "m.onnx"
    onnx.save(proto, path)
    found = read_hierarchy(path)
    assert found.source == "names" and found.attribution is None
    assert found.note.startswith("Its modelexport tags are not used: ") and words in found.note
    consistent(found)


def write_tag(node: onnx.NodeProto, tag: dict[str, str]) -> None:
    del node.metadata_props[:]
    for key, value in tag.items():
        node.metadata_props.add(key=f"modelexport.{key}", value=value)


def test_tags_that_other_tools_lost(exported: Exported, tmp_path: Path) -> None:
    proto = onnx.load(exported("called twice").path)
    write_tag(proto.graph.node[0], {})
    path = tmp_path / "m.onnx"
    onnx.save(proto, path)
    found = read_hierarchy(path)
    assert found.attribution is not None and found.attribution.scopes[0].evidence is Evidence.ROOT
    assert "1 of 15 nodes, made by another tool, carry none" in found.note
    for node in proto.graph.node:
        write_tag(node, {})
    onnx.save(proto, path)  # what ONNX Runtime's optimiser leaves
    found = read_hierarchy(path)
    assert found.source == "names" and "no node carries one any more" in found.note


def test_a_confidence_of_its_own_is_kept(exported: Exported, tmp_path: Path) -> None:
    proto = onnx.load(exported("called twice").path)
    for prop in proto.graph.node[0].metadata_props:
        if prop.key == "modelexport.confidence":
            prop.value = "0.37"
    path = tmp_path / "m.onnx"
    onnx.save(proto, path)
    found = read_hierarchy(path)
    assert found.attribution is not None and isinstance(found.attribution.scopes[0], StatedScope)
    assert found.nodes()[0].confidence == 0.37 and found.nodes()[0].evidence == "trace"


@pytest.mark.parametrize(
    "scopes",
    [
        "3",
        "[",
        "['', 'a', 3]",
        "['']",
        "[]",
        "__import__('os').getpid()",
        "[" * 50_000,
        "['', " + "'a', " * 500 + "'op']",
    ],
)
def test_nonsense_in_torchs_keys(tmp_path: Path, scopes: str) -> None:
    path = stranger(tmp_path, "Relu_0", {"pkg.torch.onnx.name_scopes": scopes})
    found = read_hierarchy(path)
    assert found.source == "flat"
    consistent(found)


def stranger(folder: Path, name: str, props: dict[str, str] | None = None) -> Path:
    node = helper.make_node("Relu", ["a"], ["b"], name=name)
    for key, value in (props or {}).items():
        node.metadata_props.add(key=key, value=value)
    onnx.save(helper.make_model(helper.make_graph([node], "g\x1b[31m\n", [f32("a")], [f32("b")])), folder / "m.onnx")
    return folder / "m.onnx"


def test_modules_that_hold_each_other(tmp_path: Path) -> None:
    lists = ["['', 'a', 'a.b', 'op']", "['', 'a.b', 'a', 'op']"]
    nodes = [helper.make_node("Relu", [f"v{at}"], [f"v{at + 1}"]) for at in range(2)]
    for node, scopes in zip(nodes, lists, strict=True):
        node.metadata_props.add(key="pkg.torch.onnx.name_scopes", value=scopes)
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [f32("v0")], [f32("v2")])), path)
    found = read_hierarchy(path)
    assert found.scopes == ("a.b", "a") and [row.key for row in found.tree] == ["", "a", "a.b"]
    consistent(found)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("/" + "n" * 10_000 + "/Relu", "names"),
        ("/a" * 10_000 + "/Relu", "flat"),
        ("/a" * DEEPEST + "/Relu", "names"),
        ("//", "flat"),
        ("/\x1b[31m<script>/Relu", "names"),
        ("", "flat"),
    ],
)
def test_odd_node_names(tmp_path: Path, name: str, source: str) -> None:
    found = read_hierarchy(stranger(tmp_path, name))
    assert found.source == source
    assert found.row("").class_name == "g\\x1b[31m\\n"
    consistent(found)
