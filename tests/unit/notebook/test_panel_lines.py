"""The line that the panel writes says what its controls say, in the magic's own grammar."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from modelexport_nb.engine.errors import InputError
from modelexport_nb.notebook.line import parsed, split_verb
from modelexport_nb.notebook.namespace import Namespace
from modelexport_nb.notebook.panel.lines import Choices, check_verb, compare_line, export_line, free_name
from modelexport_nb.notebook.settings import ModelExport
from modelexport_nb.verbs import COMPARE, EXPORT

PLAIN = Choices("model", "inputs", "auto", "auto", None, "", "model", "")


def test_defaults_are_not_written():
    assert export_line(PLAIN, ModelExport()) == "model inputs"
    assert compare_line(replace(PLAIN, verify="modules")) == "compare model inputs"
    assert compare_line(replace(PLAIN, inputs="", verify="modules")) == "compare model"


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"strategy": "htp"}, "model inputs -s htp"),
        ({"capture": "torchscript"}, "model inputs --capture torchscript"),
        ({"opset": 20}, "model inputs --opset 20"),
        ({"verify": "off"}, "model inputs --verify off"),
        ({"output": "out/net one.onnx"}, 'model inputs -o "out/net one.onnx"'),
        ({"dynamic": "{'x': {0: 'dim0'}}"}, "model inputs --dynamic \"{'x': {0: 'dim0'}}\""),
        ({"inputs": ""}, "model"),
        ({"inputs": "", "strategy": "htp"}, "model -s htp"),
        ({"model": "net[0]", "inputs": "(x, y)"}, 'net[0] "(x, y)"'),
    ],
)
def test_what_is_chosen_is_written(changed, line):
    assert export_line(replace(PLAIN, **changed), ModelExport()) == line


def test_the_profile_s_defaults_count():
    settings = ModelExport(strategy="fx", verify="off", capture="torch.onnx")
    assert export_line(PLAIN, settings) == "model inputs -s auto --capture auto --verify model"
    assert export_line(replace(PLAIN, strategy="fx", verify="off", capture="torch.onnx"), settings) == "model inputs"


def test_compare_takes_what_it_knows():
    chosen = replace(PLAIN, strategy="htp", capture="torchscript", opset=18, verify="off", output="net.onnx")
    assert compare_line(chosen) == "compare model inputs --captures torchscript --opset 18 --verify off"


@pytest.mark.parametrize(
    "expression",
    [
        "x",
        "x[0]",
        '{"x":x}',
        "{'x': x}",
        'dict(x = "a b")',
        "'a'.join(x)",
        '"a"+x',
        "-x",
        "{'it':\"s\"}",
        "x;",
        " x ",
        "f(a='b c', d=1)",
    ],
)
def test_every_expression_comes_back_from_the_grammar(expression):
    chosen = replace(PLAIN, model=expression, inputs=expression, output="a.onnx", dynamic=expression)
    options = parsed(EXPORT, export_line(chosen, ModelExport()))
    assert (options.model, options.inputs, options.dynamic) == (expression.strip(),) * 3
    assert options.output == "a.onnx"
    verb, rest = split_verb(compare_line(chosen), Namespace({}))
    assert verb is COMPARE
    assert parsed(verb, rest).what == [expression.strip()] * 2


def test_what_no_quotes_can_hold_is_refused():
    with pytest.raises(InputError, match="both kinds of quotes"):
        export_line(replace(PLAIN, inputs="{'a': \"b\"}"), ModelExport())


def test_a_module_may_bear_a_verb_s_name():
    tag = Namespace({"tag": nn.ReLU(), "compare": nn.ReLU()})
    check_verb("tag x", EXPORT, tag)
    check_verb("(history) x", EXPORT, Namespace({}))
    with pytest.raises(InputError, match='A module is called "compare"'):
        check_verb("compare tag x", COMPARE, tag)
    with pytest.raises(InputError, match='no module "history"'):
        check_verb("history x", EXPORT, Namespace({}))


def test_a_result_takes_no_other_s_place():
    namespace = Namespace({"r": torch.ones(1), "r2": "mine"})
    assert free_name("r", str, Namespace({})) == "r"
    assert free_name("r", str, namespace) == "r2"
    assert free_name("r", int, namespace) == "r3"
