"""What the panel finds among a notebook's variables, and what it says of it."""

from collections import OrderedDict, UserDict
from collections.abc import Mapping

import pytest
import torch
from torch import nn

from modelexport_nb.notebook.namespace import Namespace
from modelexport_nb.notebook.panel import axes
from modelexport_nb.notebook.panel.found import found_inputs, found_models, misfit


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x, mask=None, scale=1.0):
        return self.inner(x) * scale


class Trap(Mapping):
    """A mapping that must not be asked."""

    def __getitem__(self, key):
        raise AssertionError("asked")

    __iter__ = __len__ = __getitem__


def names(found):
    return [one.name for one in found]


def test_models_come_before_their_parts():
    net = Masked()
    variables = {"a": net.inner, "net": net, "other": nn.ReLU(), "_": net, "number": 3, "kind": nn.Linear}
    found = found_models(Namespace(variables))
    assert names(found) == ["net", "other", "a"]
    assert found[0].label == "net   Masked, 20 parameters, train, cpu"
    assert found[1].note == "ReLU, 0 parameters, train"


def test_a_model_that_cannot_be_counted_has_a_name():
    assert found_models(Namespace({"net": nn.LazyLinear(3)}))[0].note == "LazyLinear"


def test_inputs_that_fit_come_first():
    x = torch.ones(2, 4)
    variables = {
        "a_tensor": x,
        "b_wrong": {"y": x},
        "c_tuple": (x, x),
        "d_dict": {"x": x, "mask": x},
        "e_both": ((x,), {"mask": x}),
        "labels": {"a": 1},
        "numbers": (1, 2),
    }
    found = found_inputs(Namespace(variables), Masked())
    assert names(found) == ["d_dict", "c_tuple", "e_both", "a_tensor", "b_wrong"]
    assert [one.note for one in found] == [
        "dict of 2 tensors, fits forward()",
        "tuple of 2 tensors, fits forward()",
        "tuple of 2 tensors, fits forward()",
        "f32 2×4, fits forward()",
        "dict of 1 tensor, does not fit forward()",
    ]
    assert 'no argument "y"' in found[-1].problem and not found[0].problem


def test_what_only_further_keywords_take_is_hardly_meant():
    class Open(Masked):
        def forward(self, x, **options):
            return super().forward(x)

    x = torch.ones(2, 4)
    found = found_inputs(Namespace({"a_state": {"x": x, "inner.weight": x}, "b": x, "c": {"x": x}}), Open())
    assert names(found) == ["c", "b", "a_state"]


def test_without_a_model_nothing_is_said_of_fitting():
    assert [one.note for one in found_inputs(Namespace({"x": torch.tensor(3)}), None)] == ["i64 scalar"]


def test_what_tokenizers_return_counts_and_strangers_are_not_asked():
    loop = []
    loop.append(loop)
    variables = {
        "batch": UserDict(x=torch.ones(1, 4)),
        "ordered": OrderedDict(x=torch.ones(1, 4)),
        "trap": Trap(),
        "loop": (loop,),
        "many": dict.fromkeys(range(5_000), torch.ones(1)),
        "far": {**dict.fromkeys(range(5_000)), "x": torch.ones(1)},
    }
    found = {one.name: one.note for one in found_inputs(Namespace(variables), None)}
    assert found == {
        "batch": "UserDict of 1 tensor",
        "ordered": "OrderedDict of 1 tensor",
        "many": "dict of 1000 tensors or more",
    }


def test_a_name_that_is_a_page_stays_text():
    kind = type("<b>\n", (nn.Module,), {})
    assert found_models(Namespace({"net": kind()}))[0].note.startswith("<b>\\n, ")


def test_misfit_is_the_engine_s_own_word():
    assert misfit(Masked(), torch.ones(2, 4)) == ""
    assert "takes no argument" in misfit(Masked(), {"z": 1})


# ---- axes ----


def test_axes_of_equal_place_and_size_share_a_name():
    x, image = torch.ones(2, 4), torch.ones(3, 4, 4)
    named = axes.arguments(Masked(), {"x": x, "mask": image, "scale": 2.0})
    assert axes.rows(named) == [
        {"name": "x", "about": "f32 2×4", "axes": 2},
        {"name": "mask", "about": "f32 3×4×4", "axes": 3},
    ]
    written = axes.expression(named, [("x", 0), ("x", 1), ("mask", 0), ("mask", 1)])
    assert eval(written) == {"x": {0: "dim0", 1: "dim1"}, "mask": {0: "dim0_3", 1: "dim1"}, "scale": None}


def test_nothing_varies_without_a_tick():
    named = axes.arguments(Masked(), (torch.ones(2, 4),))
    assert axes.expression(named, []) == ""
    assert eval(axes.expression(named, [("x", 1)])) == {"x": {1: "dim1"}}


class Star(nn.Module):
    def forward(self, *tensors, **options):
        return tensors


@pytest.mark.parametrize("inputs", [(torch.ones(2),), {"x": torch.ones(2)}, {"y": 3}])
def test_arguments_without_a_name_of_their_own_have_no_axes(inputs):
    assert axes.arguments(Star(), inputs) == {}


def test_inputs_that_do_not_fit_have_no_axes():
    assert axes.arguments(Masked(), {"z": torch.ones(2)}) == {}
