"""Models that exporters stumble over: each is exported with equal numbers and every weight owned, or refused in one
line that tells what to do."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import parametrizations
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from torch.utils.checkpoint import checkpoint

from modelexport_nb.engine.errors import CaptureError, CheckError, ModelExportError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.parity import compare_outputs
from modelexport_nb.engine.report import ExportReport

from .zoo import IDS, MASK, SMALL, Case, perturb, transformers_model

X = torch.linspace(-1, 1, 80).view(2, 5, 8)


class Checkpointed(nn.Module):
    def __init__(self, reentrant: bool) -> None:
        super().__init__()
        self.a, self.b, self.reentrant = nn.Linear(8, 8), nn.Linear(8, 8), reentrant

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.b(checkpoint(self.a, x, use_reentrant=self.reentrant))


def checkpointed_bert() -> Case:
    model = transformers_model("BertModel", "BertConfig", vocab_size=100, **SMALL)
    model.gradient_checkpointing_enable()  # type: ignore[operator]
    return model.train(), {"input_ids": IDS}


def bert_with(attention: str) -> Callable[[], Case]:
    def build() -> Case:
        options = {"vocab_size": 100, "attn_implementation": attention, **SMALL}
        return transformers_model("BertModel", "BertConfig", **options), {"input_ids": IDS, "attention_mask": MASK}

    return build


class DropsLayers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            if not (self.training and torch.rand(()) < 0.5):
                x = layer(x)
        return x


class Experts(nn.Module):
    """Each expert sees the tokens that were sent to it, how many depends on the data."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(8, 4)
        self.experts = nn.ModuleList(nn.Linear(8, 8) for _ in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        flat = x.reshape(-1, 8)
        weights, chosen = self.gate(flat).softmax(-1).topk(2, -1)
        mask = functional.one_hot(chosen, 4).permute(2, 1, 0)
        out = torch.zeros_like(flat)
        for number, expert in enumerate(self.experts):
            place, token = torch.where(mask[number])
            out.index_add_(0, token, expert(flat[token]) * weights[token, place, None])
        return out.view(x.shape)


class OwnAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Parameter(torch.eye(8)), nn.Parameter(torch.eye(8))
        self.bias = nn.Parameter(torch.zeros(5, 5))
        self.out = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        scores = (x @ self.query) @ (x @ self.key).transpose(-1, -2) + self.bias
        return self.out(scores.softmax(-1) @ x)


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.head = nn.Embedding(20, 8), nn.Linear(8, 20, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.embed(ids))


class Running(nn.Module):
    """A buffer that changes in forward."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)
        self.register_buffer("mean", torch.zeros(8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.mean.mul_(0.9).add_(x.mean((0, 1)))
        return self.linear(x) - self.mean


class ComplexRotary(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(8, 8)
        self.register_buffer("angles", torch.linspace(0.1, 1, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        angles = torch.outer(torch.arange(x.shape[1], dtype=torch.float32), self.angles)
        turns = torch.polar(torch.ones_like(angles), angles)
        query = torch.view_as_complex(self.query(x).reshape(*x.shape[:-1], 4, 2))
        return torch.view_as_real(query * turns).flatten(2)


class Branch(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.yes, self.no = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cond(x.sum() > 0, lambda t: self.yes(t), lambda t: self.no(t), (x,))


def small() -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 16), nn.LayerNorm(16), nn.GELU(), nn.Linear(16, 8), nn.Softmax(-1))


HARD: dict[str, Callable[[], Case]] = {
    "eager attention": bert_with("eager"),
    "sdpa attention": bert_with("sdpa"),
    "checkpoint, reentrant": lambda: (Checkpointed(True).train(), X),
    "checkpoint": lambda: (Checkpointed(False).train(), X),
    "checkpointing BERT": checkpointed_bert,
    "layer drop": lambda: (DropsLayers().train(), X),
    "torch.cond": lambda: (Branch(), X),
    "mixture of experts": lambda: (Experts(), X),
    "own attention": lambda: (OwnAttention(), X),
    "LSTM": lambda: (nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True), X),
    "GRU": lambda: (nn.GRU(8, 6, 2, bidirectional=True), X),
    "tied": lambda: (Tied(), IDS),
    "changing buffer": lambda: (Running(), X),
    "complex rotary": lambda: (ComplexRotary(), X),
    "float16": lambda: (small().half(), X.half()),
    "bfloat16": lambda: (small().bfloat16(), X.bfloat16()),
    "float64": lambda: (small().double(), X.double()),
    "weight norm": lambda: (nn.Sequential(parametrizations.weight_norm(nn.Linear(8, 8))), X),
    "spectral norm": lambda: (nn.Sequential(parametrizations.spectral_norm(nn.Linear(8, 8))), X),
}


def exported(case: Case, folder: Path, **options: Any) -> ExportReport:
    model, inputs = case
    training = model.training
    perturb(model).train(training)
    return export_model(model, inputs, folder / "m.onnx", **options)


@pytest.mark.parametrize("name", HARD)
def test_it_works(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    report = exported(HARD[name](), tmp_path)
    assert report.parity is not None and report.parity.ok, report.parity
    assert report.measures.disowned == () and report.measures.root_share == 0
    assert [(attempt.ok, attempt.why) for attempt in report.attempts] == [(True, "")]


def test_bfloat16_is_compared_in_float32_and_says_so(tmp_path: Path) -> None:
    report = exported((small().bfloat16(), X.bfloat16()), tmp_path)
    assert report.parity is not None and "in float32" in report.parity.text and "bfloat16" in report.parity.text
    wrong = perturb(small()).bfloat16()
    with torch.no_grad():
        found = compare_outputs(tmp_path / "m.onnx", {"input": X.bfloat16()}, [wrong[:4](X.bfloat16()) * 3])
    assert not found.ok, "the tolerance still tells models apart"


@pytest.mark.parametrize("wrap", [torch.compile, nn.DataParallel, lambda m: nn.DataParallel(torch.compile(m))])
def test_a_wrapper_is_taken_off(wrap: Any, tmp_path: Path) -> None:
    model = wrap(perturb(nn.Sequential(nn.Linear(8, 8), nn.ReLU())))
    report = export_model(model, X, tmp_path / "m.onnx")
    assert report.model_class == "Sequential" and set(report.modules.modules) == {"", "0", "1"}
    assert any("was wrapped in" in note for note in report.notes)
    assert report.parity is not None and report.parity.ok
    with torch.no_grad():
        model(X)  # still its own


class Packs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 6, batch_first=True)

    def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        packed, _ = self.lstm(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return pad_packed_sequence(packed, batch_first=True)[0]


@pytest.mark.filterwarnings("ignore")
def test_packed_sequences_go_through_torchscript(tmp_path: Path) -> None:
    """torch.export cannot follow them; the trace keeps the lengths as an input."""
    model = perturb(Packs())
    report = export_model(model, (X, torch.tensor([5, 3])), tmp_path / "m.onnx")
    assert report.capture == "torchscript" and report.parity is not None and report.parity.ok
    other = torch.tensor([4, 5])
    with torch.no_grad():
        expected = [model(X, other)]
    assert compare_outputs(tmp_path / "m.onnx", {"x": X, "lengths": other}, expected).ok


class UsesNumPy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(self.linear(x).detach().numpy() * 2)


def test_numpy_goes_through_dynamo(tmp_path: Path) -> None:
    report = exported((UsesNumPy(), X), tmp_path)
    assert report.capture == "strict" and report.parity is not None and report.parity.ok
    assert [attempt.ok for attempt in report.attempts] == [False] * (len(report.attempts) - 1) + [True]
    assert report.measures.disowned == ()


class Decides(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.linear(x)
        return x + 1 if x.sum() > 0 else x - 1


class Decomposes(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.linalg.svd(x)[1]


@dataclasses.dataclass
class Pair:
    a: torch.Tensor
    b: torch.Tensor


class ReturnsStrange(nn.Module):
    def forward(self, x: torch.Tensor) -> Any:
        return Pair(x + 1, x * 2)


def quantised() -> nn.Module:
    return torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(8, 8)), {nn.Linear})


def with_a_script() -> nn.Module:
    return nn.Sequential(nn.Linear(8, 8), torch.jit.script(nn.Sequential(nn.Linear(8, 8), nn.Dropout())))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (
            lambda: nn.Sequential(Decides()),
            CaptureError,
            r"in 0 at test_hard\.py:\d+: `return x \+ 1 if .*torch\.where .*torch\.cond .*pass what is decided",
        ),
        (
            lambda: nn.Sequential(Decomposes()),
            CaptureError,
            r"in 0 at test_hard\.py:\d+: `return torch.linalg.svd.* no translation of aten\._linalg_svd",
        ),
        (ReturnsStrange, CaptureError, "Pair"),
        (quantised, CaptureError, "keeps its weights in an object of C\\+\\+.*quantise the ONNX file"),
        (with_a_script, CaptureError, "1 is a TorchScript module, whose Python code is gone"),
        (lambda: nn.LSTM(8, 6, proj_size=3), CheckError, "does not run the file"),
    ],
)
def test_it_is_refused_in_one_line(
    build: Any, error: type[ModelExportError], words: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(error, match=words) as caught:
        export_model(build().eval(), X, tmp_path / "m.onnx")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", ""), "the line says enough"
