"""`values_limit`: what is recorded of a model never takes more than the caller allows, and the result is the same."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import helper
from torch import nn

from modelexport_nb.engine import intermediates, module_parity
from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.errors import OptionError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.intermediates import DEFAULT_LIMIT, run_with_intermediates
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.samples import sample_tensor
from modelexport_nb.engine.tagging import tag_onnx
from modelexport_nb.engine.value_sizes import value_sizes

DEPTH = 12
LIMIT = 5 * 4 * 64 * 64  # five of the tensors that a layer makes
X = torch.randn(64, 64, generator=torch.Generator().manual_seed(0))


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(64, 64)
        self.seen: list[weakref.ref[torch.Tensor]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result = torch.tanh(self.linear(x))
        self.seen.append(weakref.ref(result))
        return result


def deep() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(*(Layer() for _ in range(DEPTH))).eval()


class Held:
    """Bytes of arrays that are alive, and their peak."""

    def __init__(self) -> None:
        self.now = self.peak = self.total = 0

    def add(self, array: np.ndarray) -> None:
        self.now += array.nbytes
        self.total += array.nbytes
        self.peak = max(self.peak, self.now)
        weakref.finalize(array, self._drop, array.nbytes)

    def _drop(self, size: int) -> None:
        self.now -= size


@contextmanager
def counting(patch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Count what ONNX Runtime hands over and what is kept of PyTorch's outputs."""
    held = Held()
    run, to_numpy = intermediates.run_session, module_parity.to_numpy

    def counted_run(*arguments: Any) -> list[Any]:
        arrays = run(*arguments)
        for array in arrays:
            held.add(array)
        return arrays

    def counted_array(tensor: torch.Tensor) -> np.ndarray:
        array = to_numpy(tensor).copy()
        held.add(array)
        return array

    with patch.context() as patched:
        patched.setattr(intermediates, "run_session", counted_run)
        patched.setattr(module_parity, "to_numpy", counted_array)
        yield held


def claims(report: ExportReport) -> list[Any]:
    assert report.parity is not None
    return [report.attribution.scopes, report.measures, report.parity, report.tree.rows]


@pytest.mark.parametrize("entry", ["export_model", "tag_onnx"])
def test_a_small_limit_gives_the_same_and_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    model = deep()
    plain = export_model(model, X, tmp_path / "plain.onnx").path

    def tagged(limit: int | None) -> ExportReport:
        options: dict[str, Any] = {"verify": "modules", "values_limit": limit}
        if entry == "tag_onnx":
            return tag_onnx(plain, model, X, tmp_path / "m.onnx", **options)
        return export_model(model, X, tmp_path / "m.onnx", strategy="htp", **options)

    with counting(monkeypatch) as wide:
        expected = claims(tagged(None))
    with counting(monkeypatch) as narrow:
        found = claims(tagged(LIMIT))
    assert wide.peak > 4 * LIMIT, "or the limit would prove nothing"
    assert narrow.total >= wide.total
    assert narrow.peak <= LIMIT
    assert found == expected


def without_shapes(path: Path, target: Path) -> Path:
    proto = onnx.load(path)
    del proto.graph.value_info[:]
    for node in proto.graph.node:
        node.name = ""
    onnx.save(proto, target)
    return target


def test_sizes_that_the_file_does_not_state_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = export_model(deep(), X, tmp_path / "m.onnx")
    bare = without_shapes(report.path, tmp_path / "bare.onnx")
    feed = {report.graph.graph.inputs[0].name or "": X}
    names = [value.name or "" for node in report.graph.graph for value in node.outputs]
    with counting(monkeypatch) as held:
        found = {name: array.copy() for name, array in run_with_intermediates(bare, feed, names, LIMIT)}
    assert list(found) == names
    assert held.total > 4 * LIMIT and held.peak <= LIMIT
    for name, array in run_with_intermediates(report.path, feed, names):
        np.testing.assert_array_equal(array, found[name])


def test_what_a_node_holds_counts_too(tmp_path: Path) -> None:
    tensor = onnx.numpy_helper.from_array(np.ones((64, 32), np.float32))
    nodes = [
        helper.make_node("Constant", [], ["held"], value=tensor),
        helper.make_node("Add", ["x", "held"], ["sum"]),
        helper.make_node("Split", ["sum"], ["left", "right"], num_outputs=2),
        helper.make_node("Add", ["left", "right"], ["y"]),
    ]
    x, y = (helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 32]) for name in "xy")
    opsets = [helper.make_opsetid("", 18)]
    proto = helper.make_model(helper.make_graph(nodes, "g", [x], [y]), opset_imports=opsets, ir_version=10)
    sizes = value_sizes(proto, tmp_path, {"x": np.ones((64, 32), np.float32)}, ["held", "sum", "left", "y"])
    assert sizes == {"held": 8192, "sum": 8192, "left": 8192, "right": 8192, "y": 4096}
    assert value_sizes(proto, tmp_path, {}, ["held"]) == {"held": 8192}, "no run where none is needed"


def test_onnx_runtime_is_asked_for_no_more_than_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds every output that a graph declares to the end of the run, whether it is asked for or not."""
    report = export_model(deep(), X, tmp_path / "m.onnx")
    names = [value.name or "" for node in report.graph.graph for value in node.outputs]
    declared: list[int] = []
    opened: Callable[..., Any] = intermediates.open_session

    def watched(model: bytes, *rest: Any) -> Any:
        declared.append(len(onnx.load_from_string(model).graph.output))
        return opened(model, *rest)

    monkeypatch.setattr(intermediates, "open_session", watched)
    list(run_with_intermediates(report.path, {report.graph.graph.inputs[0].name or "": X}, names, LIMIT))
    assert len(declared) > 4 and max(declared) <= 5
    assert sum(declared) == len(names)


def test_the_eager_run_keeps_no_activation() -> None:
    model = deep()
    alive: list[int] = []
    seen = [layer.seen for layer in model]

    def count(*_: Any) -> None:
        alive.append(sum(ref() is not None for refs in seen for ref in refs))

    for layer in model:
        layer.register_forward_hook(count)
    run = run_eagerly(model, (X,), {}, values=True)
    assert run.values is not None and len(run.values.ops) >= 2 * DEPTH
    assert len(alive) == DEPTH and max(alive) <= 2, "a layer's input and output, no more"
    kept = sum(sample.numbers.nbytes for sample in run.values.samples if sample is not None)
    assert kept < LIMIT


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.int64])
def test_a_sample_does_not_follow_its_tensor(dtype: torch.dtype) -> None:
    tensor = torch.arange(10).to(dtype)
    sample = sample_tensor(tensor)
    tensor += 1
    assert sample is not None and sample.numbers.tolist() == list(range(10))


def test_the_limit_of_tag_onnx_is_checked_too(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="The values limit is 'much'"):
        tag_onnx(tmp_path / "m.onnx", deep(), X, tmp_path / "m.onnx", values_limit="much")  # type: ignore[arg-type]
    assert intermediates.check_limit(None) == DEFAULT_LIMIT
