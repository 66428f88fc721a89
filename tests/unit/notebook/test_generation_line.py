"""`%modelexport --generation`: the files that decoding takes, shown below each other."""

import pytest
import torch
from torch import nn

from modelexport_nb import GenerationReport
from modelexport_nb.engine.errors import InputError, ModelExportError, OptionError
from modelexport_nb.notebook import actions, display
from modelexport_nb.notebook.widgets.hierarchy import HierarchyWidget
from tests.unit.engine.test_automatic import tokenizer
from tests.unit.engine.zoo import perturb, transformers_model

from .test_completion import offered
from .test_display import WIDGET
from .test_magic import fails, run

SIZES = {"vocab_size": 64, "n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 64, "bos_token_id": 0}


def gpt2():
    return perturb(transformers_model("GPT2LMHeadModel", "GPT2Config", eos_token_id=1, **SIZES))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    from modelexport_nb import export_generation

    return export_generation(gpt2(), {"input_ids": torch.tensor([[5, 6, 7]])}, tmp_path_factory.mktemp("g") / "gpt2")


@pytest.fixture
def generations(monkeypatch, report):
    """What `export_generation` was called with."""
    seen = []

    def export_generation(model, inputs, folder, **options):
        seen.append({"model": model, "inputs": inputs, "folder": folder, **options})
        return report

    monkeypatch.setattr(actions, "export_generation", export_generation)
    before = report.notes
    yield seen
    report.notes = before


# ---- the line ----


def test_a_real_export(shell, tmp_path):
    shell.user_ns.update(model=gpt2(), folder=str(tmp_path))
    found = run(shell, "found = %modelexport model --generation -o {folder}/out --no-progress\nfound")
    assert isinstance(found, GenerationReport) and found.ok and found.decoding.ok
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["decode.onnx", "prefill.onnx"]
    assert found.notes[0].startswith("No inputs were given; made from the sizes in its config, seed 0: input_ids ")
    history = run(shell, "%modelexport history")
    assert [row[4] for row in history.rows()] == ["prefill.onnx", "decode.onnx"]
    compared = run(shell, "%modelexport compare")
    assert [column.report for column in compared.columns] == [found["prefill"], found["decode"]]


def test_what_the_line_says_reaches_the_engine(shell, generations, tmp_path):
    shell.user_ns.update(ids={"input_ids": torch.tensor([[5, 6]])}, folder=str(tmp_path))
    line = "-s htp --capture torch.onnx --opset 20 --metadata none --verify off --values-limit 1GB -o {folder}/out"
    run(shell, f"%modelexport model ids --generation {line}")
    told = generations[0]
    assert told.pop("model") is shell.user_ns["model"] and told.pop("inputs") is shell.user_ns["ids"]
    assert told.pop("progress") is not None
    assert told == {
        "strategy": "htp",
        "capture": "torch.onnx",
        "opset": 20,
        "metadata": "none",
        "verify": "off",
        "values_limit": 10**9,
        "folder": tmp_path / "out",
    }


def test_without_a_folder_it_is_a_temporary_one(shell, generations):
    run(shell, "%modelexport model x --generation")
    folder = generations[0]["folder"]
    assert folder.name == "Sequential" and folder.parent.is_dir() and not folder.exists()


def test_a_cell(shell, generations):
    run(shell, "%%modelexport model --generation\ninputs = {'input_ids': x}")
    assert generations[0]["inputs"]["input_ids"] is shell.user_ns["x"]


def test_a_model_by_name_is_what_it_was_saved_as(shell, generations, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    gpt2().save_pretrained(tmp_path / "gpt2-small")
    tokenizer().save_pretrained(tmp_path / "gpt2-small")
    monkeypatch.chdir(tmp_path)
    found = run(shell, '%modelexport gpt2-small --generation --text "hello cat" --no-progress')
    assert type(generations[0]["model"]).__name__ == "GPT2LMHeadModel"
    _, inputs = generations[0]["inputs"]
    assert inputs["input_ids"].tolist() == [tokenizer()("hello cat")["input_ids"]]
    assert "made from" in found.notes[0]
    run(shell, "%modelexport gpt2-small --class GPT2Model --shape input_ids=1,4 --no-progress -o m.onnx")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--bundle out", "--generation and --bundle do not go together."),
        ("--dynamic batch", "--generation and --dynamic do not go together."),
        ("--weights none", "--generation and --weights do not go together."),
        ("--timeout 9", "--generation and --timeout do not go together."),
        ("--memory-limit 1GB", "--generation and --memory-limit do not go together."),
        ("--isolate", "--generation and --isolate do not go together."),
        ("--work-dir out", "--generation and --work-dir do not go together."),
        ("-o net.onnx", '-o names their folder, and "net.onnx" a file.'),
    ],
)
def test_options_that_do_not_combine(shell, generations, options, said):
    error = fails(shell, f"%modelexport model x --generation {options}")
    assert isinstance(error, OptionError) and said in str(error) and "\n" not in str(error)
    assert generations == []


