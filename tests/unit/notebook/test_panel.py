"""The export panel, through a real IPython shell: what it shows, what it runs, and what is left of it."""

import threading
import time

import pytest
import torch
from IPython.core.error import UsageError
from torch import nn

from modelexport_nb import ExportReport, load_ipython_extension, unload_ipython_extension
from modelexport_nb.engine.clock import STAGES
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import InputError, ModelExportError
from modelexport_nb.notebook import actions
from modelexport_nb.notebook.alone import alone


@pytest.fixture
def panel(shell):
    return shell.run_line_magic("modelexport", "")


@pytest.fixture
def quick(monkeypatch, real_report):
    """`export_model` as six stages without work; what it was called with."""
    seen = []

    def export_model(model, inputs, path, *, progress, **options):
        seen.append({"model": model, "inputs": inputs, **options})
        for index, stage in enumerate(STAGES):
            progress(stage, index, len(STAGES))
            progress.ended(stage)
        return real_report

    monkeypatch.setattr(actions, "export_model", export_model)
    return seen


def run(shell, cell):
    result = shell.run_cell(cell)
    result.raise_error()
    return result.result


def press(panel, action):
    panel.start(action)
    panel.wait()


# ---- what it shows ----


def test_it_begins_with_what_the_notebook_has(panel):
    assert panel.controls.model.choice.options == (
        ("model   Sequential, 70 parameters, eval, cpu", "model"),
        ("an expression …", ""),
    )
    assert panel.controls.inputs.choice.options[0] == ("x   f32 2×4, fits forward()", "x")
    assert panel.export.shown.text == "r = %modelexport model x"
    assert panel.compare.shown.text == "c = %modelexport compare model x --verify model"


def test_the_line_follows_every_control(panel):
    controls = panel.controls
    controls.strategy.value, controls.verify.value, controls.opset.value = "htp", "modules", 20
    controls.capture.value, controls.output.value = "torch.onnx", "net.onnx"
    controls.axes.ticked = [["input", 0]]
    tail = "--opset 20 --dynamic \"{'input': {0: 'dim0'}}\""
    assert panel.export.shown.text == (
        f"r = %modelexport model x -s htp --capture torch.onnx {tail} --verify modules -o net.onnx"
    )
    assert panel.compare.shown.text == f"c = %modelexport compare model x --captures torch.onnx {tail}"


def test_a_cell_that_runs_refreshes_it(shell, panel):
    run(shell, "from torch import nn\nnet = nn.Linear(4, 4)\nbatch = {'input': x}")
    names = [name for _, name in panel.controls.model.choice.options]
    assert names == ["model", "net", ""]
    assert panel.controls.model.choice.value == "model"
    assert [name for _, name in panel.controls.inputs.choice.options] == ["batch", "x", ""]
    assert panel.controls.inputs.choice.value == "x"
    run(shell, "del model, x")
    assert panel.export.shown.text == "r = %modelexport net batch"


def test_it_follows_the_profile_but_not_against_the_reader(shell, panel):
    panel.controls.verify.value = "off"
    run(shell, "%config ModelExport.strategy = 'fx'\n%config ModelExport.verify = 'modules'")
    run(shell, "%config ModelExport.opset = 19")
    assert (panel.controls.strategy.value, panel.controls.verify.value) == ("fx", "off")
    assert panel.controls.opset.options[0] == ("default 19", 0)
    assert panel.export.shown.text == "r = %modelexport model x --verify off"
    run(shell, "%config ModelExport.capture = 'none of these'")
    assert panel.export.shown.text == "r = %modelexport model x --capture auto --verify off"


def test_expressions(panel):
    panel.controls.model.choice.value = ""
    assert panel.export.shown.note == "Write an expression for the model." and panel.export.button.disabled
    panel.controls.model.typed.value = "model[0]"
    panel.controls.inputs.choice.value = ""
    panel.controls.inputs.typed.value = "(x + 1,)"
    assert panel.export.shown.text == 'r = %modelexport model[0] "(x + 1,)"'
    assert not panel.export.shown.note and not panel.export.button.disabled


