"""The saved page: one file, whole, in which nothing of a model's names is anything but text."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from modelexport_nb.engine.errors import ModelExportError, PathError
from modelexport_nb.notebook.widgets import answers, save_html
from modelexport_nb.notebook.widgets.hierarchy import STATIC, HierarchyWidget
from tests.unit.notebook.fakes import big_report, fake_report
from tests.unit.notebook.test_payload import HOSTILE, deep_report, hostile_report

TAGS = {"html", "head", "meta", "title", "style", "body", "div", "noscript", "script"}
STATIC_TAGS = {"p", "b", "code", "details", "summary", "ul", "li"}


class Page(HTMLParser):
    """Every tag, and the text of each script and style."""

    VOID = frozenset({"meta"})

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.scripts, self.outside = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            attrs, text = self.scripts[-1]
            self.scripts[-1] = (attrs, text + data)
        else:
            self.outside.append(data)

    @property
    def data(self):
        return json.loads(next(text for attrs, text in self.scripts if attrs.get("type") == "application/json"))

    @property
    def script(self):
        return next(text for attrs, text in self.scripts if attrs.get("type") == "module")


@pytest.fixture
def saved(tmp_path):
    def save(report, **traits):
        path = HierarchyWidget(report, **traits).save_html(tmp_path / "page.html")
        return path.read_text(encoding="utf-8")

    return save


@pytest.mark.parametrize("make", [fake_report, hostile_report, deep_report], ids=["small", "hostile", "deep"])
def test_names_make_no_element(saved, make):
    html = saved(make())
    page = Page(html)
    assert set(page.tags) <= TAGS | STATIC_TAGS
    assert page.tags.count("script") == 2 and page.tags.count("style") == 1 and page.tags.count("title") == 1
    known = {"lang", "charset", "http-equiv", "content", "name", "id", "type", "open"}
    assert {name for _, name, _ in page.attributes} <= known
    assert html.lower().count("</script") == 2 and "<!--" not in html


def test_hostile_names_arrive_whole(saved):
    report = hostile_report()
    payload = Page(saved(report)).data["payload"]
    assert set(HOSTILE) <= set(payload["rows"]["name"])
    assert payload == json.loads(json.dumps(HierarchyWidget(report).payload))


def test_the_page_is_alone_and_may_run_one_script(saved):
    html = saved(hostile_report())
    page = Page(html)
    policy = next(value for tag, name, value in page.attributes if name == "content" and "default-src" in value)
    digest = base64.b64encode(hashlib.sha256(page.script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert not [entry for entry in page.attributes if entry[1] in ("src", "href", "onload", "style")]


def test_the_script_is_the_bundle_and_the_adapter(saved):
    script = Page(saved(fake_report())).script
    bundle = (STATIC / "widget.js").read_text(encoding="utf-8")
    assert not re.search(r"export\s*\{", script)
    assert script.startswith(bundle[:10_000])
    name = save_html.EXPORT.search(bundle.rstrip())[1]
    assert script.endswith(f"({name});")


def test_state_and_answers_are_inside(saved, real_report):
    data = Page(saved(real_report, selected="3", tab="source", columns=["share"])).data
    assert (data["state"]["selected"], data["state"]["tab"], data["state"]["columns"]) == ("3", "source", ["share"])
    assert "payload" not in data["state"] and data["state"]["query"] == ""
    linear = {row.index for row in real_report.tree if row.class_name == "Linear"}
    texts = {data["sourceOf"][str(row)] for row in linear}
    assert len(texts) == 1 and data["sources"][texts.pop()]["class"] == "Linear"
    kinds = {row.class_name for row in real_report.tree}
    assert len(data["sources"]) == len(kinds)  # each text once
    assert len(data["detail"]) == len(real_report.attribution.scopes)
    assert data["detail"]["0"] == answers.node_detail(real_report, 0)


def test_without_a_report_there_is_nothing_to_answer(saved):
    payload = HierarchyWidget(fake_report()).payload
    data = Page(saved(None, payload=payload)).data
    assert (data["sources"], data["sourceOf"], data["detail"]) == ([], {}, {})


def test_of_many_nodes_no_details_are_kept(saved):
    assert Page(saved(big_report(5_100))).data["detail"] == {}


def test_readers_without_scripts_see_the_static_tree(saved):
    html = saved(fake_report())
    static = html.partition("<noscript>")[2].partition("</noscript>")[0]
    assert "embed (Embedding): 1 node" in static


def test_the_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    widget = HierarchyWidget(fake_report())
    path = tmp_path / "page.html"
    path.write_text("before")

    def fail(*args):
        raise RuntimeError("no")

    with monkeypatch.context() as patch:
        patch.setattr(answers, "node_detail", fail)
        patch.setattr(save_html, "node_detail", fail)
        with pytest.raises(RuntimeError):
            widget.save_html(path)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(RuntimeError):
            widget.save_html(path)
    assert path.read_text() == "before" and [file.name for file in tmp_path.iterdir()] == ["page.html"]
    assert widget.save_html(str(path)) == path and path.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("name", ["", "missing/page.html"])
def test_a_path_that_cannot_be_written(tmp_path, name):
    with pytest.raises(PathError):
        HierarchyWidget(fake_report()).save_html(tmp_path / name)


def test_a_bundle_of_another_kind_is_told():
    with pytest.raises(ModelExportError, match="no default export"):
        save_html._script("const x = 1; export { x };")


def test_what_a_parser_would_obey_in_the_bundle_is_defused():
    code = save_html._script('const a = "</SCRIPT><!--", $b = 1;\r\nexport {\n  $b as default\n};\n')
    assert "</SCRIPT" not in code and "<!--" not in code and "\r" not in code
    assert code.startswith('const a = "<\\/SCRIPT><\\!--", $b = 1;\n') and code.endswith("($b);")


def test_every_row_of_a_class_has_its_source(saved, real_report):
    """Rows of one class share a text only where their forward is the same code."""
    modules = real_report.modules
    place = modules.modules["3"].forward
    other = {**modules.modules, "3": replace(modules.modules["3"], forward=replace(place, line=10**6))}
    data = Page(saved(replace(real_report, modules=replace(modules, modules=other), _widget=None))).data
    missing = str(real_report.row("3").index)
    assert missing not in data["sourceOf"] and str(real_report.row("0.0").index) in data["sourceOf"]
