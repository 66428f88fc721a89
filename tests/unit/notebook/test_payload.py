"""The payload against its contract: everything that the browser derives must come out as Python knows it."""

import json
import time

import pytest

from modelexport_nb.engine.parity import OutputParity, Parity
from modelexport_nb.notebook.widgets.payload import build_payload
from tests.unit.notebook.fakes import SMALL, fake_report

HOSTILE = [
    "<script>alert(1)</script>",
    "\"quoted\" 'twice'",
    "two\nlines",
    "\u202etxt.exe",
    "x" * 10_000,
    "🧠 модель 模型",
    "a/b;c\\d",
]


def hostile_report():
    return fake_report([("", "Net", []), *((name, name, ["MatMul"]) for name in HOSTILE)])


def rows(payload):
    """Each row as a dict, with its path and key as the browser derives them."""
    columns = payload["rows"]
    found = []
    for index, parent in enumerate(columns["parent"]):
        name, call = columns["name"][index], columns["call"][index]
        relative = parent >= 0 and index not in columns["absolute"] and found[parent]["path"]
        path = f"{found[parent]['path']}.{name}" if relative else name
        label = name + (f"#{call}" if call > 0 else "")
        found.append(
            {
                "path": path,
                "key": f"{path}#{call}" if call > 0 else path,
                "labels": [*found[parent]["labels"], label] if parent >= 0 else [],
                "own": payload["nodes"]["row"].count(index),
            }
        )
    return found


def node_names(payload):
    labels = [row["labels"] for row in rows(payload)]
    nodes = payload["nodes"]
    return [
        "/".join(["", *labels[row], f"{payload['ops'][op]}_{number}"])
        for number, (op, row) in enumerate(zip(nodes["op"], nodes["row"], strict=True))
    ]


@pytest.mark.parametrize("make", [fake_report, hostile_report], ids=["small", "hostile"])
def test_the_browser_derives_the_same_keys_names_and_counts(make):
    report = make()
    payload = json.loads(json.dumps(build_payload(report)))
    assert [row["key"] for row in rows(payload)] == [row.key for row in report.tree]
    assert [row["own"] for row in rows(payload)] == [len(row.nodes) for row in report.tree]
    assert node_names(payload) == [node.name for node in report.nodes()]


def test_a_real_export_derives_the_same_names(real_report):
    payload = build_payload(real_report)
    assert node_names(payload) == [node.name for node in real_report.nodes()]
    assert payload["totals"]["nodes"] == len(real_report.attribution.scopes) > 0


def test_columns_point_into_their_tables():
    report = fake_report(uncalled=[("encoder.spare", "Linear")])
    payload = build_payload(report)
    columns, nodes = payload["rows"], payload["nodes"]
    assert [payload["classes"][i] for i in columns["cls"]] == [row.class_name for row in report.tree]
    assert [payload["reasons"][i] if i >= 0 else None for i in columns["reason"]] == [r.reason for r in report.tree]
    assert {payload["types"][i] for i in nodes["type"]} == {"f32 2×10"}
    assert [f"{payload['files'][f]}:{line}" for f, line in zip(nodes["file"], nodes["line"], strict=True)] == [
        scope.source for scope in report.attribution.scopes
    ]
    spare = [row.path for row in report.tree].index("encoder.spare")
    assert columns["call"][spare] == -1


def test_every_column_has_one_entry_a_row_or_node():
    payload = build_payload(fake_report())
    lengths = {name: len(column) for name, column in payload["rows"].items() if name != "absolute"}
    assert set(lengths.values()) == {len(SMALL)}
    lengths = {name: len(column) for name, column in payload["nodes"].items() if name != "also"}
    assert set(lengths.values()) == {11}


@pytest.mark.parametrize(
    ("parity", "status", "text"),
    [
        (Parity((OutputParity("y", 5.3e-05, 1e-6, True),)), "ok", "max |Δ| 5.3e-05"),
        (Parity((OutputParity("y", 2.4e-02, 1e-1, False),)), "bad", "max |Δ| 2.4e-02"),
        (Parity((), problem="The file has a custom operator."), "none", "not verified"),
        (None, "none", "not verified"),
    ],
)
def test_parity(parity, status, text):
    found = build_payload(fake_report(parity=parity))["parity"]
    assert (found["status"], found["text"]) == (status, text)
    assert found["help"]
    if parity and parity.problem:
        assert found["help"] == parity.problem


def large_report():
    """10,000 nodes in 4,000 calls of modules."""
    calls = [("", "Net", [])]
    for layer in range(100):
        calls.append((f"encoder.layers.{layer}", "DecoderLayer", ["Add"] * 4))
        calls += [
            (
                f"encoder.layers.{layer}.projection_{i}",
                f"Linear{i % 7}",
                ["MatMul", "Add", "Mul"][: 2 + i % 2],
            )
            for i in range(38)
        ]
    return fake_report(calls)


def test_ten_thousand_nodes_are_small_and_quick():
    report = large_report()
    nodes = len(report.attribution.scopes)
    assert nodes > 9_800
    start = time.process_time()
    payload = build_payload(report)
    seconds = time.process_time() - start
    size = len(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())
    assert size <= 150 * nodes
    assert seconds <= 0.3
