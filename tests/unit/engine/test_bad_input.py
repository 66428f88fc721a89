"""Bad input ends in one clear line of our own, nothing half-written, the model as it was."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from modelexport_nb.engine.clock import STAGES
from modelexport_nb.engine.errors import (
    CaptureError,
    CheckError,
    EagerRunError,
    InputError,
    ModelExportError,
    OptionError,
    PathError,
)
from modelexport_nb.engine.export import export_model

from .zoo import Inner, Recurrent, bert

X = torch.randn(2, 4)
with FakeTensorMode():
    ELSEWHERE = torch.empty(2, 4, device="cuda")  # no such device is needed


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """An existing file that must survive, in a folder where nothing else may appear."""
    path = tmp_path / "m.onnx"
    path.write_bytes(b"old")
    yield path
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["m.onnx"]


def fails(
    error: type[ModelExportError], words: str, model: Any, inputs: Any, path: Any, **options: Any
) -> ModelExportError:
    with pytest.raises(error, match=words) as caught:
        export_model(model, inputs, path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert caught.value._render_traceback_() == [f"{error.__name__}: {message}"]
    return caught.value


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("bert", "The model is a str. Pass an instance of torch.nn.Module"),
        (None, "The model is a NoneType"),
        (nn.Linear, "The model is Linear itself, not an instance"),
        (lambda x: x, "The model is a function"),
    ],
)
def test_not_a_module(old: Path, model: Any, words: str) -> None:
    fails(InputError, words, model, X, old)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_torchscript_module(old: Path) -> None:
    fails(
        InputError,
        "TorchScript module: its Python modules are gone",
        torch.jit.trace(nn.Linear(4, 4), X),
        X,
        old,
    )


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ([X], "The inputs are a list. Pass a tensor, a tuple"),
        ([[1.0, 2.0]], "The inputs are a list of lists"),
        (X.numpy(), "The inputs are a NumPy array. Pass a tensor"),
        ((X.numpy(),), "The input input is a NumPy array, not a tensor. Use torch.as_tensor"),
        (([[1.0, 2.0]],), "The input input is a list of lists, not a tensor. Use torch.tensor"),
        (torch.ones(0, 4), r"The input input is empty: its shape is \[0, 4\]. Pass one example at least"),
        (X.to("meta"), 'An input is on the meta device .* weights="none"'),
        (ELSEWHERE, r'The input input is on cuda:0 and the model on cpu. Move it: input.to\("cpu"\)'),
        ("x", "The inputs are a str"),
        ((), "missing a required argument: 'input'"),
        ((X, X), "too many positional arguments"),
        ({"inputs": X}, 'takes no argument "inputs". Did you mean "input"'),
        ({1: X}, "a key that is no argument name: 1"),
        (((X,), {"input": X}), "multiple values for argument 'input'"),
    ],
)
def test_inputs_that_do_not_fit(old: Path, inputs: Any, words: str) -> None:
    fails(InputError, words, nn.Linear(4, 4), inputs, old)


def test_a_keyword_that_a_real_model_swallows(old: Path) -> None:
    """Its forward takes **kwargs, so that only its own run can tell."""
    model, inputs = bert()
    fails(EagerRunError, "specify exactly one of input_ids", model, {"input_idx": inputs["input_ids"]}, old)


def test_paths(tmp_path: Path) -> None:
    linear = nn.Linear(4, 4)
    fails(PathError, "does not exist", linear, X, tmp_path / "no" / "m.onnx")
    fails(PathError, "is a folder", linear, X, tmp_path)
    fails(PathError, "cannot be written|Cannot write", linear, X, "/proc/m.onnx")
    (tmp_path / "file").write_text("")
    fails(PathError, "does not exist", linear, X, tmp_path / "file" / "m.onnx")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strategy": "fxx"}, 'Unknown strategy "fxx". Did you mean "fx"'),
        ({"strategy": "magic"}, 'Unknown strategy "magic". Known: auto, fx, htp, usage_based'),
        ({"metadata": "leen"}, 'Unknown metadata "leen". Did you mean "lean"'),
        ({"verify": 1}, 'Unknown verify "1". Known: model, modules, off'),
        ({"verify": "module"}, 'Unknown verify "module". Did you mean "mod'),
        ({"values_limit": 0}, "The values limit is 0. Pass a whole number of bytes such as 500_000_000, or None"),
        ({"values_limit": -1}, "The values limit is -1"),
        ({"values_limit": 1e9}, "The values limit is 1000000000.0"),
        ({"values_limit": "500MB"}, "The values limit is '500MB'"),
        ({"values_limit": True}, "The values limit is True"),
        ({"opset": 17}, "Opset 17 is too low"),
        ({"opset": 99}, "Opset 99 does not exist"),
        ({"opset": "18"}, "The opset is '18'. Pass a whole number"),
        ({"opset": True}, "The opset is True"),
    ],
)
def test_options(old: Path, options: dict[str, Any], words: str) -> None:
    fails(OptionError, words, nn.Linear(4, 4), X, old, **options)


def test_verify_may_be_a_truth_value(tmp_path: Path) -> None:
    linear = nn.Linear(4, 4)
    assert export_model(linear, X, tmp_path / "m.onnx", verify=True).parity is not None
    assert export_model(linear, X, tmp_path / "m.onnx", verify=False).parity is None


def test_the_models_own_failure_is_shown(old: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 4), Inner())
    model[1].linear = nn.Linear(5, 5)
    error = fails(EagerRunError, r"fails on these inputs in 1\.linear: RuntimeError: .*mat1 and mat2", model, X, old)
    assert isinstance(error.__cause__, RuntimeError)


@pytest.mark.parametrize(
    ("model", "inputs", "words"),
    [
        (nn.Linear(4, 4), X.double(), "its input is float64 and its weights are float32"),
        (nn.Linear(4, 4).bfloat16(), X, "its input is float32 and its weights are bfloat16"),
        (nn.Embedding(9, 4), X, "its input is float32, and rows are picked by whole numbers; pass int64"),
        (nn.Embedding(9, 4), torch.tensor([3, 9]), "its input goes from 3 to 9, and it has the rows 0 to 8"),
        (nn.Embedding(9, 4), torch.tensor([-1, 2]), "its input goes from -1 to 2"),
    ],
)
def test_a_layer_says_what_it_refuses(old: Path, model: nn.Module, inputs: torch.Tensor, words: str) -> None:
    """Also deep inside, where the argument has gone through other modules."""
    fails(EagerRunError, words, model, inputs, old)
    error = fails(EagerRunError, rf"in 1\.0: {words}", nn.Sequential(nn.Dropout(), nn.Sequential(model)), inputs, old)
    assert error.__cause__ is not None


def test_none_is_a_value_of_an_argument(tmp_path: Path) -> None:
    model, inputs = bert()
    for given in (inputs | {"attention_mask": None}, (inputs["input_ids"], None)):
        report = export_model(model, given, tmp_path / "m.onnx")
        assert [value.name for value in report.graph.graph.inputs] == ["input_ids"]


def test_empty_tensors_inside_a_container_are_the_models_own_matter(tmp_path: Path) -> None:
    class Joins(nn.Module):
        def forward(self, x: torch.Tensor, past: list[torch.Tensor]) -> torch.Tensor:
            return torch.cat([*past, x])

    assert export_model(Joins(), (X, [torch.ones(0, 4)]), tmp_path / "m.onnx").parity.ok


class Decides(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(4, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.gate(x).mean() > 0:
            return x + 1
        return x - 1


@pytest.mark.parametrize("capture", ["auto", "torch.onnx", "strict"])
def test_control_flow_on_data_names_the_line(old: Path, capture: str) -> None:
    error = fails(CaptureError, "cannot be captured", nn.Sequential(Decides()), X, old, capture=capture)
    assert "test_bad_input.py" in str(error) and "if self.gate(x).mean() > 0:" in str(error)
    assert "depends on data" in str(error) and "Use torch.where" in str(error)


def test_a_trace_of_control_flow_on_data_is_doubted(tmp_path: Path) -> None:
    model = nn.Sequential(Decides()).eval()
    work = tmp_path / "work"
    for _ in range(2):  # taken from the work directory, it is as doubtful
        report = export_model(model, X, tmp_path / "m.onnx", capture="torchscript", work_dir=work)
        (note,) = [note for note in report.notes if "The trace fixed" in note]
        assert note.startswith("The model reads numbers of its inputs in 0 at ") and "test_bad_input.py" in note
        assert "`if self.gate(x).mean() > 0:`" in note and "for other inputs the file may be wrong" in note
    assert "capture" in report.resumed
    steady = export_model(nn.Linear(4, 4).eval(), X, tmp_path / "m.onnx", capture="torchscript")
    assert not [note for note in steady.notes if "The trace fixed" in note]


def test_training_mode_is_told_and_restored(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.BatchNorm1d(4)).train()
    model[1].eval()
    report = export_model(model, X, tmp_path / "m.onnx")
    assert [module.training for module in model] == [True, False, True]
    assert any("training mode" in note for note in report.notes)
    assert export_model(model.eval(), X, tmp_path / "m.onnx").notes == ()


def state_of(model: nn.Module) -> list[Any]:
    """Everything that a user could notice to have changed."""
    return [
        (
            path,
            sorted(vars(module)),
            module.training,
            [id(hook) for hook in module._forward_hooks.values()],
            [id(hook) for hook in module._forward_pre_hooks.values()],
            [
                (name, id(p), p.requires_grad, p.detach().clone().tolist())
                for name, p in module.named_parameters(recurse=False)
            ],
            [(name, id(b), b.detach().clone().tolist()) for name, b in module.named_buffers(recurse=False)],
            copy.deepcopy(vars(module.config)) if hasattr(module, "config") else None,
        )
        for path, module in model.named_modules()
    ]


class KeepsState(nn.Module):
    """Everything that an eager run may leave behind."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("seen", torch.zeros(1))
        self.steps = 0
        self.log: list[int] = []
        self.cache: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += 1
        self.steps += 1
        self.log.append(self.steps)
        self.cache = x
        return self.norm(self.linear(x))


