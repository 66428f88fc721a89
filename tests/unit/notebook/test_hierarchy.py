"""The widget from Python's side, with the browser's messages played by hand."""

import gc
import json
import weakref

import pytest
from traitlets import TraitError

from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.hierarchy import read_hierarchy
from modelexport_nb.notebook.widgets.hierarchy import HierarchyWidget
from modelexport_nb.notebook.widgets.payload import build_payload
from modelexport_nb.notebook.widgets.traits import ViewTraits
from tests.unit.notebook.fakes import fake_report


@pytest.fixture
def widget():
    return HierarchyWidget(fake_report())


def ask(widget, content, monkeypatch):
    """Send a message as the browser does; the answers."""
    answers = []
    monkeypatch.setattr(widget, "send", lambda answer, buffers=None: answers.append(answer))
    widget._handle_custom_msg(content, [])
    return answers


def test_a_closed_widget_keeps_no_report_alive():
    report = fake_report()
    gone = weakref.ref(report)
    HierarchyWidget(report).close()
    del report
    gc.collect()
    assert gone() is None


def test_the_browser_can_ask_for_the_files_that_python_writes(widget, monkeypatch, tmp_path):
    (html,) = ask(widget, {"kind": "page", "id": 7, "format": "html"}, monkeypatch)
    assert html["id"] == 7
    assert html["text"] == widget.save_html(tmp_path / "page.html").read_text(encoding="utf-8")
    (tree,) = ask(widget, {"kind": "page", "id": 8, "format": "json"}, monkeypatch)
    assert tree["text"] == widget.to_json()


def test_synced_traits_are_those_of_the_contract(widget):
    state = widget.get_state()
    assert state["payload"]["version"] == 2
    assert {name: state[name] for name in ViewTraits.class_traits()} == {
        "selected": None,
        "query": "",
        "color_by": "none",
        "columns": ["nodes", "parameters", "bytes", "error"],
        "sort": "",
        "tab": "nodes",
        "depth": None,
    }
    assert state["_esm"] and state["_css"]


@pytest.mark.parametrize("key", ["", "encoder.layer.1.dense", "head", "head#1", None])
def test_select(widget, key):
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "selected")
    widget.select("embed")
    widget.select(key)
    assert widget.selected == key
    assert seen == ["embed", key]


def test_unknown_key(widget):
    widget.select("embed")
    with pytest.raises(TraitError, match=r'no module call "head#2"\. Did you mean "head#1"\?'):
        widget.selected = "head#2"
    assert widget.selected == "embed"


def test_the_browser_selects(widget):
    widget.set_state({"selected": "encoder"})
    assert widget.selection.path == "encoder"


def test_selection_has_the_nodes_of_the_whole_region(widget):
    assert widget.selection is None
    widget.select("encoder.layer.1")
    selection = widget.selection
    assert (selection.key, selection.path, selection.class_name) == (
        "encoder.layer.1",
        "encoder.layer.1",
        "Layer",
    )
    assert [(node.number, node.op) for node in selection.nodes] == [(5, "MatMul"), (6, "Add")]
    assert repr(selection) == "Selection(row=5, key='encoder.layer.1', path='encoder.layer.1', class_name='Layer')"


def test_several_are_selected(widget):
    widget.select(["head#1", "encoder.layer.1", "encoder.layer.1.dense", "head#1"])
    assert widget.selected == ["head#1", "encoder.layer.1", "encoder.layer.1.dense"]
    selection = widget.selection
    assert [call.key for call in selection.calls] == widget.selected
    assert [node.number for node in selection.nodes] == [5, 6, 10]  # each once, in execution order
    assert selection.key == "head#1"
    assert repr(selection) == "Selection(['head#1', 'encoder.layer.1', 'encoder.layer.1.dense'], 3 nodes)"
    widget.set_state({"selected": ["embed", "head"]})
    assert [node.number for node in widget.selection.nodes] == [0, 9]


@pytest.mark.parametrize(("value", "kept"), [(["embed"], "embed"), ([], None), (("embed", "head"), ["embed", "head"])])
def test_one_of_a_list_is_one(widget, value, kept):
    widget.selected = value
    assert widget.selected == kept


