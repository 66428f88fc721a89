"""Graphs that run in segments: the same values as in one run, and no more alive than the limit lets through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from modelexport_nb.engine import intermediates
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.intermediates import run_with_intermediates
from modelexport_nb.engine.parity import compare_outputs
from modelexport_nb.engine.segments import Segment, plan_segments
from modelexport_nb.engine.value_sizes import stated_sizes

from .wider import WIDER
from .zoo import ZOO, Case, build

KIB = 1024
X = np.random.default_rng(0).normal(size=(16, 16)).astype(np.float32)  # 1 KiB, as every value of these graphs


def text(body: str) -> onnx.ModelProto:
    return onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["": 18]> {body}')


CHAIN = """g (float[16,16] x) => (float[16,16] y, float[16,16] early) {
    early = Tanh(x)
    b = Exp(early)  c = Sin(b)  d = Cos(c)  e = Tanh(d)
    skip = Add(e, early)
    f = Sin(skip)  h = Cos(f)
    y = Add(h, x)
}"""

BRANCH = """g (float[16,16] x) => (float[16,16] y) <float[16,16] w = {0}, bool yes = {1}> {
    a = Tanh(x)  b = Sin(a)  c = Cos(b)  d = Exp(c)
    e = If (yes) <
        then_branch = one () => (float[16,16] r) { s = Add(a, d)  r = Sub(s, x) },
        else_branch = two () => (float[16,16] t) { t = Sin(b) }
    >
    f = Tanh(e)  y = Cos(f)
}"""

LOOP = """g (float[16,16] x) => (float[16,16] y) <int64 times = {3}, bool yes = {1}> {
    a = Tanh(x)  b = Sin(a)  c = Cos(b)  d = Exp(c)
    e = Loop (times, yes, d) <
        body = round (int64 i, bool on, float[16,16] v) => (bool more, float[16,16] u) {
            more = Identity(on)  s = Mul(v, a)  u = Tanh(s)
        }
    >
    f = Tanh(e)  y = Cos(f)
}"""

SCAN = """g (float[16,16] x) => (float[16,16] y) {
    a = Tanh(x)  b = Sin(a)  c = Cos(b)  d = Exp(c)  zero = ReduceSum <keepdims = 0> (x)
    last, e = Scan <num_scan_inputs = 1, body = step (float v, float[16] row) => (float n, float[16] o) {
        o = Add(row, v)  n = ReduceMax <keepdims = 0> (a)
    }> (zero, d)
    f = Tanh(e)  y = Cos(f)
}"""

SEQUENCE = """g (float[16,16] x) => (float[16,16] y) {
    a = Tanh(x)  b = Sin(a)  c = Cos(b)
    row = SequenceConstruct(a, b)
    d = Exp(c)  e = Tanh(d)
    more = SequenceInsert(row, e)
    f = Sin(e)  h = ConcatFromSequence <axis = 0> (more)
    i = ReduceMax <keepdims = 0> (h)
    y = Add(f, i)
}"""

GRAPHS = {"chain with a skip": CHAIN, "If": BRANCH, "Loop": LOOP, "Scan": SCAN, "sequence": SEQUENCE}


def saved(name: str, folder: Path) -> Path:
    proto = text(GRAPHS[name])
    for weight in proto.graph.initializer:
        if weight.name == "w":
            weight.CopyFrom(onnx.numpy_helper.from_array(X + 1, "w"))
    onnx.save(onnx.shape_inference.infer_shapes(proto, data_prop=True), folder / "m.onnx")
    return folder / "m.onnx"


def cuts(path: Path, limit: int) -> list[Segment]:
    proto = onnx.load(path)
    return plan_segments(proto, stated_sizes(proto), limit)


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("limit", [1, 3 * KIB, 4 * KIB])
def test_segments_give_what_one_run_gives(tmp_path: Path, name: str, limit: int) -> None:
    path = saved(name, tmp_path)
    proto = onnx.load(path)
    names = [value for node in proto.graph.node for value in node.output]
    feed = {"x": torch.from_numpy(X)}
    whole = {name: array.copy() for name, array in run_with_intermediates(path, feed, names)}
    pieces = {name: array.copy() for name, array in run_with_intermediates(path, feed, names, limit)}
    assert list(pieces) == list(whole) and len(whole) >= 7
    for value, array in whole.items():
        np.testing.assert_array_equal(pieces[value], array)
    assert len(cuts(path, 2**20)) == 1
    assert (len(cuts(path, limit)) > 1) == (limit > 1), "or nothing was cut"


def test_a_sequence_is_not_handed_on(tmp_path: Path) -> None:
    for segment in cuts(saved("sequence", tmp_path), 4 * KIB):
        assert not {"row", "more"} & {*segment.takes, *segment.hands_on}


def test_what_only_a_body_reads_is_handed_on(tmp_path: Path) -> None:
    proto = onnx.load(saved("If", tmp_path))
    taking = [segment for segment in cuts(tmp_path / "m.onnx", 4 * KIB) if "a" in segment.takes]
    assert any("a" not in {*node.input} for segment in taking for node in proto.graph.node[segment.first : segment.end])
    assert taking[-1].first > 1


def test_a_segment_takes_and_makes_no_more_than_the_limit(tmp_path: Path) -> None:
    path = saved("chain with a skip", tmp_path)
    sizes = stated_sizes(onnx.load(path))
    nodes = onnx.load(path).graph.node
    for limit in (4 * KIB, 6 * KIB):
        segments = cuts(path, limit)
        assert len(segments) > 1
        for segment in segments:
            names = [*segment.takes, *(name for node in nodes[segment.first : segment.end] for name in node.output)]
            assert sum(sizes[name] for name in names) <= limit


def test_the_graph_is_cut_where_little_is_alive(tmp_path: Path) -> None:
    """Wide values between narrow ones: no cut falls between them, however far beyond the limit they go."""
    proto = text("""g (float[1,16] x) => (float[1,16] y) {
        a = Tanh(x)  b = Sin(a)
        c = Concat <axis = 0> (b, a, b, a, b, a, b, a, b, a, b, a, b, a, b, a)
        d = Tanh(c)  e = Sin(d)  f = Add(e, c)  h = ReduceMax <keepdims = 1> (f)
        i = Add(b, h)  j = Tanh(i)  y = Cos(j)
    }""")
    proto = onnx.shape_inference.infer_shapes(proto)
    sizes = stated_sizes(proto)
    assert sizes["b"] == 64 and sizes["c"] == sizes["f"] == KIB
    segments = plan_segments(proto, sizes, 256)
    wide = [
        segment
        for segment in segments
        if any("d" in node.output for node in proto.graph.node[segment.first : segment.end])
    ]
    assert len(segments) > 1 and len(wide) == 1
    held = [sizes[name] for segment in segments for name in segment.takes]
    assert max(held) == 64


class InPlace(nn.Module):
    """Changes in place what a child returned, uses it much later again, and returns several tensors."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(16, 16), nn.Linear(16, 16)
        self.middle = nn.Sequential(*(nn.Sequential(nn.Linear(16, 16), nn.Tanh()) for _ in range(3)))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        start = self.first(x)
        start.mul_(2.0)
        return self.last(self.middle(start) + start), start


