"""`%modelexport history`: every export by number, nothing kept alive that should go."""

import gc
import weakref

import pytest
import torch
from torch import nn

from modelexport_nb import ExportReport, export_model
from modelexport_nb.engine.errors import InputError, PathError
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.notebook import actions, history
from modelexport_nb.notebook.history import HELD, ROWS, History
from tests.unit.notebook.fakes import fake_report

from .test_completion import offered
from .test_magic import fails, run


@pytest.fixture
def exports(monkeypatch, tmp_path):
    """`export_model` without an export: a new report each time, of a file that is there."""

    def export_model(model, inputs, path, *, strategy="auto", **options):
        path.write_bytes(b"")
        return fake_report(path=path, strategy="fx" if strategy == "auto" else strategy)

    monkeypatch.setattr(actions, "export_model", export_model)


def strategies(reports):
    return [report.strategy for report in reports]


# ---- the list ----


def test_it_lists_what_was_exported(shell, exports, tmp_path):
    shell.user_ns["folder"] = tmp_path
    run(shell, "%modelexport model x -o {folder}/a.onnx;")
    run(shell, "r = %modelexport model x -s htp -o {folder}/b.onnx")
    found = run(shell, "%modelexport history")
    assert isinstance(found, History) and len(found) == 2
    assert found.rows() == [
        ("1", "Net", "fx", "torch.onnx.export", "a.onnx", "11", "equal, max |Δ| 5.3e-05"),
        ("2", "Net", "htp", "torch.onnx.export", "b.onnx", "11", "equal, max |Δ| 5.3e-05"),
    ]
    assert found[2] is shell.user_ns["r"]


def test_a_tagged_file_is_an_export_too(shell, monkeypatch, real_report):
    monkeypatch.setattr(actions, "tag_onnx", lambda *_, **__: real_report)
    run(shell, "%modelexport tag model x any.onnx")
    assert run(shell, "%modelexport history")[1] is real_report


def test_failures_are_no_exports(shell):
    fails(shell, "%modelexport model 'torch.ones(3, 7)'")
    assert len(run(shell, "%modelexport history")) == 0


def test_its_views(shell, exports):
    empty = run(shell, "%modelexport history")
    assert shell.display_formatter.format(empty)[0] == {
        "text/plain": "<History of 0 exports>",
        "text/html": "<p>Nothing was exported in this kernel yet.</p>",
    }
    run(shell, "%modelexport model x;")
    data = shell.display_formatter.format(empty)[0]
    head, line = data["text/plain"].splitlines()
    assert head.split() == ["export", "model", "strategy", "capture", "file", "nodes", "parity"]
    assert line.split()[:5] == ["1", "Net", "fx", "torch.onnx.export", "Sequential.onnx"]
    assert data["text/html"].count("<td>") == 7
    assert shell.display_formatter.format([empty])[0]["text/plain"] == "[<History of 1 export>]"


def test_hostile_names_are_text(tmp_path):
    shown = History()
    shown.add(nn.ReLU(), fake_report([("", "<img src=x>\u202e", [])], path=tmp_path / "<b>.onnx"), ())
    html = shown._repr_html_()
    assert "<img" not in html and "<b>" not in html and "\u202e" not in html


@pytest.mark.parametrize(
    ("number", "message"), [(0, "There is no export 0. Listed are 1 to 1."), (2, "There is no export 2.")]
)
def test_a_number_that_is_not_listed(shell, exports, number, message):
    run(shell, "%modelexport model x;")
    with pytest.raises(InputError, match=message):
        run(shell, "%modelexport history")[number]


def test_the_verb_takes_nothing(shell):
    assert "unrecognized arguments" in str(fails(shell, "%modelexport history 3"))
    assert "%modelexport history" in offered(shell, "%modelexport hi")


# ---- what it keeps ----


def test_the_model_dies(shell):
    run(shell, "report = %modelexport model x -s fx --no-progress")
    ref = weakref.ref(shell.user_ns["model"])
    del shell.user_ns["model"]
    gc.collect()
    assert ref() is None
    (export,) = run(shell, "%modelexport history")
    assert export.model() is None and export.report() is shell.user_ns["report"]


