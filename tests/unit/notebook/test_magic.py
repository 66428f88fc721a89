"""The magic in every form, through a real IPython shell."""

import traceback
from pathlib import Path

import pytest
import torch
from IPython.core.error import UsageError

from modelexport_nb import ExportReport, ModelExportError
from modelexport_nb.engine import errors
from modelexport_nb.engine.metadata import METADATA_CHOICES
from modelexport_nb.notebook import actions, temporary
from modelexport_nb.options import METADATA
from modelexport_nb.progress import listening


@pytest.fixture
def exports(monkeypatch, real_report):
    """What `export_model` was called with; nothing is exported."""
    seen = []

    def export_model(model, inputs, path, **options):
        seen.append({"model": model, "inputs": inputs, "path": Path(path), **options})
        return real_report

    monkeypatch.setattr(actions, "export_model", export_model)
    return seen


def run(shell, cell):
    """Run a cell and return its result; its error, if any, is raised here."""
    result = shell.run_cell(cell)
    result.raise_error()
    return result.result


def fails(shell, cell):
    result = shell.run_cell(cell)
    assert result.error_in_exec is not None
    return result.error_in_exec


# ---- the line ----


def test_a_real_export(shell, tmp_path):
    shell.user_ns["folder"] = str(tmp_path)
    report = run(shell, '%modelexport model x -o "{folder}/net one.onnx" --no-progress')
    assert isinstance(report, ExportReport)
    assert report.path == tmp_path / "net one.onnx"
    assert report.path.is_file()
    assert report.parity.ok


def test_defaults(shell, exports, real_report):
    assert run(shell, "%modelexport model x") is real_report
    (call,) = exports
    assert call["model"] is shell.user_ns["model"]
    assert call["inputs"] is shell.user_ns["x"]
    rest = {name: call[name] for name in ("strategy", "opset", "metadata", "verify", "dynamic")}
    assert rest == {
        "strategy": "auto",
        "opset": None,
        "metadata": "lean",
        "verify": "model",
        "dynamic": None,
    }
    assert call["progress"] is not None


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("-s fx", "strategy", "fx"),
        ("--strategy=other", "strategy", "other"),
        ("--capture torchscript", "capture", "torchscript"),
        ("--opset 20", "opset", 20),
        ("--metadata full", "metadata", "full"),
        ("--metadata 'none'", "metadata", "none"),
        ("--no-verify", "verify", "off"),
        ("--verify modules", "verify", "modules"),
        ("--values-limit 1000", "values_limit", 1000),
        ("--values-limit=500MB", "values_limit", 500_000_000),
        ("--values-limit 1.5GiB", "values_limit", 3 * 2**29),
        ("--values-limit '2 gb'", "values_limit", 2_000_000_000),
        ("--no-progress", "progress", None),
        ('--dynamic "({0: None, 1: None},)"', "dynamic", ({0: None, 1: None},)),
        ("--dynamic shapes", "dynamic", {"x": None}),
        ("--dynamic batch,sequence", "dynamic", "batch,sequence"),
        ("--dynamic 'batch, sequence'", "dynamic", "batch, sequence"),
        ("--dynamic auto", "dynamic", "auto"),
        ("--dynamic x", "dynamic", "x"),  # a variable, but of tensors
        ("--weights none", "weights", "none"),
        ("--timeout 90", "timeout", 90.0),
        ("--memory-limit 4GB", "memory_limit", 4_000_000_000),
        ("--isolate", "isolate", True),
        ("--work-dir '{name}/work'", "work_dir", Path("tiny/work")),
        ("-o out/net.onnx", "path", Path("out/net.onnx")),
        ("-o ~/net.onnx", "path", Path("~/net.onnx").expanduser()),
        ("-o '{name}.onnx'", "path", Path("tiny.onnx")),
    ],
)
@pytest.mark.parametrize("form", ["%modelexport model x {}", "%modelexport {} model x"])
def test_options(shell, exports, form, line, name, value):
    shell.user_ns.update(name="tiny", shapes={"x": None})
    run(shell, form.replace("{}", line))
    assert exports[0][name] == value


