"""An export searches for garbage less often, leaves none of its own, and lets Python's search be as it was."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization import collecting_rarely, garbage

from .zoo import build


class Cycle:
    def __init__(self) -> None:
        self.me = self


def cycle() -> weakref.ref[Cycle]:
    return weakref.ref(Cycle())


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count())
    yield
    assert (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()) == before


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was left since the last search through all."""
    monkeypatch.setattr(garbage, "_all", len(gc.get_objects()))
    monkeypatch.setattr(garbage, "_left", 0)


@pytest.mark.usefixtures("settled")
def test_what_the_block_leaves_is_gone_and_the_rest_was_not_looked_at() -> None:
    earlier = cycle()
    with collecting_rarely():
        assert gc.get_freeze_count() > 10_000
        mine = cycle()
        assert mine() is not None
    assert mine() is None
    assert earlier() is not None


@pytest.mark.usefixtures("settled")
def test_when_much_was_left_all_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our searches put off Python's own: what exports leave would stay for ever in a loop of them."""
    monkeypatch.setattr(garbage, "_all", 4_000)
    earlier, kept = cycle(), []
    with collecting_rarely():
        kept += [[each] for each in range(2_000)]
    assert earlier() is not None
    with collecting_rarely():
        pass
    assert earlier() is None and kept
    later = cycle()
    with collecting_rarely():
        pass
    assert later() is not None


@pytest.mark.usefixtures("settled")
def test_an_error_and_a_block_in_a_block() -> None:
    with pytest.raises(KeyError), collecting_rarely():
        mine = cycle()
        with collecting_rarely():
            pass
        assert gc.get_freeze_count()
        raise KeyError
    assert mine() is None


def test_what_somebody_else_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        with collecting_rarely():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()


def test_who_wants_no_search_gets_none() -> None:
    gc.disable()
    try:
        with collecting_rarely():
            mine = cycle()
        assert mine() is not None
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_traced_graph_is_let_go(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """ONNX nodes know the operators that they were made from, and each of those the whole graph."""
    gc.collect()
    before = {id(each) for each in gc.get_objects() if type(each) is torch.fx.Graph}
    report = export_model(*build("BERT with mask"), tmp_path / "m.onnx")
    torch.export.export(nn.Linear(2, 2), (torch.ones(1, 2),))  # torch keeps the last graph that it traced
    caplog.clear()  # torch logs graphs
    gc.collect()
    left = [each for each in gc.get_objects() if type(each) is torch.fx.Graph and id(each) not in before]
    assert report.parity is not None and report.parity.ok
    whole = len([*report.graph.graph]) // 2  # what is remembered of operators are graphs too, small ones
    assert not [each for each in left if len(each.nodes) > whole], "a graph of the whole model is held"
