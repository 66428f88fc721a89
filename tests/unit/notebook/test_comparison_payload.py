"""The compare widget's payload against its contract: what the browser derives must come out as Python knows it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from modelexport_nb.engine.attribution import Evidence, NodeScope
from modelexport_nb.engine.columns import Column, Failure
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.hierarchy import read_hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tree import build_tree
from modelexport_nb.notebook.widgets.comparison_payload import comparison_payload
from tests.unit.notebook.fakes import SMALL, big_report, fake_report


def seen(report: ExportReport, strategy: str, share: float, **changes: Any) -> ExportReport:
    """The same graph as another strategy sees it: a share of the nodes has a neighbouring call as its scope."""
    chance = random.Random(strategy)
    calls = len(report.attribution.calls)
    scopes = [
        NodeScope((scope.call + 1) % calls, Evidence.DATAFLOW) if chance.random() < share else scope
        for scope in report.attribution.scopes
    ]
    attribution = replace(report.attribution, strategy=strategy, scopes=scopes)
    return replace(
        report, strategy=strategy, attribution=attribution, tree=build_tree(report.modules, attribution), **changes
    )


def sent(comparison: Comparison) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(json.dumps(comparison_payload(comparison), allow_nan=False))
    return payload


def keys(payload: dict[str, Any]) -> list[str]:
    """The key of each row, as the browser derives it."""
    rows = payload["rows"]
    paths: list[str] = []
    for index, (parent, name) in enumerate(zip(rows["parent"], rows["name"], strict=True)):
        above = paths[parent] if parent >= 0 and index not in rows["absolute"] else ""
        paths.append(f"{above}.{name}" if above else name)
    return [f"{path}#{call}" if call > 0 else path for path, call in zip(paths, rows["call"], strict=True)]


@pytest.fixture
def several() -> Comparison:
    renamed = [(path.replace("encoder", "enc"), name, ops) for path, name, ops in SMALL]
    extra = [*renamed, ("enc.extra", "Linear", ["Gemm"])]
    columns = Comparison.of(
        fake_report(), seen(fake_report(), "htp", 0.5), fake_report(extra), fake_report(uncalled=[("spare", "Linear")])
    ).columns
    failed = Column("usage_based", "usage_based", "torchscript", failure=Failure("capture", "No way."))
    return Comparison.of_columns([failed, *columns])


def test_rows(several: Comparison) -> None:
    payload = sent(several)
    rows = payload["rows"]
    assert keys(payload) == [row.key for row in several.rows] and "enc.extra" in keys(payload)
    assert [payload["classes"][number] for number in rows["cls"]] == [row.class_name for row in several.rows]
    assert rows["columns"][0] is None and payload["baseline"] == 1
    for number in range(1, len(several.columns)):
        column = rows["columns"][number]
        for index, row in enumerate(several.rows):
            cell = several.cell(row.key, number)
            assert (column["own"][index], column["total"][index]) == ((cell.own, cell.total) if cell else (-1, -1))
            found = several.differences[number]
            assert found is not None and column["differs"][index] == found.inside[index]
            reason = column["reason"].get(str(index))
            assert (cell and cell.reason) == (None if reason is None else payload["reasons"][reason])
            assert column["renamed"].get(str(index), row.key) == (cell.key if cell else row.key)


def test_nodes_tell_the_counts_and_the_differences(several: Comparison) -> None:
    payload = sent(several)
    rows = payload["rows"]
    for graph in payload["graphs"]:
        base = {view["column"]: view["row"] for view in graph["columns"]}.get(payload["baseline"])
        for view in graph["columns"]:
            assert len(view["row"]) == len(graph["op"]) == len(graph["type"]) == len(view["evidence"])
            column, head = rows["columns"][view["column"]], payload["columns"][view["column"]]
            own = [view["row"].count(index) if total >= 0 else -1 for index, total in enumerate(column["total"])]
            assert own == column["own"]
            assert head["graph"] == payload["graphs"].index(graph) and head["nodes"] == len(graph["op"])
            if base is not None:
                moved = sum(a != b for a, b in zip(view["row"], base, strict=True))
                assert (head["same"], head["differs"]) == (head["nodes"] - moved, moved)
    scopes = several.columns[2].report
    assert scopes is not None and scopes.attribution is not None
    view = payload["graphs"][0]["columns"][1]
    assert [payload["evidence"][kind] for kind in view["evidence"]] == [
        str(scope.evidence) for scope in scopes.attribution.scopes
    ]


def test_heads(several: Comparison) -> None:
    payload = sent(several)
    failed, first = payload["columns"][:2]
    assert failed["failed"] == {"stage": "capture", "reason": "No way."}
    assert (failed["graph"], failed["bytes"], failed["same"], failed["differs"]) == (-1, -1, -1, -1)
    assert first["name"] == "fx" and first["parity"]["status"] == "ok" and first["seconds"] == [["run", 1.25]]
    assert [measure["name"] for measure in first["measures"]] == ["coverage", "ownership", "root share", "convex"]
    assert payload["notes"] == list(several.notes) and payload["title"] == "Net"
    agreement = payload["agreement"]
    assert agreement["columns"] == [1, 2, 4] and 0 < agreement["agreeing"] < agreement["nodes"]


def test_a_file_without_tags(tmp_path, real_report) -> None:
    import onnx

    proto = onnx.load(str(real_report.path))
    for node in proto.graph.node:
        del node.metadata_props[:]
        node.name = ""
    onnx.save(proto, tmp_path / "plain.onnx")
    payload = sent(Comparison.of(real_report, read_hierarchy(tmp_path / "plain.onnx")))
    assert payload["graphs"][0]["columns"][1]["evidence"] == [] and payload["agreement"] is None
    assert payload["columns"][1]["capture"] == "file" and payload["columns"][1]["seconds"] == []


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_size(share: float) -> None:
    """3 × 10,000 nodes: at most 120 bytes for each node and column."""
    report = big_report(10_000)
    comparison = Comparison.of(report, seen(report, "htp", share), seen(report, "usage_based", share))
    payload = comparison_payload(comparison)
    nodes = sum(column.nodes for column in comparison.columns)
    size = len(json.dumps(payload, separators=(",", ":")).encode())
    assert nodes > 28_000 and size <= 120 * nodes, size / nodes
