"""A region under a switch of torch's (autocast, gradients) hides no module call: it is attributed as without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
import torch
from torch import nn
from torch._higher_order_ops import wrap

from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.report import ExportReport

from .zoo import perturb

TANH = next(number for number, line in enumerate(Path(__file__).read_text().splitlines(), 1) if "torch.tanh(" in line)
Region = Callable[[], AbstractContextManager[None]]


def bfloat16() -> AbstractContextManager[None]:
    return torch.autocast("cpu", torch.bfloat16)


def float32() -> AbstractContextManager[None]:
    return torch.autocast("cpu", enabled=False)


class Layer(nn.Module):
    def __init__(self, inner: Region = nullcontext) -> None:
        super().__init__()
        self.up, self.act, self.down, self.norm = nn.Linear(8, 16), nn.GELU(), nn.Linear(16, 8), nn.LayerNorm(8)
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.act(self.up(x))
        with self.inner():
            y = torch.tanh(self.down(y.float()))
        return self.norm(x + y)


class Net(nn.Module):
    """A layer outside the region, and inside it one that is called twice and one with a region of its own."""

    def __init__(self, outer: Region, inner: Region = nullcontext) -> None:
        super().__init__()
        self.first, self.twice, self.nested, self.head = Layer(), Layer(), Layer(inner), nn.Linear(8, 4)
        self.outer = outer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        with self.outer():
            x = self.twice(self.twice(x) * 2)
            x = self.nested(x)
        return self.head(x.float())


def scopes(report: ExportReport) -> list[tuple[str, str]]:
    """What is no matter of precision."""
    return [(node.op, node.scope) for node in report.nodes() if node.op != "Cast"]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    model = perturb(Net(nullcontext))
    return scopes(export_model(model, torch.ones(2, 8), tmp_path_factory.mktemp("plain") / "m.onnx", strategy="fx"))


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        (bfloat16, nullcontext),
        (bfloat16, float32),
        (float32, bfloat16),
        (nullcontext, bfloat16),
        (torch.enable_grad, nullcontext),
        (torch.enable_grad, torch.no_grad),
        (bfloat16, torch.enable_grad),
    ],
)
def test_a_region_hides_no_call(tmp_path: Path, plain: list[tuple[str, str]], outer: Region, inner: Region) -> None:
    report = export_model(perturb(Net(outer, inner)), torch.ones(2, 8), tmp_path / "m.onnx", capture="torch.onnx")
    assert report.strategy == "fx" and scopes(report) == plain
    assert {node.evidence for node in report.nodes()} <= {"trace", "rewrite"}
    assert all(
        node.source and node.source.startswith("test_regions.py") for node in report.nodes() if node.op == "Tanh"
    )
    assert report.parity is not None and report.parity.ok


def test_casts_belong_to_the_call_that_needs_them(tmp_path: Path) -> None:
    report = export_model(perturb(Net(bfloat16)), torch.ones(2, 8), tmp_path / "m.onnx", verify="off")
    casts = [node.scope for node in report.nodes() if node.op == "Cast"]
    assert casts == ["twice.up", "twice", "twice.up#1", "twice#1", "nested.up", "nested"]


def test_autocast_around_the_export(tmp_path: Path, plain: list[tuple[str, str]]) -> None:
    with bfloat16():
        report = export_model(perturb(Net(nullcontext)), torch.ones(2, 8), tmp_path / "m.onnx")
    assert scopes(report) == plain and report.parity is not None and report.parity.ok


def test_torch_is_as_before(tmp_path: Path) -> None:
    operators = (wrap.WrapWithAutocast, wrap.WrapWithSetGradEnabled)
    before = [vars(operator)["__call__"] for operator in operators]
    export_model(perturb(Net(bfloat16)), torch.ones(2, 8), tmp_path / "m.onnx", verify="off")
    assert [vars(operator)["__call__"] for operator in operators] == before