def test_inputs_need_not_be_given(shell, panel):
    controls = panel.controls
    controls.axes.ticked = [["input", 0]]
    controls.inputs.choice.value = ""
    assert panel.export.shown.text == "r = %modelexport model"
    assert panel.compare.shown.text == "c = %modelexport compare model --verify model"
    assert "Some are made" in controls.inputs.hint.widget.value and not panel.export.button.disabled
    run(shell, "y = x + 1")
    assert panel.export.shown.text == "r = %modelexport model"  # a choice, not a gap to be filled
    controls.inputs.choice.value = "y"
    assert panel.export.shown.text == "r = %modelexport model y" and controls.inputs.hint.widget.value == ""
    run(shell, "del x, y")
    assert panel.export.shown.text == "r = %modelexport model"
    run(shell, "import torch\nz = torch.ones(2, 4)")
    assert panel.export.shown.text == "r = %modelexport model z"  # nobody chose that there be none


def test_inputs_are_made_and_shown(shell, panel, tmp_path):
    panel.controls.inputs.choice.value = ""
    panel.controls.output.value = str(tmp_path / "net.onnx")
    press(panel, panel.export)
    assert panel.message.value == "" and panel.result.parity.ok
    made = "No inputs were given; made from "
    assert panel.result.notes[0].startswith(made)
    assert made in panel.output.outputs[0]["data"]["text/html"]
    assert panel.result.widget.payload["notes"][0].startswith(made)
    press(panel, panel.compare)
    assert panel.message.value == "" and panel.result.notes[0].startswith(made)
    assert made in panel.output.outputs[0]["data"]["text/html"]
    assert panel.result.widget.payload["notes"][0].startswith(made)


def test_an_empty_notebook_says_what_is_missing(bare_shell):
    load_ipython_extension(bare_shell)
    panel = bare_shell.run_line_magic("modelexport", "")
    assert panel.export.shown.note.startswith("No variable fits as model: ")
    panel.start(panel.export)
    panel.wait()
    assert panel.result is None
    unload_ipython_extension(bare_shell)


def test_what_does_not_fit_is_said_below(shell, panel):
    panel.controls.capture.value = "OnnxExporter"
    assert "is not made for such a model" in panel.controls.capture_hint.widget.value
    assert ("auto   torch.onnx", "auto") in panel.controls.capture.options
    run(shell, "wrong = {'<b>': x}")
    panel.controls.inputs.choice.value = "wrong"
    assert "&lt;b&gt;" in panel.controls.inputs.hint.widget.value
    panel.controls.output.value = "no/such/folder/net.onnx"
    assert "does not exist" in panel.controls.output_hint.widget.value


def test_a_file_that_is_there_is_named(shell, panel, tmp_path):
    (tmp_path / "net.onnx").touch()
    shell.user_ns["folder"] = str(tmp_path)
    panel.controls.output.value = "{folder}/net.onnx"
    assert "replaced once the new file is checked" in panel.controls.output_hint.widget.value
    panel.controls.output.value = "{folder}/new.onnx"
    assert panel.controls.output_hint.widget.value == ""


def test_it_has_a_word_for_where_no_widget_is_shown(shell, panel):
    data, _ = shell.display_formatter.format(panel)
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"] == "<p>The export panel needs a running kernel: run this cell.</p>"
    assert data["text/plain"].startswith("Export panel, for a notebook.")


def test_a_terminal_has_no_panel(shell, monkeypatch):
    monkeypatch.setattr(shell.display_formatter, "active_types", ["text/plain"])
    with pytest.raises(UsageError, match="needs a model"):
        shell.run_line_magic("modelexport", "")


# ---- what it runs ----


