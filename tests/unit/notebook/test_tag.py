"""`%modelexport tag` in every form, and how a verb and a module of its name live together."""

from pathlib import Path

import onnx
import pytest
import torch
from IPython.core.error import UsageError
from torch import nn

from modelexport_nb import ExportReport, export_model
from modelexport_nb.engine import errors
from modelexport_nb.notebook import actions

from .test_completion import offered
from .test_magic import fails, run


@pytest.fixture
def plain(shell, tmp_path):
    """A file of `model` without tags; `plain` in the notebook too."""
    generator = torch.Generator().manual_seed(0)
    shell.user_ns["x"] = torch.randn(2, 4, generator=generator)  # of ones the last ReLU makes zeros, which tell nothing
    path = export_model(shell.user_ns["model"], shell.user_ns["x"], tmp_path / "plain.onnx", metadata="none").path
    shell.user_ns["plain"] = str(path)
    return path


@pytest.fixture
def tags(monkeypatch, real_report):
    """What `tag_onnx` was called with; nothing is written."""
    seen = []

    def tag_onnx(path, model, inputs, output, **options):
        seen.append({"path": path, "model": model, "inputs": inputs, "output": Path(output), **options})
        return real_report

    monkeypatch.setattr(actions, "tag_onnx", tag_onnx)
    return seen


# ---- the line ----


def test_tags_come_back(shell, plain, tmp_path):
    shell.user_ns["folder"] = str(tmp_path)
    report = run(shell, "%modelexport tag model x {plain} -o {folder}/tagged.onnx --no-progress")
    assert isinstance(report, ExportReport)
    assert report.path == tmp_path / "tagged.onnx"
    assert report.parity.ok
    scopes = [
        {p.key: p.value for p in node.metadata_props}["modelexport.scope"] for node in onnx.load(report.path).graph.node
    ]
    assert scopes == ["0.0", "0.1", "1.0", "1.1", "2.0", "2.1", "3"]


def test_without_an_output_the_file_is_temporary(shell, plain):
    run(shell, "one = %modelexport tag model x {plain} --no-progress")
    run(shell, "two = %modelexport tag model x {plain} --no-progress")
    one, two = shell.user_ns["one"], shell.user_ns["two"]
    assert one.path != two.path and one.path.is_file() and two.path.is_file()
    assert one.path.parent != plain.parent


def test_defaults(shell, tags, real_report):
    assert run(shell, "%modelexport tag model x net.onnx") is real_report
    (call,) = tags
    assert call["path"] == Path("net.onnx")
    assert call["model"] is shell.user_ns["model"] and call["inputs"] is shell.user_ns["x"]
    assert (call["metadata"], call["verify"]) == ("lean", "model")
    assert call["progress"] is not None


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("--metadata full", "metadata", "full"),
        ("--verify modules", "verify", "modules"),
        ("--no-verify", "verify", "off"),
        ("--values-limit 500MB", "values_limit", 500_000_000),
        ("--timeout 90", "timeout", 90.0),
        ("--memory-limit 2GB", "memory_limit", 2 * 10**9),
        ("--isolate", "isolate", True),
        ("--no-progress", "progress", None),
        ("-o '{name} two.onnx'", "output", Path("tiny two.onnx")),
        ("-o ~/net.onnx", "output", Path("~/net.onnx").expanduser()),
    ],
)
def test_options(shell, tags, line, name, value):
    shell.user_ns["name"] = "tiny"
    run(shell, f"%modelexport tag model x '{{name}}.onnx' {line}")
    run(shell, f"%modelexport tag {line} model[0] (x,) ~/net.onnx")
    assert [call[name] for call in tags] == [value, value]
    assert [call["path"] for call in tags] == [Path("tiny.onnx"), Path("~/net.onnx").expanduser()]
    assert tags[1]["model"] is shell.user_ns["model"][0]


def test_config_changes_the_defaults(shell, tags):
    run(shell, "%config ModelExport.verify = 'off'\n%config ModelExport.progress = False")
    run(shell, "%modelexport tag model x net.onnx")
    assert (tags[0]["verify"], tags[0]["progress"]) == ("off", None)


def test_assignment_and_semicolon_show_nothing(shell, tags, real_report):
    assert run(shell, "r = %modelexport tag model x net.onnx") is None
    assert shell.user_ns["r"] is real_report
    assert run(shell, "%modelexport tag model x net.onnx;") is None
    assert tags[1]["path"] == Path("net.onnx")


def test_the_bar_says_what_is_done(shell, plain, capsys):
    run(shell, "%modelexport tag model x {plain};")
    shown = capsys.readouterr().err
    assert "tagged" in shown and "export" not in shown


