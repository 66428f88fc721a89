"""The measures must catch what is wrong: each test spoils a true attribution in one way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelexport_nb.engine.attribution import Attribution, Evidence, NodeScope
from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.judge import take_measures
from modelexport_nb.engine.measures import Measures
from modelexport_nb.engine.strategies import get_strategy

from .subjects import subject_of
from .zoo import build


class Exhibit:
    """A captured model with its true attribution, ready to be spoilt and measured."""

    def __init__(self, name: str) -> None:
        subject = subject_of(build(name))
        self.eager = subject.eager
        self.nodes = all_nodes(subject.graph)
        self.parameters = subject.parameters
        self.truth: Attribution = get_strategy("fx").attribute(subject)

    def measure(self, scopes: list[NodeScope] | None = None) -> Measures:
        attribution = self.truth if scopes is None else replace(self.truth, scopes=scopes)
        return take_measures(self.nodes, attribution, self.parameters, self.eager)

    def call(self, key: str) -> int:
        return self.truth.calls.by_key[key]


@pytest.fixture(scope="module")
def convs() -> Exhibit:
    return Exhibit("Conv and BatchNorm")


@pytest.fixture(scope="module")
def twice() -> Exhibit:
    return Exhibit("called twice")


def test_the_truth(convs: Exhibit, twice: Exhibit) -> None:
    for exhibit in (convs, twice):
        found = exhibit.measure()
        assert found.disowned == () and found.non_convex == () and found.root == 0


def test_naming_the_norm_of_a_folded_conv(convs: Exhibit) -> None:
    """What torch's own metadata claims for every folded convolution."""
    claim = [
        NodeScope(scope.also[0], scope.evidence) if node.op_type == "Conv" else scope
        for node, scope in zip(convs.nodes, convs.truth.scopes, strict=True)
    ]
    assert convs.measure(claim).disowned == (0, 2)


def test_everything_at_the_root(convs: Exhibit) -> None:
    found = convs.measure([NodeScope(0, Evidence.ROOT) for _ in convs.nodes])
    assert found.covered == found.nodes == found.root == 3
    assert found.root_share == 1
    assert found.owned == 0


def test_two_calls_under_one_scope(twice: Exhibit) -> None:
    """What torch writes for a module called twice: its region is left for the block between, and entered again."""
    calls = twice.truth.calls
    merged = [replace(scope, call=twice.call(calls[scope.call].path)) for scope in twice.truth.scopes]
    found = twice.measure(merged)
    assert "first" in found.non_convex
    assert "between" not in found.non_convex


def test_a_neighbours_node(twice: Exhibit) -> None:
    spoilt = list(twice.truth.scopes)
    linear = next(n for n, scope in enumerate(spoilt) if scope.call == twice.call("between.inner.linear"))
    spoilt[linear] = replace(spoilt[linear], call=twice.call("first.inner.linear"))
    found = twice.measure(spoilt)
    assert linear in found.disowned
    assert found.non_convex


def test_the_right_module_but_the_wrong_call(twice: Exhibit) -> None:
    spoilt = [
        replace(scope, call=twice.call("first.norm#1")) if scope.call == twice.call("first.norm") else scope
        for scope in twice.truth.scopes
    ]
    assert twice.measure(spoilt).non_convex


@pytest.mark.parametrize("name", ["Conv and BatchNorm", "called twice", "torch.cond"])
def test_counts_add_up(name: str) -> None:
    found = Exhibit(name).measure()
    rows = {name: value for name, value, _ in found.rows()}
    assert rows["coverage"] == f"{found.nodes}/{found.nodes}"
    assert rows["ownership"] == f"{found.owned}/{found.owning}"
    assert found.convex == found.regions


def test_sources_are_relative(exported: Any) -> None:
    sources = {record.source for record in exported("BERT").nodes()}
    assert None not in sources
    assert all(not Path(source).is_absolute() and not source.startswith("torch/") for source in sources)