@pytest.mark.parametrize(
    "build", [lambda: (KeepsState().train(), X), lambda: (Recurrent(), torch.randn(1, 2, 4)), bert]
)
def test_the_model_is_as_before(tmp_path: Path, build: Any) -> None:
    model, inputs = build()
    calls: list[str] = []
    model.register_forward_hook(lambda *_: calls.append("user's hook"))
    next(model.parameters()).requires_grad_(False)
    before = state_of(model)
    kept = dict(inputs) if isinstance(inputs, dict) else inputs
    export_model(model, inputs, tmp_path / "m.onnx")
    assert state_of(model) == before
    assert calls, "the user's own hooks stay in force"
    if isinstance(inputs, dict):
        assert list(inputs) == list(kept)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_interrupted_in_every_stage(old: Path, stage: str, error: type[BaseException]) -> None:
    def progress(name: str, index: int, total: int) -> None:
        assert STAGES[index] == name and total == len(STAGES)
        if name == stage:
            raise error(name)

    model = KeepsState().train()
    before = state_of(model)
    with pytest.raises(error):
        export_model(model, X, old, progress=progress)
    assert state_of(model) == before
    assert not torch.nn.modules.module._global_forward_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks


def test_interrupted_inside_the_model(old: Path) -> None:
    class Interrupts(nn.Module):
        def __init__(self, at: int) -> None:
            super().__init__()
            self.runs, self.at = [], at

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if torch.compiler.is_exporting() == bool(self.at):
                raise KeyboardInterrupt
            return x * 2

    for at in (0, 1):  # in the eager run, then in the capture
        model = Interrupts(at).train()
        with pytest.raises(KeyboardInterrupt):
            export_model(model, X, old)
        assert model.training and not torch.nn.modules.module._global_forward_hooks


def test_a_file_that_fails_the_check_is_not_written(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnx

    def refuse(*_: Any) -> None:
        raise onnx.checker.ValidationError("node 3 is odd")

    monkeypatch.setattr(onnx.checker, "check_model", refuse)
    fails(CheckError, "not valid ONNX: node 3 is odd", nn.Linear(4, 4), X, old)


def test_a_full_disk(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnx_ir

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(onnx_ir, "save", full)
    fails(PathError, "No space left on device", nn.Linear(4, 4), X, old)
