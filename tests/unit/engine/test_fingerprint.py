"""Whatever changes what an export makes changes the fingerprint, and the part that changed is named."""

from __future__ import annotations

import functools
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from modelexport_nb.engine import digest
from modelexport_nb.engine.capture import Request
from modelexport_nb.engine.digest import Digester, tensor_text
from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.fingerprint import Fingerprint, fingerprint_of
from modelexport_nb.engine.inputs import as_arguments
from modelexport_nb.engine.state import preserved

from .zoo import CompiledChild, HoldsBranches, build, perturb

LIMIT = 3.0


def helper(x: torch.Tensor) -> torch.Tensor:
    return x.clamp(max=LIMIT)


class Config:
    def __init__(self) -> None:
        self.sizes = {"hidden": [4, 4]}


class Model(nn.Module):
    factor = 2.0

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)
        self.config = Config()
        self.act = functools.partial(torch.nn.functional.leaky_relu, negative_slope=0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.norm(self.linear(helper(x)))) * self.factor


def model_and_input() -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    return perturb(Model()), torch.randn(3, 4)


def fingerprint(model: nn.Module, inputs: Any, **request: Any) -> Fingerprint:
    args, kwargs = as_arguments(model, inputs)
    with preserved(model):
        eager = run_eagerly(model, args, kwargs)
    return fingerprint_of(Request(model, args, kwargs, **request), eager, capture="auto")


def test_the_same_again() -> None:
    first, second = fingerprint(*model_and_input()), fingerprint(*model_and_input())
    assert first.differences(second) == []
    assert Fingerprint.from_json(first.to_json()).differences(first) == []


def other_forward(self: Any, x: torch.Tensor) -> torch.Tensor:
    return self.act(self.norm(self.linear(helper(x)))) * (self.factor)


def other_helper(x: torch.Tensor) -> torch.Tensor:
    return x.clamp(max=LIMIT)  # the same numbers from another line


