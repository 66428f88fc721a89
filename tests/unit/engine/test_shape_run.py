"""A run on shapes alone shows what one with numbers shows, is made where it can be, and leaves nothing behind."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor

from modelexport_nb.engine import export, shapes
from modelexport_nb.engine.eager import EagerRun, run_eagerly
from modelexport_nb.engine.errors import EagerRunError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.inputs import as_arguments
from modelexport_nb.engine.optimization import OptimizationOptions, patching
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.shape_run import run_on_shapes

from .graph_facts import all_of_it
from .zoo import ZOO, build, perturb

X = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
SHAPES = OptimizationOptions()
NUMBERS = replace(SHAPES, run_on_shapes=False)
NEEDS_NUMBERS = {"GRU", "root GRU", "torch.cond"}
"""Of the zoo: a GRU adds to a tensor that it made of numbers, a condition is decided by one."""


class Net(nn.Module):
    """A `forward` of two layers, between which `between` does what a test is about."""

    def __init__(self, between: Callable[[Any, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.first, self.second, self.drop = nn.Linear(4, 4), nn.Linear(4, 4), nn.Dropout()
        self.register_buffer("count", torch.zeros(()))
        self.register_buffer("past", torch.zeros(3, 4))
        self.hidden: list[torch.Tensor] = [torch.ones(4)]
        self.table: dict[str, Any] = {}
        self.nested: dict[str, Any] = {"inner": {"steps": [0]}}
        self.plain = torch.arange(4.0)
        self.between = between

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.between(self, self.first(x)))


def net(between: Callable[[Any, torch.Tensor], torch.Tensor]) -> nn.Module:
    return perturb(Net(between))


def facts(run: EagerRun) -> list[Any]:
    return [run.calls.calls, dict(run.readers), run.identity, run.direct, run.random, run.unsteady]


def exported(model: nn.Module, inputs: Any, path: Path, options: OptimizationOptions) -> tuple[ExportReport, list[Any]]:
    report = export_model(model, inputs, path, verify="off", optimization=options)
    return report, [*all_of_it(report), str(report)]


def same_both_ways(model: nn.Module, inputs: Any, folder: Path) -> ExportReport:
    """The report on shapes, which says what the one with numbers says, as does the file with its tags."""
    _, slow = exported(model, inputs, folder / "m.onnx", NUMBERS)
    report, quick = exported(model, inputs, folder / "m.onnx", SHAPES)
    assert quick == slow
    return report


@pytest.fixture(autouse=True)
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small models are run as large ones are."""
    monkeypatch.setattr(shapes, "LARGE", 0)


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each run with numbers of the exports in a test."""
    runs: list[str] = []
    whole = export.run_eagerly
    monkeypatch.setattr(export, "run_eagerly", lambda *args, **kwargs: (runs.append("run"), whole(*args, **kwargs))[1])
    return runs


@pytest.mark.parametrize("name", ZOO)
def test_it_shows_what_numbers_show(name: str) -> None:
    model, inputs = build(name)
    args, kwargs = as_arguments(model, inputs)
    run = run_on_shapes(model, args, kwargs)
    assert (run is None) == (name in NEEDS_NUMBERS)
    if run is not None:
        assert facts(run) == facts(run_eagerly(model, args, kwargs))
        assert run.outputs is None


@pytest.mark.parametrize("name", ["BERT with mask", "ResNet", "ALBERT", "called twice", "child's parameter", "GRU"])
def test_exports_are_the_same(name: str, tmp_path: Path) -> None:
    same_both_ways(*build(name), tmp_path)


def in_autocast(self: Any, h: torch.Tensor) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        return self.first(h).float()


def attention(self: Any, h: torch.Tensor) -> torch.Tensor:
    heads = h.view(1, 1, 3, 4)
    return nn.functional.scaled_dot_product_attention(heads, heads, heads).view(3, 4)


def own_tables(self: Any, h: torch.Tensor) -> torch.Tensor:
    """Fills a table of numbers in place, decides by it, and uses tensors that are not registered."""
    table = torch.zeros(4)
    table[1:] += torch.arange(3.0)
    return h + table if table.sum() > 2 else h * self.plain + self.hidden[0]


SURE = {
    "tied weights": lambda self, h: nn.functional.linear(h, self.first.weight),
    "view of a parameter": lambda self, h: h @ self.second.weight.t()[:, :4] + self.second.bias[None],
    "parameters joined": lambda self, h: h @ torch.cat([self.first.weight[:2], self.second.weight[2:]]),
    "decides by a weight": lambda self, h: h if self.first.weight.sum().item() > 1e9 else h.relu(),
    "not registered": lambda self, h: h * self.plain + self.hidden[0],
    "past __call__": lambda self, h: self.first.forward(h),
    "in place": lambda self, h: h.relu_().add_(1),
    "identity": lambda self, h: self.drop(h),
    "autocast": in_autocast,
    "attention": attention,
    "tables": own_tables,
}


@pytest.mark.parametrize("name", SURE)
def test_shapes_are_enough(name: str, tmp_path: Path, numbers: list[str]) -> None:
    model = net(SURE[name])
    exported(model, X, tmp_path / "m.onnx", SHAPES)
    assert not numbers
    assert facts(run_on_shapes(model, (X,), {})) == facts(run_eagerly(model, (X,), {}))  # type: ignore[arg-type]
    same_both_ways(model, X, tmp_path)


def keeps(self: Any, h: torch.Tensor) -> torch.Tensor:
    self.table["last"] = h
    return h


def swallows(self: Any, h: torch.Tensor) -> torch.Tensor:
    try:
        return h + float(h.sum())
    except Exception:
        return h.sin()


def counts(self: Any, h: torch.Tensor) -> torch.Tensor:
    self.count += 1
    return h * self.count


def remembers(self: Any, h: torch.Tensor) -> torch.Tensor:
    self.past.data.copy_(h)
    return h


def fills(self: Any, h: torch.Tensor) -> torch.Tensor:
    out = torch.zeros(3, 4)
    out[:, :2] = h[:, :2]
    return out if out.sum() != 0 else h.sin()


def by_numpy(self: Any, h: torch.Tensor) -> torch.Tensor:
    return h + torch.from_numpy(h.detach().numpy().mean(keepdims=True))


UNSURE: dict[str, Callable[[Any, torch.Tensor], torch.Tensor]] = {
    "decides": lambda self, h: h.sin() if h.sum() > 1e9 else h.cos(),
    "sizes": lambda self, h: h[h > 0].sum() + h,
    "dropout left on": lambda self, h: nn.functional.dropout(h, training=True),
    "noise like": lambda self, h: h + torch.rand_like(h),
    "noise": lambda self, h: h + torch.rand(4),
    "attention with dropout": lambda self, h: nn.functional.scaled_dot_product_attention(
        h[None, None], h[None, None], h[None, None], dropout_p=0.5
    )[0, 0],
    "keeps a result": keeps,
    "counts": counts,
    "buffer past versions": remembers,
    "tensor of a list changed": lambda self, h: h + self.hidden[0].add_(1),
    "numbers overwritten": fills,
    "numpy": by_numpy,
    "swallows the error": swallows,
}


@pytest.mark.parametrize("name", UNSURE)
def test_shapes_are_not_enough(name: str) -> None:
    model = net(UNSURE[name])
    weights = {key: value.clone() for key, value in model.state_dict().items()}
    hidden, generator = model.hidden[0].clone(), torch.get_rng_state()
    assert run_on_shapes(model, (X,), {}) is None
    assert all(torch.equal(value, weights[key]) for key, value in model.state_dict().items())
    assert torch.equal(model.hidden[0], hidden) and torch.equal(torch.get_rng_state(), generator)
    assert model.table == {} and not isinstance(model(X), FakeTensor)


@pytest.mark.parametrize("name", ["counts", "keeps a result", "dropout left on"])
def test_notes_are_the_same_where_shapes_are_not_enough(name: str, tmp_path: Path, numbers: list[str]) -> None:
    report = same_both_ways(net(UNSURE[name]), X, tmp_path)
    assert len(numbers) == 2
    assert any("changes its own state" in note or "not deterministic" in note for note in report.notes)


@functools.lru_cache
def made_once(size: int) -> tuple[torch.Tensor]:
    return (torch.arange(float(size)),)


@functools.lru_cache
def made_of(like: Callable[[], torch.Tensor]) -> tuple[torch.Tensor]:
    return (like().new_ones(4),)


TABLES: dict[str, tuple[torch.Tensor]] = {}
LAST: list[torch.Tensor] | torch.Tensor | None = None


def in_a_cache(self: Any, h: torch.Tensor) -> torch.Tensor:
    return h * made_of(lambda: h)[0]


def in_a_global_table(self: Any, h: torch.Tensor) -> torch.Tensor:
    if "ones" not in TABLES:
        TABLES["ones"] = (h.new_ones(4),)
    return h * TABLES["ones"][0]


def in_a_variable(self: Any, h: torch.Tensor) -> torch.Tensor:
    global LAST
    LAST = h
    return h


@pytest.mark.parametrize("between", [in_a_cache, in_a_global_table, in_a_variable])
def test_what_the_process_keeps(between: Callable[..., torch.Tensor]) -> None:
    """A table that is kept beyond the model must hold numbers, or the model is broken from then on."""
    TABLES.clear()
    model = net(between)
    assert run_on_shapes(model, (X,), {}) is None
    assert not isinstance(model(X), FakeTensor)
    assert not isinstance(LAST, FakeTensor)
    assert all(not isinstance(table[0], FakeTensor) for table in TABLES.values())


def test_a_table_made_of_sizes_has_numbers() -> None:
    model = net(lambda self, h: h * made_once(4)[0])
    assert run_on_shapes(model, (X,), {}) is not None
    assert not isinstance(made_once(4)[0], FakeTensor)


def nested(self: Any, h: torch.Tensor) -> torch.Tensor:
    self.nested["inner"]["steps"].append(h)
    self.nested["inner"]["last"] = h
    return h


@pytest.mark.parametrize("options", [NUMBERS, SHAPES], ids=["numbers", "shapes"])
def test_containers_in_containers(options: OptimizationOptions, tmp_path: Path) -> None:
    model = net(nested)
    export_model(model, X, tmp_path / "m.onnx", verify="off", optimization=options)
    assert model.nested == {"inner": {"steps": [0]}}


def speaks(self: Any, h: torch.Tensor) -> torch.Tensor:
    print(h)
    logging.getLogger("torch._subclasses.fake_tensor").error("no shapes for that")
    return h.sin() if h.sum() > 0 else h


def test_a_try_is_not_heard(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    assert run_on_shapes(net(speaks), (X,), {}) is None
    assert capfd.readouterr() == ("", "") and not caplog.records


class Wrapped(nn.Parameter):
    """A parameter that could mean anything."""


def test_tensors_of_other_kinds() -> None:
    model = net(lambda self, h: h)
    model.first.bias = Wrapped(torch.ones(4))
    assert run_on_shapes(model, (X,), {}) is None


def test_inputs_that_can_keep_something() -> None:
    class State:
        value = None

    class Stateful(nn.Module):
        def forward(self, x: torch.Tensor, state: State) -> torch.Tensor:
            state.value = x + 1
            return state.value

    state = State()
    assert run_on_shapes(Stateful(), (X, state), {}) is None
    assert state.value is None


def test_operators_of_others() -> None:
    """Nobody knows whether they draw random numbers."""

    @torch.library.custom_op("modelexport_test::twice", mutates_args=())
    def twice(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    twice.register_fake(torch.empty_like)
    assert run_on_shapes(net(lambda self, h: twice(h)), (X,), {}) is None


@pytest.mark.parametrize(
    "options",
    [
        {"verify": "model"},
        {"strategy": "htp"},
        {"prioritize": "accuracy"},
        {"work_dir": "work"},
        {"optimization": NUMBERS},
    ],
    ids=str,
)
def test_where_numbers_are_needed(
    options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbers: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    export_model(net(SURE["identity"]), X, tmp_path / "m.onnx", **{"verify": "off", **options})
    assert numbers


def test_by_itself_an_export_runs_on_shapes(tmp_path: Path, numbers: list[str]) -> None:
    assert not OptimizationOptions.none().run_on_shapes
    export_model(net(SURE["identity"]), X, tmp_path / "m.onnx", verify="off")
    assert not numbers


def test_another_version_of_torch_runs_with_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, numbers: list[str]
) -> None:
    monkeypatch.setitem(patching.KNOWN_VERSIONS, "torch", "0.0")
    export_model(net(SURE["identity"]), X, tmp_path / "m.onnx", verify="off")
    assert numbers


class Indexed(nn.Module):
    """Of a sentence: looks words up, and decides by them."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.short, self.long = nn.Embedding(9, 4), nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        some = self.words(ids[ids != 3])
        return self.short(some) if (ids > 0).all() else self.long(some)


