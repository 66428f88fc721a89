"""Parameters are found again after everything that exporters do to them, and strangers are not."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
import torch
from torch import nn

from modelexport_nb.engine.owners import Owners


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 4), nn.Conv2d(3, 5, 3), nn.GRU(4, 3), nn.Linear(4, 4, bias=False))


def found(model: nn.Module, array: np.ndarray | torch.Tensor) -> list[str]:
    value = ir.Value(name="anything", const_value=ir.tensor(array))
    return [parameter.path for parameter in Owners(model).of(value)]


def array_of(model: nn.Module, path: str) -> np.ndarray:
    return model.get_parameter(path).detach().numpy().copy()


def test_as_it_is(model: nn.Module) -> None:
    assert found(model, array_of(model, "0.weight")) == ["0.weight"]
    assert found(model, array_of(model, "0.bias")) == ["0.bias"]


def test_transposed(model: nn.Module) -> None:
    assert found(model, array_of(model, "0.weight").T.copy()) == ["0.weight"]
    assert found(model, array_of(model, "3.weight").T.copy()) == ["3.weight"], "a square one too"


def test_reshaped(model: nn.Module) -> None:
    assert found(model, array_of(model, "1.weight").reshape(5, -1)) == ["1.weight"]


def test_reordered_gates(model: nn.Module) -> None:
    weight = array_of(model, "2.weight_ih_l0").reshape(3, 3, 4)[[1, 0, 2]].reshape(1, 9, 4)
    assert found(model, weight) == ["2.weight_ih_l0"]


@pytest.mark.parametrize("axis", [0, 1])
def test_rescaled_along_an_axis(model: nn.Module, axis: int) -> None:
    weight = array_of(model, "1.weight")
    shape = [1] * weight.ndim
    shape[axis] = weight.shape[axis]
    scale = np.linspace(0.5, 2, weight.shape[axis], dtype=np.float32).reshape(shape)
    assert found(model, weight * scale) == ["1.weight"]


def test_strangers(model: nn.Module) -> None:
    generator = np.random.default_rng(0)
    for shape in [(4, 6), (5, 3, 3, 3), (4,), (9, 4)]:
        assert found(model, generator.normal(size=shape).astype(np.float32)) == []
    assert found(model, np.zeros((4, 6), np.float32)) == []
    assert found(model, np.array([4, 6], np.int64)) == []


def test_tied_weights_have_all_their_owners() -> None:
    a, b = nn.Linear(4, 4), nn.Linear(4, 4)
    b.weight = a.weight
    assert found(nn.Sequential(a, b), array_of(a, "weight")) == ["0.weight", "1.weight"]


def test_equal_parameters_are_all_named() -> None:
    """Fresh norms are equal; exporters keep one."""
    assert found(nn.Sequential(nn.LayerNorm(4), nn.LayerNorm(4)), np.ones(4, np.float32)) == [
        "0.weight",
        "1.weight",
    ]


def test_bfloat16() -> None:
    model = nn.Linear(6, 4, dtype=torch.bfloat16)
    same = model.weight.detach().float().numpy()
    assert found(model, same) == ["weight"]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(model: nn.Module, dtype: torch.dtype) -> None:
    """Transposed weights of a model in half precision, and those of one in float32 that was cast (autocast)."""
    weight = model.get_parameter("0.weight").detach().to(dtype)
    assert found(model, weight.T.contiguous()) == ["0.weight"]
    model.to(dtype)
    assert found(model, weight.T.contiguous()) == ["0.weight"]
    assert found(model, torch.randn_like(weight)) == []
