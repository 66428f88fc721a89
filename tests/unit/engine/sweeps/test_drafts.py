"""What a sweep has in the artifacts while it lives is gone after it, whoever was killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.files import remove_folder
from modelexport_nb.engine.sweeps import Job, Limits, Status, sweep
from modelexport_nb.engine.sweeps.drafts import PREFIX, drafts
from modelexport_nb.engine.sweeps.places import Place

from .models import X, net

ENDS = """
import os, sys
from modelexport_nb.engine.sweeps.drafts import drafts
from modelexport_nb.engine.sweeps.places import Place
with drafts(Place.of(sys.argv[1]), "killed"):
    os._exit(9)
"""


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob(f"{PREFIX}*"))


def test_a_worker_that_dies_at_work_leaves_nothing(home: Path) -> None:
    """It may die before any child of its own knows where the files are to stand."""

    class Dies(ThreadPoolExecutor):
        lost = 0

        def submit(self, do: Any, task: Any) -> Future[Any]:  # type: ignore[override]
            if self.lost:
                return super().submit(do, task)
            self.lost += 1
            self.unfinished = task.place.staged(task.drafts)  # held: its end would tidy up
            self.unfinished.__enter__()
            future: Future[Any] = Future()
            future.set_exception(RuntimeError("killed"))
            return future

    with Dies(1) as executor:
        found = sweep([Job(net(), X)], executor=executor)
    (result,) = found.values()
    assert executor.lost == 1 and result.status is Status.OK
    assert [path.name for path in Path(result.folder).parents[1].iterdir()] == ["Net"]


def test_it_is_there_for_a_sweep_that_fails_at_once_and_gone_after_it(home: Path) -> None:
    class Refuses(Executor):
        def submit(self, do: Any, task: Any) -> Future[Any]:  # type: ignore[override]
            assert Path(task.drafts.url).is_dir()
            raise RuntimeError("shut down")

    with pytest.raises(ModelExportError, match="takes no more jobs: shut down"):
        sweep([Job(net(), X)], executor=Refuses(), limits=Limits(workers=1))
    assert left(home / "sweep.artifacts") == []


def test_what_a_killed_sweep_left_goes_with_the_next_one(tmp_path: Path) -> None:
    place = Place.of(tmp_path)
    command = [sys.executable, "-c", ENDS, str(tmp_path)]
    root = str(Path(__file__).parents[4])
    assert subprocess.run(command, env={**os.environ, "PYTHONPATH": root}, check=False).returncode == 9
    assert left(tmp_path) == [f"{PREFIX}killed"]
    with drafts(place, "living"), drafts(place, "other"):
        assert left(tmp_path) == [f"{PREFIX}living", f"{PREFIX}other"]  # this process has not ended
    assert left(tmp_path) == []


@pytest.mark.parametrize("owner", [None, "", "[1, 2]", "7"])
def test_where_nobody_knows_whose_it_is_age_tells(tmp_path: Path, owner: str | None) -> None:
    folder = tmp_path / f"{PREFIX}x"
    folder.mkdir()
    if owner is not None:
        (folder / "owner").write_text(owner)
    with drafts(Place.of(tmp_path), "a"):
        assert folder.is_dir()
    long_ago = time.time() - 8 * 86400
    os.utime(folder, (long_ago, long_ago))
    with drafts(Place.of(tmp_path), "b"):
        assert not folder.exists()


def test_a_folder_goes_though_somebody_writes_into_it(tmp_path: Path) -> None:
    """As a child does whose parent was killed."""
    folder = tmp_path / "f"
    folder.mkdir()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            try:
                (folder / f"{number}").write_text("")
            except OSError:
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        time.sleep(0.05)
        remove_folder(folder)
        assert not [*tmp_path.iterdir()]
    finally:
        stop.set()
        writer.join()