def test_it_runs_the_line_that_it_shows(shell, panel, quick, real_report):
    panel.controls.strategy.value = "htp"
    press(panel, panel.export)
    assert [call["strategy"] for call in quick] == ["htp"]
    assert quick[0]["model"] is shell.user_ns["model"] and quick[0]["inputs"] is shell.user_ns["x"]
    assert shell.user_ns["r"] is panel.result is real_report
    assert "application/vnd.jupyter.widget-view+json" in panel.output.outputs[0]["data"]
    assert len(run(shell, "%modelexport history")) == 1


def test_a_variable_of_the_reader_s_stays(shell, panel, quick):
    run(shell, "r = 'mine'")
    assert panel.export.shown.text == "r2 = %modelexport model x"
    press(panel, panel.export)
    press(panel, panel.export)
    assert shell.user_ns["r"] == "mine" and isinstance(shell.user_ns["r2"], ExportReport)


def test_a_real_export_and_a_comparison(shell, panel, tmp_path):
    shell.user_ns["model"].train()
    panel.controls.output.value = str(tmp_path / "net.onnx")
    press(panel, panel.export)
    assert panel.message.value == ""
    assert panel.result.path == tmp_path / "net.onnx" and panel.result.parity.ok
    assert shell.user_ns["model"].training
    assert "replaced" in panel.controls.output_hint.widget.value
    press(panel, panel.compare)
    assert isinstance(shell.user_ns["c"], Comparison)
    assert [column.name for column in panel.result.columns] == ["fx", "htp", "usage_based"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("The <model> is wrong."), "<b>Export failed.</b> The &lt;model&gt; is wrong."),
        (RuntimeError("far\naway"), "<b>Export failed.</b> RuntimeError: far. The line in a cell shows the traceback."),
        (KeyboardInterrupt(), "<b>Export failed.</b> KeyboardInterrupt"),
    ],
)
def test_a_failure_is_one_line(shell, panel, monkeypatch, error, said):
    def fails(*args, **options):
        raise error

    monkeypatch.setattr(actions, "export_model", fails)
    press(panel, panel.export)
    assert said in panel.message.value
    assert panel.result is None and "r" not in shell.user_ns
    assert not panel.export.button.disabled and not panel.controls.strategy.disabled


def test_a_failure_names_its_stage(shell, panel):
    class Bad(nn.Module):
        def forward(self, x):
            raise ValueError("mine")

    run(shell, "1")
    shell.user_ns["model"] = Bad()
    press(panel, panel.export)
    assert "<b>Export failed at run.</b>" in panel.message.value and "mine" in panel.message.value


def test_stages_are_planned_after_the_last_run(panel, quick):
    plans = []
    panel.stages.observe(lambda change: plans.append((list(panel.stages.names), panel.stages.known)), "usual")
    press(panel, panel.export)
    press(panel, panel.export)
    panel.controls.opset.value = 20
    press(panel, panel.export)
    assert [names for names, _ in plans] == [list(STAGES)] * 3
    assert [known for _, known in plans] == [False, True, False]
    assert panel.stages.at == -1 and panel.stages.layout.display == "none"


# ---- cancel ----


@pytest.mark.parametrize("stage", STAGES)
def test_cancel_in_every_stage(shell, panel, tmp_path, stage):
    model = shell.user_ns["model"].train()
    path = tmp_path / "net.onnx"
    path.write_text("old")
    panel.controls.output.value = str(path)
    before = {name: dict(vars(module)) for name, module in model.named_modules()}
    weights = [weight.clone() for weight in model.parameters()]

    def cancel(change):
        if change.new >= 0 and panel.stages.names[change.new] == stage:
            assert not panel.export.cancel.disabled
            panel.cancel()
            assert panel.export.shown.note.startswith(f"Cancelling. The stage {stage} ")

    panel.stages.observe(cancel, "at")
    press(panel, panel.export)
    assert f"<b>Export cancelled at {stage}.</b> Nothing was written" in panel.message.value
    assert [file.name for file in tmp_path.iterdir()] == ["net.onnx"] and path.read_text() == "old"
    assert {name: dict(vars(module)) for name, module in model.named_modules()} == before
    assert all(torch.equal(a, b) for a, b in zip(weights, model.parameters(), strict=True))
    assert panel.result is None and "r" not in shell.user_ns
    assert not panel.export.button.disabled and not panel.controls.model.choice.disabled
    panel.stages.unobserve_all()
    if stage == STAGES[-1]:
        press(panel, panel.export)
        assert panel.result.parity.ok


