"""Trees of different graphs and models laid over each other: by name, under new names, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from modelexport_nb.engine.alignment import ABSENT
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.report import ExportReport
from tests.unit.notebook.fakes import SMALL, fake_report

Exported = Callable[[str], ExportReport]


def test_a_replaced_operator_is_one_difference() -> None:
    changed = [(path, name, ["Slice", "Add"] if ops == ["Cast", "Cast"] else ops) for path, name, ops in SMALL]
    found = Comparison.of(fake_report(), fake_report(changed))
    difference = found.difference(0, 1)
    assert found.groups == (0, 1) and not difference.same_graph and not difference.moved
    assert {row.key: difference.inside[row.index] for row in found.rows if difference.inside[row.index]} == {
        "": 2,
        "encoder": 2,
    }
    assert found.difference(1, 0).inside == difference.inside
    assert found.agreement is None


def test_what_cancels_out_in_a_closed_row_is_still_counted() -> None:
    """The same operators in all, made by other calls."""
    swapped = {"embed": ["Gather", "Gemm"], "head": []}
    calls = [(path, name, swapped.get(path, ops)) for path, name, ops in SMALL[:-1]]
    found = Comparison.of(fake_report(SMALL[:-1]), fake_report(calls))
    assert found.columns[0].operators == found.columns[1].operators
    assert found.difference(0, 1).nodes == 2


def test_added_and_removed_calls() -> None:
    found = Comparison.of(fake_report(), fake_report(SMALL[:-1]), fake_report(uncalled=[("spare", "Linear")]))
    first, second = found.difference(0, 1), found.difference(0, 2)
    assert (first.removed, first.added) == (("head#1",), ())
    assert found.difference(1, 0).added == ("head#1",)
    assert second.none  # a module that is never called is no call
    assert found.row("spare").at == (ABSENT, ABSENT, found.row("spare").at[2])
    assert found.cell("head#1", 1) is None and found.cell("spare", 0) is None
    assert found.notes == ("fx and fx (3) have different modules: 1 only in fx (3), first spare.",)


def renamed(**names: str) -> list[Any]:
    """`SMALL` with other names for some parts of its paths."""
    return [(".".join(names.get(part, part) for part in path.split(".")), name, ops) for path, name, ops in SMALL]


def test_renamed_calls_are_one_row_and_take_their_children_with_them() -> None:
    found = Comparison.of(fake_report(), fake_report(renamed(encoder="enc", head="classifier")))
    difference = found.difference(0, 1)
    assert difference.renamed == (("encoder", "enc"), ("head", "classifier"), ("head#1", "classifier#1"))
    assert not (difference.added or difference.removed or difference.moved)
    assert len(found.rows) == len(fake_report().tree)
    cell = found.cell("encoder.layer.1.dense", 1)
    assert cell is not None and cell.key == "enc.layer.1.dense" and cell.total == 2
    assert found.row("enc.layer.1.dense") is found.row("encoder.layer.1.dense")
    assert "different modules" in found.notes[0]


def test_a_call_with_other_contents_is_not_taken_for_a_renamed_one() -> None:
    calls = [*SMALL[:1], ("lookup", "Embedding", ["Gather", "Mul"]), *SMALL[2:]]
    found = Comparison.of(fake_report(), fake_report(calls))
    difference = found.difference(0, 1)
    assert (difference.renamed, difference.removed, difference.added) == ((), ("embed",), ("lookup",))
    assert [row.key for row in found.rows][:3] == ["", "lookup", "embed"]  # each behind what it follows


def test_a_name_that_was_swapped_is_aligned_by_name() -> None:
    """Names go before likeness: who asks for `head` gets what each column calls so."""
    calls = [*SMALL[:1], ("embed", "Linear", ["Gemm"]), *SMALL[2:10], ("head", "Embedding", ["Gather"])]
    found = Comparison.of(fake_report(), fake_report(calls))
    assert not found.difference(0, 1).renamed
    assert "modules of different classes: 2, first embed: Embedding and Linear" in found.notes[0]


def test_a_third_column_finds_both_names() -> None:
    both = [*SMALL, ("classifier", "Linear", ["Gemm"])]
    reports = fake_report(), fake_report(renamed(head="classifier")), fake_report(both), fake_report(both)
    found = Comparison.of(*reports)
    assert len({row.key for row in found.rows}) == len(found.rows) == len(reports[0].tree) + 1
    assert found.row("classifier").at[2:] == found.row("classifier").at[2:]
    assert found.difference(2, 3).none and found.difference(1, 2).renamed == (
        ("classifier", "head"),
        ("classifier#1", "head#1"),
    )


def test_models_of_different_kinds(exported: Exported) -> None:
    bert, gru = exported("BERT"), exported("root GRU")
    found = Comparison.of(bert, gru, names=["a", "b"])
    assert len(found.rows) == len(bert.tree) + len(gru.tree) - 1  # the roots are aligned, nothing else
    assert found.notes[0] == (
        f"a and b are of different models, BertModel and GRU: 1 of {len(found.rows)} rows are in both."
    )
    assert found.difference(0, 1).nodes > 0 and not found.difference(0, 1).same_graph


def test_another_size_of_the_same_model(exported: Exported) -> None:
    report = exported("BERT")
    smaller = replace(report.modules.root, parameters=1)
    modules = replace(report.modules, modules={**report.modules.modules, "": smaller})
    found = Comparison.of(report, replace(report, modules=modules))
    assert "different numbers of parameters" in found.notes[0]


def test_levels_of_names_that_say_nothing_are_left_out() -> None:
    """Node names as an exporter wrote them, with each container a level of its own."""
    levels = [("", "", []), ("encoder", "", ["Cast"]), ("encoder.layer", "", []), ("encoder.layer.0", "", ["Add"])]
    found = Comparison.of(fake_report(), fake_report(levels))
    assert [row.key for row in found.rows] == [row.key for row in fake_report().tree]
    alone = Comparison.of(fake_report(levels), fake_report())
    assert "encoder.layer" in [row.key for row in alone.rows]
