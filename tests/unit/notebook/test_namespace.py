from collections import UserDict
from pathlib import Path

import pytest
import torch
from torch import nn

from modelexport_nb.engine.errors import InputError, PathError
from modelexport_nb.notebook.namespace import Namespace, is_inputs, is_module


@pytest.fixture
def namespace():
    return Namespace({"encoder": nn.ReLU(), "ids": torch.ones(2), "width": 4, "_x": nn.ReLU(), "Out": {}}, {"Out"})


def test_names_are_the_users_own_that_fit(namespace):
    assert namespace.names(is_module) == ["encoder"]
    assert namespace.names(is_inputs) == ["ids"]


@pytest.mark.parametrize("value", [torch.ones(1), (1,), {}, UserDict(), nn.Parameter(torch.ones(1))])
def test_inputs(value):
    assert is_inputs(value)


def test_asking_a_type_runs_no_code_of_the_object():
    class Trap:
        @property
        def __class__(self):
            raise RuntimeError

    assert not is_module(Trap()) and not is_inputs(Trap())


@pytest.mark.parametrize(
    ("expression", "value"), [("width", 4), ("width * 2", 8), ("[i for i in range(width)][-1]", 3)]
)
def test_evaluate(namespace, expression, value):
    assert namespace.evaluate(expression) == value


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("encodr", 'There is no variable "encodr". Did you mean "encoder"?'),
        ("qqq", 'There is no variable "qqq". Known: encoder.'),
        ("encoder(", "\"encoder(\" is not a Python expression: '(' was never closed."),
        (
            "encoder.layer",
            "\"encoder.layer\" failed with AttributeError: 'ReLU' object has no attribute 'layer'",
        ),
        ("1 / 0", '"1 / 0" failed with ZeroDivisionError: division by zero'),
    ],
)
def test_what_has_no_value_is_one_line(namespace, expression, message):
    with pytest.raises(InputError) as caught:
        namespace.evaluate(expression, is_module)
    assert str(caught.value) == message


def test_path_fills_in_names_and_home(namespace, monkeypatch):
    monkeypatch.setenv("HOME", "/home/reader")
    assert namespace.path("~/net-{width:02}.onnx") == Path("/home/reader/net-04.onnx")
    assert namespace.path("plain.onnx") == Path("plain.onnx")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{widht}.onnx", 'There is no variable "widht" for the path "{widht}.onnx". Did you mean "width"?'),
        ("{}.onnx", "cannot be filled in"),
        ("{width.bit}.onnx", "cannot be filled in"),
        ("{width", "cannot be filled in"),
    ],
)
def test_a_path_that_cannot_be_filled_in(namespace, path, message):
    with pytest.raises(PathError) as caught:
        namespace.path(path)
    assert message in str(caught.value)
