"""Invariants on random small models: nesting, sharing, repeated calls, residuals, names reused, dead branches."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from torch import nn

from modelexport_nb.engine.attribution import Attribution
from modelexport_nb.engine.files import write_model
from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.judge import take_measures
from modelexport_nb.engine.metadata import node_name
from modelexport_nb.engine.module_parity import compare_modules
from modelexport_nb.engine.strategies import Subject, get_strategy
from modelexport_nb.engine.tree import build_tree

from .subjects import subject_of
from .zoo import perturb

WIDTH = 4
X = torch.randn(3, WIDTH, generator=torch.Generator().manual_seed(1))


class Step(nn.Module):
    """Runs its parts in order; each result may be added to what came in, passed on twice, or thrown away."""

    def __init__(self, parts: list[nn.Module], ways: list[str]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.ways = ways

    def extra_repr(self) -> str:
        return ", ".join(self.ways)  # a failing example tells how to build it

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for part, way in zip(self.parts, self.ways, strict=True):
            if way == "residual":
                x = x + part(x)
            elif way == "twice":
                x = part(part(x))
            elif way == "unused":
                part(x)
            elif way == "direct":
                x = part.forward(x)
            else:
                x = part(x)
        return x


WAYS = st.sampled_from(["plain", "plain", "residual", "twice", "unused", "direct"])
LEAVES = st.sampled_from(["linear", "norm", "relu", "tanh", "dropout", "identity"])


def leaf(kind: str) -> nn.Module:
    made = {
        "linear": lambda: nn.Linear(WIDTH, WIDTH),
        "norm": lambda: nn.LayerNorm(WIDTH),
        "relu": nn.ReLU,
        "tanh": nn.Tanh,
        "dropout": nn.Dropout,
        "identity": nn.Identity,
    }
    return made[kind]()


@st.composite
def models(draw: st.DrawFn, depth: int = 3) -> nn.Module:
    """A tree of steps in which a part may be one that was used before."""
    known: list[nn.Module] = []

    def build(level: int) -> nn.Module:
        parts: list[nn.Module] = []
        for _ in range(draw(st.integers(1, 3))):
            if known and draw(st.integers(0, 4)) == 0:
                parts.append(draw(st.sampled_from(known)))
            elif level and draw(st.booleans()):
                parts.append(build(level - 1))
            else:
                parts.append(leaf(draw(LEAVES)))
            known.append(parts[-1])
        return Step(parts, [draw(WAYS) for _ in parts])

    return Step([nn.Linear(WIDTH, WIDTH), build(depth)], ["plain", "plain"])


def holds(subject: Subject, found: Attribution, owned: float, convex: float) -> None:
    """What every attribution promises, whatever the model."""
    nodes = all_nodes(subject.graph)
    measures = take_measures(nodes, found, subject.parameters, subject.eager)
    assert len(found.scopes) == len(nodes)
    assert measures.root_share <= 0.03
    assert measures.owned >= owned * measures.owning, [found.calls[found.scopes[n].call].key for n in measures.disowned]
    assert measures.convex >= convex * measures.regions, measures.non_convex
    tree = build_tree(subject.modules, found)
    assert {row.path for row in tree} | {p for p, m in subject.modules.modules.items() if m.has_children} == set(
        subject.modules.modules
    )
    assert tree.rows[0].total == len(nodes)
    for row in tree:
        assert row.total == len(tree.region(row))
        assert (row.reason is None) == (row.total > 0) or not nodes
    names = [
        node_name(found.calls, tree, s.call, n, at) for at, (n, s) in enumerate(zip(nodes, found.scopes, strict=True))
    ]
    assert len(set(names)) == len(names)
    for scope in found.scopes:
        assert scope.call not in scope.also and len(set(scope.also)) == len(scope.also)
        assert 0 <= scope.confidence <= 1


@settings(
    max_examples=12, phases=[Phase.generate], deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(models())
def test_random_models(model: nn.Module) -> None:
    model = perturb(model)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    subject = subject_of((model, X), values=True)
    fx = get_strategy("fx").attribute(subject)
    holds(subject, fx, owned=1.0, convex=1.0)
    blind = replace(subject, captured=None)
    holds(subject, get_strategy("htp").attribute(blind), owned=0.99, convex=0.9)
    holds(subject, get_strategy("usage_based").attribute(blind), owned=0.97, convex=0.9)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.onnx"
        write_model(subject.graph, path)
        modules = compare_modules(path, subject, fx)
    assert modules.ok, modules.first_divergence
    assert {call.key for call in modules.calls} >= {call.key for call in subject.eager.calls.calls}
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
