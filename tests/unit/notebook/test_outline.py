"""Folding must never hide a difference, and cutting must count what it hides."""

import pytest

from modelexport_nb.outline import outline
from tests.unit.notebook.fakes import SMALL, fake_report


def layers(*operators, cls="Layer"):
    return [("", "Net", []), *((f"layer.{i}", cls, ops) for i, ops in enumerate(operators))]


def labels(calls, limit=100, **options):
    return [child.label for child in outline(fake_report(calls, **options), limit).children]


def test_equal_numbered_neighbours_fold():
    (entry,) = outline(fake_report(layers(["Add"], ["Add"], ["Add"])), 100).children
    assert (entry.label, entry.copies, entry.row.total) == ("layer.0 … layer.2", 3, 1)


def test_two_are_not_worth_folding():
    assert labels(layers(["Add"], ["Add"])) == ["layer.0", "layer.1"]


@pytest.mark.parametrize("odd", [["Mul"], ["Add", "Add"], []], ids=["operator", "count", "none"])
def test_a_different_layer_stays_apart(odd):
    found = labels(layers(["Add"], odd, ["Add"], ["Add"], ["Add"]))
    assert found == ["layer.0", "layer.1", "layer.2 … layer.4"]


def test_a_difference_deep_inside_keeps_layers_apart():
    calls = [call for call in SMALL if call[0] != "encoder.layer.2.drop"]
    encoder = next(e for e in outline(fake_report(calls), 100).children if e.label == "encoder")
    assert [e.label for e in encoder.children] == ["layer.0 … layer.2"]
    encoder = next(e for e in outline(fake_report(SMALL), 100).children if e.label == "encoder")
    assert [e.label for e in encoder.children] == ["layer.0", "layer.1", "layer.2"]


def test_names_that_do_not_count_up_stay_apart():
    calls = [("", "Net", []), ("a", "Linear", ["Gemm"]), ("b", "Linear", ["Gemm"]), ("c", "Linear", ["Gemm"])]
    assert labels(calls) == ["a", "b", "c"]
    calls = [("", "Net", []), *((f"layer.{i}", "Linear", ["Gemm"]) for i in (0, 2, 4))]
    assert labels(calls) == ["layer.0", "layer.2", "layer.4"]


def test_calls_of_one_module_fold_and_say_which():
    calls = [("", "Net", []), *[("block", "Block", ["Add"])] * 4]
    assert labels(calls) == ["block, call 0 … block, call 3"]


def test_called_and_never_called_do_not_fold():
    calls = layers([], [], [])
    found = labels(calls, uncalled=[("layer.3", "Layer")])
    assert found == ["layer.0 … layer.2", "layer.3"]


def test_cutting_shows_whole_levels_and_counts_the_rest():
    root = outline(fake_report(SMALL), 6)
    assert [child.label for child in root.children] == ["embed", "encoder", "head, call 0", "head, call 1"]
    assert [child.hidden for child in root.children] == [0, 7, 0, 0]


def test_a_root_with_too_many_children_shows_its_beginning():
    calls = [("", "Net", []), *((f"part_{chr(97 + i)}", "Part", ["Add"]) for i in range(20))]
    root = outline(fake_report(calls), 8)
    assert [child.label for child in root.children] == [f"part_{letter}" for letter in "abcdefg"]
    assert root.hidden == 13


def test_a_model_deeper_than_python_recurses():
    path, calls = "", [("", "Net", ["Add"])]
    for _ in range(1_500):
        path = f"{path}.m" if path else "m"
        calls.append((path, "Block", ["Add"]))
    entry, depth = outline(fake_report(calls), 10_000), 0
    while entry.children:
        (entry,) = entry.children
        depth += 1
    assert depth + entry.hidden == 1_500
