"""Every verb of the command line, its status, and where what goes."""

import contextlib
import csv
import io
import json
import sys
import webbrowser

import onnx
import pytest
import torch

from modelexport_nb import __version__, cli, cli_actions, cli_command
from modelexport_nb.cli import FINE, INTERRUPTED, MISTYPED, WRONG
from modelexport_nb.cli_models import importing_here
from modelexport_nb.engine.errors import ModelExportError

GIVEN = ("--inputs", "models:batch")


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "__pycache__")


def only_line(text):
    (line,) = text.strip().splitlines()
    return line


# ---- the line ----


def test_version_and_help(call):
    assert call("--version") == (FINE, f"modelexport {__version__}\n", "")
    status, out, _ = call("--help")
    assert status == FINE
    for word in ("export", "analyze", "validate", "compare", "tag", "open", "exit status:", "130"):
        assert word in out


@pytest.mark.parametrize("verb", cli.SHELL_VERBS)
def test_help_of_each_verb(call, verb):
    status, out, _ = call(verb, "--help")
    assert status == FINE
    assert f"modelexport {cli.EXAMPLES[verb]}" in out
    assert "--json" in out and "--debug" in out


@pytest.mark.parametrize("verb", cli.SHELL_VERBS)
def test_examples_are_understood(verb):
    import shlex

    assert cli.parse(shlex.split(cli.EXAMPLES[verb])).verb == verb


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["exprot", "x"],
            'modelexport: error: There is no verb "exprot". Did you mean "export"? More: modelexport --help',
        ),
        (["verify", "x"], 'There is no verb "verify". Known: export, compare, sweep, open, tag, validate, analyze.'),
        (["export", "m:n", "--stratgy", "fx"], '--stratgy is not understood. Did you mean "--strategy"? More: '),
        (["export", "m:n", "--stratgy=fx"], 'Did you mean "--strategy"?'),
        (["export", "m:n", "--strat", "fx"], 'Did you mean "--strategy"?'),
        (["analyze", "a.onnx", "b.onnx"], "modelexport analyze: error: b.onnx is not understood. More: "),
        (["export"], "modelexport export: error: the following arguments are required: MODEL. More: "),
        (["export", "m:n", "--opset", "high"], "invalid int value: 'high'"),
        (
            ["export", "m:n", "-s", "fx", "-s", "htp"],
            "-s is given twice. To see several beside each other, use compare.",
        ),
        (["compare", "m:n", "-s", "fx,"], "Put commas between them, as in fx,htp."),
        (["export", "m:n", "--values-limit", "much"], "much is no size."),
    ],
)
def test_a_mistyped_line(call, argv, message):
    status, out, err = call(*argv)
    assert (status, out) == (MISTYPED, "")
    assert message in only_line(err)


def test_no_verb_shows_the_verbs(call):
    status, out, err = call()
    assert (status, out) == (MISTYPED, "") and "analyze" in err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["export", "models:pair", "-s", "fxx", "-o", "m.onnx"], 'Unknown strategy "fxx". Did you mean "fx"?'),
        (["export", "models:pair", "--opset", "1", "-o", "m.onnx"], "Opset 1 is too low"),
        (
            ["export", "models:pair", "--dynamic", "{0:", "-o", "m.onnx"],
            "neither a Python literal nor module:name",
        ),
        (["compare", "fx.onnx", "htp.onnx", "-s", "fx"], "--strategies says how to export a model; here are files."),
        (["validate", "fx.onnx", *GIVEN], "--inputs is of no use without --model."),
        (["analyze", "fx.onnx", "--json", "--csv"], "--json and --csv exclude each other."),
    ],
)
def test_a_value_that_cannot_be_used(call, here, argv, message):
    before = files(here)
    status, out, err = call(*argv)
    assert (status, out) == (MISTYPED, "")
    assert err.splitlines()[-1].startswith("modelexport: error: ") and message in err
    assert files(here) == before


