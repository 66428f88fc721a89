"""The matrix from Python's side, with the browser's messages played by hand."""

import gc
import json
import threading
import time
import weakref
from dataclasses import replace

import pytest
from traitlets import TraitError

from modelexport_nb.engine.sweeps import Status
from modelexport_nb.notebook.widgets.sweep import SweepWidget
from modelexport_nb.notebook.widgets.sweep_payload import STATUSES, changes, sweep_payload
from tests.unit.notebook.fake_sweeps import OK, hostile, job, small, sweep_of

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def widget():
    found = SweepWidget(small())
    yield found
    found.close()


@pytest.fixture
def running():
    """A widget of a sweep that goes on, what it sends, and the sweep."""
    sweep, sent = small(ended=False), []
    found = SweepWidget(sweep)
    found.observe(lambda change: sent.append(change["new"]), "news")
    yield found, sent, sweep
    found.close()


def followers():
    return [thread for thread in threading.enumerate() if thread.name == "modelexport sweep"]


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ask(widget, content, monkeypatch):
    """Send a message as the browser does; the answers."""
    answers = []
    monkeypatch.setattr(widget, "send", lambda answer, buffers=None: answers.append(answer))
    widget._handle_custom_msg(content, [])
    return answers


# ---- what is sent ----


def test_the_payload_has_the_jobs_in_columns():
    payload = json.loads(json.dumps(sweep_payload(small(), "s"), allow_nan=False))
    assert payload["models"] == ["MiniLM", "ResNet"]
    assert payload["variants"] == ["fx", "htp", "usage_based"]
    assert (payload["model"], payload["variant"]) == ([0, 0, 0, 1, 1], [0, 1, 2, 0, 1])
    assert payload["names"] == {}
    now = payload["now"]
    assert [STATUSES[number] for number in now["status"]] == ["ok", "failed", "ok", "warned", "skipped"]
    assert now["nodes"] == [231, None, 229, 231, None]
    assert now["kept"] == [2]
    assert now["error"] == {"1": "CaptureError"}
    assert not now["running"]


def test_a_name_that_is_not_made_of_row_and_column_is_sent():
    payload = sweep_payload(sweep_of(replace(job("m", "fx"), name="another"), job("m", "htp")))
    assert payload["names"] == {"0": "another"}


def test_causes_are_sent_short_and_names_of_any_kind_whole():
    payload = sweep_payload(hostile())
    assert max(map(len, payload["now"]["cause"].values())) <= 121
    assert max(map(len, payload["models"])) == 500
    json.dumps(payload)


def test_the_payload_is_compact():
    jobs = [job(f"team/model-{row}", f"variant {column}", **OK) for row in range(500) for column in range(6)]
    size = len(json.dumps(sweep_payload(sweep_of(*jobs)), separators=(",", ":")))
    assert size / len(jobs) <= 50


def test_what_changes_is_sent_alone():
    sweep = small(ended=False)
    before = sweep.version
    sweep.put(job("ResNet", "htp", **OK))
    found = changes(sweep, before)
    assert (found["at"], found["jobs"]) == (before + 1, [4])
    assert [STATUSES[number] for number in found["status"]] == ["ok"]
    assert changes(sweep, sweep.version)["jobs"] == []


def test_the_browser_hears_what_changes_while_it_runs(running):
    _, sent, sweep = running
    sweep.put(job("ResNet", "htp", **OK))
    until(lambda: sent and sent[-1]["jobs"] == [4])
    assert sent[-1]["nodes"] == [231]


def test_what_a_view_begins_with_holds_all_that_happened(running):
    widget, _, sweep = running
    for number in range(3):
        sweep.put(job("ResNet", "htp", status=Status.RUNNING, attempt=number))
        sweep.put(job("MiniLM", "htp", **OK))
        until(lambda: widget.news.get("at") == sweep.version)
    state = widget.get_state()  # of a page that is loaded again, or a notebook that is saved
    known = dict(zip(state["payload"]["now"]["jobs"], state["payload"]["now"]["status"], strict=True))
    known |= dict(zip(state["news"]["jobs"], state["news"]["status"], strict=True))
    assert [STATUSES[known[number]] for number in range(5)] == ["ok", "ok", "ok", "warned", "running"]


def test_of_many_changes_the_whole_matrix_is_sent():
    jobs = [job(f"model-{row}", "fx") for row in range(300)]
    sweep = sweep_of(*jobs, ended=False)
    widget = SweepWidget(sweep)
    try:
        for row in range(300):
            sweep.put(job(f"model-{row}", "fx", **OK))
        until(lambda: widget.payload["now"]["at"] == 300)
        assert widget.payload["now"]["nodes"] == [231] * 300
        assert widget.news["jobs"] == []
    finally:
        widget.close()


def test_a_burst_is_not_a_message_each(running):
    _, sent, sweep = running
    for _ in range(300):
        sweep.put(job("ResNet", "htp", status=Status.RUNNING))
    version = sweep.version
    until(lambda: sent and sent[-1]["at"] == version)
    assert len(sent) < 20


def test_the_last_message_holds_the_end_and_the_saved_state_too(running):
    widget, sent, sweep = running
    sweep.put(job("ResNet", "htp", **OK))
    sweep.end()
    until(lambda: not widget.payload["now"]["running"])
    until(lambda: sent and not sent[-1]["running"])
    assert widget.payload["now"]["nodes"][4] == 231
    until(lambda: not followers())


def test_no_thread_is_left_when_the_widget_closes(running):
    widget, _, sweep = running
    assert followers()
    widget.close()
    assert not followers()
    assert sweep.running