def test_a_model_that_does_not_generate(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in ("model x --generation", "model --generation", "model --generation --shape input=2,4 -o out"):
        error = fails(shell, f"%modelexport {line} --no-progress")
        assert isinstance(error, InputError) and "it has no generate()" in str(error)
    assert list(tmp_path.iterdir()) == []


def test_completion(shell):
    assert offered(shell, "%modelexport model x --gen") == ["%modelexport model x --generation"]
    assert offered(shell, "%modelexport compare --gen") == []


# ---- how it is shown ----


def test_three_views_in_one_bundle(shell, report):
    shell.user_ns["gen"] = report
    data, _ = shell.display_formatter.format(report)
    assert set(data) == {WIDGET, "text/html", "text/plain"}
    first = "GPT2LMHeadModel as prefill.onnx, decode.onnx. generate() with these files: 8 tokens equal, max |Δ| "
    assert data["text/plain"].startswith(first) and f"<p>{first}" in data["text/html"]
    for text in (data["text/plain"], data["text/html"]):
        assert text.index("prefill", len(first)) < text.index("decode", len(first))
        assert text.count("GPT2LMHeadModel as ONNX") + text.count("<b>GPT2LMHeadModel</b> as ONNX") == 2
        assert str(report.folder.parent) not in text
    assert data["text/html"].count("<h3>") == 2 and "<script" not in data["text/html"]


def test_the_live_view_holds_the_tree_of_each_part(shell, report):
    shell.user_ns["gen"] = report
    for part in report.values():
        part.widget.close()
    view = report.widget
    assert repr(view) == "GenerationView(prefill, decode)"
    trees = [child for child in view.children if isinstance(child, HierarchyWidget)]
    assert trees == [report["prefill"].widget, report["decode"].widget]
    assert [tree.payload["variable"] for tree in trees] == ['gen["prefill"]', 'gen["decode"]']
    assert "8 tokens equal" in view.children[0].value
    headings = [child.value for child in view.children[1::2]]
    assert headings == ["<h3>prefill</h3>", "<h3>decode</h3>"]
    trees[0].close()
    assert report["prefill"].widget in report.widget.children  # shown again, it is alive


def test_names_are_no_markup(shell, report):
    strange = GenerationReport(report.folder, {"<b>\u202ex": report["decode"]}, None, ("<i>",))
    data, _ = shell.display_formatter.format(strange)
    for text in (data["text/html"], *(child.value for child in strange.widget.children[:2])):
        assert "<b>\\" not in text and "<i>" not in text and "\u202e" not in text
    assert "generate() with these files: not run." in data["text/plain"]


def test_inside_a_list_it_is_one_line(shell, report):
    assert shell.display_formatter.format([report])[0] == {"text/plain": f"[{report!r}]"}


def test_without_a_bundle_the_static_view_says_so(shell, report, monkeypatch):
    def missing(*args):
        raise ModelExportError("The widget's bundle is not built.")

    monkeypatch.setattr(display, "_make_widget", missing)
    data, _ = shell.display_formatter.format(report)
    assert "No live view: The widget&#x27;s bundle is not built." in data["text/html"]
    assert data["text/html"].count("<h3>") == 2


def test_a_terminal_gets_text(shell, report, monkeypatch):
    monkeypatch.setattr(shell.display_formatter, "active_types", ["text/plain"])
    assert set(shell.display_formatter.format(report)[0]) == {"text/plain"}


def test_a_module_named_like_the_option_is_none_of_it(shell):
    shell.user_ns["generation"] = nn.Linear(4, 4).eval()
    assert run(shell, "%modelexport generation x --no-progress").model_class == "Linear"
