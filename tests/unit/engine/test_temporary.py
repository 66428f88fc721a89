"""What a killed process leaves behind is taken away by the next one, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from modelexport_nb.engine.temporary import process_folder
(process_folder() / "large").write_bytes(b"0" * 1000)
print(process_folder(), process_folder().exists(), flush=True)
sys.stdin.readline()
"""


def process(home: Path) -> tuple[subprocess.Popen[str], Path]:
    """One that has its folder in `home`, and lives until it gets a line."""
    env = {**os.environ, "TMPDIR": str(home)}
    begun = subprocess.Popen(
        [sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env
    )
    assert begun.stdout is not None
    folder, exists = begun.stdout.readline().split()
    assert exists == "True"
    return begun, Path(folder)


def end(begun: subprocess.Popen[str]) -> None:
    begun.communicate("\n")
    assert begun.returncode == 0


def test_it_is_gone_with_its_process(tmp_path: Path) -> None:
    begun, folder = process(tmp_path)
    assert folder.parent == tmp_path
    end(begun)
    assert not [*tmp_path.iterdir()]


def test_what_a_killed_process_left_is_taken_away(tmp_path: Path) -> None:
    killed, left = process(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert (left / "large").exists()
    begun, folder = process(tmp_path)
    assert [*tmp_path.iterdir()] == [folder]
    end(begun)


def test_what_others_have_stays(tmp_path: Path) -> None:
    """Of a process that lives, of one that has no lock yet, and what a link leads to."""
    alive, folder = process(tmp_path)
    (young := tmp_path / f"{folder.name}young").mkdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".lock").touch()
    (link := tmp_path / f"{folder.name}link").symlink_to(elsewhere)
    end(process(tmp_path)[0])
    assert {*tmp_path.iterdir()} == {folder, young, elsewhere, link}
    assert (folder / "large").exists() and elsewhere.exists()
    end(alive)
