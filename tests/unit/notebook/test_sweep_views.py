"""A sweep where no widget runs: text, Markdown, HTML, a page, a table, JSON."""

import builtins
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from modelexport_nb import sweep_views, text
from modelexport_nb.engine.errors import ModelExportError, PathError
from tests.unit.notebook.fake_sweeps import FAILED, OK, hostile, job, small, sweep_of


class Page(HTMLParser):
    """The tags of a document, and how many cells each row of its first table has."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.cells: list[int] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "tr":
            self.cells.append(0)
        if tag in ("td", "th"):
            self.cells[-1] += 1

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


# ---- plain text ----


def test_text_has_the_matrix_what_failed_and_the_counts():
    assert sweep_views.render(small()).splitlines() == [
        "        fx     htp        usage_based",
        "MiniLM  ✓ 231  ✗ failed   ✓ 229",
        "ResNet  ! 231  – skipped",
        "",
        "✗ MiniLM / htp: net.py:14 branches <on> data | here\\nand there",
        "",
        "2 models × 3 variants, 5 jobs: ✓ 2 ok, ! 1 warned, ✗ 1 failed, – 1 skipped.",
    ]


def test_text_while_it_runs():
    running = small(ended=False)
    running.put(job("ResNet", "htp"))
    assert "ResNet  ! 231  ·" in sweep_views.render(running)


def test_text_stays_within_the_width_and_shows_every_column():
    variants = [f"variant number {number}" for number in range(9)]
    sweep = sweep_of(*(job(f"model-{row}", variant, **OK) for row in range(3) for variant in variants))
    lines = sweep_views.render(sweep, 80).splitlines()
    assert max(text.columns(line) for line in lines) <= 80
    assert all(any(variant in line for line in lines) for variant in variants)
    assert sum(line.startswith("model-1") for line in lines) > 1  # the matrix in parts


def test_text_of_many_models_is_cut_only_when_asked():
    sweep = sweep_of(*(job(f"model-{row}", "fx", **OK) for row in range(90)))
    assert "model-89" in sweep_views.render(sweep)
    cut = sweep_views.render(sweep, rows=60)
    assert "model-60 " not in cut
    assert "… and 30 more models" in cut


def test_text_of_hostile_names_is_one_line_each():
    shown = sweep_views.render(hostile())
    assert "\u202e" not in shown and "\r" not in shown
    assert shown.count("✗ ") == 2 * 15 + 1  # a cell and a cause for each job, and once what the mark means


# ---- Markdown ----


def test_markdown():
    found = small().to_markdown()
    assert "| MiniLM | ✓ 231 | ✗ failed | ✓ 229 |" in found
    assert "| ResNet | ! 231 | – skipped |  |" in found
    assert "| failed | cause |\n| --- | --- |\n| MiniLM / htp | net.py:14 branches &lt;on&gt; data \\| here" in found
    assert "| ResNet / fx | two nodes at the root |" in found


def test_markdown_of_hostile_names_keeps_its_columns_and_holds_no_html():
    found = hostile().to_markdown()
    assert "<" not in found
    for lines in (table.splitlines() for table in found.split("\n\n") if table.startswith("|")):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


def test_times_are_told_only_when_asked():
    found = small().to_markdown(times=True)
    assert "| MiniLM | ✓ 231 2.50 s | ✗ failed | ✓ 229 2.50 s (kept) |" in found
    assert "It has taken 0 s." in found
    assert "2.50" not in small().to_markdown()


# ---- HTML ----


def test_html_has_no_script_and_no_style_and_a_cell_for_each_variant():
    found = small().to_html()
    page = Page(found)
    assert not {"script", "style", "img", "link"} & set(page.tags)
    assert page.cells == [4, 4, 4]
    assert "2 models × 3 variants, 5 jobs: ✓ 2 ok" in found
    assert "<b>MiniLM / htp</b>: net.py:14 branches &lt;on&gt; data" in found


def test_html_says_that_it_is_not_the_end():
    assert "still running" in small(ended=False).to_html()
    assert "still running" not in small().to_html()


@pytest.mark.parametrize("show", [lambda sweep: sweep.to_html(), lambda sweep: sweep_page(sweep)])
def test_html_of_hostile_names_is_text(show):
    found = show(hostile())
    assert "<script>" not in found
    assert {"script", "img"}.isdisjoint(Page(found).tags)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in found


def sweep_page(sweep):
    from modelexport_nb.sweep_html import page

    return page(sweep)


def test_a_page_has_the_facts_of_every_job_and_loads_nothing(tmp_path):
    path = small().save_html(tmp_path / "sweep.html")
    found = path.read_text(encoding="utf-8")
    page = Page(found)
    assert page.tags.count("details") == 5
    assert "default-src &#x27;none&#x27;" in found or "default-src 'none'" in found
    assert not re.search(r"https?:|src=|@import|url\(", found)
    assert {f"#job-{number}" for number in range(5)} == set(re.findall(r'href="(#job-\d)"', found))
    assert '<th scope="row">error</th><td>CaptureError</td>' in found
    assert "/a/folder" not in found
    assert "/a/folder" in small().save_html(path, times=True).read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written(tmp_path):
    with pytest.raises(PathError, match="does not exist"):
        small().save_html(tmp_path / "nowhere" / "sweep.html")


# ---- data ----


def test_frame():
    frame = small().to_frame()
    assert list(frame.index) == list(small())
    assert frame.loc["MiniLM / fx", "nodes"] == 231
    assert frame.loc["MiniLM / htp", "status"] == "failed"
    assert frame["nodes"].isna().sum() == 2
    assert frame.loc["MiniLM / fx", "coverage"] == "231/231"
    assert frame.loc["MiniLM / fx", "seconds, capture"] == 2.0
    assert frame["kept"].sum() == 1
    assert frame.groupby("variant")["bytes"].sum()["fx"] == 182_000_000


def test_frame_without_pandas(monkeypatch):
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ModelExportError, match=r"^to_frame\(\) needs pandas\. Install it: %pip install pandas$"):
        small().to_frame()


def test_json():
    found = json.loads(small().to_json())
    assert found["models"] == ["MiniLM", "ResNet"]
    assert found["counts"] == {"waiting": 0, "running": 0, "ok": 2, "warned": 1, "failed": 1, "skipped": 1}
    assert found["jobs"][0]["measures"] == {"coverage": "231/231"}
    assert "seconds" not in found["jobs"][0]
    timed = json.loads(small().to_json(times=True))
    assert timed["jobs"][0]["stages"] == {"run": 0.5, "capture": 2.0}
    assert not timed["running"]


def test_json_of_what_is_not_finite():
    sweep = sweep_of(job("m", "fx", **{**OK, "max_abs": float("inf")}))
    assert json.loads(sweep.to_json())["jobs"][0]["max_abs"] == "inf"


def test_all_of_it_is_the_same_in_every_run():
    one = small()
    other = small()
    slower = {"seconds": 9.0, "stages": {"run": 9.0}, "peak_bytes": 9, "ended_at": 9.0, "attempt": 3, "folder": "/b"}
    for result in list(other.values()):
        other.put(replace(result, **slower, kept=not result.kept))
    for show in (sweep_views.render, lambda s: s.to_markdown(), lambda s: s.to_html(), lambda s: s.to_json(), repr):
        assert show(one) == show(other)
    assert sweep_page(one) == sweep_page(other)


def test_a_sweep_that_stopped_says_why():
    sweep = sweep_of(job("m", "fx"), ended=False)
    sweep.end(OSError("the disk is full"))
    assert sweep.problem == "the disk is full"
    for found in (sweep_views.render(sweep), sweep.to_markdown(), sweep.to_html(), sweep_page(sweep)):
        assert "the sweep stopped before its end: the disk is full" in found


def test_no_failed_job_is_without_a_word():
    assert "m / fx: no cause is known" in sweep_views.render(sweep_of(job("m", "fx", **{**FAILED, "cause": ""})))