# ---- export and tag ----


def test_export(call, here):
    status, out, err = call("export", "models:net", *GIVEN)
    assert status == FINE
    assert out.splitlines()[0] == "Sequential as ONNX, strategy fx: 3 nodes, 4 modules, 30 parameters, 120 B."
    assert "Equal to PyTorch: max |Δ| " in out and out.endswith("\n\nWritten: Sequential.onnx\n")
    assert err == "a module may print what it likes\n"  # no bar where nobody looks
    onnx.checker.check_model(here / "Sequential.onnx")


def test_a_file_that_nobody_named_is_not_overwritten(call, here):
    (here / "Sequential.onnx").write_bytes(b"mine")
    status, out, err = call("export", "models:net", *GIVEN)
    assert (status, out) == (WRONG, "")
    assert '"Sequential.onnx" is there already. To write it anew: -o Sequential.onnx' in err
    assert (here / "Sequential.onnx").read_bytes() == b"mine"
    assert call("export", "models:net", *GIVEN, "-o", "Sequential.onnx")[0] == FINE


def test_export_as_json(call, here):
    status, out, _ = call("export", "models:pair", "-o", "m.onnx", "--json", "-s", "htp", "--opset", "20")
    found = json.loads(out)
    assert status == FINE
    expected = {"file": "m.onnx", "model": "Sequential", "strategy": "htp", "opset": 20, "nodes": 3, "parameters": 30}
    assert found.items() >= expected.items()
    assert found["parity"]["ok"] is True and found["measures"]["coverage"] == "3/3"


def test_options_reach_the_engine(call, monkeypatch):
    seen = {}

    def export_model(model, inputs, path, **options):
        seen.update(options, path=path)
        raise ModelExportError("enough")

    monkeypatch.setattr(cli_actions, "export_model", export_model)
    line = "--capture torchscript --opset 19 --metadata none --verify modules --values-limit 1kB "
    line += "--weights none --timeout 9 --memory-limit 1GB --isolate --work-dir work"
    status, _, err = call("export", "models:pair", "-o", "m.onnx", "--dynamic", "({0: 'n'},)", *line.split())
    assert status == WRONG and err.endswith("modelexport: error: enough\n")
    assert seen.pop("progress") is None and str(seen.pop("path")) == "m.onnx"
    assert seen == {
        "strategy": "auto",
        "capture": "torchscript",
        "opset": 19,
        "metadata": "none",
        "verify": "modules",
        "values_limit": 1000,
        "weights": "none",
        "timeout": 9.0,
        "memory_limit": 10**9,
        "isolate": True,
        "work_dir": "work",
        "dynamic": ({0: "n"},),
    }


def test_the_limits_of_tagging_reach_the_engine(call, here, monkeypatch):
    seen = {}

    def tag_onnx(path, model, inputs, output, **options):
        seen.update(options)
        raise ModelExportError("enough")

    monkeypatch.setattr(cli_actions, "tag_onnx", tag_onnx)
    line = ("tag", "fx.onnx", "models:pair", "-o", "tagged.onnx")
    call(*line, *["--timeout", "9", "--memory-limit", "1GB", "--values-limit", "1kB", "--isolate"])
    limits = {"timeout": 9.0, "memory_limit": 10**9, "values_limit": 1000, "isolate": True}
    common = {"metadata": "lean", "verify": "model", "progress": None}
    assert seen == {**common, **limits}
    seen.clear()
    call(*line)
    assert seen == common


def test_dynamic_as_a_literal(call, here):
    argv = ("export", "models:pair", "-o", "m.onnx", "--dynamic", "{'input': {0: 'batch'}}")
    assert call(*argv)[0] == FINE
    assert onnx.load(here / "m.onnx").graph.input[0].type.tensor_type.shape.dim[0].dim_param


