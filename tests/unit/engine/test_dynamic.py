"""Sizes that may vary: words, `auto`, torch's own terms; what the model fixes; and the file at a second size."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.export import Dim
from torch.fx.experimental.symbolic_shapes import ShapeEnv

from modelexport_nb import ExportReport, compare, export_model, text
from modelexport_nb.engine import second_size
from modelexport_nb.engine.axes import axes_of, named_arguments, resized, shared_axes
from modelexport_nb.engine.dynamic import check_dynamic, resolve_dynamic
from modelexport_nb.engine.dynamic_spec import specified_axes, traced_inputs
from modelexport_nb.engine.errors import CaptureError, InputError, OptionError

from .zoo import build, perturb


class Tokens(nn.Module):
    """Takes ids and a mask of any size, as text models do."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        self.head = nn.Linear(8, 8)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        x = self.head(self.embed(ids))
        return x if mask is None else x * mask[..., None]


class Picture(nn.Module):
    """Takes pictures of any size, with three channels."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return self.conv(pixels).relu()


class Twice(nn.Module):
    """A condition on a size that eager code shrugs off and a graph cannot."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.shape[0] == 2:
            x = x * 2
        return self.inner(x)


class Loop(nn.Module):
    """Unrolled once for each column."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for column in range(int(x.shape[1])):
            x = x + column
        return x


IDS = torch.arange(14).view(2, 7)
MASK = torch.ones(2, 7)


def shapes_of(model: nn.Module, inputs: dict[str, Any], dynamic: Any) -> Any:
    return resolve_dynamic(perturb(model), (), inputs, dynamic)


def inputs_of(report: ExportReport) -> dict[str, str]:
    return {value.name or "": str(value.shape) for value in report.graph.graph.inputs}


# ---- the law of the words ----


def test_words_name_the_axes_that_inputs_share() -> None:
    both = {0: "batch", 1: "sequence"}
    assert shapes_of(Tokens(), {"ids": IDS, "mask": MASK}, "batch, sequence") == {"ids": both, "mask": both}
    assert shapes_of(Tokens(), {"ids": IDS, "mask": None}, "batch") == {"ids": {0: "batch"}, "mask": None}


def test_axes_that_the_model_fixes_are_passed_over() -> None:
    pixels = torch.randn(2, 3, 8, 8)
    found = shapes_of(Picture(), {"pixels": pixels}, "batch,height,width")
    assert found == {"pixels": {0: "batch", 2: "height", 3: "width"}}


def test_the_order_in_which_inputs_are_given_does_not_matter() -> None:
    found = shapes_of(Tokens(), {"mask": MASK, "ids": IDS}, "batch,sequence")
    assert found["ids"] == found["mask"] == {0: "batch", 1: "sequence"}


def test_axes_of_equal_size_are_one_and_the_most_shared_come_first() -> None:
    class Pair(nn.Module):
        def forward(self, pixels: torch.Tensor, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor: ...

    given = {"pixels": torch.ones(2, 3, 5, 5), "ids": torch.ones(2, 7), "mask": torch.ones(2, 7)}
    groups = shared_axes(axes_of(named_arguments(Pair(), (), given)))
    assert [[(axis.name, axis.axis) for axis in group] for group in groups] == [
        [("pixels", 0), ("ids", 0), ("mask", 0)],
        [("ids", 1), ("mask", 1)],
        [("pixels", 1)],
        [("pixels", 2)],
        [("pixels", 3)],
    ]


def test_nested_and_positional_inputs() -> None:
    class Nested(nn.Module):
        def forward(self, x: torch.Tensor, more: dict[str, Any]) -> torch.Tensor:
            return x + more["a"][0]

    x = torch.ones(2, 5)
    shapes = resolve_dynamic(Nested(), (x, {"a": [x.clone(), 3]}), {}, "rows,columns")
    both = {0: "rows", 1: "columns"}
    assert shapes == {"x": both, "more": {"a": [both, None]}}


def test_the_model_is_as_it_was() -> None:
    model = Tokens().train()
    state = torch.get_rng_state()
    resolve_dynamic(model, (IDS,), {}, "batch,sequence")
    assert model.training and torch.equal(torch.get_rng_state(), state)


def test_torchs_own_terms_are_left_as_they_are() -> None:
    spec = ({0: Dim("rows")},)
    assert shapes_of(Loop(), {"x": torch.ones(2, 3)}, spec) is spec
    assert shapes_of(Tokens(), {"ids": IDS, "mask": MASK}, {"ids": {0: "n"}}) == {"ids": {0: "n"}, "mask": None}


def test_auto_asks_torch_about_what_the_model_leaves_free() -> None:
    found = shapes_of(Picture(), {"pixels": torch.randn(2, 3, 8, 8)}, "auto")
    assert found == {"pixels": {0: Dim.AUTO, 2: Dim.AUTO, 3: Dim.AUTO}}


# ---- the same inputs at another size ----


def test_resized_inputs_repeat_or_cut_what_there_is() -> None:
    inputs = ((IDS, [IDS, 3]), {"mask": MASK})
    axes = [axis for of_tensor in axes_of({"ids": IDS, "mask": MASK}) for axis in of_tensor]
    (ids, (again, three)), kwargs = resized(inputs, {axes[0]: 3, axes[1]: 5, axes[3]: 14})
    assert ids.tolist() == [[0, 1, 2, 3, 4], [7, 8, 9, 10, 11], [0, 1, 2, 3, 4]]
    assert again is ids and three == 3
    assert kwargs["mask"].shape == (2, 14) and MASK.shape == (2, 7)


def test_an_axis_of_size_one_is_traced_at_two() -> None:
    one = IDS[:1]
    (ids,), _ = traced_inputs(Tokens(), (one,), {}, ({0: "batch"},))
    assert ids.shape == (2, 7)
    same, _ = traced_inputs(Tokens(), (one,), {}, ({1: "sequence"},))
    assert same[0] is one
    kept, _ = traced_inputs(Tokens(), (one,), {}, ({0: Dim("batch", max=1)},))
    assert kept[0] is one

    class OneRow(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.view(1, -1, 7)[:, 0]

    model = nn.Sequential(OneRow(), nn.Linear(7, 1))
    row = torch.ones(1, 7)
    assert traced_inputs(model, (row,), {}, ({0: Dim.AUTO},))[0][0].shape == (2, 7)


@pytest.mark.parametrize(
    "shapes",
    [
        {"ids": {0: "n"}, "mask": [None, Dim.DYNAMIC]},
        ({0: "n"}, (None, Dim.DYNAMIC)),
        [{0: "n", 1: Dim.STATIC}, {1: Dim.DYNAMIC}],
    ],
)
def test_every_form_of_torchs_terms_is_understood(shapes: Any) -> None:
    found = specified_axes(Tokens(), (IDS,), {"mask": MASK}, shapes)
    assert [(axis.name, axis.axis, spec) for axis, spec in found] == [("ids", 0, "n"), ("mask", 1, Dim.DYNAMIC)]


# ---- what is wrong ----


@pytest.mark.parametrize(
    ("dynamic", "message"),
    [
        ("batch,", '"" is no name for an axis. Write words such as batch,sequence, or auto.'),
        ("batch sequence", '"batch sequence" is no name for an axis.'),
        ("batch,batch", '"batch,batch" names two axes alike.'),
        ("batch,auto", '"auto" stands for all axes.'),
        (3, 'dynamic is a int. Pass words such as "batch,sequence", "auto", or dynamic shapes'),
    ],
)
def test_words_that_name_nothing(dynamic: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(message)):
        check_dynamic(dynamic)
    with pytest.raises(OptionError, match=re.escape(message)):
        export_model(Tokens(), (IDS,), tmp_path / "m.onnx", dynamic=dynamic)
    with pytest.raises(OptionError, match=re.escape(message)):
        compare(Tokens(), (IDS,), dynamic=dynamic)
    assert not list(tmp_path.iterdir())


def test_a_word_too_many_tells_what_the_model_fixes() -> None:
    with pytest.raises(OptionError) as caught:
        shapes_of(Picture(), {"pixels": torch.randn(2, 3, 8, 8)}, "batch,height,width,depth")
    message = str(caught.value)
    assert message.startswith(
        'There is no axis left for "depth". The model fixes axis 1 (3) of pixels (RuntimeError at '
    )
    assert "test_dynamic.py:" in message and "self.conv(pixels).relu()" in message and "\n" not in message


def test_a_leading_axis_that_the_model_fixes() -> None:
    class Fixed(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.view(2, 3) + 1

    with pytest.raises(InputError) as caught:
        shapes_of(Fixed(), {"x": torch.ones(2, 3)}, "batch")
    message = str(caught.value)
    assert message.startswith('"batch" cannot vary: the model fixes axis 0 (2) of x. At another size: RuntimeError at ')
    assert "`return x.view(2, 3) + 1`" in message and "\n" not in message


def test_an_input_that_is_not_there() -> None:
    with pytest.raises(OptionError, match=r'dynamic names "idz", and no such input is given. Did you mean "ids"\?'):
        shapes_of(Tokens(), {"ids": IDS}, {"idz": {0: "batch"}})


def test_no_axis_at_all() -> None:
    with pytest.raises(OptionError, match='There is no axis for "batch": no input is a tensor with one'):
        shapes_of(Loop(), {"x": torch.tensor(1.0)}, "batch")


NAMED: list[Callable[[], Any]] = [
    lambda: ({0: "rows", 1: "columns"},),
    lambda: ({0: Dim("rows"), 1: Dim("columns")},),
    lambda: ({0: Dim.DYNAMIC, 1: Dim.DYNAMIC},),
]


@pytest.mark.parametrize("spec", NAMED, ids=["names", "Dim", "DYNAMIC"])
@pytest.mark.parametrize(
    ("model", "axis", "line"),
    [
        (Twice, "axis 0 (2) of x", "if x.shape[0] == 2:"),
        (Loop, "axis 1 (4) of x", "for column in range(int(x.shape[1])):"),
    ],
)
def test_an_axis_that_the_model_fixes_names_the_line(
    model: type[nn.Module], axis: str, line: str, spec: Callable[[], Any], tmp_path: Path
) -> None:
    with pytest.raises(CaptureError) as caught:
        export_model(perturb(model()), torch.randn(2, 4), tmp_path / "m.onnx", dynamic=spec())
    message = str(caught.value)
    assert message.startswith(f"The model fixes {axis}")
    assert f"`{line}`" in message and "test_dynamic.py:" in message and "\n" not in message
    assert not list(tmp_path.iterdir())


def test_a_transformers_model_names_the_line_too(tmp_path: Path) -> None:
    class Fixing(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, input_ids: torch.Tensor, **others: Any) -> torch.Tensor:
            assert input_ids.shape[1] == length
            return self.inner(input_ids, **others)

    model, inputs = build("BERT with mask")
    length = inputs["input_ids"].shape[1]
    model.embeddings = Fixing(model.embeddings)
    shapes = {name: {0: "batch", 1: "sequence"} for name in inputs}
    with pytest.raises(CaptureError) as caught:
        export_model(model, inputs, tmp_path / "m.onnx", dynamic=shapes)
    assert str(caught.value).startswith(
        f'The model fixes axis 1 ({length}) of input_ids ("sequence"), which was to vary'
    )
    assert re.search(r"test_dynamic.py:\d+: `assert input_ids.shape\[1\] == length`", str(caught.value))


def test_torch_is_as_it_was(tmp_path: Path) -> None:
    before = ShapeEnv.create_symbol, ShapeEnv._set_replacement
    with pytest.raises(CaptureError):
        export_model(Loop(), torch.randn(2, 4), tmp_path / "m.onnx", dynamic=({1: "n"},))
    assert (ShapeEnv.create_symbol, ShapeEnv._set_replacement) == before


# ---- the file ----


@pytest.mark.parametrize("capture", ["torch.onnx", "auto"])
def test_names_are_in_the_file_and_it_runs_at_a_second_size(tmp_path: Path, capture: str) -> None:
    inputs = {"mask": MASK, "ids": IDS}
    report = export_model(perturb(Tokens()), inputs, tmp_path / "m.onnx", dynamic="batch,sequence", capture=capture)
    assert inputs_of(report) == {"ids": "[batch,sequence]", "mask": "[batch,sequence]"}
    assert [str(value.shape) for value in report.graph.graph.outputs] == ["[batch,sequence,8]"]
    assert any(note.startswith("Sizes that may vary: ") and "ids [batch,sequence]" in note for note in report.notes)
    assert report.parity is not None and report.parity.ok
    second = report.parity.second_size
    assert second is not None and second.ok and second.outputs and second.sizes == "batch 4, sequence 14"
    assert "; at batch 4, sequence 14: max |Δ| " in text.parity(report)


def test_one_example_is_enough(tmp_path: Path) -> None:
    report = export_model(perturb(Tokens()), IDS[:1], tmp_path / "m.onnx", dynamic="batch,sequence")
    assert inputs_of(report) == {"ids": "[batch,sequence]"}
    assert report.parity is not None and report.parity.second_size is not None
    assert report.parity.ok and report.parity.second_size.sizes == "batch 2, sequence 14"


def test_a_transformers_model_by_words(tmp_path: Path) -> None:
    model, inputs = build("BERT with mask")
    report = export_model(model, inputs, tmp_path / "m.onnx", dynamic="batch,sequence")
    assert set(inputs_of(report).values()) == {"[batch,sequence]"} and report.capture == "OnnxExporter"
    assert report.parity is not None and report.parity.ok and report.parity.second_size is not None


@pytest.mark.parametrize("model", [Twice, Loop])
def test_auto_promises_only_what_is_true(tmp_path: Path, model: type[nn.Module]) -> None:
    """torch leaves a symbol where it fixed an axis: such a file would compute nonsense at other sizes."""
    report = export_model(perturb(model()), torch.randn(2, 4), tmp_path / "m.onnx", dynamic="auto")
    (shape,) = inputs_of(report).values()
    if model is Twice:
        assert report.notes == ("No size may vary: the model fixes them all.",)
        assert shape == "[2,4]" and report.parity is not None and report.parity.second_size is None
    else:
        assert re.fullmatch(r"\[s\d+,4\]", shape)
        assert report.parity is not None and report.parity.second_size is not None
        assert report.parity.second_size.sizes.endswith(" 4") and report.parity.ok


def test_a_file_for_one_size_alone_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where torch's symbols are believed, the file that claims to be dynamic is caught by the second size."""
    monkeypatch.setattr("modelexport_nb.engine.capture.dynamic_axes.AxisWatch.settle", lambda *_: None)
    report = export_model(perturb(Loop()), torch.randn(2, 4), tmp_path / "m.onnx", dynamic="auto")
    parity = report.parity
    assert parity is not None and all(output.ok for output in parity.outputs)
    assert parity.second_size is not None and not parity.second_size.ok
    assert parity.differs and not parity.ok and text.parity(report).startswith("Differs from PyTorch: max |Δ| ")


