"""Artifacts appear whole, in a folder or at a URL, or what stood there before stays."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelexport_nb.engine.errors import ModelExportError, PathError
from modelexport_nb.engine.sweeps import places
from modelexport_nb.engine.sweeps.places import Place, folder_name


@pytest.fixture(params=["folder", "url"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place.of(tmp_path / "a" if request.param == "folder" else f"memory://{uuid.uuid4().hex}/a")


@pytest.fixture
def drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """Where either kind of place has its drafts."""
    found = Place.of(tmp_path / "drafts")
    monkeypatch.setattr(places, "process_folder", lambda: Path(found.url))
    return found


def test_written_files_are_fetched_whole(place: Place, drafts: Place, tmp_path: Path) -> None:
    home = place / "m" / "v"
    for content in ("one", "two"):
        with home.staged(drafts) as folder:
            (folder / "model.onnx").write_text(content)
            if content == "one":
                (folder / "model.onnx.data").write_text("weights")
        here = tmp_path / content
        here.mkdir()
        found = home.fetch("model.onnx", here)
        assert found.read_text() == content
        assert found.with_name("model.onnx.data").exists() == (content == "one")
    assert not list(Path(drafts.url).iterdir())


def test_a_failure_leaves_what_was_there(place: Place, drafts: Place, tmp_path: Path) -> None:
    home = place / "m"
    with home.staged(drafts) as folder:
        (folder / "f").write_text("old")
    with pytest.raises(ZeroDivisionError), home.staged(drafts) as folder:
        (folder / "f").write_text("new")
        raise ZeroDivisionError
    assert home.fetch("f", tmp_path).read_text() == "old"
    assert not list(Path(drafts.url).iterdir())


def test_a_machine_that_does_not_see_the_folder_makes_none(tmp_path: Path) -> None:
    home = Place(str(tmp_path / "elsewhere" / "m"))
    with pytest.raises(FileNotFoundError, match="Choose one that all machines see"), home.staged(home):
        raise AssertionError
    assert not [*tmp_path.iterdir()]


def test_removed_is_gone(place: Place, tmp_path: Path) -> None:
    inner = place / "m"
    with inner.writing("f") as file:
        file.write(b"x")
    inner.remove()
    inner.remove()
    with pytest.raises(PathError, match="There is no"):
        inner.fetch("f", tmp_path)


def test_places_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PathError, match="Cannot write to"):
        Place.of(tmp_path / "file" / "folder")
    with pytest.raises(ModelExportError, match='"zork://x" cannot be used: Protocol not known'):
        Place.of("zork://x")


def test_without_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(ModelExportError, match=r'pip install "modelexport_nb\[dask\]"'):
        Place.of("memory://x")


@given(st.text(min_size=1), st.text(min_size=1))
def test_a_folder_name_is_one_texts_own(one: str, two: str) -> None:
    names = [folder_name(text) for text in (one, two)]
    assert (names[0] == names[1]) == (one == two)
    for name in names:
        assert name and name[0] not in "." and "/" not in name and len(name.encode()) < 100
