"""`%modelexport compare` in every form, and lines that mean no verb."""

import pytest
import torch
from IPython.core.error import UsageError
from torch import nn

from modelexport_nb import Comparison
from modelexport_nb.engine.errors import InputError, OptionError, PathError
from modelexport_nb.notebook import actions

from .test_completion import offered
from .test_magic import fails, run


@pytest.fixture
def comparisons(monkeypatch):
    """What `compare` of the engine was called with; nothing is exported."""
    seen = []

    def compare(model, inputs, strategies, captures, **options):
        seen.append({"model": model, "inputs": inputs, "strategies": strategies, "captures": captures, **options})
        return "a comparison"

    monkeypatch.setattr(actions, "compare_strategies", compare)
    return seen


@pytest.fixture
def exported(shell, tmp_path):
    """Two exports of `model` and one of another, in the history and as `fx`, `htp` and `other`."""
    shell.user_ns.update(folder=tmp_path, net=shell.user_ns["model"][0])
    run(shell, "other = %modelexport net x -s fx -o {folder}/other.onnx --no-progress")
    run(shell, "fx = %modelexport model x -s fx -o {folder}/fx.onnx --no-progress")
    run(shell, "htp = %modelexport model x -s htp -o {folder}/htp.onnx --no-progress")
    return shell


def names(comparison):
    return [column.name for column in comparison.columns]


# ---- what is there already ----


def test_alone_it_compares_what_the_cells_above_exported(exported):
    found = run(exported, "%modelexport compare")
    assert isinstance(found, Comparison)
    assert [column.report for column in found.columns] == [exported.user_ns["fx"], exported.user_ns["htp"]]
    assert names(found) == ["fx", "htp"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2 3", ["fx", "htp"]),
        ("3 2 3", ["htp", "fx", "htp (2)"]),
        ("fx htp", ["fx", "htp"]),
        ("fx {folder}/htp.onnx 2", ["fx", "htp.onnx", "fx (2)"]),
        ('[fx,htp][1] "fx"', ["htp", "fx"]),
        ("fx fx", ["fx", "fx (2)"]),
    ],
)
def test_numbers_reports_and_files(exported, line, expected):
    assert names(run(exported, f"%modelexport compare {line}")) == expected


def test_of_different_models_it_says_what_differs(exported):
    found = run(exported, "%modelexport compare fx other")
    assert len(found.columns) == 2 and found.notes


def test_a_report_whose_file_is_gone_is_compared_all_the_same(exported):
    exported.user_ns["fx"].path.unlink()
    found = run(exported, "%modelexport compare fx htp")
    assert any("file of fx is gone" in note for note in found.notes)


def test_a_file_wins_over_an_attribute_and_a_variable_over_a_file(exported, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "htp").write_text("")
    found = run(exported, "%modelexport compare fx.onnx htp")
    assert names(found) == ["fx.onnx", "htp"]


# ---- a model ----


def test_a_model_is_exported_with_each_strategy(shell, comparisons):
    assert run(shell, "%modelexport compare model x") == "a comparison"
    (call,) = comparisons
    assert call["model"] is shell.user_ns["model"] and call["inputs"] is shell.user_ns["x"]
    assert (call["strategies"], call["captures"]) == (("fx", "htp", "usage_based"), ("auto",))
    assert (call["verify"], call["opset"], call["folder"], call["values_limit"]) == ("modules", None, None, None)
    assert call["progress"] is not None


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("-s fx,htp", "strategies", ("fx", "htp")),
        ("--strategies=fx,fx", "strategies", ("fx", "fx")),
        ('-s "fx, htp"', "strategies", ("fx", "htp")),
        ("--captures auto,torchscript", "captures", ("auto", "torchscript")),
        ("--opset 20", "opset", 20),
        ("--verify model", "verify", "model"),
        ("--no-verify", "verify", "off"),
        ("--memory-limit 1kB", "values_limit", 1000),
        ("--no-progress", "progress", None),
        ("--dynamic shapes", "dynamic", {"x": None}),
    ],
)
def test_options(shell, comparisons, line, name, value):
    shell.user_ns["shapes"] = {"x": None}
    run(shell, f"%modelexport compare model[0] (x,) {line}")
    run(shell, f"%modelexport compare {line} model x")
    assert [call[name] for call in comparisons] == [value, value]
    assert comparisons[0]["model"] is shell.user_ns["model"][0]


def test_the_folder_is_a_path(shell, comparisons, tmp_path):
    shell.user_ns["folder"] = tmp_path
    run(shell, "%modelexport compare model x --folder {folder}")
    assert comparisons[0]["folder"] == tmp_path


