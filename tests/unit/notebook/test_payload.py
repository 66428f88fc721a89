"""The payload against its contract: everything that the browser derives must come out as Python knows it."""

import json

import pytest

from modelexport_nb.engine.attribution import Evidence
from modelexport_nb.engine.hierarchy import read_hierarchy
from modelexport_nb.engine.module_parity import CallParity, ModuleParity, Verdict
from modelexport_nb.engine.parity import OutputParity, Parity
from modelexport_nb.notebook.widgets.payload import build_payload
from tests.unit.notebook.fakes import SMALL, big_report, fake_report

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<!--",
    "\"quoted\" 'twice'",
    "two\nlines",
    "line\u2028separator",
    "\u202etxt.exe",
    "x" * 10_000,
    "🧠 модель 模型",
    "a/b;c\\d",
    "&lt;b&gt;",
    "__proto__",
]
OK = (OutputParity("y", 5.3e-05, 1e-06, True),)


def hostile_report():
    calls = [("", HOSTILE[0], []), *((name, name, ["MatMul"]) for name in HOSTILE), ("a", "", []), ("a.", "", ["Add"])]
    return fake_report(calls, notes=(HOSTILE[1],))


def deep_report():
    path, calls = "", [("", "Net", ["Add"])]
    for _ in range(1_000):
        path = f"{path}.m" if path else "m"
        calls.append((path, "Block", ["Add"]))
    return fake_report(calls)


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


@pytest.mark.parametrize("make", [fake_report, hostile_report, deep_report], ids=["small", "hostile", "deep"])
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
    sparse = ("also", "slot", "body", "more", "reads")
    lengths = {name: len(column) for name, column in payload["nodes"].items() if name not in sparse}
    assert set(lengths.values()) == {11}
    assert len(payload["nodes"]["reads"]) == sum(payload["nodes"]["degree"])


# ---- parity ----


@pytest.mark.parametrize(
    ("parity", "status", "text"),
    [
        (Parity(OK), "ok", "max |Δ| 5.3e-05"),
        (Parity((OutputParity("y", 2.4e-02, 1e-1, False),)), "bad", "max |Δ| 2.4e-02"),
        (Parity((), problem="The file has a custom operator."), "none", "not verified"),
        (None, "none", "not verified"),
    ],
)
def test_parity(parity, status, text):
    payload = build_payload(fake_report(parity=parity))
    found = payload["parity"]
    assert (found["status"], found["text"], found["row"]) == (status, text, -1)
    assert found["help"]
    if parity and parity.problem:
        assert found["help"] == parity.problem
    assert set(payload["rows"]["error"]) == {None} and set(payload["rows"]["verdict"]) == {-1}


def test_what_each_call_returned():
    calls = (
        CallParity("embed", Verdict.EQUAL, 1, 1, 1.2345e-06, 1e-07, 0),
        CallParity("head#1", Verdict.DIFFERS, 1, 1, float("inf"), float("inf"), 10),
        CallParity("head", Verdict.DIFFERS, 1, 1, 0.02449, 0.1, 9),
        CallParity("encoder.layer.2.drop", Verdict.IDENTITY),
        CallParity("", Verdict.EQUAL, 1, 1, 0.0, 0.0, 10),
        CallParity("not in the tree", Verdict.UNSEEN),
    )
    payload = json.loads(
        json.dumps(build_payload(fake_report(parity=Parity(OK, modules=ModuleParity(calls)))), allow_nan=False)
    )
    keys = [row["key"] for row in rows(payload)]
    verdicts = dict(zip(keys, payload["rows"]["verdict"], strict=True))
    errors = dict(zip(keys, payload["rows"]["error"], strict=True))
    words = {key: payload["verdicts"][at] for key, at in verdicts.items() if at >= 0}
    assert words == {
        "": "equal",
        "embed": "equal",
        "head": "differs",
        "head#1": "differs",
        "encoder.layer.2.drop": "identity",
    }
    assert {key: error for key, error in errors.items() if error is not None} == {
        "": 0,
        "embed": 1.2e-06,
        "head": 0.024,
        "head#1": 9e307,  # JSON knows no infinity
    }
    assert keys[payload["parity"]["row"]] == "head#1"  # the first to return, not the first in the tree


# ---- where it comes from ----


def test_a_report_tells_how_it_was_made(real_report):
    payload = build_payload(real_report)
    assert payload["source"] == {"kind": "report", "note": ""}
    about = [(fact["name"], fact["value"]) for fact in payload["about"]]
    assert dict(about)["file"] == "tiny.onnx" and dict(about)["opset"] == str(real_report.opset)
    assert [value for name, value in about if name == "tried"] == list(real_report.tried) != []
    assert str(real_report.path.parent) not in json.dumps(payload)


def test_a_tagged_file_shows_what_the_report_shows(real_report):
    report, file = build_payload(real_report), build_payload(read_hierarchy(real_report.path))
    assert file["source"]["kind"] == "modelexport" and file["source"]["note"].startswith("Tags of modelexport")
    assert [row["key"] for row in rows(file)] == [row["key"] for row in rows(report)]
    assert file["nodes"] == report["nodes"] and file["graph"] == report["graph"]
    assert (file["strategy"], file["measures"], file["parity"]["status"], file["parity"]["text"]) == (
        "",
        [],
        "none",
        "",
    )
    assert {"file", "size", "opset", "IR version"} <= {fact["name"] for fact in file["about"]}


def test_a_file_without_tags_claims_no_evidence(tmp_path, real_report):
    import onnx

    proto = onnx.load(real_report.path)
    for node in proto.graph.node:
        node.ClearField("name")
        node.ClearField("metadata_props")
    proto.ClearField("metadata_props")
    path = tmp_path / "flat file.onnx"
    onnx.save(proto, path)
    payload = build_payload(read_hierarchy(path))
    count = payload["totals"]["nodes"]
    assert payload["rows"]["parent"] == [-1] and payload["nodes"]["row"] == [0] * count
    assert payload["nodes"]["evidence"] == payload["nodes"]["file"] == [-1] * count and payload["nodes"]["also"] == {}
    assert payload["source"] == {
        "kind": "flat",
        "note": f"No module tags in this file. {count} nodes, no metadata. "
        'With the model at hand: %modelexport tag model inputs "flat file.onnx"',
    }


def test_an_optimised_file_says_why_its_tags_are_not_used(tmp_path, real_report):
    import onnx

    proto = onnx.load(real_report.path)
    for node in proto.graph.node:
        node.ClearField("name")
        node.ClearField("metadata_props")
        node.metadata_props.add(key="tool", value="1")
    onnx.save(proto, tmp_path / "o.onnx")
    note = build_payload(read_hierarchy(tmp_path / "o.onnx"))["source"]["note"]
    assert "none of which names a module. Its modelexport tags are not used: no node carries one any more" in note


def test_evidence_of_every_kind_has_a_number():
    payload = build_payload(fake_report())
    assert payload["evidence"] == [str(kind) for kind in Evidence]


# ---- size; how long it takes is told by tests/benchmarks/payload.py ----


@pytest.mark.parametrize("nodes", [1_000, 10_000])
def test_large_models_are_small(nodes):
    report = big_report(nodes)
    count = len(report.attribution.scopes)
    assert count == nodes
    size = len(json.dumps(build_payload(report), separators=(",", ":"), ensure_ascii=False).encode())
    assert size <= 150 * count