def change_weight(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.linear.weight.data[3, 3] += 1e-6


def change_buffer(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.norm.running_var[1] *= 2


def change_attribute(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.norm.eps = 1e-3


def change_config(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.config.sizes["hidden"][1] = 5


def change_partial(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.act = functools.partial(torch.nn.functional.leaky_relu, negative_slope=0.2)


def change_class_attribute(model: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Model, "factor", 3.0)


def change_code(model: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Model, "forward", other_forward)


def change_helper(model: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sys.modules[__name__], "helper", other_helper)


def change_constant_of_helper(model: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sys.modules[__name__], "LIMIT", 300.0)


def change_library_code(model: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nn.Linear, "forward", lambda self, x: torch.nn.functional.linear(x, self.weight, self.bias))


def change_library_method(model: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(nn.Module, "__call__", lambda self, *args: self.forward(*args))


def change_hook(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.linear.register_forward_hook(lambda module, args, output: output * 1)


def change_instance(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.linear.forward = functools.partial(nn.Linear.forward, model.linear)


def change_structure(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.linear = nn.Sequential(model.linear)


def change_tie(model: Any, patch: pytest.MonkeyPatch) -> None:
    model.norm.bias.data.copy_(model.norm.weight.data)
    model.norm.bias = model.norm.weight


def change_version(model: Any, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("onnxscript.__version__", "0.0.1")


CHANGES: dict[Callable[..., None], str] = {
    change_weight: "the values of linear.weight",
    change_buffer: "the values of norm.running_var",
    change_attribute: "the attributes of norm",
    change_config: "the attributes of the root",
    change_partial: "the attributes of the root",
    change_class_attribute: f"the code of {__name__}.Model",
    change_code: f"the code of {__name__}.Model",
    change_helper: f"the code of {__name__}.Model",
    change_constant_of_helper: f"the code of {__name__}.Model",
    change_library_code: "the code of torch.nn.modules.linear.Linear",
    change_library_method: "the code of torch.nn.modules.module.Module",
    change_hook: "the attributes of linear",
    change_instance: "the attributes of linear",
    change_structure: "the structure of the model",
    change_tie: "the structure of the model",
    change_version: "the version of onnxscript",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(change: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(*model_and_input())
    model, inputs = model_and_input()
    change(model, monkeypatch)
    assert before.differences(fingerprint(model, inputs))[0] == CHANGES[change]


@pytest.mark.parametrize(
    ("inputs", "request_options", "part"),
    [
        (lambda x: x + 1, {}, "the inputs"),
        (lambda x: x.double().float().t().contiguous().t(), {}, "the inputs"),  # laid out otherwise
        (lambda x: x[:2], {}, "the inputs"),
        (lambda x: {"x": x}, {}, "the inputs"),
        (lambda x: x, {"opset": 20}, "the option opset"),
        (lambda x: x, {"dynamic_shapes": ({0: torch.export.Dim("batch", min=2)},)}, "the option dynamic_shapes"),
    ],
)
def test_changed_inputs_and_options(inputs: Any, request_options: dict[str, Any], part: str) -> None:
    model, given = model_and_input()
    before, after = fingerprint(model, given), fingerprint(model, inputs(given), **request_options)
    assert before.differences(after)[0] == part


def test_limits_of_dynamic_shapes() -> None:
    model, given = model_and_input()
    one, two = (fingerprint(model, given, dynamic_shapes=({0: torch.export.Dim("b", max=top)},)) for top in (8, 9))
    assert one.differences(two) == ["the option dynamic_shapes"]


def test_training_mode_does_not_matter() -> None:
    model, given = model_and_input()
    before = fingerprint(model, given)
    assert before.differences(fingerprint(model.train(), given)) == []


def test_code_out_of_sight_is_seen_by_its_results() -> None:
    """What no walk through code finds, such as a table of functions that a library keeps, shows in the outputs."""
    before = fingerprint(*model_and_input())
    moved = [replace(one, numbers=one.numbers * (1 + 1e-4)) for one in before.outputs if one is not None]
    rounded = [replace(one, numbers=one.numbers * (1 + 1e-8)) for one in before.outputs if one is not None]
    assert moved
    assert before.differences(replace(before, outputs=tuple(moved))) == ["what the model returns"]
    assert before.differences(replace(before, outputs=tuple(rounded))) == []
    assert before.differences(replace(before, outputs=())) == ["what the model returns"]


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor(3.0),
        torch.randn(3, 4, dtype=torch.bfloat16),
        torch.randn(3, dtype=torch.complex64).conj(),
        torch.randn(4, 3).t(),
        torch.arange(5),
        torch.tensor([True, False]),
        torch.eye(3).to_sparse(),
    ],
)
def test_every_kind_of_tensor(tensor: torch.Tensor) -> None:
    other = tensor.clone()
    assert tensor_text(tensor) == tensor_text(other)
    changed = ~other if other.dtype == torch.bool else other * 2
    assert tensor_text(changed) != tensor_text(tensor)


def test_tensors_without_numbers() -> None:
    assert tensor_text(torch.empty(2, device="meta")) == tensor_text(torch.empty(2, device="meta"))
    assert tensor_text(torch.empty(2, device="meta")) != tensor_text(torch.empty(3, device="meta"))
    assert tensor_text(torch.empty(0)) != tensor_text(torch.empty(0, 1))


def test_values() -> None:
    def text(value: Any) -> str:
        return Digester(nn.Identity()).text(value)

    assert text({"a": np.arange(3)}) == text({"a": np.arange(3)}) != text({"a": np.arange(4)})
    assert text({1, 2, 3}) == text({3, 2, 1}) != text({1, 2})
    assert text(1) != text(1.0) != text("1.0")
    circle: list[Any] = [1]
    circle.append(circle)
    assert text(circle) == text(circle)
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert text(deep) == text(deep)


def test_addresses_do_not_count() -> None:
    class Holder:
        def __init__(self, number: int) -> None:
            self.number = number

    texts = [Digester(nn.Identity()).text(Holder(number)) for number in (2**45, 2**46, 45, 46)]
    assert texts[0] == texts[1]
    assert len(set(texts)) == 3


def test_library_code_is_told_from_ones_own() -> None:
    assert digest._is_library(torch.__file__)
    assert digest._is_library(functools.__file__)
    assert not digest._is_library(__file__)
    assert not digest._is_library("/tmp/ipykernel_123/456.py")


def awkward_models() -> list[tuple[nn.Module, Any]]:
    """Models that hold hashes, addresses, sets, hooks and compiled code."""
    torch.manual_seed(0)
    x = torch.linspace(-1, 1, 24).view(2, 3, 4)
    cases = [build("GPT-2"), (perturb(CompiledChild()), x), (perturb(HoldsBranches()), x), model_and_input()]
    for model, _ in cases:
        model.register_forward_hook(lambda module, args, output: None)
    return cases


def test_what_packages_do_to_each_other_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(*model_and_input())
    monkeypatch.setattr(nn.Module, "smart_apply", functools.wraps, raising=False)
    monkeypatch.setattr(nn.Module, "__setstate__", torch.compile)
    assert before.differences(fingerprint(*model_and_input())) == []


def test_equal_in_another_process(tmp_path: Path) -> None:
    """This one has exported models of each kind before, which has left its marks in torch's own classes."""
    for name in ("torch.cond", "GPT-2"):
        export_model(*build(name), tmp_path / "m.onnx", verify=False)
    here = importlib.import_module("tests.unit.engine.test_fingerprint")  # pytest calls it otherwise
    script = f"""
import json, sys
sys.path[:] = {sys.path!r}
from {here.__name__} import awkward_models, fingerprint
print(json.dumps([fingerprint(*case).to_json() for case in awkward_models()]))
"""
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment)
    assert run.returncode == 0, run.stderr
    theirs = [Fingerprint.from_json(data) for data in json.loads(run.stdout.splitlines()[-1])]
    ours = [here.fingerprint(*case) for case in here.awkward_models()]
    assert [one.differences(other) for one, other in zip(ours, theirs, strict=True)] == [[]] * 4