def test_a_real_comparison_leaves_no_export_in_the_history(shell, tmp_path):
    shell.user_ns["folder"] = tmp_path
    found = run(shell, "%modelexport compare model x -s fx,fx,usage_based --folder {folder} --no-progress")
    assert names(found) == ["fx", "fx (2)", "usage_based"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fx.onnx", "fx_2.onnx", "usage_based.onnx"]
    assert len(run(shell, "%modelexport history")) == 0


def test_a_module_called_compare_is_exported(shell, comparisons, monkeypatch, real_report):
    seen = []
    monkeypatch.setattr(actions, "export_model", lambda model, *_, **__: seen.append(model) or real_report)
    shell.user_ns["compare"] = net = nn.Linear(4, 4)
    run(shell, "%modelexport compare x")
    shell.user_ns["compare"] = "a word"
    run(shell, "%modelexport compare model x")
    assert seen == [net] and len(comparisons) == 1


# ---- what cannot be compared ----


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("", InputError, "Nothing was exported in this kernel yet, so that there is nothing to compare. First: "),
        ("7 8", InputError, "There is no export 7. Nothing was exported"),
        ("x x", InputError, '"x" is a Tensor. Give a report, its number in %modelexport history, or an ONNX file.'),
        ("path path", InputError, "For the file that it names: {path}"),
        ("reprot x", InputError, 'There is no variable "reprot". Did you mean "report"?'),
        ("report", InputError, 'A comparison needs two, and there is "report" alone.'),
        ("report nowhere.onnx", PathError, 'There is no file "nowhere.onnx"'),
        ("report {nowhere}.onnx", PathError, 'There is no variable "nowhere"'),
        ("model", UsageError, "A model is compared on its inputs: %modelexport compare model inputs"),
        ("model x x", UsageError, "A model is compared on its inputs"),
        ("report report -s fx", UsageError, "--strategies says how to export a model, and no model is named here"),
        ("--opset 20", UsageError, "--opset says how to export a model"),
        ("model x -s fx -s htp", UsageError, "-s is given twice. To see several beside each other, use compare"),
        ("model x -s fx,", UsageError, "Put commas between them"),
        ("model x -s fx,fxx --no-progress", OptionError, 'Unknown strategy "fxx". Did you mean "fx"?'),
    ],
)
def test_what_makes_no_sense_is_told(shell, real_report, line, kind, message):
    shell.user_ns.update(report=real_report, path="net.onnx")
    error = fails(shell, f"%modelexport compare {line}")
    assert type(error) is kind
    assert message in str(error) and "\n" not in str(error)


def test_one_way_only_is_nothing_to_compare(shell, real_report, monkeypatch):
    monkeypatch.setattr(actions, "export_model", lambda *_, **__: real_report)
    run(shell, "%modelexport model x;\n%modelexport model x;")
    error = fails(shell, "%modelexport compare")
    assert str(error).startswith("Sequential was exported in one way only, fx, so that there is nothing to compare.")


def test_an_unreadable_file(shell, real_report, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"no model")
    shell.user_ns.update(report=real_report, folder=tmp_path)
    assert "not an ONNX file" in str(fails(shell, "%modelexport compare report {folder}/broken.onnx"))


@pytest.mark.parametrize(
    ("line", "meant"),
    [("comapre 1 3", "compare"), ("histroy", "history"), ("opne net.onnx", "open"), ("vrify 1", "verify")],
)
def test_an_unknown_verb(shell, line, meant):
    error = fails(shell, f"%modelexport {line}")
    assert isinstance(error, UsageError)
    assert str(error) == f'There is neither a verb nor a variable "{line.split()[0]}". Did you mean "{meant}"?'


def test_a_variable_of_nearly_that_name_is_what_was_meant(shell):
    shell.user_ns["compares"] = nn.Linear(4, 4)
    error = fails(shell, "%modelexport comparess x")
    assert isinstance(error, InputError) and 'Did you mean "compares"?' in str(error)


def test_the_default_verb_can_be_named(shell, monkeypatch, real_report):
    seen = []
    monkeypatch.setattr(actions, "export_model", lambda model, inputs, *_, **__: seen.append(inputs) or real_report)
    run(shell, "%modelexport export model x")
    assert seen == [shell.user_ns["x"]]


# ---- completion ----


@pytest.mark.parametrize("form", ["%modelexport ", "r = %modelexport "])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("co", ["compare"]),
        ("compare ", ["compare model", "compare report"]),
        ("compare r", ["compare report"]),
        ("compare report ", ["compare report report"]),
        ("compare report 3 r", ["compare report 3 report"]),
        ("compare model ", ["compare model x"]),
        ("compare model x -s f", ["compare model x -s fx"]),
        ("compare model x -s fx,u", ["compare model x -s fx,usage_based"]),
        ("compare model x --captures auto,torchs", ["compare model x --captures auto,torchscript"]),
        ("compare model x --f", ["compare model x --folder"]),
        ("verify ", ["verify report"]),
        ("verify report ", ["verify report model"]),
        ("verify report model ", ["verify report model x"]),
        ("verify report --verify mode", ["verify report --verify model"]),
        ("ex", ["export"]),
        ("export mo", ["export model"]),
    ],
)
def test_completions_are_exact(shell, real_report, form, typed, expected):
    shell.user_ns["report"] = real_report
    assert offered(shell, form + typed) == [form + text for text in expected]


def test_files_are_completed(shell, tmp_path, monkeypatch):
    for name in ("net.onnx", "other net.onnx"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert offered(shell, "%modelexport compare ne") == ["%modelexport compare net.onnx"]
    assert offered(shell, "%modelexport compare net.on") == ["%modelexport compare net.onnx"]
    assert offered(shell, "%modelexport verify ot") == ['%modelexport verify "other net.onnx"']


def test_a_variable_that_holds_no_report_is_not_offered(shell):
    shell.user_ns["y"] = torch.ones(1)
    assert "%modelexport verify y" not in offered(shell, "%modelexport verify ")