@pytest.mark.parametrize("inputs", ['{"x":x}', "\"{'x': x}\"", '"dict(x = x)"', "'(x, {})'", "(x,)"])
def test_expressions_are_left_as_typed(shell, exports, inputs):
    run(shell, f"%modelexport model[0] {inputs}")
    expected = eval(inputs.strip("\"'") if inputs[0] in "\"'" else inputs, {"x": shell.user_ns["x"]})
    assert exports[0]["model"] is shell.user_ns["model"][0]
    assert exports[0]["inputs"] == expected


def test_assignment_shows_nothing_and_binds_the_report(shell, exports, real_report, capsys):
    assert run(shell, "r = %modelexport model x --no-progress") is None
    assert shell.user_ns["r"] is real_report
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "cell", ["%modelexport model x;", "%modelexport model x -o a.onnx ; ", "%%modelexport model x;\n0"]
)
def test_semicolon_silences(shell, exports, cell):
    assert run(shell, cell) is None
    assert len(exports) == 1
    assert exports[0]["inputs"] is shell.user_ns["x"]


def test_in_a_function_the_line_sees_its_variables(shell, exports):
    run(shell, "def export(net):\n    report = %modelexport net x\n    return report\nexport(model[1])")
    assert exports[0]["model"] is shell.user_ns["model"][1]


def test_help_is_the_grammar(shell, capsys):
    run(shell, "%modelexport?")
    shown = capsys.readouterr().out
    for word in (
        "--dynamic AXES",
        "--shape INPUT=SIZES",
        "--verify LEVEL",
        "%%modelexport model",
        "%config ModelExport",
    ):
        assert word in shown


def test_the_grammar_knows_what_the_engine_knows():
    assert METADATA_CHOICES == METADATA


# ---- the cell ----


def test_cell_makes_the_inputs(shell, exports):
    run(shell, "%%modelexport model\nimport torch\ninputs = torch.zeros(1, 4)")
    assert exports[0]["model"] is shell.user_ns["model"]
    assert torch.equal(exports[0]["inputs"], torch.zeros(1, 4))
    assert exports[0]["inputs"] is shell.user_ns["inputs"]  # the body ran in the notebook's namespace


def test_cell_makes_both(shell, exports):
    run(shell, "%%modelexport --opset 20\nmodel, inputs = model[0], (x,)")
    assert exports[0]["model"] is shell.user_ns["model"]
    assert exports[0]["inputs"] == (shell.user_ns["x"],)
    assert exports[0]["opset"] == 20


def test_cell_with_both_named_runs_first(shell, exports):
    run(shell, "%%modelexport net batch\nnet, batch = model[0], x + 1")
    assert torch.equal(exports[0]["inputs"], shell.user_ns["x"] + 1)


def test_cell_may_hold_magics(shell, exports, capsys):
    run(shell, "%%modelexport model --no-progress\ninputs = x\n%pinfo inputs")
    assert "Tensor" in capsys.readouterr().out
    assert len(exports) == 1


@pytest.mark.parametrize(("line", "missing"), [("model", "inputs"), ("", "model")])
def test_a_variable_of_an_earlier_cell_does_not_count(shell, exports, line, missing):
    shell.user_ns["inputs"] = shell.user_ns["x"]
    error = fails(shell, f"%%modelexport {line}\nbatch = x")
    assert isinstance(error, errors.InputError)
    assert f'no "{missing}"' in str(error)
    assert "batch" not in shell.user_ns
    assert exports == []


def test_an_error_in_the_body_is_shown_with_its_line(shell, exports):
    error = fails(shell, "%%modelexport model\ninputs = x\nraise KeyError('mine')")
    assert isinstance(error, KeyError)
    assert "raise KeyError('mine')" in "".join(traceback.format_exception(error))
    assert exports == []