CASES: dict[str, Callable[[], Case]] = ZOO | WIDER | {"in place": lambda: (InPlace(), torch.from_numpy(X))}


@pytest.mark.parametrize("name", ["in place", "ResNet", "GPT-2", "GRU", "torch.cond"])
def test_the_verdicts_are_those_of_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Every number of the parity, of the outputs and of every call."""
    model, inputs = build(name, CASES)
    counted: list[int] = []

    def count(*arguments: Any) -> list[Segment]:
        counted.append(len(segments := plan_segments(*arguments)))
        return segments

    monkeypatch.setattr(intermediates, "plan_segments", count)
    whole = export_model(model, inputs, tmp_path / "m.onnx", verify="modules")
    assert max(counted) == 1
    assert whole.parity is not None and whole.parity.ok and whole.parity.modules is not None
    size = sum(stated_sizes(onnx.load(tmp_path / "m.onnx")).values())
    pieces = export_model(model, inputs, tmp_path / "m.onnx", verify="modules", values_limit=size // 3)
    assert counted[-1] > 1
    assert pieces.parity == whole.parity


def test_the_outputs_of_segments_are_those_of_the_file(tmp_path: Path) -> None:
    path = saved("chain with a skip", tmp_path)
    expected = [array for _, array in run_with_intermediates(path, {"x": torch.from_numpy(X)}, ["early", "y"])]
    tensors = [torch.from_numpy(array.copy()) for array in reversed(expected)]  # in the order of the graph's outputs
    for limit in (2**20, 4 * KIB):
        parity = compare_outputs(path, {"x": torch.from_numpy(X)}, tensors, limit)
        assert [(output.name, output.max_abs) for output in parity.outputs] == [("y", 0.0), ("early", 0.0)]
    tensors[0][3, 4] += 1
    assert compare_outputs(path, {"x": torch.from_numpy(X)}, tensors, 4 * KIB).max_abs == pytest.approx(1)
