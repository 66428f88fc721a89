from html.parser import HTMLParser

import pytest

from modelexport_nb.notebook import static_html
from tests.unit.notebook.fakes import fake_report
from tests.unit.notebook.test_payload import hostile_report

FRAGMENT_TAGS = {"div", "p", "b", "code", "details", "summary", "ul", "li"}


class Checker(HTMLParser):
    """Notes every tag, attribute and text; fails on a tag that is closed out of turn."""

    VOID = frozenset({"meta"})

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.attributes, self.texts = [], set(), set(), []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("make", [fake_report, hostile_report], ids=["small", "hostile"])
def test_fragment_is_well_formed_plain_markup(make):
    checker = Checker(static_html.fragment(make()))
    assert checker.tags <= FRAGMENT_TAGS
    assert checker.attributes <= {"open"}


def test_hostile_names_are_text():
    shown = "".join(Checker(static_html.fragment(hostile_report())).texts)
    assert "<script>alert(1)</script> (" in shown
    assert "two\\nlines (" in shown
    assert "\\u202etxt.exe (" in shown
    assert "🧠 модель 模型" in shown
    assert "x" * 200 not in shown


def test_notes_and_problems_are_escaped_too():
    html = static_html.fragment(fake_report(notes=("<img src=x>",)), problem="<b>")
    assert "&lt;img" in html
    assert "img" not in Checker(html).tags


def test_the_first_sentence():
    first = static_html.fragment(fake_report()).partition("</p>")[0]
    assert first == (
        "<div><p><b>Net</b> as ONNX, strategy <code>fx</code>: 11 nodes, 11 modules, 1.23 k parameters, "
        "4.94 kB. Coverage 11/11, ownership 3/3, root share 0.0 %, convex 5/5. "
        "Equal to PyTorch: max |Δ| 5.3e-05."
    )


def test_every_module_has_its_line_with_its_operators():
    shown = "".join(Checker(static_html.fragment(fake_report(uncalled=[("spare", "Linear")]))).texts)
    assert "embed (Embedding): 1 node Gather" in shown
    assert "encoder (Encoder): 8 nodes" in shown
    assert "its own: 2 nodes Cast ×2" in shown
    assert "head, call 1 (Linear): 1 node Gemm" in shown
    assert "spare (Linear): no nodes: never called" in shown


def test_page_is_a_document_without_script_or_requests():
    html = static_html.page(hostile_report())
    checker = Checker(html)
    assert html.startswith("<!doctype html>")
    assert not checker.tags & {"script", "link", "img", "iframe"}
    assert not checker.attributes & {"src", "href", "onload", "style"}
    assert "Nodes with a scope, of all nodes" in checker.texts


def test_a_huge_tree_stays_readable():
    calls = [("", "Net", []), *((f"m{i}.{part}", f"Part{i}", ["Add"]) for i in range(1_500) for part in "ab")]
    html = static_html.fragment(fake_report(calls))
    assert len(html) < 200_000
    assert "more</li>" in html
