"""Agreement of strategies on one graph: counted by node, by call, by pair; every disagreement has a kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from modelexport_nb.engine.agreement import Kind, agreement
from modelexport_nb.engine.attribution import Attribution, Evidence, NodeScope
from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.report import ExportReport

Exported = Callable[[str], ExportReport]


def changed(report: ExportReport, strategy: str, scopes: dict[int, NodeScope]) -> Any:
    """The same graph seen by another strategy, which differs at some nodes."""
    claims = [scopes.get(at, scope) for at, scope in enumerate(report.attribution.scopes)]
    attribution = replace(report.attribution, strategy=strategy, scopes=claims)
    return SimpleNamespace(attribution=attribution, graph=report.graph)


def test_a_report_agrees_with_itself(exported: Exported) -> None:
    report = exported("BERT")
    found = agreement(report, report, report)
    total = len(report.attribution.scopes)
    assert found.strategies == ("fx", "fx (2)", "fx (3)")
    assert (found.nodes, found.agreeing, found.share, found.hollow) == (total, total, 1.0, 0)
    assert found.pairs == ((total,) * 3,) * 3
    assert found.disagreements == () and set(found.kinds.values()) == {0}
    assert sum(call.nodes for call in found.calls) == total
    assert {call.key for call in found.calls} == {row.key for row in report.tree if row.nodes}
    assert repr(found) == f"<Agreement fx, fx (2), fx (3): {total} of {total} nodes>"
    assert "module call" not in found.to_markdown().splitlines()[0]


def test_every_kind_of_disagreement(exported: Exported) -> None:
    report = exported("called twice")
    calls = report.attribution.calls
    row = {key: next(iter(report.row(key).nodes)) for key in ("first.inner.linear", "first.norm", "between.norm")}
    inner, norm, between = row.values()
    claims = {
        inner: NodeScope(calls.by_key["first"], Evidence.DATAFLOW),
        norm: NodeScope(calls.by_key["first.norm#1"], Evidence.VALUE),
        between: NodeScope(calls.by_key["first.norm"], Evidence.VALUE),
    }
    found = agreement(report, changed(report, "htp", claims))
    assert [(d.number, d.kind) for d in found.disagreements] == [
        (inner, Kind.ANCESTOR),
        (norm, Kind.SIBLING),
        (between, Kind.OTHER),
    ]
    second = found.disagreements[1]
    assert second.scopes == ("first.norm", "first.norm#1") and second.evidence == ("trace", "value")
    assert (second.name, second.op) == ("/first/norm/LayerNormalization_" + str(norm), "LayerNormalization")
    assert found.agreeing == found.nodes - 3 and found.pairs[0][1] == found.pairs[1][0] == found.agreeing
    by_call = {call.key: (call.agreeing, call.nodes) for call in found.calls}
    assert by_call["first.norm"] == (0, 2)  # each gives it one node, and not the same one
    assert by_call["between.inner"] == (1, 1)
    assert found.kinds == {"also": 0, "ancestor": 1, "sibling call": 1, "other": 1}
    assert repr(found).endswith(" nodes; 1 ancestor, 1 sibling call, 1 other>")


def test_a_folded_module_is_told_from_a_wrong_one(exported: Exported) -> None:
    report = exported("Conv and BatchNorm")
    norm = NodeScope(report.attribution.calls.by_key["norm"], Evidence.PARAMETER)
    found = agreement(report, changed(report, "usage_based", {0: norm}))
    assert [d.kind for d in found.disagreements] == [Kind.ALSO]


def test_three_reports(exported: Exported) -> None:
    report = exported("called twice")
    calls = report.attribution.calls
    at = report.row("first.norm").nodes[0]
    root = changed(report, "b", {at: NodeScope(0, Evidence.ROOT)})
    later = changed(report, "c", {at: NodeScope(calls.by_key["first.norm#1"], Evidence.VALUE)})
    found = agreement(report, root, later)
    total = found.nodes
    assert found.pairs == ((total, total - 1, total - 1), (total - 1, total, total - 1), (total - 1, total - 1, total))
    assert [d.kind for d in found.disagreements] == [Kind.OTHER]  # ancestor and sibling call at once
    assert agreement(root, report).disagreements[0].kind is Kind.ANCESTOR


def test_agreeing_that_nobody_knows_is_hollow(exported: Exported) -> None:
    report = exported("called twice")
    nothing = {at: NodeScope(0, Evidence.ROOT) for at in range(len(report.attribution.scopes))}
    a, b = changed(report, "a", nothing), changed(report, "b", nothing)
    found = agreement(a, b)
    assert found.share == 1.0 and found.hollow == found.nodes
    assert ("of these hollow", str(found.nodes)) == found.rows()[1][:2]


def test_bare_attributions(exported: Exported) -> None:
    attribution: Attribution = exported("called twice").attribution
    found = agreement(attribution, replace(attribution, scopes=[NodeScope(0, Evidence.ROOT)] * len(attribution.scopes)))
    assert {d.op for d in found.disagreements} == {""} and {d.kind for d in found.disagreements} == {Kind.ANCESTOR}
    with pytest.raises(InputError, match=r"different graphs: fx has 15 nodes, fx \(2\) has 14"):
        agreement(attribution, replace(attribution, scopes=attribution.scopes[1:]))


def test_markdown_is_safe_and_the_same_every_time(exported: Exported) -> None:
    report = exported("called twice")
    root = {at: NodeScope(0, Evidence.ROOT) for at in range(len(report.attribution.scopes))}
    other = changed(report, "<b>|x\ny", root)
    text = agreement(report, other).to_markdown(limit=2)
    assert text == agreement(report, other).to_markdown(limit=2)
    assert "<b>" not in text and "| &lt;b&gt;\\|x y |" in text
    assert text.endswith("… and 13 more nodes.\n")
    tables = [block.splitlines() for block in text.split("\n\n")[:3]]
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table}) == 1


class Wired(nn.Module):
    def __init__(self, swap: bool) -> None:
        super().__init__()
        self.swap = swap

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a = torch.relu(x)
        b = torch.relu(x * 2)
        return b - a if self.swap else a - b


def test_reports_of_different_graphs_are_refused(exported: Exported, tmp_path: Path) -> None:
    def refusal(*reports: Any) -> str:
        with pytest.raises(InputError) as caught:
            agreement(*reports)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    gru, twice = exported("GRU"), exported("called twice")
    first = next(iter(gru.graph.graph.all_nodes())).op_type
    assert refusal(twice, gru) == (f"The reports are of different graphs: node 0 is MatMul in fx, {first} in fx (2).")
    plain, swapped = (
        export_model(Wired(swap), torch.ones(2, 2), tmp_path / f"{swap}.onnx", verify="off") for swap in (False, True)
    )
    assert refusal(plain, swapped) == "The reports are of different graphs: node 3 (Sub) reads other results."
    assert refusal(plain) == "An agreement needs at least two reports."
    nothing = SimpleNamespace(attribution=None, graph=plain.graph)
    assert refusal(plain, nothing) == "A SimpleNamespace without an attribution says nothing about its nodes."
