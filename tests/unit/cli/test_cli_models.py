"""What the command line names: models and inputs of Python modules, and models of Hugging Face."""

import sys

import pytest
import torch
from torch import nn

from modelexport_nb.cli_models import importing_here, load_value, model_and_inputs
from modelexport_nb.engine.errors import InputError, OptionError


@pytest.fixture
def load(here, capsys):
    """`model_and_inputs`, with the notes that it gives."""

    def loaded(model, inputs=None):
        notes = []
        with importing_here():
            return *model_and_inputs(model, inputs, notes.append), notes

    return loaded


@pytest.mark.parametrize(("spec", "kind"), [("models:net", nn.Sequential), ("models:holder.net", nn.Sequential)])
def test_a_module(load, spec, kind):
    model, inputs, notes = load(spec, "models:batch")
    assert type(model) is kind and torch.is_tensor(inputs) and notes == []


def test_what_makes_one(load):
    assert type(load("models:Net", "models:batch")[0]).__name__ == "Net"
    assert type(load("models:trained", "models:batch")[0]) is nn.Sequential
    assert set(load("models:net", "models:keywords")[1]) == {"input"}


def test_a_pair_brings_its_inputs(load):
    model, inputs, _ = load("models:pair")
    assert torch.is_tensor(inputs) and type(model) is nn.Sequential
    assert set(load("models:pair", "models:keywords")[1]) == {"input"}  # what is named counts


@pytest.mark.parametrize(
    ("model", "inputs", "message"),
    [
        ("models:nte", None, '"models:nte" has no nte. Did you mean "net"?'),
        ("models:net.qqqqqq", None, '"models:net.qqqqqq" has no qqqqqq.'),
        ("modls:net", None, 'There is no module "modls", neither here nor installed.'),
        ("models.sub:net", None, "models"),
        ("models:Sized", None, '"models:Sized" takes arguments, (width). Name a function that needs none.'),
        ("models:broken", None, '"models:broken" failed with ValueError: no weights here'),
        ("models:number", None, '"models:number" is a int, not a torch.nn.Module'),
        ("models:net", "models:broken", "failed with ValueError"),
        ("models:net", "batch", '"batch" names nothing. Write module:name'),
        ("models:a:b", None, '"models:a:b" names nothing'),
        ("models.py", None, '"models.py" is a file. Name a model: module:name, or a folder or id of Hugging Face.'),
        ("models.net", None, '"models.net" names a Python module. Write module:name: models:net'),
        (
            "models:net",
            None,
            "There are no inputs. forward of Sequential takes (input). Name them: --inputs module:name",
        ),
        ("models:Net", None, "forward of Net takes (x, scale: float = 1.0)."),
        ("models:image_model", None, "There are no inputs. forward of ResNetModel takes (pixel_values"),
    ],
)
def test_what_is_not_there_or_not_right(load, model, inputs, message):
    with pytest.raises(InputError) as caught:
        load(model, inputs)
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["raise ValueError('at once')", "import nothing_of_the_kind", "exit(3)", "a b"])
def test_a_module_that_cannot_be_imported(load, here, text):
    (here / "unwell.py").write_text(text)
    with pytest.raises(InputError, match='"unwell" cannot be imported: '):
        load("unwell:net")


def test_ctrl_c_while_a_module_is_imported(load, here):
    (here / "slow.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load("slow:net")


def test_literals(here):
    assert load_value("{'x': {0: 'n'}}") == {"x": {0: "n"}}
    with importing_here():
        assert load_value("models:number") == 3
    with pytest.raises(OptionError, match="neither a Python literal nor module:name"):
        load_value("__import__('os').system('true')")


# ---- Hugging Face ----


def test_a_folder_and_its_dummy_inputs(load, here):
    with importing_here():
        __import__("models").bert().save_pretrained(here / "bert")
    model, inputs, notes = load("bert")
    assert type(model).__name__ == "BertModel" and not model.training
    assert list(inputs) == ["input_ids"]
    assert notes == ["no --inputs: the model's own dummy inputs are taken, input_ids 3×5"]
    assert load(str(here / "bert"), "models:keywords")[2] == []


def test_weights_that_are_missing_are_told(load, here):
    with importing_here():
        model = __import__("models").bert()
    del model.pooler
    model.save_pretrained(here / "bert")
    _, _, notes = load("bert", "models:batch")
    assert notes == ["bert has no pooler.dense.bias and 1 more: random numbers"]


@pytest.mark.parametrize("spec", ["empty", "somebody/nothing"])
def test_no_such_model(load, here, spec, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (here / "empty").mkdir()
    with pytest.raises(InputError, match=f'"{spec}" (does not load|is no folder here)'):
        load(spec)


def test_nothing_of_hugging_face_is_loaded_for_others(here, monkeypatch):
    monkeypatch.delitem(sys.modules, "transformers.modeling_utils", raising=False)
    with importing_here(), pytest.raises(InputError, match="There are no inputs"):
        model_and_inputs("models:net", None, print)
