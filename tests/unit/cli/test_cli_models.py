"""What the command line names: models and inputs of Python modules, and models of Hugging Face."""

import pytest
import torch
from torch import nn

from modelexport_nb import cli
from modelexport_nb.cli_models import importing_here, load_value, named_subject
from modelexport_nb.engine.errors import InputError, OptionError


@pytest.fixture
def load(here, capsys):
    """Model, inputs and notes of a command line."""

    def loaded(model, inputs=None, *line):
        options = cli.parse(["export", model, *line])
        with importing_here():
            subject = named_subject(model, inputs, options)
        return subject.model, subject.inputs, subject.notes

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
        ("models:Nameless", None, "There are no inputs, and none could be made. forward of Nameless takes (things)"),
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


def test_inputs_are_made_and_told(load, here):
    with importing_here():
        __import__("models").bert().save_pretrained(here / "bert")
    model, (args, kwargs), notes = load("bert")
    assert type(model).__name__ == "BertModel" and not model.training
    assert args == () and kwargs["input_ids"].shape[0] == 1
    assert len(notes) == 1 and notes[0].startswith("No inputs were given; made from ") and "input_ids int64" in notes[0]
    assert load(str(here / "bert"), "models:keywords")[2] == []


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        (["--shape", "input_ids=3,4"], (3, 4)),
        (["--batch", "5"], (5,)),
        (["--dynamic", "batch"], (2,)),
        (["--dynamic", "batch", "--batch", "1"], (1,)),
    ],
)
def test_what_inputs_are_made_of(load, here, line, shape):
    with importing_here():
        __import__("models").bert().save_pretrained(here / "bert")
    _, (_, kwargs), _ = load("bert", None, *line)
    assert tuple(kwargs["input_ids"].shape)[: len(shape)] == shape


def test_a_module_of_ones_own_gets_inputs_too(load):
    model, (args, kwargs), _ = load("models:Net", None, "--shape", "x=7,4")
    assert model(*args, **kwargs).shape == (7, 4)


@pytest.mark.parametrize(
    ("model", "inputs", "line", "message"),
    [
        ("models:net", None, ["--task", "fill-mask"], "--task says how to load a model by name, and the model here is"),
        ("models:net", None, ["--class", "BertModel"], "--class says how to load a model by name"),
        ("models:net", None, ["--trust-remote-code"], "--trust-remote-code says how to load a model by name"),
        ("models:pair", None, ["--batch", "2"], "--batch says what to make inputs of, and there are inputs already."),
        ("models:net", "models:batch", ["--text", "a"], "--text says what to make inputs of"),
        ("models:net", None, ["--shape", "x=1", "--shape", "x=2"], "--shape gives one input two shapes."),
    ],
)
def test_options_that_do_not_fit_what_is_named(load, model, inputs, line, message):
    with pytest.raises(OptionError, match=message):
        load(model, inputs, *line)


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