# ---- errors ----


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-s fx", "needs a model"),
        ("model --shape input", "input is no shape. Write an input and its sizes, as in input_ids=1,128"),
        ("model --timeout soon", "soon is no time. Write seconds above 0, such as 600"),
        ("model --timeout 0", "0 is no time"),
        ("model x -o a.onnx --bundle b", "--bundle and -o exclude each other"),
        ("model x --opset high", "invalid int value"),
        ("model x --values-limit much", "much is no size. Write bytes, or a size such as 500MB or 2GB"),
        ("model x --values-limit -5", "-5 is no size"),
        ("model x --speed 3", "unrecognized arguments: --speed 3"),
        ("model (x, x)", "An expression with spaces needs quotes"),
        ('model "x', "No closing quotation"),
    ],
)
def test_a_mistyped_line_is_a_usage_error(shell, exports, line, message):
    error = fails(shell, f"%modelexport {line}")
    assert isinstance(error, UsageError)
    assert message in str(error)
    assert exports == []


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("modle x", errors.InputError, 'There is no variable "modle". Did you mean "model"?'),
        ("x x", errors.InputError, "The model is a Tensor"),
        ("model x -s fz", errors.OptionError, "fz"),
        ("model x --opset 1", errors.OptionError, "18"),
        ("model x --values-limit 0", errors.OptionError, "The values limit is 0"),
        ("model x --metadata some", errors.OptionError, "some"),
        ("model x -o {nowhere}.onnx", errors.PathError, "nowhere"),
        ("model x -o /no/such/folder/net.onnx", errors.PathError, "/no/such/folder"),
        ("model (x,x)", errors.InputError, ""),
    ],
)
def test_a_failure_is_our_error_in_one_line(shell, capsys, line, kind, message):
    error = fails(shell, f"%modelexport {line}")
    assert type(error) is kind and isinstance(error, ModelExportError)
    assert message in str(error)
    shown = capsys.readouterr().out
    assert shown.strip().splitlines() == [f"{kind.__name__}: {error}"]


def test_interruption_passes_through(shell, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(actions, "export_model", interrupted)
    assert isinstance(fails(shell, "%modelexport model x"), KeyboardInterrupt)


# ---- %config ----


def test_config_changes_the_defaults(shell, exports):
    run(shell, "%config ModelExport.verify = 'off'\n%config ModelExport.metadata = 'none'")
    run(shell, "%config ModelExport.opset = 19\n%config ModelExport.progress = False")
    run(shell, "%modelexport model x\n%modelexport model x --verify model --metadata full --opset 20")
    taken = [tuple(call[name] for name in ("verify", "metadata", "opset", "progress")) for call in exports]
    assert taken == [("off", "none", 19, None), ("model", "full", 20, None)]


@pytest.mark.parametrize("line", ["strategy = 'fy'", "metadata = 'some'", "opset = 'high'", "verify = 3"])
def test_config_refuses_what_makes_no_sense(shell, caplog, line):
    name = line.split()[0]
    before = run(shell, f"%config ModelExport.{name}")
    run(shell, f"%config ModelExport.{line}")
    assert run(shell, f"%config ModelExport.{name}") == before
    assert caplog.text


def test_config_lists_itself(shell, capsys):
    run(shell, "%config")
    assert "ModelExport\n" in capsys.readouterr().out
    run(shell, "%config ModelExport")
    assert "ModelExport.strategy=<Unicode>" in capsys.readouterr().out


# ---- Ctrl-C ----


@pytest.mark.parametrize("stage", ["run", "capture", "attribute", "write", "check", "verify"])
@pytest.mark.parametrize("line", ["model x", "model x -o {folder}/net.onnx", "compare model x --folder {folder}"])
def test_interrupted_in_every_stage(shell, tmp_path, monkeypatch, stage, line):
    """Nothing is left behind: no file, no folder, no entry of the history; the kernel goes on."""
    monkeypatch.setattr(temporary, "process_folder", lambda: tmp_path)
    shell.user_ns["folder"] = tmp_path
    shell.user_ns["model"].train()

    def listener(name, index, total):
        if name == stage:
            raise KeyboardInterrupt

    with listening(listener):
        assert isinstance(fails(shell, f"%modelexport {line}"), KeyboardInterrupt)
    assert list(tmp_path.iterdir()) == []
    assert shell.user_ns["model"].training and not torch.nn.modules.module._global_forward_hooks
    assert len(run(shell, "%modelexport history")) == 0
    assert run(shell, "%modelexport model x --no-progress").parity.ok
