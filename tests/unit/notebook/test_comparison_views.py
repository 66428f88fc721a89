"""A comparison for readers: Markdown, HTML without script, a table, JSON; the same in every run, safe to render."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from modelexport_nb.engine.attribution import Evidence, NodeScope
from modelexport_nb.engine.columns import Column, Failure
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.module_parity import CallParity, ModuleParity, Verdict
from modelexport_nb.engine.parity import OutputParity, Parity
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tree import build_tree
from tests.unit.notebook.fakes import SMALL, big_report, fake_report

HOSTILE = ["<script>alert(1)</script>", "a|b\nc", "\u202etxt", "&amp;"]


def moved(report: ExportReport, strategy: str, node: int, key: str) -> ExportReport:
    """The report as a strategy sees it that gives one node to another call."""
    scopes = list(report.attribution.scopes)
    scopes[node] = NodeScope(report.attribution.calls.by_key[key], Evidence.VALUE)
    attribution = replace(report.attribution, strategy=strategy, scopes=scopes)
    return replace(report, strategy=strategy, attribution=attribution, tree=build_tree(report.modules, attribution))


@pytest.fixture
def small() -> Comparison:
    report = fake_report()
    failed = Column("usage_based", "usage_based", "torch.onnx.export", failure=Failure("attribute", "No way."))
    first, second = Comparison.of(report, moved(report, "htp", 3, "embed")).columns
    return Comparison.of_columns([first, replace(second, peak_bytes=123_456_789), failed])


def hostile() -> Comparison:
    report = fake_report([("", HOSTILE[0], []), *((name, name, ["Add"]) for name in HOSTILE)], notes=(HOSTILE[0],))
    return Comparison.of(report, moved(report, HOSTILE[1], 0, HOSTILE[3]), names=HOSTILE[:2])


class Tags(HTMLParser):
    """The tags of a fragment, each closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.open.append(tag)
        assert attrs in ([], [("open", None)])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_markdown(small: Comparison) -> None:
    text = small.to_markdown()
    assert text == small.to_markdown() and text.endswith("\n")
    assert text.startswith(
        "Net: fx, htp and usage_based; the baseline is fx. fx and htp agree on 10 of 11 nodes.\n\n"
        "Note: usage_based failed at attribute: No way.\n\n|  | fx | htp | usage_based |\n| --- |"
    )
    for line in (
        "| nodes | 11 | 11 | – |",
        "| same scope as fx | baseline | 10 of 11 | – |",
        "| numbers | equal, max \\|Δ\\| 5.3e-05 | equal, max \\|Δ\\| 5.3e-05 | – |",
        "| embed | Embedding | 1 | 2 ≠ 1 | – |",
        "| encoder.layer.0.dense | Linear | 2 | 1 ≠ 1 | – |",
        "| 3 | MatMul | encoder.layer.0.dense · trace | embed · value | – |",
    ):
        assert f"{line}\n" in text
    assert "seconds" not in text and "memory" not in text and "operator |" not in text
    timed = small.to_markdown(times=True)
    assert "| seconds, run | 1.25 | 1.25 | – |" in timed and "| peak memory | – | 123 MB | – |" in timed


def test_limits() -> None:
    report = big_report(1_000)
    wrong = report
    for node in range(400):
        wrong = moved(wrong, "htp", node, "")
    found = Comparison.of(report, wrong)
    text = found.to_markdown(limit=5)
    assert "… and 395 more nodes.\n" in text and "more module calls." in text and len(text) < 3_000
    assert "… and 200 more nodes." in found.to_html()
    for report_ in (found.to_html(), found.to_markdown()):
        assert len(report_) < 100_000


def test_operators_of_different_graphs() -> None:
    changed = [(path, name, ["Slice", "Add"] if ops == ["Cast", "Cast"] else ops) for path, name, ops in SMALL]
    found = Comparison.of(fake_report(), fake_report(changed))
    text = found.to_markdown()
    assert "| Cast | 2 | 0 |" in text and "| Slice | 0 | 1 |" in text and "MatMul" not in text
    assert "| same scope as fx | baseline | other graph, ≠ 2 |" in text
    assert "agree" not in text


def test_html(small: Comparison) -> None:
    html = small.to_html()
    assert html == small.to_html()
    assert Tags(html).seen <= {
        "div",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "ul",
        "li",
        "details",
        "summary",
    }
    assert "embed (Embedding): fx 1, htp 2 ≠ 1, usage_based –" in html
    assert "drop" not in html  # what does not differ is not there
    same = Comparison.of(fake_report(), fake_report()).to_html()
    assert "No module call differs." in same and Tags(same).seen == {
        "div",
        "p",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }


def test_names_of_strangers_are_only_names() -> None:
    found = hostile()
    html, text = found.to_html(), found.to_markdown()
    assert "script" not in Tags(html).seen and "\u202e" not in html + text
    assert "<" not in text
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]
    assert len(tables) == 3
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table}) == 1
    assert json.loads(found.to_json())["columns"][0]["name"] == HOSTILE[0]


def test_json(small: Comparison) -> None:
    data = json.loads(small.to_json())
    assert small.to_json() == small.to_json()
    assert [column["name"] for column in data["columns"]] == ["fx", "htp", "usage_based"]
    assert data["columns"][2]["failure"] == {"stage": "attribute", "reason": "No way."}
    assert "seconds" not in data["columns"][0]
    assert json.loads(small.to_json(times=True))["columns"][1]["peak_bytes"] == 123_456_789
    assert data["differences"][1]["moved"] == [3] and data["differences"][2] is None
    row = next(row for row in data["rows"] if row["key"] == "embed")
    assert row["columns"]["htp"] == {
        "key": "embed",
        "nodes": 2,
        "own": 2,
        "parameters": 1_234,
        "error": None,
        "differs": 1,
        "verdict": None,
        "operators": {"Gather": 1, "MatMul": 1},
        "evidence": {"trace": 1, "value": 1},
        "reason": None,
    }


def test_json_knows_no_infinity() -> None:
    modules = ModuleParity((CallParity("head", Verdict.DIFFERS, 1, 1, math.inf, math.inf, 9),))
    parity = Parity((OutputParity("y", math.nan, math.inf, False),), modules=modules)
    data = json.loads(Comparison.of(fake_report(parity=parity)).to_json(), parse_constant=pytest.fail)
    assert data["columns"][0]["parity"]["max_abs"] == "nan"
    assert next(row for row in data["rows"] if row["key"] == "head")["columns"]["fx"]["error"] == "inf"


def test_frame(small: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas")
    frame = Comparison.of_columns(
        [*small.columns, *Comparison.of(fake_report(SMALL[:-1]), names=["less"]).columns]
    ).to_frame()
    assert list(frame.columns.get_level_values(0).unique()) == ["fx", "htp", "less"]
    assert frame.loc[("embed", "Embedding"), ("htp", "nodes")] == 2
    assert frame["fx", "own"].sum() == 11 and frame["htp", "differs"].max() == 1
    assert frame["less", "nodes"].isna().sum() == 1 and str(frame["less", "nodes"].dtype) == "Int64"
    assert frame.index.names == ["module", "class"] and pandas.isna(frame.loc[("head", "Linear"), ("fx", "error")])
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ModelExportError, match=r"to_frame\(\) needs pandas"):
        small.to_frame()
