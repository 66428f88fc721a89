import re

import pytest

from modelexport_nb import progress
from modelexport_nb.progress import progress_bar

STAGES = ("run", "capture", "write")


def go(fail_at=None):
    with progress_bar(True) as stage:
        for index, name in enumerate(STAGES):
            stage(name, index, len(STAGES))
            if name == fail_at:
                raise RuntimeError(name)


def last_line(text):
    return text.split("\r")[-1].rstrip("\n")


def test_names_each_stage_and_ends_full(capsys):
    go()
    shown = capsys.readouterr().err
    for name in STAGES:
        assert f"\r{name:<9} " in shown
    assert re.fullmatch(r"exported +█+", last_line(shown))


def test_there_may_turn_out_to_be_more_stages(capsys):
    with progress_bar(True) as stage:
        stage("run", 0, 2)
        stage("capture", 1, 4)
        half = last_line(capsys.readouterr().err)
    assert half.count("█") < last_line(capsys.readouterr().err).count("█") / 3


def test_shows_no_time(capsys):
    go()
    assert not re.search(r"[:\d]", capsys.readouterr().err)


def test_is_gone_after_an_error(capsys):
    with pytest.raises(RuntimeError):
        go(fail_at="capture")
    shown = capsys.readouterr().err
    assert "capture" in shown
    assert last_line(shown).strip() == ""


def test_an_error_before_the_first_stage_shows_nothing(capsys):
    with pytest.raises(ValueError), progress_bar(True):
        raise ValueError
    captured = capsys.readouterr()
    assert captured.err == captured.out == ""


def test_off_is_off(capsys):
    with progress_bar(False) as stage:
        assert stage is None
    assert capsys.readouterr().err == ""


def test_in_a_notebook_the_bar_is_a_widget(monkeypatch, capsys):
    notebook = pytest.importorskip("tqdm.notebook")
    shown = []
    monkeypatch.setattr(progress, "tqdm", notebook.tqdm)
    monkeypatch.setattr(notebook, "display", lambda box: shown.append((box, repr(box))))
    go()
    ((box, saved),) = shown
    assert saved.strip() == "exporting"  # what stands where widgets cannot be shown
    label, bar, _ = box.children
    assert (label.value.strip("\u2007"), bar.value, bar.bar_style) == ("exported", 3, "success")
    with pytest.raises(RuntimeError):
        go(fail_at="write")
    assert shown[1][0].comm is None  # closed
