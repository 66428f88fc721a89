"""The store keeps one row a job, lets each job be done by one sweep at a time, and is never half-written."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from modelexport_nb.engine.errors import PathError
from modelexport_nb.engine.sweeps import JobResult, Status
from modelexport_nb.engine.sweeps import store as module
from modelexport_nb.engine.sweeps.store import Owner, Store

ROOT = Path(__file__).parents[4]
FULL = JobResult(
    "a / fx",
    "a",
    "fx",
    Status.WARNED,
    cause="ownership 1/2",
    strategy="fx",
    capture="torch.onnx",
    opset=20,
    nodes=2,
    measures={"ownership": "1/2"},
    parity="max |Δ| 0",
    max_abs=0.0,
    bytes=99,
    seconds=1.5,
    stages={"run": 0.25},
    peak_bytes=7,
    versions={"torch": "2"},
    notes=("a note", "zwei"),
    fingerprint="f",
    folder="/somewhere",
    attempt=1,
    ended_at=5.0,
)


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", "t")
    assert store.results() == {}
    assert store.claim("a / fx") == 1
    assert store.keep(FULL)
    assert store.results() == {"a / fx": FULL} and store.result("a / fx") == FULL
    store.close()
    again = Store(tmp_path / "s.db", "u")
    assert again.result("a / fx") == FULL
    assert again.claim("a / fx") == 2
    again.close()


def test_a_row_can_be_asked_for_in_sql(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", "t")
    store.claim(FULL.name)
    store.keep(FULL)
    store.close()
    with sqlite3.connect(tmp_path / "s.db") as data:
        row = data.execute("SELECT status, nodes, seconds, json_extract(stages, '$.run') FROM jobs").fetchone()
    assert row == ("warned", 2, 1.5, 0.25)


def test_a_claimed_job_is_one_sweeps(tmp_path: Path) -> None:
    one, two = Store(tmp_path / "s.db", "one"), Store(tmp_path / "s.db", "two")
    assert one.claim("a") == 1
    assert two.claim("a") is None
    assert two.claim("b") == 1
    one.release("a")
    assert two.claim("a") == 1
    two.close()
    assert one.claim("b") == 1  # it gave up what it had
    one.close()


def test_who_lost_a_claim_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Store(tmp_path / "s.db", "one"), Store(tmp_path / "s.db", "two")
    one.claim(FULL.name)
    now = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 61)
    assert two.claim(FULL.name) == 2  # begun before, and not ended
    assert not one.keep(replace(FULL, cause="late"))
    assert two.keep(FULL)
    assert two.result(FULL.name) == FULL
    one.close()
    two.close()


def test_claims_are_prolonged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = Store(tmp_path / "s.db", "one"), Store(tmp_path / "s.db", "two")
    one.claim("a")
    now, ticks = module.time.time(), module.time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: ticks + 50)
    monkeypatch.setattr(module.time, "time", lambda: now + 50)
    one.renew()
    monkeypatch.setattr(module.time, "time", lambda: now + 100)
    assert two.claim("a") is None
    one.close()
    two.close()


def test_who_died_on_this_machine_loses_its_claims_at_once(tmp_path: Path) -> None:
    lines = (
        "import os, signal, sys; from modelexport_nb.engine.sweeps.store import Store\n"
        "s = Store(sys.argv[1], 'dead'); assert s.claim('a') == 1; os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", lines, str(tmp_path / "s.db")], cwd=ROOT, timeout=60)
    store = Store(tmp_path / "s.db", "t")
    assert store.claim("a") == 2
    store.close()


def test_who_may_live_elsewhere_keeps_its_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.socket, "gethostname", lambda: "elsewhere")
    store = Store(tmp_path / "s.db", "one")
    store.claim("a")
    monkeypatch.undo()
    two = Store(tmp_path / "s.db", "two")
    assert two.claim("a") is None
    assert not Owner("elsewhere", 1, "2", "t").surely_gone
    store.close()
    two.close()


def test_many_processes_claim_each_job_once(tmp_path: Path) -> None:
    lines = (
        "import sys; from dataclasses import replace\n"
        "from modelexport_nb.engine.sweeps.store import Store\n"
        "from modelexport_nb.engine.sweeps import JobResult\n"
        "s = Store(sys.argv[1], sys.argv[2])\n"
        "for n in range(40):\n"
        "    name = f'{n}'\n"
        "    if s.result(name) is None and s.claim(name) is not None:\n"
        "        if s.result(name) is None: assert s.keep(JobResult(name, 'm', 'v')); print(name)\n"
        "        else: s.release(name)\n"
        "s.close()\n"
    )
    found = [
        subprocess.Popen(
            [sys.executable, "-c", lines, str(tmp_path / "s.db"), f"{n}"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for n in range(3)
    ]
    done = Counter(name for each in found for name in each.communicate(timeout=120)[0].split())
    assert [each.returncode for each in found] == [0, 0, 0]
    assert done == Counter(map(str, range(40)))


# ---- bad files ----


def refused(path: Path, words: str) -> None:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(PathError, match=words) as caught:
        Store(path, "t")
    assert "\n" not in str(caught.value)
    assert before is None or path.read_bytes() == before


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "s.db").write_text("hello " * 1000)
    refused(tmp_path / "s.db", "is no store of sweeps")


def test_a_database_of_something_else(tmp_path: Path) -> None:
    data = sqlite3.connect(tmp_path / "s.db")
    data.execute("CREATE TABLE jobs (name TEXT)")
    data.commit()
    data.close()
    refused(tmp_path / "s.db", "is a database of something else")


def test_a_store_of_another_version(tmp_path: Path) -> None:
    Store(tmp_path / "s.db", "t").close()
    data = sqlite3.connect(tmp_path / "s.db")
    data.execute("PRAGMA user_version = 7")
    data.close()
    refused(tmp_path / "s.db", "is a store of version 7, and this one reads 1")


def test_places_that_cannot_be(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere" / "s.db", "does not exist")
    refused(tmp_path, "is a folder")


def test_a_full_disk(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.db", "t")
    store.claim(FULL.name)
    pages = store._data.execute("PRAGMA page_count").fetchone()[0]
    store._data.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(PathError, match="cannot be used: database or disk is full"):
        store.keep(replace(FULL, cause="x" * 100_000))
    store._data.execute("PRAGMA max_page_count = 100000")
    assert store.keep(FULL)  # the claim was not lost by it
    store.close()