def test_numbers_that_do_not_agree(call, here):
    status, out, _ = call("export", "models:Noisy", *GIVEN, "-o", "m.onnx")
    assert status == WRONG and "the model is not deterministic" in out
    assert call("export", "models:Noisy", *GIVEN, "-o", "m.onnx", "--no-verify")[0] == FINE


def test_tag(call, here):
    call("export", "models:pair", "-o", "bare.onnx", "--metadata", "none")
    status, out, _ = call("tag", "bare.onnx", "models:net", *GIVEN, "-o", "tagged.onnx", "--verify", "modules")
    assert status == FINE and "strategy htp" in out and "Written: tagged.onnx" in out
    assert call("validate", "tagged.onnx")[0] == FINE
    status, _, err = call("tag", "bare.onnx", "models:trained", *GIVEN, "-o", "other.onnx")
    assert status == WRONG and "does not compute what the model does" in err
    assert "other.onnx" not in files(here)


# ---- compare ----


def test_compare_files(call):
    status, out, _ = call("compare", "fx.onnx", "htp.onnx")
    assert status == FINE and "| nodes | 3 | 3 |" in out
    status, out, _ = call("compare", "fx.onnx", "htp.onnx", "fx.onnx", "--json")
    assert [column["name"] for column in json.loads(out)["columns"]] == ["fx.onnx", "htp.onnx", "fx.onnx (2)"]


def test_compare_a_model(call, here):
    status, out, _ = call("compare", "models:pair", "-s", "fx,usage_based", "--verify", "off")
    assert status == FINE and "seconds" not in out
    status, out, _ = call("compare", "models:net", *GIVEN, "-s", "fx,fx", "--times", "--folder", ".", "--json")
    columns = json.loads(out)["columns"]
    assert [column["name"] for column in columns] == ["fx", "fx (2)"] and columns[0]["seconds"]
    assert "fx_2.onnx" in files(here)


def test_a_column_that_failed_is_shown_and_told(call):
    status, out, _ = call("compare", "models:pair", "-s", "fx,usage_based", "--captures", "torchscript")
    assert status == WRONG and "fx failed at" in out


@pytest.mark.parametrize("name", ["fx.onnx", "gone.onnx", "models.py"])
def test_one_file_is_nothing_to_compare(call, name):
    status, _, err = call("compare", name)
    assert status == WRONG and f'A comparison needs two files, and there is "{name}" alone.' in err


# ---- validate ----


def test_validate_a_file(call):
    status, out, err = call("validate", "fx.onnx")
    assert (status, err) == (FINE, "")
    assert out.startswith("Nothing is wrong with fx.onnx; not checked: ownership, numbers.\n  ✓ file")


def test_validate_with_the_model(call):
    status, out, _ = call("validate", "htp.onnx", "--model", "models:pair", "--verify", "modules", "--json")
    found = json.loads(out)
    assert status == FINE and found["ok"] is True
    assert {check["finding"] for check in found["checks"]} == {"fine"}


def test_validate_finds_what_is_wrong(call, here):
    status, out, _ = call("validate", "fx.onnx", "--model", "models:trained", *GIVEN)
    assert status == WRONG and "✕ numbers" in out
    proto = onnx.load("fx.onnx")
    proto.graph.node[0].ClearField("metadata_props")
    onnx.save(proto, "half.onnx")
    status, out, _ = call("validate", "half.onnx", "--json")
    assert status == WRONG
    wrong = {check["name"] for check in json.loads(out)["checks"] if check["finding"] == "wrong"}
    assert wrong == {"tags", "coverage"}


# ---- analyze ----


def test_analyze(call):
    status, out, _ = call("analyze", "fx.onnx")
    lines = out.splitlines()
    assert status == FINE
    assert lines[0] == "Sequential in fx.onnx: 3 nodes, 4 modules, 30 parameters, 120 B."
    assert "coverage    3/3" in lines and "root share  0.0 %" in lines and "evidence    trace 3 (100.0 %)" in lines
    assert "depth       at most 1; nodes at each: 0, 3" in lines and "operators   Gemm ×2, Tanh" in lines
    assert lines[-1].split() == ["└─", "2", "Linear", "1", "Gemm"]


