import pytest

from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.notebook import display
from tests.unit.notebook.fakes import fake_report

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def formatted(shell):
    return lambda value: shell.display_formatter.format(value)[0]


def test_a_report_shows_three_views_in_one_bundle(formatted):
    report = fake_report()
    data = formatted(report)
    assert set(data) == {WIDGET, "text/html", "text/plain"}
    assert data[WIDGET]["model_id"] == report.widget.model_id
    assert data["text/plain"].startswith("Net as ONNX, strategy fx")


def test_two_outputs_are_two_views_of_one_widget(formatted):
    report = fake_report()
    assert formatted(report)[WIDGET] == formatted(report)[WIDGET]


def test_a_closed_widget_is_made_anew(formatted):
    report = fake_report()
    first = formatted(report)[WIDGET]
    report.widget.close()
    assert formatted(report)[WIDGET] != first


def test_outputs_are_the_same_in_every_run(formatted):
    first, second = formatted(fake_report()), formatted(fake_report())
    for kind in ("text/html", "text/plain"):
        assert first[kind] == second[kind]
        assert "/somewhere" not in first[kind] and "1.25" not in first[kind]


def test_inside_a_list_a_report_is_one_line(formatted):
    shown = formatted([fake_report()])
    assert shown == {"text/plain": "[<Net as ONNX, strategy fx: 11 nodes, 11 modules, 1.23 k parameters, 4.94 kB>]"}


def test_a_terminal_gets_text_and_no_widget(shell, formatted):
    active = shell.display_formatter.active_types
    shell.display_formatter.active_types = ["text/plain"]
    try:
        report = fake_report()
        assert set(formatted(report)) == {"text/plain"}
        assert report._widget is None
    finally:
        shell.display_formatter.active_types = active


def test_without_a_bundle_the_static_view_says_so(formatted, monkeypatch):
    def missing(*args):
        raise ModelExportError("The widget's bundle is not built.")

    monkeypatch.setattr(display, "_make_widget", missing)
    data = formatted(fake_report())
    assert set(data) == {"text/html", "text/plain"}
    assert "No live view: The widget&#x27;s bundle is not built." in data["text/html"]


@pytest.mark.parametrize(("names", "expected"), [(["_", "result"], "result"), (["_", "_3"], "_"), ([], "_")])
def test_the_widget_calls_the_report_what_the_notebook_does(names, expected):
    report = fake_report()
    assert display.variable_name(report, dict.fromkeys(names, report)) == expected


def test_the_name_reaches_the_widget(shell, formatted):
    report = shell.user_ns["tagged"] = fake_report()
    formatted(report)
    assert report.widget.payload["variable"] == "tagged"