def test_a_model_that_runs_at_no_other_size_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Limited(nn.Module):
        limit = 100

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if not torch.compiler.is_compiling() and x.numel() != self.limit:
                raise ValueError("too long")
            return x * 2

    model = Limited()
    model.limit = 8
    report = export_model(model, torch.randn(2, 4), tmp_path / "m.onnx", dynamic=({0: "n"},))
    parity = report.parity
    assert parity is not None and parity.ok and not parity.differs and parity.second_size is not None
    assert parity.second_size.outputs == ()
    assert "; at no other size (n 4): the model itself fails on these inputs: ValueError: too long" in parity.text


def test_a_file_that_does_not_run_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from modelexport_nb.engine.errors import CheckError

    def fails(*_: Any, **__: Any) -> None:
        raise CheckError("ONNX Runtime does not run the file: shapes.")

    monkeypatch.setattr(second_size, "compare_outputs", fails)
    report = export_model(perturb(Tokens()), IDS, tmp_path / "m.onnx", dynamic="batch")
    assert report.parity is not None and report.parity.differs
    assert report.parity.text.endswith("; at batch 4: ONNX Runtime does not run the file: shapes")


class FewRows(nn.Module):
    """Does something else for few rows."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2 if x.shape[0] > 2 else x * 5


def test_a_decision_by_a_size_is_found_out_below(tmp_path: Path) -> None:
    report = export_model(FewRows(), torch.ones(3, 4), tmp_path / "m.onnx", dynamic="rows")
    parity = report.parity
    assert parity is not None and parity.differs
    assert parity.second_size is not None and parity.second_size.ok and parity.second_size.sizes == "rows 6"
    assert parity.smaller_size is not None and not parity.smaller_size.ok
    assert parity.headline == parity.text, "what differs is told in full"
    assert parity.text.endswith("; at rows 6: max |Δ| 0; at rows 2: max |Δ| 3.0e+00")
    assert "The graph holds for rows 3 and more: below, the model takes another way." in report.notes


def test_a_decision_that_was_told_is_no_fault(tmp_path: Path) -> None:
    spec = ({0: Dim("rows", min=3)},)
    report = export_model(FewRows(), torch.ones(5, 4), tmp_path / "m.onnx", dynamic=spec)
    assert report.parity is not None and report.parity.ok and report.parity.smaller_size is not None
    assert report.parity.smaller_size.sizes == "rows 4"
    assert re.fullmatch(r"max \|Δ\| \S+ at 3 sizes", report.parity.headline), "all agree: counted, not told one by one"
    assert not any("another way" in note for note in report.notes)


def test_a_smaller_size_is_one_at_which_the_model_runs(tmp_path: Path) -> None:
    class Even(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.unfold(1, 4, 4).sum(-1)

    report = export_model(Even(), torch.ones(2, 8), tmp_path / "m.onnx", dynamic="rows,columns")
    parity = report.parity
    assert parity is not None and parity.ok and parity.smaller_size is not None
    assert [size.sizes for size in parity.other_sizes] == ["rows 4, columns 16", "rows 2, columns 4"]


def test_ranges_that_were_given_are_kept(tmp_path: Path) -> None:
    spec = ({0: Dim("rows", max=3), 1: Dim("columns", min=6)},)
    report = export_model(perturb(Tokens()), IDS, tmp_path / "m.onnx", dynamic=spec)
    assert report.parity is not None and report.parity.second_size is not None
    assert report.parity.second_size.sizes == "rows 2, columns 14"
    spec = ({0: Dim("rows", min=2, max=3), 1: Dim("columns", min=7, max=8)},)
    report = export_model(perturb(Tokens()), IDS, tmp_path / "m.onnx", dynamic=spec)
    assert report.parity is not None and report.parity.second_size is not None
    assert report.parity.second_size.sizes == "rows 3, columns 8"


def test_fixed_shapes_have_no_second_size(tmp_path: Path) -> None:
    report = export_model(perturb(Tokens()), IDS, tmp_path / "m.onnx")
    assert report.parity is not None and report.parity.second_size is None and ";" not in report.parity.text


def test_compare_takes_words(tmp_path: Path) -> None:
    found = compare(perturb(Tokens()), (IDS, MASK), ["fx", "usage_based"], dynamic="batch,sequence", folder=tmp_path)
    for column in found.columns:
        assert column.failure is None and column.parity is not None
        assert column.parity.second_size is not None and column.parity.second_size.ok
