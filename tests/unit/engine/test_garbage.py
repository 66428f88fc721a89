"""An export searches for garbage less often, leaves none of its own, and lets Python's search be as it was."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from modelexport_nb.engine.compare import compare
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization import OptimizationOptions, collecting_rarely

from .zoo import build


class Cycle:
    def __init__(self) -> None:
        self.me = self


def cycle() -> weakref.ref[Cycle]:
    return weakref.ref(Cycle())


def old_cycle() -> weakref.ref[Cycle]:
    """Garbage among the objects that have survived searches."""
    mine = Cycle()
    gc.collect()
    return weakref.ref(mine)


def searches() -> list[int]:
    """How often each generation was searched."""
    return [each["collections"] for each in gc.get_stats()]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count())
    yield
    assert (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()) == before


def test_what_the_block_leaves_is_gone_and_the_rest_was_not_looked_at() -> None:
    earlier = old_cycle()
    with collecting_rarely():
        mine = cycle()
        assert mine() is not None
    assert mine() is None
    assert earlier() is not None


def test_only_the_newest_objects_are_looked_at_while_many_are_made() -> None:
    before = searches()
    with collecting_rarely():
        kept = [[each] for each in range(2_000_000)]  # forty of its searches
        young, *older = (now - then for now, then in zip(searches(), before, strict=True))
        assert young < 100 and older == [0, 0]
    assert kept


def test_an_error_and_a_block_in_a_block() -> None:
    with pytest.raises(KeyError), collecting_rarely():
        mine = cycle()
        with collecting_rarely():
            pass
        mine_too = cycle()
        raise KeyError
    assert mine() is None and mine_too() is None


def test_who_wants_no_search_gets_none() -> None:
    gc.disable()
    try:
        with collecting_rarely():
            mine = cycle()
        assert mine() is not None
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_nor_who_has_turned_it_off_by_its_threshold() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with collecting_rarely():
            mine = cycle()
        assert mine() is not None and gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)


class Stages:
    """How rarely Python searches while each stage begins."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}

    def __call__(self, stage: str, index: int, total: int) -> None:
        self.seen[stage] = gc.get_threshold()[0]


def test_where_graphs_are_made_and_nowhere_else(tmp_path: Path) -> None:
    """The model's own code runs as it always does."""
    usual = gc.get_threshold()[0]
    model, x = nn.Linear(4, 4), torch.ones(2, 4)
    exporting, slowly, comparing = Stages(), Stages(), Stages()
    export_model(model, x, tmp_path / "m.onnx", progress=exporting)
    export_model(model, x, tmp_path / "m.onnx", progress=slowly, optimization=OptimizationOptions.none())
    compare(model, x, ["fx"], progress=comparing)
    for seen in (exporting.seen, comparing.seen):
        assert seen["run"] == usual
        assert all(seen[stage] > usual for stage in ("capture", "attribute", "write", "verify"))
    assert set(slowly.seen.values()) == {usual}


def test_a_traced_graph_is_let_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """ONNX nodes know the operators that they were made from, and each of those the whole graph; torch keeps the last
    one that it traced."""
    gc.collect()
    before = {id(each) for each in gc.get_objects() if type(each) is torch.fx.Graph}
    report = export_model(*build("BERT with mask"), tmp_path / "m.onnx")
    caplog.clear()  # torch logs graphs
    gc.collect()
    left = [each for each in gc.get_objects() if type(each) is torch.fx.Graph and id(each) not in before]
    assert report.parity is not None and report.parity.ok
    whole = len([*report.graph.graph]) // 2  # what is remembered of operators are graphs too, small ones
    assert not [each for each in left if len(each.nodes) > whole], "a graph of the whole model is held"
