"""The compare widget from Python's side, with the browser's messages played by hand."""

import gc
import json
import weakref

import pytest
from traitlets import TraitError

from modelexport_nb.engine.columns import Column, Failure
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.notebook import display
from modelexport_nb.notebook.widgets.comparison import ComparisonWidget
from tests.unit.notebook.fakes import SMALL, fake_report

WIDGET = "application/vnd.jupyter.widget-view+json"


def compared(**changes):
    moved = [*SMALL[:3], ("encoder.layer.0", "Layer", ["MatMul"]), ("encoder.layer.0.dense", "Linear", ["Add"])]
    other = fake_report([*moved, *SMALL[5:]], strategy="htp")
    failed = Column("bad", "fx", "torch.export", failure=Failure("capture", "<b>no</b> branch on data"))
    columns = [Column.of(fake_report(), "fx"), Column.of(other, "htp"), failed]
    return Comparison.of_columns(columns, **changes)


@pytest.fixture
def widget():
    return ComparisonWidget(compared())


def ask(widget, content, monkeypatch):
    """Send a message as the browser does; the answers."""
    answers = []
    monkeypatch.setattr(widget, "send", lambda answer, buffers=None: answers.append(answer))
    widget._handle_custom_msg(content, [])
    return answers


def test_synced_traits(widget):
    state = widget.get_state()
    traits = ("selected", "only_differences", "baseline", "query", "depth")
    assert {name: state[name] for name in traits} == {
        "selected": None,
        "only_differences": False,
        "baseline": 0,
        "query": "",
        "depth": None,
    }
    assert state["_esm"] and state["_css"]


def test_the_payload_says_what_python_calls_it_and_how_sure_each_evidence_is(widget):
    payload = json.loads(json.dumps(widget.payload, allow_nan=False))
    assert payload["variable"] == "c"
    assert dict(zip(payload["evidence"], payload["confidence"], strict=True)) == {
        "trace": 1.0,
        "parameter": 0.95,
        "value": 0.95,
        "dataflow": 0.6,
        "rewrite": 0.95,
        "root": 0.0,
    }
    assert "columns" in payload and "nodes" not in payload  # by which the bundle knows a comparison


@pytest.mark.parametrize("key", ["", "encoder.layer.1.dense", "head#1", None])
def test_select(widget, key):
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "selected")
    widget.select("embed")
    widget.select(key)
    assert widget.selected == key
    assert seen == ["embed", key]


def test_unknown_key(widget):
    widget.select("embed")
    with pytest.raises(TraitError, match=r'No module call "head#2"\. Did you mean "head#1"\?'):
        widget.selected = "head#2"
    assert widget.selected == "embed"


def test_a_key_that_only_a_later_column_has_selects_its_row():
    renamed = [(path.replace("embed", "table"), name, ops) for path, name, ops in SMALL]
    columns = [Column.of(fake_report(), "a"), Column.of(fake_report(renamed), "b")]
    widget = ComparisonWidget(Comparison.of_columns(columns))
    widget.select("table")
    assert widget.selected == "embed"


def test_baseline(widget):
    widget.baseline = 1
    assert widget.baseline == 1
    with pytest.raises(TraitError, match="bad failed: there is nothing to compare with"):
        widget.baseline = 2
    with pytest.raises(TraitError, match="There is no column 3: the first is 0, the last 2"):
        widget.baseline = 3
    assert widget.baseline == 1


def test_another_baseline_from_the_beginning():
    assert ComparisonWidget(compared().against("htp")).baseline == 1


def test_depth(widget):
    widget.expand()
    assert widget.depth == 3
    widget.expand(1)
    assert widget.depth == 1
    with pytest.raises(TraitError, match="There is no depth 4"):
        widget.depth = 4


@pytest.mark.parametrize(("column", "scope"), [(0, "encoder.layer.0.dense"), (1, "encoder.layer.0")])
def test_detail_of_a_node_is_that_of_its_column(widget, monkeypatch, column, scope):
    (found,) = ask(widget, {"kind": "node", "id": 7, "column": column, "index": 3}, monkeypatch)
    assert (found["kind"], found["id"], found["column"], found["index"]) == ("node", 7, column, 3)
    assert found["detail"]["op"] == "MatMul"
    assert scope.replace(".", "/", 1).split("/")[0] in found["detail"]["name"]
    assert json.dumps(found)


