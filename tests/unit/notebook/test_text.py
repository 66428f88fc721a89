import pytest

from modelexport_nb import text
from modelexport_nb.engine.parity import OutputParity, Parity
from tests.unit.notebook.fakes import fake_report
from tests.unit.notebook.test_payload import hostile_report

EXPECTED = """\
Net as ONNX, strategy fx: 11 nodes, 12 modules, 1.23 k parameters, 4.94 kB.
coverage 11/11 · ownership 3/3 · root share 0.0 % · convex 5/5
Equal to PyTorch: max |Δ| 5.3e-05
note: The model was in training mode.

                           ONNX nodes  parameters
Net                                11      1.23 k
├─ embed  Embedding                 1      1.23 k
├─ encoder  Encoder                 8      1.23 k
│  ├─ layer.0  Layer                2      1.23 k
│  │  └─ dense  Linear              2      1.23 k
│  ├─ layer.1  Layer                2      1.23 k
│  │  └─ dense  Linear              2      1.23 k
│  ├─ layer.2  Layer                2      1.23 k
│  │  ├─ dense  Linear              2      1.23 k
│  │  └─ drop  Dropout     no nodes: made no operator
│  └─ spare  Linear        no nodes: never called
├─ head, call 0  Linear             1      1.23 k
└─ head, call 1  Linear             1      1.23 k"""


def test_the_whole_text():
    report = fake_report(uncalled=[("encoder.spare", "Linear")], notes=("The model was in training mode.",))
    assert text.render(report) == EXPECTED


@pytest.mark.parametrize(
    ("parity", "line"),
    [
        (None, "Not verified against PyTorch"),
        (Parity((), problem="No custom operator."), "Not verified against PyTorch: No custom operator."),
        (Parity((OutputParity("y", 0.5, 1.0, False),)), "Differs from PyTorch: max |Δ| 5.0e-01"),
    ],
)
def test_parity_says_what_is_known(parity, line):
    assert line in text.render(fake_report(parity=parity)).splitlines()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_width_is_bounded_and_every_name_stays_on_its_line(width):
    report = hostile_report()
    lines = text.tree_lines(report, width)
    assert len(lines) == 1 + len(report.tree)
    assert max(map(text.columns, lines)) <= width
    assert all(line.isprintable() for line in lines)


def test_a_long_tree_is_cut_and_says_so():
    calls = [("", "Net", []), *((f"m{i}.{part}", f"Part{i}", ["Add"]) for i in range(50) for part in "ab")]
    lines = text.tree_lines(fake_report(calls))
    assert len(lines) <= text.ROWS + 2
    assert lines[-1].endswith("… 41 more")


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (999, "999"), (1_000, "1.00 k"), (9_996, "10.0 k"), (444_000, "444 k"), (999_600, "1.00 M")],
)
def test_three_significant_digits(number, shown):
    assert text.count(number) == shown


def test_sizes_and_plurals():
    assert (text.size(12), text.size(91_000_000)) == ("12 B", "91.0 MB")
    assert (text.plural(1, "node"), text.plural(14_883, "node")) == ("1 node", "14883 nodes")


def test_nothing_that_differs_between_runs(real_report):
    shown = text.render(real_report)
    assert str(real_report.path.parent) not in shown
    assert "0x" not in shown
