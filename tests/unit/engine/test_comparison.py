"""Reports beside each other: aligned by module call, every difference found and counted, none invented."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from modelexport_nb.engine.attribution import Evidence, NodeScope
from modelexport_nb.engine.columns import Column, Failure
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import InputError, ModelExportError
from modelexport_nb.engine.hierarchy import read_hierarchy
from modelexport_nb.engine.module_parity import CallParity, ModuleParity, Verdict
from modelexport_nb.engine.parity import OutputParity, Parity
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tree import build_tree
from tests.unit.notebook.fakes import fake_report

from .zoo import build

Exported = Callable[[str], ExportReport]


def seen(report: ExportReport, strategy: str, scopes: dict[int, NodeScope]) -> ExportReport:
    """The same graph as another strategy sees it, which differs at some nodes."""
    claims = [scopes.get(at, scope) for at, scope in enumerate(report.attribution.scopes)]
    attribution = replace(report.attribution, strategy=strategy, scopes=claims)
    return replace(
        report,
        strategy=strategy,
        attribution=attribution,
        tree=build_tree(report.modules, attribution),
        graph=report.graph,
    )


def shuffled(report: ExportReport, seed: int) -> ExportReport:
    """The same graph with some nodes given to any call."""
    chance = random.Random(seed)
    calls = len(report.attribution.calls)
    nodes = [at for at in range(len(report.attribution.scopes)) if chance.random() < 0.3]
    return seen(report, f"s{seed}", {at: NodeScope(chance.randrange(calls), Evidence.DATAFLOW) for at in nodes})


def counted(comparison: Comparison, one: int, two: int) -> list[int]:
    """`Difference.inside` on one graph, counted the slow way."""
    keys = []
    regions: list[dict[str, set[int]]] = []
    for number in (one, two):
        tree = comparison.columns[number].tree
        assert tree is not None
        regions.append({row.key: set(tree.region(row)) for row in tree})
        keys.append({node: row.key for row in tree for node in row.nodes})
    moved = {node for node in keys[0] if keys[0][node] != keys[1][node]}
    return [len(moved & (regions[0].get(row.key, set()) | regions[1].get(row.key, set()))) for row in comparison.rows]


# ---- one graph ----


def test_a_report_does_not_differ_from_itself(exported: Exported) -> None:
    report = exported("ALBERT")
    found = Comparison.of(report, report)
    total = len(report.attribution.scopes)
    assert [column.name for column in found.columns] == ["fx", "fx (2)"] and found.groups == (0, 0)
    assert found.difference(0, 1).none and set(found.difference(0, 1).inside) == {0}
    assert [row.key for row in found.rows] == [row.key for row in report.tree]
    assert found.agreement is not None and found.agreement.share == 1.0
    assert repr(found) == f"<Comparison of AlbertModel: fx {total} nodes; fx (2) {total} nodes, 0 differ>"
    assert repr(found.difference(0, 1)) == "<Difference fx and fx (2): none>"
    assert not found.notes


def test_damage_is_found_and_counted(exported: Exported) -> None:
    report = exported("ALBERT")
    calls = report.attribution.calls
    attention = next(key for key in calls.by_key if key.endswith("attention#3"))
    layer = calls[calls[calls.by_key[attention]].parent].key
    wrong = report.row(attention).nodes[:2]
    later = f"{calls[calls.by_key[attention]].path}#7"
    broken = seen(report, "other", {node: NodeScope(calls.by_key[later], Evidence.VALUE) for node in wrong})
    found = Comparison.of(report, broken)
    difference = found.differences[1]
    assert difference is not None and difference.same_graph
    assert (difference.moved, difference.nodes) == (tuple(wrong), 2)
    assert not (difference.added or difference.removed or difference.renamed)
    assert list(difference.inside) == counted(found, 0, 1)
    for key in (attention, later, layer, ""):
        cell = found.cell(key, "other")
        assert cell is not None and cell.differs == 2
    before, after = found.cell(attention, "fx"), found.cell(attention, "other")
    assert before is not None and after is not None
    assert (after.own, after.total) == (before.own - 2, before.total - 2)
    assert after.evidence.get("trace", 0) == before.evidence["trace"] - 2
    assert sum(after.operators.values()) == after.total
    assert repr(difference) == "<Difference fx and other: 2 attributed differently>"


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["called twice", "GRU", "torch.cond"])
def test_properties(exported: Exported, name: str, seed: int) -> None:
    report = exported(name)
    a, b = shuffled(report, seed), shuffled(report, seed + 100)
    found = Comparison.of(a, b, report)
    for number, column in enumerate(found.columns):
        cells = [found.cell(row.key, number) for row in found.rows]
        assert sum(cell.own for cell in cells if cell) == column.nodes == len(report.attribution.scopes)
        root = cells[0]
        assert root is not None and root.total == sum(root.operators.values()) == column.nodes
        assert root.operators == column.operators
        assert found.difference(number, number).none
    one, two = found.difference(0, 1), found.difference(1, 0)
    assert (one.moved, one.inside) == (two.moved, two.inside)
    assert (one.added, one.removed) == (two.removed, two.added)
    assert list(one.inside) == counted(found, 0, 1)
    assert one.nodes == len(one.moved)


def test_three_columns_and_another_baseline(exported: Exported) -> None:
    report = exported("called twice")
    found = Comparison.of(report, shuffled(report, 1), shuffled(report, 2))
    other = found.against("s2")
    assert (found.baseline, other.baseline) == (0, 2)
    assert other.differences[0] is not None and other.differences[0].inside == found.difference(2, 0).inside
    assert found.agreement is not None and found.agreement.agreeing == sum(
        len({claim.calls[claim.scopes[at].call].key for claim in claims}) == 1
        for claims in [[column.report.attribution for column in found.columns if column.report]]
        for at in range(found.columns[0].nodes)
    )


def test_errors_of_calls_stand_in_their_cells() -> None:
    parity = Parity(
        (OutputParity("y", 0.5, 0.1, False),),
        modules=ModuleParity(
            (CallParity("head#1", Verdict.DIFFERS, 1, 1, 0.5, 0.1, 3), CallParity("head", Verdict.EQUAL))
        ),
    )
    found = Comparison.of(fake_report(parity=parity), fake_report())
    cell, other = found.cell("head#1", 0), found.cell("head#1", 1)
    assert cell is not None and (cell.error, cell.verdict) == (0.5, Verdict.DIFFERS)
    assert other is not None and (other.error, other.verdict) == (None, None)


# ---- files ----


def test_files_that_were_only_read(exported: Exported, tmp_path: Path) -> None:
    report = exported("called twice")
    plain = tmp_path / "plain.onnx"
    model, inputs = build("called twice")
    torch.onnx.export(model, (inputs,), plain, dynamo=True, verbose=False)
    found = Comparison.of(report, read_hierarchy(report.path), read_hierarchy(plain))
    ours, torchs = found.columns[1:]
    assert ours.name == report.path.name and torchs.name == "plain.onnx"
    assert (ours.strategy, torchs.strategy, torchs.capture) == ("fx", "torch", "file")
    assert found.groups == (0, 0, 0) and found.witnesses == [0, 1]
    assert found.difference(0, 1).none
    assert ours.bytes == report.bytes and ours.measures is None and ours.parity is None and not ours.seconds
    third = found.differences[2]
    assert third is not None and "first#1" in third.removed and third.moved  # torch does not tell calls apart
    cell = found.cell("first", 2)
    assert cell is not None and cell.evidence == {}
    assert any(note.startswith("plain.onnx: torch's own name_scopes") for note in found.notes)


def test_a_file_that_is_gone(exported: Exported, tmp_path: Path) -> None:
    report = exported("called twice")
    gone = replace(report, files=(tmp_path / "gone.onnx",))
    found = Comparison.of(report, gone)
    assert found.columns[0].bytes == report.bytes and found.columns[1].bytes is None
    assert found.notes == ("The file of fx (2) is gone: its size is not known.",)
    assert found.difference(0, 1).none


# ---- failures and names ----


def test_a_failed_export_is_a_column(exported: Exported) -> None:
    report = exported("called twice")
    failed = Column("first", "fx", "torch.onnx", failure=Failure("capture", "It <cannot> be."))
    found = Comparison.of_columns([failed, Column.of(report, "second"), Column.of(report, "third")])
    assert (found.baseline, found.groups, found.columns[0].nodes) == (1, (-1, 0, 0), 0)
    assert found.cell("first", "first") is None and found.differences[0] is None
    assert repr(found).startswith("<Comparison of Twice: first failed; second 15 nodes;")
    for act in (lambda: found.against("first"), lambda: found.difference("second", "first")):
        with pytest.raises(ModelExportError, match="first failed: there is nothing to compare with"):
            act()
    alone = Comparison.of_columns([failed])
    assert repr(alone) == "<Comparison of nothing: first failed>" and not alone.rows
    for view in (found, alone):
        assert "first failed at capture: It &lt;cannot&gt; be." in view.to_markdown()
        assert "It &lt;cannot&gt; be." in view.to_html() and "<cannot>" in view.to_json()


def test_names(exported: Exported) -> None:
    report = exported("called twice")
    script = replace(report, capture="torchscript")

    def names(*reports: ExportReport, **options: Any) -> list[str]:
        return [column.name for column in Comparison.of(*reports, **options).columns]

    assert names(report, script) == [f"fx/{report.capture}", "fx/torchscript"]
    assert names(report, seen(script, "htp", {})) == ["fx", "htp"]
    assert names(report, report, report, names=["a", "a (2)", "a"]) == ["a", "a (2)", "a (3)"]


def test_bad_input(exported: Exported) -> None:
    report: Any = exported("called twice")
    for arguments, options, message in [
        ((), {}, "A comparison needs at least one report."),
        ((report,), {"names": ["a", "b"]}, "There are 1 reports and 2 names."),
        ((report, "model.onnx"), {}, "not a str."),
    ]:
        with pytest.raises(InputError) as caught:
            Comparison.of(*arguments, **options)
        assert str(caught.value).endswith(message) and "\n" not in str(caught.value)
    found = Comparison.of(report)
    assert found.differences[0] is not None and found.differences[0].none and found.agreement is None
    with pytest.raises(ModelExportError, match=r'No column "fy"\. Did you mean "fx"'):
        found.column("fy")
    with pytest.raises(ModelExportError, match=r'No column "1"\. Known: fx\.'):
        found.column(1)
    with pytest.raises(ModelExportError, match=r'No module call "first\.norms"\. Did you mean "first\.norm"'):
        found.cell("first.norms", 0)