def test_help_lists_the_verb(shell, capsys):
    run(shell, "%modelexport?")
    shown = capsys.readouterr().out
    for word in ("%modelexport tag model inputs optimised.onnx", "model [inputs] file", "(tag) is never the verb"):
        assert word in shown


# ---- the verb, or a model of its name ----


@pytest.fixture
def exports(monkeypatch, real_report):
    seen = []

    def export_model(model, *rest, **options):
        seen.append(model)
        return real_report

    monkeypatch.setattr(actions, "export_model", export_model)
    return seen


def test_a_module_called_tag_is_exported(shell, tags, exports):
    shell.user_ns["tag"] = net = nn.Linear(4, 4)
    run(shell, "%modelexport tag x\n%modelexport (tag) x")
    run(shell, "def export(net):\n    tag = net[0]\n    %modelexport tag x\nexport(model)")
    assert exports == [net, net, shell.user_ns["model"][0]]
    assert tags == []


@pytest.mark.parametrize("value", ["a word", torch.ones(2, 4), nn.Linear])
def test_any_other_variable_called_tag_leaves_the_verb(shell, tags, value):
    shell.user_ns["tag"] = value
    run(shell, "%modelexport tag model x net.onnx")
    assert len(tags) == 1


def test_a_cell_always_exports(shell, tags, exports):
    run(shell, "%%modelexport tag\ntag, inputs = model[0], x")
    assert exports == [shell.user_ns["model"][0]]
    assert tags == []


# ---- errors ----


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "required: model, file. More: %modelexport?"),
        ("model", "required: file"),
        ("model x net.onnx --opset 20", "unrecognized arguments: --opset 20"),
        ('model "x', "No closing quotation"),
    ],
)
def test_a_mistyped_line_is_a_usage_error(shell, tags, line, message):
    error = fails(shell, f"%modelexport tag {line}")
    assert isinstance(error, UsageError)
    assert message in str(error)
    assert tags == []


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("modle x {plain}", errors.InputError, 'Did you mean "model"?'),
        ("x x {plain}", errors.InputError, "The model is a Tensor"),
        ("model x nowhere.onnx", errors.PathError, 'There is no file "nowhere.onnx"'),
        ("model x {plian}", errors.PathError, 'Did you mean "plain"?'),
        ("model x {plain} --metadata some", errors.OptionError, "some"),
        ("other x {plain}", errors.AttributionError, "does not compute what the model does"),
    ],
)
def test_a_failure_is_our_error_in_one_line(shell, plain, capsys, line, kind, message):
    torch.manual_seed(1)
    shell.user_ns["other"] = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 2))
    error = fails(shell, f"%modelexport tag {line}")
    assert type(error) is kind
    assert message in str(error)
    assert capsys.readouterr().out.strip().splitlines() == [f"{kind.__name__}: {error}"]


# ---- completion ----


@pytest.mark.parametrize("form", ["%modelexport ", "r = %modelexport "])
@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ta", ["tag"]),
        ("tag ", ["tag model"]),
        ("tag model ", ["tag model x"]),
        ("tag model x --met", ["tag model x --metadata"]),
        ("tag model x --verify m", ["tag model x --verify model", "tag model x --verify modules"]),
        ("tag --no-verify mo", ["tag --no-verify model"]),
    ],
)
def test_completions_are_exact(shell, form, typed, expected):
    assert offered(shell, form + typed) == [form + text for text in expected]


def test_files_are_completed(shell, tmp_path):
    (tmp_path / "net.onnx").touch()
    start = f"%modelexport tag model x {tmp_path}/"
    assert offered(shell, start) == [f"{start}net.onnx"]
    assert offered(shell, f"%modelexport tag model x a.onnx -o {tmp_path}/n") == [
        f"%modelexport tag model x a.onnx -o {tmp_path}/net.onnx"
    ]


def test_options_of_the_verb_follow_the_file(shell):
    found = offered(shell, "%modelexport tag model x net.onnx ")
    assert [text.split()[-1] for text in found] == [
        *("-o", "--output", "--metadata", "--verify", "--no-verify", "--task", "--class", "--trust-remote-code"),
        *("--shape", "--text", "--batch", "--timeout", "--memory-limit", "--values-limit", "--isolate"),
        *("--progress", "--no-progress"),
    ]


def test_a_module_called_tag_is_completed_as_a_model(shell):
    shell.user_ns["tag"] = nn.Linear(4, 4)
    assert offered(shell, "%modelexport ta") == ["%modelexport tag"]
    assert offered(shell, "%modelexport tag ") == ["%modelexport tag x"]
    assert offered(shell, "%%modelexport ta") == ["%%modelexport tag"]
