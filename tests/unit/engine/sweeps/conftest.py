"""A child cannot import test modules under the names that pytest gives them: models go as a notebook's classes do."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cloudpickle
import psutil
import pytest

from modelexport_nb.engine.sweeps.drafts import PREFIX

from . import models


@pytest.fixture(scope="package", autouse=True)
def by_value() -> Iterator[None]:
    module = sys.modules[models.__name__]
    cloudpickle.register_pickle_by_value(module)
    yield
    cloudpickle.unregister_pickle_by_value(module)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in. Nothing stays: no temporary file, no process, no draft among the artifacts."""
    folder, temporary = tmp_path / "home", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    yield folder
    deadline = time.monotonic() + 60
    while left := _left(folder, temporary):  # what belonged to a process that was killed takes a moment
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def _left(folder: Path, temporary: Path) -> list[object]:
    drafts = folder.rglob(f"{PREFIX}*")
    return [*temporary.glob("modelexport.*"), *psutil.Process().children(recursive=True), *drafts]
