"""`%modelexport verify`: a report, a number of the history or a file, with or without the model."""

import pytest
import torch
from IPython.core.error import UsageError

from modelexport_nb.engine.errors import InputError, OptionError, PathError
from modelexport_nb.engine.findings import Finding, Validation
from modelexport_nb.notebook import actions

from .test_magic import fails, run


@pytest.fixture
def exported(shell, tmp_path):
    """An export of `model` as number 1 of the history, as `report` and as `folder/net.onnx`."""
    shell.user_ns["folder"] = tmp_path
    run(shell, "report = %modelexport model x -s fx -o {folder}/net.onnx --no-progress")
    return shell


@pytest.mark.parametrize("what", ["report", "1", "{folder}/net.onnx", '"{folder}/net.onnx"', "[report][0]"])
def test_what_can_be_named(exported, what):
    found = run(exported, f"%modelexport verify {what} --no-progress")
    assert isinstance(found, Validation) and found.ok
    assert found.path == exported.user_ns["report"].path


def test_with_the_model(exported):
    found = run(exported, "%modelexport verify report model x --verify modules --no-progress")
    assert found.ok
    assert {check.finding for check in found.checks} == {Finding.FINE}
    assert found.check("module calls").text == "11 equal, 3 identity"


def test_options(exported, monkeypatch):
    seen = []
    monkeypatch.setattr(actions, "validate", lambda *given, **options: seen.append((given, options)))
    run(exported, "%config ModelExport.verify = 'off'\n%modelexport verify 1")
    run(exported, "%modelexport verify 1 model (x,) --verify model --values-limit 2kB --no-progress")
    assert (seen[0][0][1:], seen[0][1]["verify"], seen[0][1]["values_limit"]) == ((None, None), "off", None)
    assert seen[0][1]["progress"] is not None
    (report, model, inputs), options = seen[1]
    assert report is exported.user_ns["report"] and model is exported.user_ns["model"] and len(inputs) == 1
    assert options == {"verify": "model", "values_limit": 2000, "progress": None}


def test_it_shows_one_clear_result(exported):
    found = run(exported, "%modelexport verify report --no-progress")
    data = exported.display_formatter.format(found)[0]
    assert set(data) == {"text/plain", "text/html"}
    first = "Nothing is wrong with net.onnx; not checked: ownership, numbers."
    assert data["text/plain"].splitlines()[0] == first
    assert data["text/html"].startswith(f"<div><p><b>{first}</b></p><table><tr><td>✓</td><th>file</th>")
    assert exported.display_formatter.format([found])[0]["text/plain"] == f"[{found!r}]"
    assert str(exported.user_ns["folder"]) not in str(data)


def test_the_bar_says_what_is_done(exported, capsys):
    run(exported, "%modelexport verify report;")
    shown = capsys.readouterr().err
    assert "verified" in shown and "export" not in shown


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("", UsageError, "required: what. More: %modelexport?"),
        ("report --text words", UsageError, "--text needs a model."),
        ("report model x --shape input=2,4", OptionError, "--shape says what to make inputs of, and there are inputs"),
        ("x", InputError, '"x" is a Tensor. Give a report'),
        ("9", InputError, "There is no export 9. Listed are 1 to 1."),
        ("reprot", InputError, 'Did you mean "report"?'),
        ("gone.onnx", PathError, 'There is no file "gone.onnx"'),
        ("report x x", InputError, "The model is a Tensor"),
        ("report modl x", InputError, 'Did you mean "model"?'),
    ],
)
def test_what_makes_no_sense_is_told(exported, line, kind, message):
    error = fails(exported, f"%modelexport verify {line}")
    assert type(error) is kind and message in str(error) and "\n" not in str(error)


def test_a_report_whose_file_is_gone(exported):
    exported.user_ns["report"].path.unlink()
    error = fails(exported, "%modelexport verify report")
    assert isinstance(error, PathError)
    assert str(error) == 'The file of the report is gone: "net.onnx". Export again.'


def test_a_module_called_verify_is_exported(shell, monkeypatch, real_report):
    seen = []
    monkeypatch.setattr(actions, "export_model", lambda model, *_, **__: seen.append(model) or real_report)
    shell.user_ns["verify"] = net = torch.nn.ReLU()
    run(shell, "%modelexport verify x")
    assert seen == [net]
