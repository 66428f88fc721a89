"""What the notebooks reply to a learner: right answers pass however they are written, wrong ones get help."""

import numpy as np
import pytest
import torch
from torch import nn

from examples.learning import PLACEHOLDER, check, check_module
from modelexport_nb import export_model

COUNT = {"expected": 6}
NAME = {"expected": "BatchNorm2d"}
SEVERAL = {"expected": {"Conv", "Relu"}}


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.up, self.down = nn.Linear(4, 8), nn.Linear(8, 4)
            self.rest = nn.Identity()

        def forward(self, x):
            return self.rest(self.down(torch.relu(self.up(x))))

    torch.manual_seed(0)
    model = nn.Sequential(Block(), Block()).eval()
    return export_model(model, torch.rand(2, 4), tmp_path_factory.mktemp("learning") / "model.onnx")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (6, 6),
        (6.0, 6),
        (np.int64(6), 6),
        (torch.tensor(6), 6),
        (True, True),
        (np.bool_(False), False),
        (False, np.bool_(False)),
        (" batchnorm2d ", "BatchNorm2d"),
        ({"Conv", "Relu"}, frozenset({"Relu", "Conv"})),
        (["Relu", "Conv", "Conv"], {"Relu", "Conv"}),
        (" Relu", {"Relu"}),
        ({2, 3}, {3, 2}),
    ],
)
def test_a_right_answer_is_right_however_it_is_written(answer, expected):
    reply = check(answer, expected, because="So it is.")
    assert reply.right and repr(reply) == "✓ Right. So it is."


@pytest.mark.parametrize(
    ("answer", "question", "help"),
    [
        (..., COUNT, PLACEHOLDER),
        (None, NAME, PLACEHOLDER),
        (4, COUNT, "Not quite: it is more than 4."),
        (1e9, COUNT, "Not quite: it is less than 1000000000.0."),
        ("6", COUNT, "A number is asked for: write it without quotation marks."),
        (True, {"expected": 1}, "A number is asked for."),
        (float("nan"), COUNT, "A number is asked for."),
        ([6], COUNT, "A number is asked for."),
        (len, COUNT, "That is a function, not its result: call it with ()."),
        (1, {"expected": True}, "Yes or no: write True or False."),
        (False, {"expected": True}, "It is the other way round. Look at the outputs above and say why."),
        ("BatchNorm", NAME, "Almost: look at the spelling."),
        ("Conv2d", NAME, 'Not "Conv2d". Look again at the outputs above.'),
        (3, NAME, 'A text is asked for: write it in quotation marks, "so".'),
        ({"Conv"}, SEVERAL, "Good so far, 1 of 2 missing."),
        ({"Conv", "Gelu"}, SEVERAL, "Gelu does not belong. Look again at the outputs above."),
        ({"Conv": 1}, SEVERAL, 'Several are asked for: write a set such as {"one", "another"}.'),
        ([["Conv"]], SEVERAL, "A list does not belong. Look again at the outputs above."),
    ],
)
def test_a_wrong_answer_gets_help(answer, question, help):
    reply = check(answer, **question)
    assert not reply.right and reply.text == help


def test_a_typical_wrong_answer_gets_its_own_hint():
    hints = {53: "There were so many in the model.", "Gelu": "That is the other model.", 1: "One is the mean."}
    assert check(53, 0, hints=hints).text == hints[53]
    assert check(53.5, 0, hints=hints).text == "Not quite: it is less than 53.5."
    assert check(" Gelu", "Relu", hints=hints).text == hints["Gelu"]
    assert check({"Relu", "Gelu"}, {"Relu"}, hints=hints).text == hints["Gelu"]
    assert check(True, 0, hints=hints).text == "A number is asked for."
    assert check(53, 53, hints=hints).right


def test_a_number_may_be_off_as_far_as_said():
    assert check(70.6, 70.55, within=0.1).right
    assert not check(70.0, 70.55, within=0.1).right


def test_no_reply_repeats_a_long_answer():
    for question in (NAME, SEVERAL, {"expected": 10**400}):
        assert len(check("x" * 10_000, **question).text) < 120
    assert len(check(10**300, 6).text) < 120


@pytest.mark.parametrize("answer", ["1.up", " 1.up ", "1.up."])
def test_the_right_module_is_right(report, answer):
    assert repr(check_module(answer, "1.up", report, because="It reads its weight.")) == "✓ Right. It reads its weight."


@pytest.mark.parametrize("answer", ["", "root", "the root", "Sequential"])
def test_the_root_has_many_names(report, answer):
    assert check_module(answer, "", report).right


@pytest.mark.parametrize(
    ("answer", "expected", "help"),
    [
        (..., "1.up", PLACEHOLDER),
        (7, "1.up", 'The path of a module is asked for, as text: "0", for example.'),
        ("1", "1.up", "The right branch of the tree, but the answer is further inside."),
        ("", "1.up", "The right branch of the tree, but the answer is further inside."),
        ("1.up", "1", "The right branch of the tree, but too far inside: the answer is a module around this one."),
        ("1.down", "1.up", "Very near: the answer is a sister of this module."),
        ("0.up", "1.up", "The right kind of module, in another place."),
        ("0.rest", "1.up", "Another branch of the tree."),
        ("Linear", "1.up", "Linear is a class, and several modules may be of one. Write the path of one of them."),
        ("1.upp", "1.up", 'The model has no module "1.upp". Did you mean "1.up"?'),
        ("zzzzzzzz", "1.up", 'The model has no module "zzzzzzzz". A path looks like "0".'),
    ],
)
def test_a_wrong_module_is_told_how_it_lies_to_the_right_one(report, answer, expected, help):
    reply = check_module(answer, expected, report)
    assert not reply.right and reply.text == help


def test_a_module_may_have_a_hint_of_its_own(report):
    assert check_module("1.down", "1.up", report, hints={"1.down": "It reads what up has made."}).text == (
        "It reads what up has made."
    )
