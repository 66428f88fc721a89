"""The figures of a file, whoever made it; names are text in every form."""

import csv
import io
import json

import onnx
import pytest
from onnx import TensorProto, helper

from modelexport_nb.analysis import Analysis
from modelexport_nb.analysis_views import render, to_csv, to_json
from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.hierarchy import read_hierarchy
from tests.unit.engine.zoo import build


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    model, inputs = build("BERT")
    return read_hierarchy(export_model(model, inputs, tmp_path_factory.mktemp("m") / "bert.onnx", verify="off").path)


def file_of(tmp_path, names):
    """A chain of Relu nodes of these names."""
    values = [helper.make_tensor_value_info(text, TensorProto.FLOAT, [2]) for text in ("x", f"y{len(names)}")]
    nodes = [
        helper.make_node("Relu", [f"y{at}" if at else "x"], [f"y{at + 1}"], name=name) for at, name in enumerate(names)
    ]
    onnx.save(helper.make_model(helper.make_graph(nodes, "graph", values[:1], values[1:])), tmp_path / "m.onnx")
    return read_hierarchy(tmp_path / "m.onnx")


def test_sums_fit(bert):
    found = Analysis.of(bert)
    total = len(bert.scopes)
    assert found.whole and found.nodes == list(range(total)) and found.covered == total
    assert sum(found.operators.values()) == sum(found.evidence.values()) == sum(found.depths.values()) == total
    root = found.modules[0]
    assert (root.key, root.nodes, root.depth, root.tag) == ("", total, 0, "/BertModel")
    assert root.operators == found.operators and root.evidence == found.evidence
    assert sum(module.own for module in found.modules) == total
    assert [module.key for module in found.modules] == [row.key for row in bert.tree]


def test_a_part(bert):
    found = Analysis.of(bert, path="encoder.layer.?.attention.self", tag="*/BertLayer.[12]/*")
    assert [row.key for row in found.rows] == ["encoder.layer.1.attention.self", "encoder.layer.2.attention.self"]
    assert not found.whole
    assert len(found.nodes) == sum(row.total for row in found.rows)
    assert list(found.depths)[-1] == 5 and not any(found.depths[depth] for depth in range(4))
    lines = render(found).splitlines()
    assert f"module calls  2 of {len(bert.tree)}" in lines
    assert lines[-2].startswith("encoder.layer.1.attention.self  BertSelfAttention: ")


def test_a_module_inside_another_counts_once(bert):
    found = Analysis.of(bert, path="encoder.layer.0*")
    assert len(found.nodes) == bert.row("encoder.layer.0").total


def test_long_lists_are_cut(bert, monkeypatch):
    monkeypatch.setattr("modelexport_nb.analysis_views.ROWS", 3)
    found = Analysis.of(bert, path="encoder.*")
    assert render(found).splitlines()[-1] == f"… {len(found.rows) - 3} more"


def test_nothing_fits(bert):
    with pytest.raises(InputError, match=r"No module call fits nobody and \*/Here\. There are embeddings, "):
        Analysis.of(bert, path="nobody", tag="*/Here")


def test_a_file_of_node_names(tmp_path):
    found = Analysis.of(file_of(tmp_path, ["/a/b/Relu", "/a/Relu_1", "Relu_2"]))
    assert (found.hierarchy.source, found.covered, found.evidence) == ("names", 2, {})
    assert found.depths == {0: 1, 1: 1, 2: 1}
    shown = render(found)
    assert "coverage   2/3" in shown and "evidence" not in shown and "root share" not in shown
    assert json.loads(to_json(found))["strategy"] is None


def test_a_file_that_tells_nothing(tmp_path):
    found = Analysis.of(file_of(tmp_path, ["", ""]))
    assert (found.hierarchy.source, found.covered) == ("flat", 0)
    assert [module.nodes for module in found.modules] == [2]


def test_untagged_nodes_have_no_evidence(bert, tmp_path):
    proto = onnx.load(bert.path)
    proto.graph.node[3].ClearField("metadata_props")
    onnx.save(proto, tmp_path / "m.onnx")
    found = Analysis.of(read_hierarchy(tmp_path / "m.onnx"))
    assert found.covered == sum(found.evidence.values()) == len(found.nodes) - 1


def test_every_form_says_the_same(bert):
    found = Analysis.of(bert)
    modules = json.loads(to_json(found))["modules"]
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert len(rows) == len(modules) == len(bert.tree)
    for row, module in zip(rows, modules, strict=True):
        assert (row["module"], row["class"], row["tag"]) == (module["module"], module["class"], module["tag"])
        assert int(row["nodes"]) == module["nodes"] == sum(module["operators"].values())
    assert to_json(found) == to_json(Analysis.of(bert))


def test_hostile_names(tmp_path):
    hierarchy = file_of(tmp_path, ["/=cmd|' calc'!A0/Relu", "/a\u202e\x1b[2J/Relu", '/with "quotes", and\nlines/Relu'])
    found = Analysis.of(hierarchy)
    assert not {"\u202e", "\x1b"} & set(render(found) + render(Analysis.of(hierarchy, path="?*")))
    cells = [row["module"] for row in csv.DictReader(io.StringIO(to_csv(found)))]
    assert cells == ["", "'=cmd|' calc'!A0", "a\u202e\x1b[2J", 'with "quotes", and\nlines']