def test_cancel_of_a_comparison_leaves_no_column(shell, panel):
    def cancel(change):
        if change.new == 5:
            panel.cancel()

    panel.stages.observe(cancel, "at")
    press(panel, panel.compare)
    assert "<b>Comparison cancelled at" in panel.message.value
    assert "c" not in shell.user_ns


# ---- beside other cells ----


@pytest.fixture
def held(monkeypatch, real_report):
    """An export that waits in its first stage until it is let go, and then ends that stage."""
    gate, begun = threading.Event(), threading.Event()

    def export_model(*args, progress, **options):
        progress("run", 0, 6)
        begun.set()
        assert gate.wait(60)
        progress.ended("run")
        return real_report

    monkeypatch.setattr(actions, "export_model", export_model)
    yield begun, gate
    gate.set()


def test_a_cell_waits_for_the_export(shell, panel, held):
    begun, gate = held
    panel.start(panel.export)
    assert begun.wait(60)
    threading.Timer(0.2, gate.set).start()
    assert isinstance(run(shell, "r"), ExportReport)
    assert gate.is_set(), "the cell did not wait"
    assert panel._refresh in shell.events.callbacks["post_run_cell"]
    assert len(shell.events.callbacks["pre_run_cell"]) == 0


def test_an_interrupted_cell_cancels_the_export(shell, panel, held, monkeypatch):
    begun, gate = held
    panel.start(panel.export)
    assert begun.wait(60)
    joins = []

    def interrupted(timeout):
        joins.append(timeout)
        if len(joins) == 1:
            gate.set()
            raise KeyboardInterrupt
        time.sleep(0.01)

    monkeypatch.setattr(panel._run._thread, "join", interrupted)
    assert run(shell, "1 + 1") == 2
    assert "<b>Export cancelled at run.</b>" in panel.message.value


def test_another_line_is_refused_meanwhile(panel, shell, held):
    begun, gate = held
    panel.start(panel.export)
    assert begun.wait(60)
    panel.start(panel.compare)  # a second press changes nothing
    with pytest.raises(ModelExportError, match="An export is running in this kernel"):
        shell.run_line_magic("modelexport", "model x")
    gate.set()
    panel.wait()
    assert panel.result is shell.user_ns["r"]


def test_a_line_may_hold_others_of_its_own_thread_only():
    refused = []

    def another():
        with pytest.raises(ModelExportError, match="An export is running"), alone():
            pass
        refused.append(True)

    with alone(), alone():
        thread = threading.Thread(target=another)
        thread.start()
        thread.join()
    assert refused == [True]


# ---- what is left ----


def test_one_panel_is_shown_as_often_as_asked(shell, panel):
    assert shell.run_line_magic("modelexport", "") is panel


def test_unloading_takes_it_away(bare_shell):
    before = {name: list(callbacks) for name, callbacks in bare_shell.events.callbacks.items()}
    load_ipython_extension(bare_shell)
    panel = bare_shell.run_line_magic("modelexport", "")
    assert {name: list(callbacks) for name, callbacks in bare_shell.events.callbacks.items()} != before
    unload_ipython_extension(bare_shell)
    assert {name: list(callbacks) for name, callbacks in bare_shell.events.callbacks.items()} == before
    assert panel.widget.comm is None and panel.export.button.comm is None


def test_unloading_cancels_what_runs(shell, panel, held):
    begun, gate = held
    panel.start(panel.export)
    assert begun.wait(60)
    threading.Timer(0.1, gate.set).start()
    panel.close()
    panel.close()
    assert panel.result is None
    assert shell.run_line_magic("modelexport", "") is not panel
    assert len(shell.events.callbacks["pre_run_cell"]) == 0