@pytest.mark.parametrize(
    ("column", "index", "message"),
    [
        (2, 0, "There is no column 2 with nodes."),
        (3, 0, "There is no column 3 with nodes."),
        (-1, 0, "There is no column -1 with nodes."),
        ("0", 0, "There is no column 0 with nodes."),
        (None, 0, "There is no column None with nodes."),
        (True, 0, "There is no column True with nodes."),
        (0, 11, "There is no node 11."),
        (0, "3", "There is no node 3."),
    ],
)
def test_what_cannot_be_answered_is_said(widget, monkeypatch, column, index, message):
    (found,) = ask(widget, {"kind": "node", "id": 1, "column": column, "index": index}, monkeypatch)
    assert (found["kind"], found["id"], found["message"]) == ("error", 1, message)


@pytest.mark.parametrize("content", [None, [], "node", {}, {"kind": "source", "row": 0}, {"kind": []}])
def test_what_is_no_question_is_not_answered(widget, monkeypatch, content):
    assert ask(widget, content, monkeypatch) == []


def test_one_widget_for_each_comparison():
    one, other = compared(), compared()
    assert ComparisonWidget.of(one) is ComparisonWidget.of(one)
    assert ComparisonWidget.of(one) is not ComparisonWidget.of(other)
    first = ComparisonWidget.of(one)
    first.close()
    assert ComparisonWidget.of(one) is not first


def test_a_closed_widget_keeps_no_comparison_alive():
    comparison = compared()
    gone = weakref.ref(comparison)
    ComparisonWidget.of(comparison).close()
    del comparison
    gc.collect()
    assert gone() is None


def test_a_widget_that_could_not_be_made_can_be_closed():
    widget = ComparisonWidget.__new__(ComparisonWidget)
    widget.close()
    assert widget.comm is None


def test_repr_is_one_line_and_has_no_address(widget):
    assert repr(widget) == "ComparisonWidget(fx, htp, bad, selected=None)"


def test_when_everything_failed():
    failed = [Column(name, name, "torch.export", failure=Failure("capture", "no")) for name in ("fx", "htp")]
    widget = ComparisonWidget(Comparison.of_columns(failed))
    assert widget.baseline == 0
    widget.expand()
    with pytest.raises(TraitError):
        widget.select("")


# ---- a comparison that a cell returns ----


@pytest.fixture
def formatted(shell):
    return lambda value: shell.display_formatter.format(value)[0]


def test_a_comparison_shows_three_views_in_one_bundle(formatted):
    comparison = compared()
    data = formatted(comparison)
    assert set(data) == {WIDGET, "text/html", "text/plain"}
    assert data[WIDGET]["model_id"] == ComparisonWidget.of(comparison).model_id
    assert data["text/html"] == comparison.to_html()
    assert data["text/plain"].startswith("Net: fx, htp and bad; the baseline is fx.")
    assert formatted(comparison)[WIDGET] == data[WIDGET]


def test_names_of_models_are_no_markup(formatted):
    assert "<b>no</b>" not in formatted(compared())["text/html"]


def test_it_knows_the_variable_that_holds_it(shell, formatted):
    comparison = shell.user_ns["mine"] = compared()
    formatted(comparison)
    assert ComparisonWidget.of(comparison).payload["variable"] == "mine"
    del shell.user_ns["mine"]


def test_inside_a_list_a_comparison_is_one_line(formatted):
    shown = formatted([compared()])
    assert set(shown) == {"text/plain"}
    assert shown["text/plain"].startswith("[<Comparison of Net: fx 11 nodes; ") and "\n" not in shown["text/plain"]


def test_without_a_bundle_the_static_view_says_so(formatted, monkeypatch):
    def missing(*args):
        raise ModelExportError("The widget's <bundle> is not built.")

    monkeypatch.setattr(display, "_make_widget", missing)
    data = formatted(compared())
    assert WIDGET not in data
    assert "No live view: The widget&#x27;s &lt;bundle&gt; is not built." in data["text/html"]
