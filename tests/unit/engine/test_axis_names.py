"""Axes of dynamic shapes that are given a name have it in the file, whoever captures."""

from pathlib import Path

import pytest
import torch

from modelexport_nb import export_model

from .zoo import build


@pytest.mark.parametrize("capture", ["OnnxExporter", "torch.onnx"])
def test_names_of_axes(tmp_path: Path, capture: str) -> None:
    model, inputs = build("BERT with mask")
    axes = {0: "batch", 1: "tokens"}
    shapes = dict.fromkeys(inputs, axes)
    report = export_model(model, inputs, tmp_path / "m.onnx", capture=capture, dynamic=shapes)
    assert [str(value.shape) for value in report.graph.graph.inputs] == ["[batch,tokens]"] * len(inputs)
    assert all(str(value.shape).startswith("[batch,") for value in report.graph.graph.outputs)
    assert report.parity is not None and report.parity.ok


def test_an_input_may_be_left_out_of_it(tmp_path: Path) -> None:
    model, inputs = build("BERT with mask")
    first, *others = inputs
    shapes = {first: {0: "batch"}, **dict.fromkeys(others)}
    report = export_model(model, inputs, tmp_path / "m.onnx", dynamic=shapes)
    sizes = {value.name: value.shape[0] for value in report.graph.graph.inputs}
    assert str(sizes.pop(first)) == "batch"
    assert set(sizes.values()) == {next(iter(inputs.values())).shape[0]}
    assert isinstance(next(iter(inputs.values())), torch.Tensor)