@pytest.mark.parametrize("ids", [[1, 2, 3], [0, 3, 4]])
def test_whole_numbers_decide(ids: list[int]) -> None:
    model, args = perturb(Indexed()), (torch.tensor(ids),)
    run = run_on_shapes(model, args, {})
    assert run is not None and facts(run) == facts(run_eagerly(model, args, {}))


def test_what_is_made_of_whole_numbers_has_none() -> None:
    """Else a model of words would run in whole."""
    seen: list[Any] = []
    model = perturb(Indexed())
    model.long.register_forward_hook(lambda module, args, output: seen.append(output.shape))
    model.words.register_forward_hook(lambda module, args, output: seen.append(type(output)))
    assert run_on_shapes(model, (torch.tensor([0, 1]),), {}) is not None
    assert seen == [FakeTensor, (2, 4)]


class Wide(nn.Module):
    """One small layer, one of more than four million numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.large = nn.Linear(4, 2048), nn.Linear(2048, 2100)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.large(self.small(x))


def test_only_large_operators_run_on_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    seen: list[bool] = []
    model = Wide()
    for layer in (model.small, model.large):
        layer.register_forward_hook(lambda module, args, output: seen.append(isinstance(output, FakeTensor)))
    run = run_on_shapes(model, (X,), {})
    assert seen == [False, True]
    assert run is not None and facts(run) == facts(run_eagerly(model, (X,), {}))


def test_a_small_tensor_changed_by_a_large_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its numbers would be the old ones, and the branch the wrong one."""

    def change(self: Any, h: torch.Tensor) -> torch.Tensor:
        h.addmm_(torch.ones(3, 10), torch.ones(10, 4))  # reads 82 numbers
        return h + 1 if h.sum() > 0 else h

    monkeypatch.setattr(shapes, "LARGE", 83)
    assert run_on_shapes(net(change), (X,), {}) is not None
    monkeypatch.setattr(shapes, "LARGE", 82)
    assert run_on_shapes(net(change), (X,), {}) is None


def fail(self: Any, h: torch.Tensor) -> torch.Tensor:
    return h @ torch.ones(7, 7)


@pytest.mark.parametrize(("model", "inputs"), [(net(fail), X), (perturb(Indexed()), torch.tensor([1, 9]))])
def test_a_failing_model_says_the_same(model: nn.Module, inputs: torch.Tensor, tmp_path: Path) -> None:
    said = []
    for options in (NUMBERS, SHAPES):
        with pytest.raises(EagerRunError) as failure:
            export_model(model, inputs, tmp_path / "m.onnx", verify="off", optimization=options)
        said.append(str(failure.value))
    assert said[0] == said[1]
