"""The classic symbolic trace: six kinds, seven categories, and what each FX node became in ONNX."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import fx, nn

from modelexport_nb.engine.errors import CaptureError, InputError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.symbolic import KINDS, SymbolicTrace, trace_symbolically
from modelexport_nb.engine.symbolic_match import FxMatch

from .zoo import Twice, build

Exported = Callable[[str], ExportReport]


class AllKinds(nn.Module):
    """Every kind of FX node, a custom module inside a torch container, a loop on one line."""

    class Scale(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.Parameter(torch.full((4,), 3.0))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x * self.factor

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), self.Scale())
        self.shift = nn.Parameter(torch.arange(4.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(x)
        for _ in range(3):
            x = torch.sin(x)
        y = torch.cos(x) - torch.exp(x)
        return y.transpose(0, 1) + self.shift


@pytest.fixture(scope="module")
def all_kinds(tmp_path_factory: pytest.TempPathFactory) -> tuple[SymbolicTrace, ExportReport]:
    model = AllKinds().eval()
    path = tmp_path_factory.mktemp("symbolic") / "m.onnx"
    return trace_symbolically(model), export_model(model, torch.randn(4, 4), path)


def test_the_six_kinds(all_kinds: tuple[SymbolicTrace, ExportReport]) -> None:
    trace, _ = all_kinds
    assert tuple(trace.kinds) == KINDS
    assert trace.kinds == {
        "placeholder": 1,
        "get_attr": 2,
        "call_module": 1,
        "call_function": 8,
        "call_method": 1,
        "output": 1,
    }
    assert [node.kind for node in trace.nodes] == [node.op for node in fx.symbolic_trace(AllKinds()).graph.nodes]
    assert repr(trace) == (
        "<SymbolicTrace of AllKinds: "
        "1 placeholder, 2 get_attr, 1 call_module, 8 call_function, 1 call_method, 1 output>"
    )


def test_the_seven_categories(all_kinds: tuple[SymbolicTrace, ExportReport]) -> None:
    trace, _ = all_kinds
    assert [(c.name, c.count, c.confidence) for c in trace.categories] == [
        ("modules", 1, 1.0),
        ("functions", 8, 0.6),
        ("methods", 1, 0.6),
        ("attributes", 2, 0.95),
        ("inputs", 1, 1.0),
        ("outputs", 1, 1.0),
        ("custom modules", 2, 1.0),  # torch's Sequential is entered too, and no custom one
    ]
    found = {c.name: c.elements for c in trace.categories}
    assert found["functions"] == {
        "operator.mul": 1,
        "torch.sin": 3,
        "torch.cos": 1,
        "torch.exp": 1,
        "operator.sub": 1,
        "operator.add": 1,
    }
    assert found["attributes"] == {"body.1.factor": 1, "shift": 1}
    assert found["custom modules"] == {"AllKinds": 1, "Scale": 1}
    assert trace.entered == ("", "body", "body.1")
    assert [row[0] for row in trace.rows()] == [*KINDS, *found]


def test_what_each_became(all_kinds: tuple[SymbolicTrace, ExportReport]) -> None:
    trace, report = all_kinds
    became = {n.name: (m, [report.node(at).op for at in m.nodes]) for n, m in paired(trace, report)}
    assert became["body_0"][1] == ["Gemm"]
    assert became["mul"][1] == ["Mul"] and became["mul"][0].why == "the only function in its call"
    assert [became[name][1] for name in ("sin", "sin_1", "sin_2")] == [["Sin"]] * 3
    assert len({became[name][0].nodes for name in ("sin", "sin_1", "sin_2")}) == 3
    for name in ("cos", "exp", "sub", "transpose", "add"):  # several on one line: nobody can say
        assert became[name][0].unknown and "functions on its line of code" in became[name][0].why
    assert "shift" in became["shift"][0].why and not became["shift"][0].unknown
    for name in ("x", "output"):
        assert became[name][0].nodes == () and became[name][0].why.endswith("put, not a node")


def paired(trace: SymbolicTrace, report: ExportReport) -> list[tuple[Any, FxMatch]]:
    return list(zip(trace.nodes, trace.against(report), strict=True))


@pytest.mark.parametrize("name", ["called twice", "Conv and BatchNorm", "ModuleDict", "child's parameter"])
def test_no_claim_contradicts_the_report(exported: Exported, name: str) -> None:
    report = exported(name)
    trace = trace_symbolically(build(name)[0])
    taken: set[int] = set()
    for node, match in paired(trace, report):
        region = report.tree.region(report.row(node.call))
        assert set(match.nodes) <= set(region) and not taken & set(match.nodes)
        taken |= set(match.nodes)
        for at in match.merged:
            assert node.call in report.node(at).also
    assert taken == set(range(len(report.attribution.scopes)))  # on these models everything is known


def test_later_calls_and_folded_modules(exported: Exported) -> None:
    report = exported("called twice")
    matches = {n.name: (n.call, m.nodes) for n, m in paired(trace_symbolically(build("called twice")[0]), report)}
    assert matches["first_norm_1"] == ("first.norm#1", tuple(report.row("first.norm#1").nodes))
    assert matches["first_norm"] == ("first.norm", tuple(report.row("first.norm").nodes))
    folded = exported("Conv and BatchNorm")
    norm = next(m for n, m in paired(trace_symbolically(build("Conv and BatchNorm")[0]), folded) if n.call == "norm")
    assert (norm.nodes, norm.merged, norm.why) == ((), (0,), "folded into conv")


def test_calls_that_only_one_of_them_saw_are_unknown(exported: Exported) -> None:
    """`self.sub.forward(x)` goes past the tracer, not past the export."""
    name = "forward called directly"
    report = exported(name)
    for node, match in paired(trace_symbolically(build(name)[0]), report):
        if node.target == "torch.relu":
            assert match.unknown and match.nodes == ()
    doubts = [m.why for _, m in paired(trace_symbolically(build(name)[0]), report)]
    assert "calls of its module in the report: 2, in the trace: 1" in doubts


def test_another_model_is_refused(exported: Exported, tmp_path: Path) -> None:
    trace = trace_symbolically(Twice().eval())
    with pytest.raises(InputError, match=r'another model: they differ at the module "\(root\)"'):
        trace.against(exported("ModuleDict"))
    wider, narrow = (nn.Sequential(*(nn.ReLU() for _ in range(count))) for count in (2, 1))
    report = export_model(narrow, torch.ones(2), tmp_path / "m.onnx", verify="off")
    with pytest.raises(InputError, match="another model: it has 2 modules, the trace 3"):
        trace_symbolically(wider).against(report)


# ---- failures ----


class Branch(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if x.sum() > 0:
            return x
        return -x


class Holder(nn.Module):
    def __init__(self, child: nn.Module) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.child = child

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.child(self.linear(x))


class Loop(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for row in x:
            x = x + row
        return x


class Sized(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + sum(range(x.shape[0]))


@pytest.mark.parametrize(
    ("child", "line", "cause"),
    [
        (Branch(), "if x.sum() > 0:", "a branch, loop or assertion depends on data"),
        (Loop(), "for row in x:", "a branch, loop or assertion depends on data"),
        (Sized(), "return x + sum(range(x.shape[0]))", "TypeError: 'Proxy' object cannot be interpreted as an integer"),
    ],
)
def test_a_failure_names_the_line(child: nn.Module, line: str, cause: str) -> None:
    model = Holder(child)
    before = {path: set(vars(module)) for path, module in model.named_modules()}
    with pytest.raises(CaptureError) as caught:
        trace_symbolically(model)
    message = str(caught.value)
    number = next(at for at, text in enumerate(Path(__file__).read_text().splitlines(), 1) if text.strip() == line)
    assert message.startswith(
        f"The model cannot be traced symbolically at test_symbolic.py:{number}: `{line}`: {cause}"
    )
    assert "torch.where" in message and "concrete_args" in message and "\n" not in message
    assert model.training and {path: set(vars(module)) for path, module in model.named_modules()} == before


def test_a_real_model_names_the_line_of_its_own_file() -> None:
    model, _ = build("ResNet")
    with pytest.raises(CaptureError, match=r"at transformers/models/resnet/modeling_resnet\.py:\d+: `if num_channels"):
        trace_symbolically(model)


def test_a_library_or_torch_itself_may_be_what_stops_it() -> None:
    with pytest.raises(CaptureError, match=re.escape("at torch/nn/modules/rnn.py:")):
        trace_symbolically(nn.GRU(4, 4))
    model, _ = build("BERT")
    with pytest.raises(CaptureError, match=re.escape("at transformers/utils/generic.py:")):
        trace_symbolically(model)


def test_concrete_args_can_decide_a_branch() -> None:
    class Optional(nn.Module):
        def forward(self, x: torch.Tensor, double: bool = False) -> torch.Tensor:
            return x * 2 if double else x

    with pytest.raises(CaptureError):
        trace_symbolically(Optional())
    functions = [node.target for node in trace_symbolically(Optional(), {"double": True}).nodes]
    assert "operator.mul" in functions


def test_not_a_module() -> None:
    with pytest.raises(InputError, match=r"The model is a function\. Pass an instance of torch\.nn\.Module"):
        trace_symbolically(lambda x: x)  # type: ignore[arg-type]


def test_it_is_traced_in_eval_mode_and_its_state_restored() -> None:
    class Counts(nn.Module):
        runs = 0

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.last = x
            self.runs = self.runs + 1
            return torch.relu(x) if self.training else torch.sigmoid(x)

    model = Counts().train()
    assert trace_symbolically(model).nodes[1].target == "torch.sigmoid"
    assert model.training and model.runs == 0 and not hasattr(model, "last")


def test_the_model_is_left_alone() -> None:
    model = Twice().train()
    hooks = {name: [lambda *_: None] for name in ("first", "between")}
    handles = [getattr(model, name).register_forward_hook(hook[0]) for name, hook in hooks.items()]
    before = {path: dict(vars(module)) for path, module in model.named_modules()}
    trace_symbolically(model)
    assert all(module.training for module in model.modules())
    assert {path: dict(vars(module)) for path, module in model.named_modules()} == before
    assert all(handle.id in getattr(model, name)._forward_hooks for handle, name in zip(handles, hooks, strict=True))
