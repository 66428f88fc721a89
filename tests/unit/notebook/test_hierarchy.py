"""The widget from Python's side, with the browser's messages played by hand."""

import pytest
from traitlets import TraitError

from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.notebook.widgets.hierarchy import HierarchyWidget
from modelexport_nb.notebook.widgets.payload import build_payload
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


def test_synced_traits_are_those_of_the_contract(widget):
    state = widget.get_state()
    assert state["payload"]["version"] == 1
    assert state["selected"] is None
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


@pytest.mark.parametrize("content", [None, 3, "node", [], {}, {"kind": "other"}])
def test_what_is_no_question_gets_no_answer(widget, monkeypatch, content):
    assert ask(widget, content, monkeypatch) == []


def test_a_failure_inside_becomes_a_message(widget, monkeypatch):
    def fail(number):
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(widget._report, "node", fail)
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
