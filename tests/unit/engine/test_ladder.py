"""Captures are tried in order, each by itself; what failed is told, and what cannot help is not tried."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx_ir as ir
import pytest
import torch
from torch import nn

from modelexport_nb import text
from modelexport_nb.cli_actions import _facts
from modelexport_nb.engine.capture import Attempt, Request, capture, ladder
from modelexport_nb.engine.capture.number_reads import number_read
from modelexport_nb.engine.capture.one_export import FollowError, one_export
from modelexport_nb.engine.capture.repaired import _ReshapeForView
from modelexport_nb.engine.capture.torch_export import TorchOnnx
from modelexport_nb.engine.errors import AttributionError, CaptureError, CheckError
from modelexport_nb.engine.export import export_model

from .zoo import Block, build, perturb, transformers_model

X = torch.linspace(-1, 1, 40).view(2, 5, 4)


class Fails:
    """A capture that fails as it is told, and remembers that it was asked."""

    keeps_record = True

    def __init__(self, name: str, error: Exception | None = None) -> None:
        self.name, self.error, self.asked = name, error, 0

    def accepts(self, request: Request) -> bool:
        return True

    def export(self, request: Request) -> ir.Model:
        self.asked += 1
        assert self.error is not None
        raise self.error


class Bends(TorchOnnx):
    """A capture whose graph computes something else."""

    name = "bends"

    def __init__(self, by: float = 1.0) -> None:
        self.by = by

    def export(self, request: Request) -> ir.Model:
        model = super().export(request)
        for value in model.graph.initializers.values():
            if value.const_value is not None:
                value.const_value = ir.Tensor(value.const_value.numpy() + self.by, name=value.name)
        return model


@pytest.fixture
def captures(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    def use(*ways: Any) -> None:
        monkeypatch.setattr(ladder, "_CAPTURES", ways)

    yield use


def test_the_next_one_is_tried_and_the_failure_kept(captures: Any, tmp_path: Path) -> None:
    first = Fails("first", RuntimeError("no such luck"))
    captures(first, TorchOnnx())
    report = export_model(perturb(Block()), X, tmp_path / "m.onnx")
    assert report.capture == "torch.onnx" and report.strategy == "fx" and first.asked == 1
    failed, taken = report.attempts
    assert (failed.name, failed.ok) == ("first", False) and "RuntimeError: no such luck" in failed.why
    assert taken == Attempt("torch.onnx", True)
    shown = text.render(report)
    assert "capture first: The model cannot be captured" in shown and "capture torch.onnx: taken" in shown
    assert [one["name"] for one in _facts(report)["attempts"]] == ["first", "torch.onnx"]


def test_one_attempt_is_not_worth_a_word(tmp_path: Path) -> None:
    report = export_model(perturb(Block()), X, tmp_path / "m.onnx")
    assert report.attempts == (Attempt("torch.onnx", True),)
    assert "capture" not in text.render(report)


def test_a_file_that_differs_is_not_the_last_word(captures: Any, tmp_path: Path) -> None:
    captures(Bends(), TorchOnnx())
    begun: list[tuple[str, int]] = []
    report = export_model(
        perturb(Block()), X, tmp_path / "m.onnx", progress=lambda stage, index, total: begun.append((stage, index))
    )
    assert report.parity is not None and report.parity.ok and report.capture == "torch.onnx"
    assert [one.ok for one in report.attempts] == [False, True]
    assert "does not agree with PyTorch: max |Δ|" in report.attempts[0].why
    assert [file.name for file in tmp_path.iterdir()] == ["m.onnx"]
    assert {index for _, index in begun} == set(range(6)) and len(begun) == 11


def test_where_none_agrees_the_first_is_kept_and_told(captures: Any, tmp_path: Path) -> None:
    captures(Bends(0.5), Bends(2.0), Fails("last", RuntimeError("no")))
    model = perturb(Block())
    report = export_model(model, X, tmp_path / "m.onnx")
    assert report.parity is not None and report.parity.differs
    assert [one.ok for one in report.attempts] == [False] * 3
    alone = export_model(model, X, tmp_path / "alone.onnx", capture="bends")
    assert alone.parity is not None and alone.parity.max_abs == report.parity.max_abs


def test_an_interrupt_while_the_next_is_tried_leaves_the_old_file(captures: Any, tmp_path: Path) -> None:
    class Interrupts(Fails):
        def export(self, request: Request) -> ir.Model:
            raise KeyboardInterrupt

    captures(Bends(), Interrupts("second"))
    (tmp_path / "m.onnx").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        export_model(perturb(Block()), X, tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_a_name_is_tried_alone(captures: Any, tmp_path: Path) -> None:
    second = Fails("second")
    captures(Fails("first", RuntimeError("no")), second)
    with pytest.raises(CaptureError, match="RuntimeError: no") as caught:
        export_model(Block(), X, tmp_path / "m.onnx", capture="first")
    assert second.asked == 0 and "Tried" not in str(caught.value)


def test_when_all_fail_the_first_cause_is_told_with_all_names(captures: Any, tmp_path: Path) -> None:
    captures(Fails("first", RuntimeError("one")), Fails("second", RuntimeError("two")))
    with pytest.raises(CaptureError, match=r"RuntimeError: one\..* Tried: first, second\.") as caught:
        export_model(Block(), X, tmp_path / "m.onnx")
    assert [one.name for one in caught.value.attempts] == ["first", "second"]
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_a_strategy_that_needs_a_record_does_not_hide_the_cause(tmp_path: Path) -> None:
    """The captures without a record can, but fx can say nothing of theirs."""

    class UsesNumPy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.from_numpy(x.numpy() * 2)

    with pytest.raises(CaptureError, match="tensor subclasses"):
        export_model(UsesNumPy(), X, tmp_path / "m.onnx", strategy="fx")
    with pytest.raises(AttributionError, match="fx needs"):
        export_model(UsesNumPy(), X, tmp_path / "m.onnx", strategy="fx", capture="strict")


def test_a_graph_with_other_outputs_than_the_model(captures: Any, tmp_path: Path) -> None:
    class Adds(TorchOnnx):
        name = "adds"

        def export(self, request: Request) -> ir.Model:
            model = super().export(request)
            model.graph.outputs.append(next(iter(model.graph)).outputs[0])
            return model

    captures(Adds(), TorchOnnx())
    report = export_model(perturb(Block()), X, tmp_path / "m.onnx")
    assert report.capture == "torch.onnx" and "PyTorch returns 1 tensors, the graph 2" in report.attempts[0].why


def test_a_cache_that_the_inputs_turn_off(tmp_path: Path) -> None:
    """transformers' exporter sets the flag in the config of the whole; its parts hold configs of their own."""
    sizes = {"vocab_size": 100, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    model = perturb(transformers_model("T5Model", "T5Config", **sizes))
    ids = torch.arange(10).view(2, 5)
    inputs = {"input_ids": ids, "decoder_input_ids": ids[:, :4], "use_cache": False}
    report = export_model(model, inputs, tmp_path / "m.onnx")
    assert report.parity is not None and report.parity.ok and report.capture == "OnnxExporter"
    assert model.config.use_cache and model.decoder.config.use_cache and not model.encoder.config.use_cache


# ---- one torch.export at a time ----


class Specialises(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.randn(5, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.place


@pytest.mark.parametrize("shapes", [({1: torch.export.Dim("seq")},), ({1: torch.export.Dim.DYNAMIC},), ({1: "seq"},)])
def test_an_axis_that_the_model_fixes_is_told_with_the_line(shapes: Any, tmp_path: Path) -> None:
    """torch would fix it without a word, and write a file that takes one size."""
    handlers = list(logging.getLogger("torch.__trace").handlers)
    environment = dict(os.environ)
    with pytest.raises(CaptureError) as caught:
        export_model(nn.Sequential(Specialises()), X, tmp_path / "m.onnx", dynamic=shapes)
    message = str(caught.value)
    assert "The model fixes axis 1 (5) of input" in message and "`return x + self.place`" in message
    assert "test_ladder.py:" in message and "5" in message and "Tried" not in message and "\n" not in message
    assert logging.getLogger("torch.__trace").handlers == handlers and dict(os.environ) == environment


def test_one_export_is_made_and_its_own_error_raised() -> None:
    original = torch.export.export

    class Bad(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.sum() > 0:
                raise ValueError("positive")
            return x

    with pytest.raises(FollowError) as caught, one_export():
        torch.onnx.export(Bad(), (X,), dynamo=True, verbose=False)
    assert "data-dependent" in str(caught.value)
    assert torch.export.export is original


# ---- what a trace may fix ----


class Reads(nn.Module):
    def __init__(self, read: Any) -> None:
        super().__init__()
        self.read = read
        self.register_buffer("steps", torch.tensor([2.0, 3.0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * float(self.read(self, x))


@pytest.mark.parametrize(
    "read",
    [
        lambda m, x: bool(x.sum() > 0),
        lambda m, x: x.max().item(),
        lambda m, x: len(x.tolist()),
        lambda m, x: x.numpy().sum(),
        lambda m, x: torch.equal(x, x + 1),
        lambda m, x: int((x.new_zeros(3).copy_(x.flatten()[:3])).sum()),
        lambda m, x: float(torch.where(m.steps > 2, x[0, 0, :2], m.steps)[0]),
    ],
)
def test_numbers_of_inputs(read: Any) -> None:
    place = number_read(Request(Reads(read), (X,), {}))
    assert place is not None and "test_ladder.py:" in place and "`lambda m, x:" in place


@pytest.mark.parametrize(
    "read",
    [
        lambda m, x: x.shape[0] + x.size(1) + x.dim() + x.numel() + len(x),
        lambda m, x: x.is_floating_point() and x.dtype == torch.float32 and x.device.type == "cpu",
        lambda m, x: m.steps.sum().item(),
        lambda m, x: torch.ones(x.shape).sum().item(),
        lambda m, x: torch.zeros_like(x, device="cpu").shape[0],
    ],
)
def test_what_is_the_same_in_every_run(read: Any) -> None:
    model = Reads(read)
    assert number_read(Request(model, (X,), {})) is None
    assert torch.equal(model.steps, torch.tensor([2.0, 3.0]))


def test_torchscript_is_not_asked_what_it_would_fix(captures: Any, tmp_path: Path) -> None:
    captures(Fails("first", RuntimeError("no")), ladder._TRACED)
    with pytest.raises(CaptureError) as caught:
        export_model(Reads(lambda m, x: x.max().item()), X, tmp_path / "m.onnx")
    why = caught.value.attempts[1].why
    assert why.startswith("The model reads numbers of its inputs at test_ladder.py") and "a trace would fix" in why


def test_reshape_where_the_layout_forbids_a_view() -> None:
    turned = torch.arange(6).view(2, 3).t()
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        turned.view(6)
    with _ReshapeForView():
        assert turned.view(6).tolist() == turned.view(size=(6,)).tolist() == [0, 3, 1, 4, 2, 5]
        assert torch.ones(2).view(torch.int32).dtype is torch.int32


class Asserts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch._check_tensor_all(x < 100, lambda: "too large")
        return self.linear(x)


def test_assertions_about_numbers_are_left_out(tmp_path: Path) -> None:
    assertion = torch._check_tensor_all_with
    report = export_model(perturb(Asserts()), X, tmp_path / "m.onnx")
    assert report.capture == "repaired" and report.strategy == "fx" and report.measures.disowned == ()
    assert "no translation of" in report.attempts[0].why and "torch._check_tensor_all(" in report.attempts[0].why
    assert torch._check_tensor_all_with is assertion
    with pytest.raises(RuntimeError, match="too large"):
        Asserts()(X + 1000)


def test_the_repaired_capture_keeps_the_record() -> None:
    model, inputs = build("Sequential")
    found = capture(Request(model, (inputs,), {}), "repaired")
    assert found.record is not None and len(found.calls) > 1


def test_a_check_error_is_one_of_the_attempts(captures: Any, tmp_path: Path) -> None:
    class Invalid(TorchOnnx):
        name = "invalid"

        def export(self, request: Request) -> ir.Model:
            model = super().export(request)
            next(iter(model.graph)).op_type = "NoSuchOperator"
            return model

    captures(Invalid(), TorchOnnx())
    assert export_model(perturb(Block()), X, tmp_path / "m.onnx").attempts[0].name == "invalid"
    with pytest.raises(CheckError):
        export_model(perturb(Block()), X, tmp_path / "m.onnx", capture="invalid")