def test_nodes_of_the_selection_or_of_all(widget, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    assert [node.number for node in widget.nodes] == list(range(11))
    widget.select("head")
    assert [node.op for node in widget.nodes] == ["Gemm"]


def test_nodes_as_a_table(widget):
    pytest.importorskip("pandas")
    widget.select("head")
    assert list(widget.nodes.index) == [9] and list(widget.nodes["op"]) == ["Gemm"]


def test_to_frame(widget):
    pytest.importorskip("pandas")
    widget.select("encoder.layer.1")
    frame = widget.selection.to_frame()
    assert list(frame.index) == [5, 6]
    assert frame.loc[6].to_dict() == {
        "op": "Add",
        "output": "f32 2×10",
        "module": "encoder.layer.1.dense",
        "inputs": "v5",
        "evidence": "trace",
        "source": "net/model.py:16",
    }


def test_to_frame_without_pandas(widget, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    widget.select("embed")
    with pytest.raises(ModelExportError, match="pip install pandas"):
        widget.selection.to_frame()


def test_details_of_a_node(widget, monkeypatch):
    (answer,) = ask(widget, {"kind": "node", "id": 7, "index": 3}, monkeypatch)
    assert {**answer, "detail": None} == {"kind": "node", "id": 7, "index": 3, "detail": None}
    assert answer["detail"] == {
        "name": "/encoder/layer.0/dense/MatMul_3",
        "op": "MatMul",
        "domain": "",
        "inputs": [{"name": "v2", "type": "f32 2×10", "parameter": None}],
        "outputs": [{"name": "v3", "type": "f32 2×10"}],
        "attributes": [{"name": "axis", "value": "1", "type": "INT"}],
        "evidence": "trace",
        "confidence": 1.0,
        "source": "net/model.py:14",
        "also": [],
    }


@pytest.mark.parametrize("index", [-1, 11, 10**9, "3", 1.0, True, None, [0]])
def test_a_wrong_question_gets_an_error(widget, monkeypatch, index):
    (answer,) = ask(widget, {"kind": "node", "id": 1, "index": index}, monkeypatch)
    assert (answer["kind"], answer["id"]) == ("error", 1)
    assert answer["message"].startswith("There is no node") and "\n" not in answer["message"]


def test_source_of_a_row(monkeypatch, real_report):
    widget = HierarchyWidget(real_report)
    row = real_report.row("3").index
    (answer,) = ask(widget, {"kind": "source", "id": 3, "row": row}, monkeypatch)
    source = answer.pop("source")
    assert answer == {"kind": "source", "id": 3, "row": row}
    assert (source["file"], source["class"]) == ("torch/nn/modules/linear.py", "Linear")
    assert source["lines"][0].startswith("def forward(self, input") and type(source["first"]) is int
    json.dumps(source)


def test_absent_source_is_said(widget, monkeypatch):
    (answer,) = ask(widget, {"kind": "source", "id": 3, "row": 0}, monkeypatch)
    assert answer == {
        "kind": "error",
        "id": 3,
        "message": "No source for this module. Its forward was not found on this machine.",
    }


def test_details_of_many_nodes(widget, monkeypatch):
    (answer,) = ask(widget, {"kind": "table", "id": 4, "nodes": [3, 0]}, monkeypatch)
    assert [detail["name"] for detail in answer.pop("details")] == [
        "/encoder/layer.0/dense/MatMul_3",
        "/embed/Gather_0",
    ]
    assert answer == {"kind": "table", "id": 4}


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "table", "nodes": [0, 11]},
        {"kind": "table", "nodes": "01"},
        {"kind": "table"},
        {"kind": "table", "nodes": [0] * 5_001},
        {"kind": "source", "row": 12},
        {"kind": "source", "row": -1},
        {"kind": "source", "row": True},
        {"kind": "source"},
    ],
)
def test_other_wrong_questions(widget, monkeypatch, content):
    (answer,) = ask(widget, {**content, "id": 5}, monkeypatch)
    assert set(answer) == {"kind", "id", "message"} and (answer["kind"], answer["id"]) == ("error", 5)
    assert "\n" not in answer["message"]


@pytest.mark.parametrize("content", [None, 3, "node", [], {}, {"kind": "other"}, {"kind": ["node"]}])
def test_what_is_no_question_gets_no_answer(widget, monkeypatch, content):
    assert ask(widget, content, monkeypatch) == []


def test_a_failure_inside_becomes_a_message(widget, monkeypatch):
    def fail(number):
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(widget._shown, "node", fail)
    (answer,) = ask(widget, {"kind": "node", "id": 2, "index": 0}, monkeypatch)
    assert answer == {"kind": "error", "id": 2, "message": "first line"}


def test_a_payload_alone_is_shown_but_not_asked(monkeypatch):
    widget = HierarchyWidget(payload=build_payload(fake_report()))
    widget.select("embed")
    with pytest.raises(ModelExportError, match="payload"):
        _ = widget.selection
    (answer,) = ask(widget, {"kind": "node", "id": 1, "index": 0}, monkeypatch)
    assert answer["kind"] == "error"


def test_neither_report_nor_payload():
    with pytest.raises(ModelExportError, match="report or a payload"):
        HierarchyWidget()


def test_repr_is_the_same_in_every_run(widget):
    assert repr(widget) == "HierarchyWidget(Net, 11 nodes, selected=None)"
    assert repr(HierarchyWidget(fake_report())) == repr(widget)


def test_mimebundle_has_all_three_views(widget):
    data, _ = widget._repr_mimebundle_()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id
    assert data["text/html"].startswith("<div><p><b>Net</b>")
    assert data["text/plain"].startswith("Net as ONNX")


def test_a_closed_widget_lets_the_report_go():
    report = fake_report()
    widget = HierarchyWidget(report)
    report._widget = widget
    widget.close()
    assert report._widget is None
    assert widget.comm is None


