"""Parity tells equal from different, for every kind of output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from modelexport_nb import text, validate
from modelexport_nb.engine.errors import CheckError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.module_parity import Verdict
from modelexport_nb.engine.parity import compare_outputs, format_error


class Outputs(nn.Module):
    """Nested outputs of every kind: floats, integers, booleans, infinities, NaN, an empty tensor, an alias, None."""

    def forward(self, x: torch.Tensor) -> Any:
        big = x.argmax(-1)
        holes = torch.cat([x, x / 0, (x - x) / 0])
        return {"f": x * 2, "i": (big, x > 0), "n": [holes], "e": x[:0], "none": None}


def test_every_kind_of_output(tmp_path: Path) -> None:
    report = export_model(Outputs(), torch.randn(2, 4), tmp_path / "m.onnx")
    assert report.parity is not None
    assert report.parity.problem is None
    assert len(report.parity.outputs) == 5
    assert report.parity.ok, report.parity
    broken = next(output for output in report.parity.outputs if output.not_finite)
    assert (broken.not_finite, broken.size) == (16, 24) and not broken.proves_nothing
    assert f"; not finite in PyTorch: 16 of 24 numbers of {broken.name}" in report.parity.text


@pytest.fixture
def linear(tmp_path: Path) -> tuple[nn.Module, torch.Tensor, Path]:
    torch.manual_seed(0)
    model, x = nn.Linear(4, 3), torch.randn(2, 4)
    return model, x, export_model(model, x, tmp_path / "m.onnx").path


def test_a_damaged_weight_is_found(linear: Any) -> None:
    model, x, path = linear
    proto = onnx.load(path)
    weight = next(i for i in proto.graph.initializer if "weight" in i.name or len(i.dims) == 2)
    array = onnx.numpy_helper.to_array(weight).copy()
    array[0, 0] += 0.5
    weight.CopyFrom(onnx.numpy_helper.from_array(array, weight.name))
    onnx.save(proto, path)
    name = proto.graph.input[0].name
    found = compare_outputs(path, {name: x}, [model(x)])
    assert not found.ok
    assert found.max_abs == pytest.approx(0.5 * float(x[:, 0].abs().max()), rel=1e-4)
    assert found.text.startswith("max |Δ| ")


def test_nothing_to_compare_is_said(linear: Any) -> None:
    model, x, path = linear
    name = onnx.load(path).graph.input[0].name
    assert compare_outputs(path, {}, [model(x)]).problem == f"not comparable: no tensor for graph input {name}"
    assert "PyTorch returns 2 tensors, the graph 1" in compare_outputs(path, {name: x}, [model(x), x]).text
    wrong = compare_outputs(path, {name: x}, [model(x)[:, :2]])
    assert not wrong.ok and wrong.max_abs == np.inf


def test_nan_where_a_number_should_be(linear: Any) -> None:
    model, x, path = linear
    name = onnx.load(path).graph.input[0].name
    want = model(x).detach().clone()
    want[0, 0] = float("nan")
    assert not compare_outputs(path, {name: x}, [want]).ok


class Broken(nn.Module):
    """One output is as it should be, the other holds no number."""

    def __init__(self) -> None:
        super().__init__()
        self.good, self.bad = nn.Linear(4, 3), nn.Linear(4, 3)
        nn.init.constant_(self.bad.weight, torch.nan)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.good(x), self.bad(x)


def test_no_finite_number_is_no_agreement(tmp_path: Path) -> None:
    x, model = torch.randn(2, 4), Broken().eval()
    report = export_model(model, x, tmp_path / "m.onnx", verify="modules")
    parity = report.parity
    assert parity is not None and not parity.ok and not parity.differs
    bad = parity.outputs[1].name
    problem = f'not comparable: output "{bad}" holds no finite number, in PyTorch and in the file'
    assert parity.problem == parity.text == problem
    assert f'Output "{bad}" holds no finite number: agreement there proves nothing.' in report.notes
    assert text.parity(report) == f"Not verified against PyTorch: {problem}"
    assert parity.modules is not None
    verdicts = {call.key: call.verdict for call in parity.modules.calls}
    assert verdicts["good"] is Verdict.EQUAL and verdicts["bad"] is Verdict.NOT_FINITE
    found = validate(report.path, model, x, verify="modules")
    assert not found.ok and found.check("numbers").text == problem
    assert "1 not finite" in found.check("module calls").text


def test_a_difference_is_told_beside_an_output_without_numbers(tmp_path: Path) -> None:
    x, model = torch.randn(2, 4), Broken().eval()
    path = export_model(model, x, tmp_path / "m.onnx").path
    good, bad = model(x)
    found = compare_outputs(path, {onnx.load(path).graph.input[0].name: x}, [good + 1, bad])
    assert found.problem is None and found.differs


def test_a_file_that_does_not_load(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"no model")
    with pytest.raises(CheckError, match="does not load"):
        compare_outputs(tmp_path / "m.onnx", {}, [])


def test_bfloat16(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU()).to(torch.bfloat16)
    report = export_model(model, torch.randn(2, 4, dtype=torch.bfloat16), tmp_path / "m.onnx", verify="off")
    assert report.parity is None
    assert report.measures.disowned == ()


def test_errors_are_short() -> None:
    assert [format_error(value) for value in (0.0, 1.23e-6, 0.024)] == ["0", "1.2e-06", "2.4e-02"]
