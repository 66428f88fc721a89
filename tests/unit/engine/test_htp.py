"""The second witness: values found again. It must agree with what the capture recorded, without having seen it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.judge import take_measures
from modelexport_nb.engine.samples import SampleIndex, sample_array, sample_tensor
from modelexport_nb.engine.strategies.fx import FxStrategy
from modelexport_nb.engine.strategies.htp import HtpStrategy

from .subjects import subject_of
from .wider import WIDER
from .zoo import ZOO, Case, build

ALL: dict[str, Callable[[], Case]] = ZOO | WIDER
# Where the eager run and the capture take different ways through the model, values cannot say more than the region.
AGREE = {"torch.cond": 0.75, "Mixtral": 0.94, "MobileNetV2": 0.65}


@pytest.mark.parametrize("name", ALL)
def test_two_witnesses(name: str) -> None:
    subject = subject_of(build(name, ALL), values=True)
    fx = FxStrategy().attribute(subject)
    htp = HtpStrategy().attribute(replace(subject, captured=None))
    nodes = all_nodes(subject.graph)
    for found, bent in ((fx, 0.0), (htp, 0.03)):
        measures = take_measures(nodes, found, subject.parameters, subject.eager)
        assert measures.covered == measures.nodes
        assert measures.root_share < 0.005
        assert measures.owned == measures.owning
        assert len(measures.non_convex) <= bent * measures.regions
    same = sum(fx.calls[a.call].key == htp.calls[b.call].key for a, b in zip(fx.scopes, htp.scopes, strict=True))
    assert same >= AGREE.get(name, 0.97) * len(nodes)


def test_what_the_optimiser_merged_is_named_by_both() -> None:
    subject = subject_of(build("Conv and BatchNorm"), values=True)
    htp = HtpStrategy().attribute(replace(subject, captured=None))
    assert [[htp.calls[i].key for i in (s.call, *s.also)] for s in htp.scopes] == [
        ["conv", "norm"],
        [""],
        ["conv2", "norm2"],
    ]


def test_export_with_htp(tmp_path: Path) -> None:
    report = export_model(*build("called twice"), tmp_path / "m.onnx", strategy="htp")
    assert report.strategy == "htp"
    assert [r.scope for r in report.nodes() if r.op == "LayerNormalization"] == [
        "first.norm",
        "between.norm",
        "first.norm#1",
    ]
    tags = [{p.key: p.value for p in node.metadata_props} for node in onnx.load(report.path).graph.node]
    assert {tag["modelexport.evidence"] for tag in tags} <= {"value", "parameter", "dataflow"}


class Positions(nn.Module):
    """Adds a whole table: the lookup is folded away, its call makes no node."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(4, 8)
        self.linear = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x + self.table(torch.arange(4)))


@pytest.mark.parametrize("strategy", ["fx", "htp"])
def test_a_folded_lookup_is_named_by_what_reads_the_table(tmp_path: Path, strategy: str) -> None:
    torch.manual_seed(0)
    report = export_model(Positions().eval(), torch.randn(2, 4, 8), tmp_path / "m.onnx", strategy=strategy)
    assert next((r.scope, r.also) for r in report.nodes() if r.op == "Add") == ("", ("table",))
    row = report.row("table")
    assert row.total == 0 and row.reason == "folded into the root"
    assert report.measures.owned == report.measures.owning


class Copies(nn.Module):
    """Copies what it is given, as many models do that change it later; exporters leave the copy out."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x.clone())


@pytest.mark.parametrize("strategy", ["fx", "htp"])
def test_a_copied_input_is_nobodys_work(tmp_path: Path, strategy: str) -> None:
    report = export_model(Copies().eval(), torch.randn(2, 4), tmp_path / "m.onnx", strategy=strategy)
    assert [(row.op, row.scope, row.also) for row in report.nodes()] == [("Gemm", "linear", ())]


class Odd(nn.Module):
    """Values that are hard to compare: NaN, infinities, integers, an alias, an empty tensor, in place, None."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        h = self.act(self.linear(x))
        return h, h.argmax(-1), h > 0, (x - x) / (x - x), x[:0], None, h / 0


def test_values_that_are_hard_to_compare(tmp_path: Path) -> None:
    torch.manual_seed(0)
    report = export_model(Odd(), torch.randn(3, 4), tmp_path / "m.onnx", strategy="htp", verify="modules")
    assert report.parity is not None and all(output.ok for output in report.parity.outputs)
    assert "no finite number" in report.parity.text, "two outputs are nothing but NaN and infinities"
    assert {r.scope for r in report.nodes() if r.op in ("Gemm", "MatMul")} == {"linear"}
    assert {r.scope for r in report.nodes() if r.op == "Relu"} == {"act"}


def test_samples() -> None:
    generator = np.random.default_rng(0)
    index = SampleIndex()
    arrays = [generator.normal(size=(40, 50)).astype(np.float32) for _ in range(50)]
    for label, array in enumerate(arrays):
        index.add(label, sample_array(array))
    assert index.find(sample_array(arrays[7] * (1 + 1e-5))) == [7]
    assert index.find(sample_tensor(torch.from_numpy(arrays[7]).T.contiguous().T)) == [7], "strides do not matter"
    assert index.find(sample_array(arrays[7] * 1.1)) == []
    assert index.find(sample_array(arrays[7].reshape(50, 40))) == [], "another shape is another value"
    assert index.find(sample_array(np.full((40, 50), np.nan, np.float32))) == []
    assert sample_array(np.ones((3, 3))).plain and not sample_array(arrays[0]).plain


STRANGE: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "complex": lambda x: x.to(torch.complex64),
    "sparse": torch.Tensor.to_sparse,
    "nested": lambda x: torch.nested.nested_tensor([x, x[:1]]),
    "quantized": lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.quint8),
    "only stored": lambda x: torch.empty(x.shape, dtype=torch.float4_e2m1fn_x2),
    "no memory": lambda x: x.to("meta"),
}


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors", "ignore:torch.quantize_per_tensor")
@pytest.mark.parametrize("make", STRANGE.values(), ids=STRANGE)
def test_what_has_no_numbers_to_compare_has_no_sample(make: Callable[[torch.Tensor], torch.Tensor]) -> None:
    class Makes(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.made = make(x)
            return x * 2

    trace = run_eagerly(Makes(), (torch.randn(2, 3),), {}, values=True).values
    assert trace is not None and trace.samples[trace.outputs[0][0]] is not None
    assert sample_tensor(make(torch.randn(2, 3))) is None
