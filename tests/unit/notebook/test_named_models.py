"""Models by name on the magic's line, inputs that nobody gave, and bundles."""

import pytest
import torch
from IPython.core.error import UsageError
from transformers import BertConfig, BertForMaskedLM

from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import InputError, OptionError
from modelexport_nb.notebook import actions, pretrained_names
from modelexport_nb.notebook.namespace import Namespace
from modelexport_nb.notebook.subjects import names_model

from .test_completion import offered
from .test_magic import fails, run


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with a small random BertForMaskedLM."""
    torch.manual_seed(0)
    sizes = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
    folder = tmp_path_factory.mktemp("hub") / "small-model"
    BertForMaskedLM(BertConfig(vocab_size=100, **sizes)).save_pretrained(folder)
    return folder


@pytest.fixture
def here(saved, monkeypatch):
    """That folder lies in the present one."""
    monkeypatch.chdir(saved.parent)


@pytest.fixture
def exports(monkeypatch, real_report):
    seen = []

    def export_model(model, inputs, path, **options):
        seen.append((model, inputs, options))
        return real_report

    monkeypatch.setattr(actions, "export_model", export_model)
    before = real_report.notes
    yield seen
    real_report.notes = before


# ---- what a word names ----


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("small-model", True),
        ("./small-model", True),
        ("owner/model", True),
        ("owner/model-2.1B", True),
        ("all-MiniLM-L6-v2", True),
        ("model", False),
        ("model[0]", False),
        ("modle", False),
        ("model.nothing", False),
        ("[m for m in model][0]", False),
        ("(lambda n: model)(3)", False),
        ("", False),
    ],
)
def test_a_word_that_means_nothing_in_python_names_a_model(shell, here, word, named):
    assert names_model(word, Namespace.of(shell)) is named


def test_a_variable_wins(shell, here, exports, saved):
    (saved.parent / "model").symlink_to(saved)
    try:
        run(shell, "%modelexport model x")
        assert exports[0][0] is shell.user_ns["model"]
    finally:
        (saved.parent / "model").unlink()
    shell.user_ns.update(small=5, minus=2)
    assert not names_model("small-minus", Namespace.of(shell))


@pytest.mark.parametrize(
    "word", ["small-model", "./small-model", '"small-model"', "{folder}/small-model", "name", "'name'"]
)
def test_a_folder(shell, here, exports, saved, word):
    shell.user_ns.update(folder=saved.parent, name=str(saved))
    run(shell, f"%modelexport {word} --class BertForMaskedLM --batch 2")
    model, (args, kwargs), _ = exports[0]
    assert type(model) is BertForMaskedLM and args == () and kwargs["input_ids"].shape[0] == 2


def test_what_is_made_is_told_in_the_report(shell, here, exports, real_report):
    run(shell, "%modelexport small-model --task fill-mask --shape input_ids=3,4 --dynamic batch,sequence")
    _, (_, kwargs), options = exports[0]
    assert kwargs["input_ids"].shape == (3, 4) and options["dynamic"] == "batch,sequence"
    assert any("No inputs were given; made from " in note for note in real_report.notes)


def test_the_engine_makes_inputs_of_a_plain_module(shell, exports):
    """So that a limit of time holds for that too."""
    run(shell, "%modelexport model")
    run(shell, "%modelexport model --batch 3")
    assert exports[0][1] is None
    assert exports[1][1][0][0].shape == (3, 4)


def test_a_named_model_exported_twice_is_one_model(shell, here, exports, real_report):
    run(shell, "%modelexport small-model --class BertForMaskedLM -s fx")
    run(shell, "%modelexport small-model --class BertForMaskedLM -s htp")
    found = run(shell, "%modelexport compare")
    assert len(found.columns) == 2


@pytest.mark.parametrize(
    ("line", "kind", "message"),
    [
        ("owner/nothing-at-all", InputError, "is no folder here, and Hugging Face is offline"),
        ("./nowhere x", InputError, 'There is no folder "./nowhere".'),
        ("zzzzqq x", InputError, 'There is no variable "zzzzqq", and no model of Hugging Face: "zzzzqq" is no folder'),
        ("modle x", InputError, 'There is no variable "modle". Did you mean "model"?'),
        ("model x --task fill-mask", OptionError, "--task says how to load a model by name"),
        ("model x --batch 2", OptionError, "--batch says what to make inputs of, and there are inputs already."),
        ("small-model --task fil-mask", OptionError, 'Did you mean "fill-mask"?'),
        ("model --bundle out", InputError, "Sequential has no config that could be saved with it."),
        ("model --shape y=1,2", InputError, 'forward of Sequential takes no argument "y"'),
    ],
)
def test_what_leads_to_nothing(shell, here, line, kind, message):
    error = fails(shell, f"%modelexport {line}")
    assert type(error) is kind and message in str(error) and "\n" not in str(error)


# ---- other verbs ----


def test_verify_with_a_named_model(shell, here, tmp_path, capsys):
    shell.user_ns["folder"] = tmp_path
    how = "small-model --class BertForMaskedLM --shape input_ids=2,5"
    run(shell, f"%modelexport {how} -o {{folder}}/m.onnx --no-progress;")
    found = run(shell, "%modelexport verify {folder}/m.onnx " + f"{how} --no-progress")
    assert found.check("numbers").text.startswith("equal")
    assert "note: No inputs were given; made from " in capsys.readouterr().out
    error = fails(shell, "%modelexport verify {folder}/m.onnx --shape input_ids=2,5")
    assert isinstance(error, UsageError)


def test_tag_and_compare_make_inputs(shell, monkeypatch, real_report):
    seen = []
    monkeypatch.setattr(actions, "tag_onnx", lambda *given, **_: seen.append(given) or real_report)
    two = Comparison.of(real_report, real_report)
    monkeypatch.setattr(actions, "compare_strategies", lambda *given, **_: seen.append(given) or two)
    before = real_report.notes
    run(shell, "%modelexport tag model net.onnx --batch 3")
    run(shell, "%modelexport tag model --batch 3 net.onnx")
    run(shell, "%modelexport tag model -o tagged.onnx x net.onnx")
    found = run(shell, "%modelexport compare model --batch 2")
    assert found.notes[0].startswith("No inputs were given; made from ") and found.notes[1:] == two.notes
    real_report.notes = before
    assert [given[2][0][0].shape[0] for given in (seen[0], seen[1])] == [3, 3]
    assert seen[2][2] is shell.user_ns["x"] and str(seen[2][0]) == "net.onnx"
    assert seen[3][1][0][0].shape[0] == 2


# ---- bundles ----


def test_a_bundle(shell, here, tmp_path):
    shell.user_ns["folder"] = tmp_path
    report = run(shell, "%modelexport small-model --class BertForMaskedLM --bundle {folder}/out --no-progress")
    assert report.path == tmp_path / "out" / "model.onnx" and report.parity.ok
    assert {"model.onnx", "config.json"} <= {path.name for path in (tmp_path / "out").iterdir()}


# ---- completion ----


def test_models_that_are_here_are_completed(shell, here, saved, tmp_path, monkeypatch):
    (tmp_path / "models--owner--cached-model").mkdir()
    (tmp_path / "datasets--owner--cached-data").mkdir()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert pretrained_names.cached_models("owner/") == ["owner/cached-model"]
    assert offered(shell, "%modelexport owner/c") == ["%modelexport owner/cached-model"]
    assert offered(shell, "%modelexport ./sm") == ["%modelexport ./small-model/"]
    assert offered(shell, "%modelexport compare ./sm") == ["%modelexport compare ./small-model/"]
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "nowhere"))
    assert pretrained_names.cached_models("owner/") == []


def test_tasks_and_classes_are_completed(shell):
    assert offered(shell, "%modelexport model --task fill") == ["%modelexport model --task fill-mask"]
    assert offered(shell, "%modelexport model --class BertForMasked") == ["%modelexport model --class BertForMaskedLM"]
