"""Where torch's own tags go wrong. Each test names the trap and says what is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.shown import NodeRecord

from .zoo import Block, build, perturb

Exported = Callable[[str], ExportReport]


def of(report: ExportReport, op: str) -> list[NodeRecord]:
    return [record for record in report.nodes() if record.op == op]


def test_a_module_called_twice_has_two_calls(exported: Exported) -> None:
    scopes = [record.scope for record in of(exported("called twice"), "LayerNormalization")]
    assert scopes == ["first.norm", "between.norm", "first.norm#1"]


def test_the_calls_of_a_shared_layer_are_told_apart(exported: Exported) -> None:
    report = exported("ALBERT")
    layer = "encoder.albert_layer_groups.0.albert_layers.0"
    keys = [row.key for row in report.tree if row.path == layer]
    assert keys == [layer, *(f"{layer}#{n}" for n in range(1, 12))]
    counts = [report.row(key).total for key in keys]
    assert len(set(counts[1:])) == 1 and counts[1] > 10


def test_a_folded_conv_is_the_conv_and_also_the_norm(exported: Exported) -> None:
    first, second = of(exported("Conv and BatchNorm"), "Conv")
    assert (first.scope, first.also, first.evidence) == ("conv", ("norm",), "rewrite")
    assert (second.scope, second.also, second.evidence) == ("conv2", ("norm2",), "rewrite")
    rows = {row.path: row.reason for row in exported("Conv and BatchNorm").tree}
    assert rows["norm"] == "folded into conv"
    assert rows["out"] == "identity in eval mode"


def test_every_folded_conv_of_a_resnet(exported: Exported) -> None:
    report = exported("ResNet")
    convolutions = of(report, "Conv")
    assert len(convolutions) == 28
    for record in convolutions:
        assert report.row(record.scope).class_name == "Conv2d"
        assert [report.row(key).class_name for key in record.also] == ["BatchNorm2d"]


def test_a_split_made_of_slices(exported: Exported) -> None:
    """The rewrite that makes it carries no metadata at all."""
    splits = of(exported("GPT-2"), "Split")
    assert [split.scope for split in splits] == [f"transformer.h.{n}.attn" for n in range(3)]
    assert {split.evidence for split in splits} == {"rewrite"}


def test_a_common_subexpression_of_two_modules(exported: Exported) -> None:
    (mask,) = of(exported("common subexpression"), "Sub")
    assert (mask.scope, mask.also, mask.evidence) == ("a", ("b",), "rewrite")
    assert {record.scope for record in of(exported("common subexpression"), "MatMul")} == {
        "a.linear",
        "b.linear",
    }


def test_the_mask_that_all_layers_share(exported: Exported) -> None:
    """BERT prepares the attention mask in every layer; the optimiser does it once."""
    shared = [record for record in exported("BERT with mask").nodes() if record.also]
    assert shared
    for record in shared:
        assert record.scope == "encoder.layer.0.attention.self"
        assert record.also == tuple(f"encoder.layer.{n}.attention.self" for n in (1, 2))


def test_forward_called_past_call(exported: Exported) -> None:
    report = exported("forward called directly")
    assert [record.scope for record in of(report, "Relu")] == ["sub", "sub#1"]
    assert any("sub is run by calling its forward directly" in note for note in report.notes)


def test_a_compiled_child(exported: Exported) -> None:
    report = exported("torch.compile")
    assert [record.scope for record in of(report, "Relu")] == ["child._orig_mod"]
    assert [record.scope for record in of(report, "MatMul")] == ["child._orig_mod.linear", "linear"]
    assert [record.scope for record in of(report, "Mul")] == [""]


def test_branches_on_data(exported: Exported) -> None:
    report = exported("torch.cond")
    assert [record.scope for record in of(report, "If")] == ["branches"]
    assert [record.scope for record in of(report, "Greater")] == ["branches"]
    assert [record.scope for record in of(report, "Relu")] == ["branches.yes", "branches.no"]


def test_a_parent_that_reads_the_parameter_of_a_child(exported: Exported) -> None:
    scopes = [record.scope for record in exported("child's parameter").nodes() if record.op in ("MatMul", "Gemm")]
    assert scopes == ["called", "", ""]


def test_multihead_attention_reads_its_out_proj_itself(exported: Exported) -> None:
    report = exported("MultiheadAttention")
    assert report.row("attention.out_proj").reason == "never called"
    readers = [r for r in report.nodes() if any(p == "attention.out_proj.weight" for _, _, p in r.inputs)]
    assert {record.scope for record in readers} == {"attention"}


def test_dynamic_shapes_leave_nothing_at_a_made_up_scope(tmp_path: Path) -> None:
    batch = torch.export.Dim("batch", min=2)
    model, inputs = build("Sequential")
    report = export_model(model, inputs, tmp_path / "m.onnx", dynamic=({0: batch},))
    assert report.measures.root_share == 0
    assert str(report.graph.graph.inputs[0].shape[0]) != "2"

    class Sized(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = Block()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.block(x).reshape(x.shape[0] * 3, 4) * x.shape[0]

    report = export_model(perturb(Sized()), torch.randn(2, 3, 4), tmp_path / "s.onnx", dynamic=({0: batch},))
    shapes = [record for record in report.nodes() if record.op == "Shape"]
    assert shapes and all(record.evidence in ("dataflow", "trace") and record.scope == "" for record in shapes)
    assert report.measures.non_convex == ()


@pytest.mark.parametrize("name", ["BERT with mask", "GPT-2", "Llama", "T5 encoder"])
def test_dynamic_shapes_of_real_models(tmp_path: Path, name: str) -> None:
    """Shape arithmetic is shared across the whole model; it must not drag the nodes that use it along."""
    model, inputs = build(name)
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    report = export_model(model, inputs, tmp_path / "m.onnx", dynamic=dict.fromkeys(inputs, free))
    assert report.measures.non_convex == () and report.measures.disowned == ()
    assert report.measures.root_share == 0
    assert report.parity is not None and report.parity.ok


@pytest.mark.parametrize("opset", [18, 19, 21, 22, 23])
def test_other_opsets_keep_their_tags(tmp_path: Path, opset: int) -> None:
    report = export_model(*build("Conv and BatchNorm"), tmp_path / "m.onnx", opset=opset)
    assert report.opset == opset
    assert report.measures.root_share == 0 and report.measures.disowned == ()
    assert [record.scope for record in of(report, "Conv")] == ["conv", "conv2"]


def test_merged_initializers_name_no_wrong_module(tmp_path: Path) -> None:
    """Fresh norms are equal, so that torch merges them; each is still where it was called."""

    class Fresh(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([Block(), Block()])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                x = layer(x)
            return x

    report = export_model(Fresh(), torch.randn(2, 4), tmp_path / "m.onnx")
    scopes = [record.scope for record in of(report, "LayerNormalization")]
    assert scopes == ["layers.0.norm", "layers.1.norm"]
    assert report.measures.disowned == ()


def test_a_module_with_state_is_told(tmp_path: Path) -> None:
    class Counts(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.step = 0
            self.linear = nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.step += 1
            return self.linear(x) * self.step

    model = Counts()
    report = export_model(model, torch.randn(2, 4), tmp_path / "m.onnx")
    assert any("changes its own state" in note and "step" in note for note in report.notes)
    assert model.step == 0
    assert report.parity is not None and report.parity.ok


def test_a_model_without_operators(tmp_path: Path) -> None:
    report = export_model(nn.Identity(), torch.randn(2), tmp_path / "m.onnx")
    assert report.parity is not None and report.parity.ok
    assert report.row("").calls == 1


def test_a_nested_compile_region_is_told(tmp_path: Path) -> None:
    """torch hides the modules inside; nothing brings them back, so the report says so and no measure flatters."""

    class Regions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([Block(), Block()])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for layer in self.layers:
                x = torch.compiler.nested_compile_region(layer)(x)
            return x

    report = export_model(perturb(Regions()), torch.randn(2, 4), tmp_path / "m.onnx")
    assert report.parity is not None and report.parity.ok
    assert {record.scope for record in report.nodes()} == {""}
    assert report.measures.owned == 0 < report.measures.owning
    assert any("compiles as a whole" in note for note in report.notes)
    assert report.row("layers.0.norm").reason == "hidden from the capture"
