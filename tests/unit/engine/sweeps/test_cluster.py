"""The same jobs on a real Dask cluster: a scheduler and two workers, processes of their own on loopback."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from distributed import Client
from torch import nn

from modelexport_nb.engine.errors import ModelExportError, OptionError
from modelexport_nb.engine.sweeps import Job, JobResult, Limits, Status, Sweep, cluster, sweep
from modelexport_nb.engine.sweeps.drafts import PREFIX
from modelexport_nb.engine.sweeps.places import Place
from modelexport_nb.engine.sweeps.task import SMALL, Packer

from .models import Hang, Leave, Net, X, children_here, net

ROOT = Path(__file__).parents[4]
STRATEGIES = ["fx", "htp", "usage_based"]


@dataclass
class Cluster:
    """A scheduler, to which workers come."""

    address: str
    folder: Path

    def worker(self, name: str) -> subprocess.Popen[bytes]:
        """One more; it may not have arrived yet."""
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name]
        return _start(self.folder, "dask_worker", self.address, *options, "--local-directory", str(self.folder / name))


def _start(folder: Path, what: str, *options: str) -> subprocess.Popen[bytes]:
    with (folder / f"{what}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{what}", *options],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("dask")
    told = folder / "scheduler.json"
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told)]
    processes = [_start(folder, "dask_scheduler", *options)]
    try:
        deadline = time.monotonic() + 60
        while not told.exists() or not told.read_text().strip().endswith("}"):
            assert time.monotonic() < deadline, (folder / "dask_scheduler.log").read_text()
            time.sleep(0.1)
        found = Cluster(json.loads(told.read_text())["address"], folder)
        processes += [found.worker("one"), found.worker("two")]
        with Client(found.address, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
        yield found
    finally:
        for process in processes:  # a worker whose scheduler goes at the same time may wait for it half a minute
            process.kill()
            process.wait()


@pytest.fixture(autouse=True)
def cluster_is_whole(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test both workers live, and soon neither has a child: what was at work ends when it sees the stop."""
    yield
    if "dask" not in request.fixturenames:
        return
    dask: Cluster = request.getfixturevalue("dask")
    with Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        deadline = time.monotonic() + 60
        while (left := [*client.run(children_here).values()]) != [0, 0]:
            assert time.monotonic() < deadline, left
            time.sleep(0.05)


def lasting(result: JobResult) -> JobResult:
    """What is the same in every run."""
    return replace(result, seconds=None, stages={}, peak_bytes=None, ended_at=None, folder="")


def twelve(home: Path) -> list[Job]:
    torch.manual_seed(0)
    models = {f"m{width}": (Net(width, str(home / "log"), 0.2), X) for width in range(3, 7)}
    return Job.grid(models, strategies=STRATEGIES)


def runs(home: Path) -> int:
    return len((home / "log").read_text().split())


def test_it_gives_what_this_machine_gives(dask: Cluster, tmp_path: Path) -> None:
    jobs = [*Job.grid({"net": (net(), X), "large": (nn.Linear(4, 100_000), X)}, strategies=STRATEGIES), Job(Leave(), X)]
    here = sweep(jobs, store=tmp_path / "here.db")
    there = sweep(jobs, store=tmp_path / "there.db", scheduler=dask.address)
    assert [lasting(result) for result in there.values()] == [lasting(result) for result in here.values()]
    assert there["Leave / defaults"].error == "CrashError"  # its process, not its worker
    for name in there:
        if there[name].status is Status.OK:
            assert (Path(there[name].folder) / "model.onnx").is_file()


def test_a_killed_worker_loses_and_doubles_nothing(dask: Cluster, tmp_path: Path) -> None:
    third = dask.worker("three")
    with Client(dask.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=60)
        found = sweep(twelve(tmp_path), store=tmp_path / "s.db", executor=client, wait=False)
        child = await_job(third, found)
        third.kill()
        assert found.wait(120)
    third.wait()
    assert found.ok and len(found) == 12
    assert all(result.attempt == 1 and not result.kept for result in found.values())
    assert 12 <= runs(tmp_path) <= 13  # at most the job in flight ran again
    again = sweep(twelve(tmp_path), store=tmp_path / "s.db", scheduler=dask.address)
    assert all(result.kept for result in again.values())
    deadline = time.monotonic() + 30
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "a child outlived its worker"
        time.sleep(0.1)
    assert not [*tmp_path.rglob(f"{PREFIX}*")]


def await_job(worker: subprocess.Popen[bytes], found: Sweep) -> int:
    """Wait until a worker is at work; its child."""
    while found.running:
        children = psutil.Process(worker.pid).children()
        if children and found.counts[Status.OK] >= 2:
            return children[0].pid
        time.sleep(0.01)
    raise AssertionError(f"it never worked: {found}")


def test_cancel_stops_what_runs_there(dask: Cluster, tmp_path: Path) -> None:
    jobs = Job.grid({"a": (net(), X), "slow": (Hang(), X)}, strategies=["fx"])
    found = sweep(jobs, store=tmp_path / "s.db", scheduler=dask.address, wait=False)
    while found["a / fx"].status is not Status.OK:
        assert found.running, [*found.values()]
        found.await_news(found.version, 1)
    found.cancel()
    assert found.wait(60)
    assert [str(result.status) for result in found.values()] == ["ok", "skipped"]


def test_limits_hold_there(dask: Cluster, tmp_path: Path) -> None:
    limits = Limits(timeout=5)
    found = sweep([Job(Hang(), X)], store=tmp_path / "s.db", scheduler=dask.address, limits=limits)
    assert found["Hang / defaults"].error == "TimeLimitError"


def test_workers_of_other_versions_are_refused(dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = cluster.versions()
    for name in ("torch", "modelexport_nb"):
        monkeypatch.setattr(cluster, "versions", lambda name=name: {**mine, name: "0.0.1"})
        with pytest.raises(
            ModelExportError, match=rf"Worker tcp://\S+ has {name} {re.escape(mine[name])}, and here it is 0.0.1"
        ):
            sweep([Job(net(), X)], store=tmp_path / "s.db", scheduler=dask.address)


def test_a_cluster_without_workers(tmp_path: Path) -> None:
    class Empty:
        def get_executor(self) -> Any: ...

        def run(self, *_: Any) -> dict[str, Any]:
            return {}

    with pytest.raises(OptionError, match="The cluster has no workers"):
        sweep([Job(net(), X)], store=tmp_path / "s.db", executor=Empty())


def test_a_scheduler_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECT", 1)
    with pytest.raises(OptionError, match=r'The scheduler "tcp://127.0.0.1:1" cannot be reached: .*1 s\.') as caught:
        sweep([Job(net(), X)], store=tmp_path / "s.db", scheduler="tcp://127.0.0.1:1")
    assert "\n" not in str(caught.value)
    assert not [*tmp_path.iterdir()]


def test_without_dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModelExportError, match=r'pip install "modelexport_nb\[dask\]"'):
        sweep([Job(net(), X)], store=tmp_path / "s.db", scheduler="tcp://127.0.0.1:1")


def test_large_weights_do_not_travel_with_the_job(tmp_path: Path) -> None:
    packer = Packer(Place.of(tmp_path))
    large = nn.Linear(1000, 1000)
    packed = [packer.pack(Job(large, variant=variant)) for variant in "ab"]
    assert all(len(each) < SMALL / 100 for each in packed)
    assert [file.stat().st_size > 4_000_000 for file in tmp_path.iterdir()] == [True]