def test_no_thread_begins_for_a_sweep_that_has_ended(widget):
    assert not followers()


# ---- what the browser asks ----


def test_all_that_is_known_of_a_job(widget, monkeypatch):
    (found,) = ask(widget, {"kind": "job", "id": 7, "number": 3}, monkeypatch)
    assert (found["kind"], found["id"]) == ("job", 7)
    assert found["job"]["notes"] == ["The inputs were made."]
    assert found["job"]["stages"] == {"run": 0.5, "capture": 2.0}
    assert json.dumps(found, allow_nan=False)


@pytest.mark.parametrize("number", [5, -1, "0", None, True, 0.0])
def test_a_job_that_is_not_there(widget, monkeypatch, number):
    (found,) = ask(widget, {"kind": "job", "id": 1, "number": number}, monkeypatch)
    assert (found["kind"], found["id"], found["message"]) == ("error", 1, f"There is no job {number}.")


def test_cancel_stops_the_sweep_and_says_so_at_once(running):
    widget, sent, sweep = running
    widget._handle_custom_msg({"kind": "cancel"}, [])
    assert sweep.cancelled
    assert sent[-1]["cancelled"]


@pytest.mark.parametrize("content", [None, [], "job", {}, {"kind": "node", "index": 0}, {"kind": []}])
def test_what_is_no_question_is_not_answered(widget, monkeypatch, content):
    assert ask(widget, content, monkeypatch) == []


# ---- traits ----


def test_synced_traits(widget):
    state = widget.get_state()
    names = ("selected", "query", "statuses", "sort", "compared")
    assert {name: state[name] for name in names} == {
        "selected": None,
        "query": "",
        "statuses": [],
        "sort": "",
        "compared": [],
    }
    assert state["_esm"] and state["_css"]


def test_the_selected_job_is_read_set_and_observed(widget):
    seen = []
    widget.observe(lambda change: seen.append(change["new"]), "selected")
    widget.select("MiniLM / htp")
    widget.selected = None
    assert seen == ["MiniLM / htp", None]
    with pytest.raises(TraitError, match=r'There is no job "MiniLM / htq"\. Did you mean "MiniLM / htp"\?'):
        widget.selected = "MiniLM / htq"
    assert widget.selected is None


def test_statuses(widget):
    widget.statuses = ["failed", "failed", "ok"]
    assert widget.statuses == ["failed", "ok"]
    with pytest.raises(TraitError, match='There is no status "fail"'):
        widget.statuses = ["fail"]


@pytest.mark.parametrize("order", ["", "name", "-status", "seconds", "column:fx", "-column:usage_based"])
def test_orders(widget, order):
    widget.sort = order
    assert widget.sort == order


@pytest.mark.parametrize(
    ("order", "message"),
    [("nodes", 'There is no order "nodes"'), ("column:fy", r'There is no variant "fy"\. Did you mean "fx"\?')],
)
def test_an_order_that_is_none(widget, order, message):
    with pytest.raises(TraitError, match=message):
        widget.sort = order
    assert widget.sort == ""


def test_compared(widget):
    widget.compared = ["fx", "htp"]
    for wrong in (["fx"], ["fx", "fx"], ["fx", "htp", "usage_based"], ["fx", "nobody"]):
        with pytest.raises(TraitError):
            widget.compared = wrong
    assert widget.compared == ["fx", "htp"]
    widget.compared = []


# ---- a sweep that a cell returns ----


@pytest.fixture
def formatted(shell):
    return lambda value: shell.display_formatter.format(value)[0]


def test_a_sweep_shows_three_views_in_one_bundle(formatted):
    sweep = small()
    data = formatted(sweep)
    assert set(data) == {WIDGET, "text/html", "text/plain"}
    assert data[WIDGET]["model_id"] == sweep.widget.model_id
    assert data["text/html"] == sweep.to_html()
    assert data["text/plain"].splitlines()[1] == "MiniLM  ✓ 231  ✗ failed   ✓ 229"
    assert formatted(sweep)[WIDGET] == data[WIDGET]
    sweep.widget.close()
    assert formatted(sweep)[WIDGET] != data[WIDGET]
    sweep.widget.close()


def test_inside_a_list_a_sweep_is_one_line(formatted):
    assert formatted([small()])["text/plain"] == ("[<Sweep of 2 models × 3: 2 ok, 1 warned, 1 failed, 1 skipped>]")


def test_the_lines_that_it_offers_name_its_variable(shell):
    sweep = small()
    shell.user_ns["nightly"] = sweep
    assert sweep.widget.payload["variable"] == "nightly"
    sweep.widget.close()


def test_where_the_widget_cannot_be_made_the_static_view_says_why(formatted, monkeypatch):
    from modelexport_nb.engine.errors import ModelExportError
    from modelexport_nb.notebook import display

    def fail(shown, variable):
        raise ModelExportError("The widget's bundle is not built.")

    monkeypatch.setattr(display, "_make_widget", fail)
    assert "No live view: The widget&#x27;s bundle is not built." in formatted(small())["text/html"]


def test_a_closed_widget_keeps_no_sweep_alive(shell):
    sweep = small()
    gone = weakref.ref(sweep)
    sweep.widget.close()
    del sweep
    gc.collect()
    assert gone() is None


def test_a_widget_that_could_not_be_made_can_be_closed():
    SweepWidget.__new__(SweepWidget).close()


def test_repr_is_one_line_and_has_no_address(widget):
    assert repr(widget).startswith("SweepWidget(<Sweep of 2 models × 3: ")