def test_analyze_as_json_and_csv(call):
    found = json.loads(call("analyze", "fx.onnx", "--json")[1])
    assert (found["nodes"], found["covered"], found["operators"]) == (3, 3, {"Gemm": 2, "Tanh": 1})
    rows = list(csv.DictReader(io.StringIO(call("analyze", "fx.onnx", "--csv")[1])))
    assert [row["module"] for row in rows] == [module["module"] for module in found["modules"]] == ["", "0", "1", "2"]
    assert rows[1]["tag"] == "/Sequential/Linear.0" and rows[0]["operators"] == "Gemm 2, Tanh 1"


@pytest.mark.parametrize(
    ("pattern", "modules"),
    [
        (("--path", "1"), ["1"]),
        (("--path", "[02]"), ["0", "2"]),
        (("--tag", "*/Linear.*"), ["0", "2"]),
        (("--tag", "*/Linear.*", "--path", "2"), ["2"]),
        (("--path", "*"), ["", "0", "1", "2"]),
    ],
)
def test_analyze_a_part(call, pattern, modules):
    found = json.loads(call("analyze", "fx.onnx", *pattern, "--json")[1])
    assert [module["module"] for module in found["modules"]] == modules
    assert found["nodes"] == (3 if "" in modules else len(modules))


def test_analyze_nothing(call):
    status, _, err = call("analyze", "fx.onnx", "--path", "encoder.*")
    assert status == WRONG and "No module call fits encoder.*. There are 0, 1, 2" in err


# ---- open ----


def test_open_writes_a_page_and_shows_it(call, here, monkeypatch):
    shown = []
    monkeypatch.setattr(webbrowser, "open", lambda address: shown.append(address) or True)
    status, out, err = call("open", "fx.onnx", "-o", "page.html")
    assert (status, out, err) == (FINE, "page.html\n", "")
    assert shown == [(here / "page.html").as_uri()]
    html = (here / "page.html").read_text(encoding="utf-8")
    assert "Sequential" in html and "https://" not in html.split("<script", 1)[0]


def test_open_without_a_browser(call, monkeypatch):
    monkeypatch.setattr(webbrowser, "open", lambda address: pytest.fail("not asked for"))
    status, out, _ = call("open", "fx.onnx", "--no-browser", "--json")
    page = json.loads(out)["page"]
    assert status == FINE and page.endswith("fx.html")
    monkeypatch.setattr(webbrowser, "open", lambda address: False)
    status, _, err = call("open", "fx.onnx", "-o", page)
    assert status == FINE and "note: no browser could be started" in err


# ---- what fails ----


@pytest.mark.parametrize("verb", ["analyze", "open", "validate"])
@pytest.mark.parametrize(
    ("name", "message"),
    [("gone.onnx", 'There is no file "gone.onnx"'), (".", "is a folder"), ("models.py", "not an ONNX file")],
)
def test_an_unreadable_file(call, verb, name, message):
    status, out, err = call(verb, name)
    assert (status, out) == (WRONG, "")
    assert message in only_line(err) and "Traceback" not in err


def test_only_debug_shows_a_traceback(call, monkeypatch):
    def fail(*_):
        raise RuntimeError("of our own making")

    monkeypatch.setitem(cli_actions.ACTIONS, "analyze", fail)
    status, _, err = call("analyze", "fx.onnx")
    assert status == WRONG
    assert only_line(err) == "modelexport: error: RuntimeError: of our own making With --debug it shows where."
    status, _, err = call("analyze", "fx.onnx", "--debug")
    assert status == WRONG and "Traceback (most recent call last)" in err and "in fail" in err