def test_only_the_newest_reports_are_kept(shell, exports):
    for _ in range(ROWS + 5):
        run(shell, "%modelexport model x;")
    gc.collect()
    listed = list(run(shell, "%modelexport history"))
    assert [export.number for export in listed] == list(range(6, ROWS + 6))
    alive = [export.number for export in listed if export.report() is not None]
    assert alive == list(range(ROWS + 6 - HELD, ROWS + 6))


def test_an_old_report_that_somebody_holds_is_still_there(shell, exports):
    run(shell, "first = %modelexport model x")
    for _ in range(HELD):
        run(shell, "%modelexport model x;")
    assert run(shell, "%modelexport history")[1] is shell.user_ns["first"]


def test_of_an_old_report_that_nobody_holds_the_file_is_read(monkeypatch, tmp_path):
    found = three(monkeypatch, tmp_path)
    gc.collect()
    assert isinstance(found[2], ExportReport)
    old = found[1]
    assert isinstance(old, Hierarchy) and old.path == tmp_path / "1.onnx" and old.source == "modelexport"


@pytest.mark.parametrize(("change", "what"), [("gone", "its file is gone"), ("other", "another one by now")])
def test_an_old_report_whose_file_is_not_its_own_any_more(monkeypatch, tmp_path, change, what):
    found = three(monkeypatch, tmp_path)
    gc.collect()
    if change == "gone":
        (tmp_path / "1.onnx").unlink()
    else:
        (tmp_path / "1.onnx").write_bytes(b"something else")
    with pytest.raises(PathError, match=f"Nobody holds the report of export 1, and .*{what}. Export again"):
        found[1]


def three(monkeypatch, tmp_path):
    """A history of three real exports that keeps the reports of two."""
    monkeypatch.setattr(history, "HELD", 2)
    found = History()
    model = nn.Linear(4, 4)
    for number in (1, 2, 3):
        report = export_model(model, torch.ones(2, 4), tmp_path / f"{number}.onnx", verify="off")
        found.add(model, report, number)
    return found


# ---- the same model ----


def test_of_the_last_model(shell, exports):
    shell.user_ns["other"] = shell.user_ns["model"][0]
    run(shell, "%modelexport model x -s fx;\n%modelexport other x -s htp;\n%modelexport model x -s usage_based;")
    found = run(shell, "%modelexport history").of_last_model()
    assert strategies(found) == ["fx", "usage_based"]


def test_two_names_for_one_model(shell, exports):
    shell.user_ns["same"] = shell.user_ns["model"]
    run(shell, "%modelexport model x -s fx;\n%modelexport same x -s htp;")
    assert strategies(run(shell, "%modelexport history").of_last_model()) == ["fx", "htp"]


def test_one_name_for_two_models(shell, exports):
    run(shell, "%modelexport model x -s fx;\nmodel = model[0]\n%modelexport model x -s htp;")
    with pytest.raises(InputError, match="in one way only, htp"):
        run(shell, "%modelexport history").of_last_model()


def test_a_cell_that_runs_again_counts_once(shell, exports):
    run(shell, "%modelexport model x -s fx;\n%modelexport model x -s htp;\n%modelexport model x -s fx;")
    found = run(shell, "%modelexport history")
    assert len(found) == 3
    assert [report is found[number] for report, number in zip(found.of_last_model(), (2, 3), strict=True)] == [True] * 2


def test_cells_that_assign_other_inputs_are_other_exports(shell, exports):
    run(shell, "%%modelexport model;\ninputs = x")
    run(shell, "%%modelexport model;\ninputs = x[:1]")
    run(shell, "%%modelexport model;\ninputs = x[:1]")
    assert len(run(shell, "%modelexport history").of_last_model()) == 2


def test_a_model_at_the_address_of_a_dead_one_is_another():
    found = History()
    report = fake_report()
    numbers = set()
    for _ in range(50):
        model = nn.ReLU()
        found.add(model, report, ())
        del model  # the next one may well take its place in memory
        gc.collect()
    numbers = {export.of for export in found}
    assert len(numbers) == 50


def test_exports_of_a_model_that_is_gone_are_still_compared(shell, exports):
    run(shell, "%modelexport model x -s fx;\n%modelexport model x -s htp;\ndel model")
    gc.collect()
    assert strategies(run(shell, "%modelexport history").of_last_model()) == ["fx", "htp"]