def test_a_row_with_a_full_path_has_the_right_key():
    calls = [("", "Net", []), ("a", "A", []), ("b.shared", "Shared", ["Add"])]
    payload = build_payload(fake_report(calls))
    payload["rows"]["parent"][2], payload["rows"]["absolute"] = (
        1,
        [2],
    )  # called by `a`, which does not contain it
    widget = HierarchyWidget(payload=payload)
    widget.select("b.shared")
    with pytest.raises(TraitError):
        widget.select("a.b.shared")


# ---- the other traits ----


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("query", "op:MatMul -> * -> Softmax"),
        ("color_by", "evidence"),
        ("columns", ["share", "nodes"]),
        ("columns", []),
        ("sort", "parameters"),
        ("sort", "-share"),
        ("sort", ""),
        ("tab", "source"),
        ("depth", 0),
        ("depth", 4),
        ("depth", None),
    ],
)
def test_traits_are_set_from_both_sides(widget, name, value):
    other = HierarchyWidget(fake_report())
    setattr(widget, name, value)
    other.set_state({name: value})
    assert getattr(widget, name) == getattr(other, name) == value


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("color_by", "eror", 'There is no color_by "eror". Did you mean "error"?'),
        ("tab", "x", 'There is no tab "x". Known: nodes, graph, source, about.'),
        ("columns", ["nodes", "byte"], 'There is no column "byte". Did you mean "bytes"?'),
        ("sort", "-paramters", 'There is no column "paramters". Did you mean "parameters"?'),
        ("depth", 5, "There is no depth 5: 0 is the root, 4 shows operators as rows."),
        ("depth", -1, "There is no depth -1: 0 is the root, 4 shows operators as rows."),
        ("selected", ["embed", "haed"], 'There is no module call "haed". Did you mean "head"?'),
        ("selected", 3, "selected is a key, a list of keys or None, not 3."),
        ("selected", ["embed", None], "selected is a key, a list of keys or None, not ['embed', None]."),
        ("selected", {"a": "embed"}, "selected is a key, a list of keys or None, not {'a': 'embed'}."),
    ],
)
def test_wrong_values_are_refused_in_one_line(widget, name, value, message):
    before = getattr(widget, name)
    with pytest.raises(TraitError) as failure:
        setattr(widget, name, value)
    assert str(failure.value) == message
    assert getattr(widget, name) == before


@pytest.mark.parametrize("name", ["query", "color_by", "columns", "sort", "tab", "depth"])
@pytest.mark.parametrize("value", [object(), 1.5, {}])
def test_values_of_another_type(widget, name, value):
    with pytest.raises(TraitError) as failure:
        setattr(widget, name, value)
    assert "\n" not in str(failure.value)


def test_a_hostile_key_is_shown_on_one_short_line(widget):
    for key in ("two\nlines", "x" * 100_000, "\u202egnp", "<b>"):
        with pytest.raises(TraitError) as failure:
            widget.select(key)
        assert len(str(failure.value)) < 350 and str(failure.value).isprintable()


def test_expand_and_find(widget):
    seen = []
    widget.observe(lambda change: seen.append((change["name"], change["new"])), ["depth", "query"])
    widget.expand(depth=2)
    widget.expand(2)
    widget.expand()
    widget.find("op:Gemm")
    assert seen == [("depth", 2), ("depth", None), ("depth", 2), ("depth", None), ("depth", 3), ("query", "op:Gemm")]


def test_a_repeated_column_stands_once(widget):
    widget.columns = ["nodes", "bytes", "nodes"]
    assert widget.columns == ["nodes", "bytes"]


# ---- opened files ----


def test_an_opened_file_has_the_same_tree(real_report):
    hierarchy = read_hierarchy(real_report.path)
    widget = HierarchyWidget(hierarchy, variable="h")
    widget.select("0")
    assert [node.number for node in widget.selection.nodes] == [n.number for n in real_report.nodes("0")]
    assert widget.payload["variable"] == "h"
    data, _ = widget._repr_mimebundle_()
    assert data["text/html"].startswith("<div><p><b>Sequential</b> in <code>tiny.onnx</code>: 7 nodes")
    assert data["text/plain"].startswith("Sequential in tiny.onnx: 7 nodes")


def test_an_opened_file_answers_for_its_nodes(real_report, monkeypatch):
    widget = HierarchyWidget(read_hierarchy(real_report.path))
    answers = ask(widget, {"kind": "node", "id": 1, "index": 0}, monkeypatch)
    answers += ask(widget, {"kind": "source", "id": 2, "row": 0}, monkeypatch)
    report = ask(HierarchyWidget(real_report), {"kind": "node", "id": 1, "index": 0}, monkeypatch)
    assert answers[0]["detail"]["name"] == report[0]["detail"]["name"]
    assert answers[1]["message"].startswith("No source for this module.")


# ---- JSON ----


def test_json_shows_the_same_tree_again(widget, tmp_path):
    again = HierarchyWidget(payload=json.loads(widget.to_json()))
    assert again.payload == widget.payload
    path = widget.save_json(tmp_path / "tree.json")
    assert json.loads(path.read_text(encoding="utf-8")) == widget.payload
    assert [file.name for file in tmp_path.iterdir()] == ["tree.json"]