@pytest.mark.parametrize("stage", ["run", "capture", "attribute", "write", "check", "verify"])
def test_interrupted_in_every_stage(call, here, monkeypatch, stage):
    interrupt_at(monkeypatch, stage)
    before = files(here)
    for argv in (["export", "models:pair", "-o", "m.onnx"], ["compare", "models:pair", "--folder", "."]):
        status, out, err = call(*argv)
        assert (status, out) == (INTERRUPTED, "")
        assert err.endswith("modelexport: interrupted; nothing is left half-written\n")
        assert files(here) == before
    assert not sys.modules["models"].net.training
    assert not torch.nn.modules.module._global_forward_hooks


def interrupt_at(monkeypatch, stage):
    """Let Ctrl-C come when this stage begins."""

    def listener(name, index, total):
        if name == stage:
            raise KeyboardInterrupt

    monkeypatch.setattr(cli_command, "progress_bar", lambda *_: contextlib.nullcontext(listener))


def test_the_path_of_imports_is_as_before(call):
    before = list(sys.path)
    call("export", "models:nothing")
    assert sys.path == before


# ---- what a terminal gets ----


@pytest.fixture
def terminal(call, monkeypatch):
    """The same, with what a terminal 90 columns wide would get."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return call


def test_colours_carry_meaning(terminal):
    out = terminal("validate", "fx.onnx")[1]
    assert "  \x1b[32m✓\x1b[0m file" in out
    out = terminal("analyze", "fx.onnx")[1]
    assert "\x1b[2m└─\x1b[0m 2  Linear" in out
    out = terminal("compare", "fx.onnx", "htp.onnx")[1]
    assert "| ---" not in out and "strategy" in out  # a drawn table


def test_a_terminal_obeys_no_name(terminal):
    proto = onnx.load("fx.onnx")
    proto.ClearField("metadata_props")
    for node in proto.graph.node:
        node.ClearField("metadata_props")
        node.name = f"/\x1b]0;owned\x07\u202e\x9b2J/{node.name}"
    onnx.save(proto, "hostile.onnx")
    for verb in (["analyze"], ["analyze", "--json"], ["analyze", "--csv"], ["compare", "fx.onnx"]):
        status, out, _ = terminal(*verb, "hostile.onnx")
        assert status == FINE and not {"\x07", "\u202e", "\x9b"} & set(out) and "\x1b]" not in out


# ---- models by name ----


@pytest.fixture
def bert(here):
    with importing_here():
        __import__("models").bert().save_pretrained(here / "bert")


def test_a_named_model_with_made_inputs(call, bert):
    status, out, _ = call("export", "bert", "--shape", "input_ids=2,6", "--dynamic", "batch,sequence", "--json")
    facts = json.loads(out)
    assert status == FINE and facts["model"] == "BertModel"
    assert any(note.startswith("No inputs were given; made from ") for note in facts["notes"])
    assert any("[batch,sequence]" in note for note in facts["notes"])
    assert "; at batch 4, sequence 12: max |Δ| " in facts["parity"]["text"]


def test_a_bundle(call, bert, here):
    status, out, _ = call("export", "bert", "--bundle", "out")
    assert status == FINE and "Written: out/" in out
    assert {"model.onnx", "config.json"} <= {path.name for path in (here / "out").iterdir()}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("export bert --bundle out -o m.onnx", "--bundle and -o exclude each other"),
        ("export bert --task fil-mask", 'Did you mean "fill-mask"?'),
        ("validate fx.onnx --shape input=2,4", "--shape is of no use without --model."),
        ("export bert --shape input_ids", "input_ids is no shape"),
        ("export bert --bacth 2", 'Did you mean "--batch"?'),
    ],
)
def test_options_of_named_models_that_make_no_sense(call, bert, line, message):
    status, _, err = call(*line.split())
    assert status == MISTYPED and message in err


def test_notes_of_verbs_that_have_no_place_for_them(call):
    status, _, err = call("validate", "fx.onnx", "--model", "models:net", "--shape", "input=2,4")
    assert status == FINE and "note: No inputs were given; made from " in err
