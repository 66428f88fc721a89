"""A sweep does every job once, keeps what it did, and no job harms another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from torch import nn

from modelexport_nb.engine.errors import InputError, ModelExportError, OptionError, PathError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.sweeps import Job, JobResult, Limits, Status, Sweep, children, sweep
from modelexport_nb.engine.sweeps.store import Store

from .models import Branch, Crash, Eat, Hang, Killed, Leave, Locked, Net, X, children_here, net

STRATEGIES = ["fx", "htp", "usage_based"]
ONE = Limits(workers=1)
NET = """
import torch
from torch import nn

def net(width=4):
    print("made")
    return nn.Sequential(nn.Linear(4, width), nn.ReLU(), nn.Linear(width, 2))

def pair():
    return net(), torch.ones(2, 4)

inputs = torch.ones(3, 4)
"""
SWEEP = """
import sys
from modelexport_nb.engine.sweeps import Job, sweep, Limits
jobs = [Job("slow:net", "slow:X", model_name=f"{n}", arguments={"log": sys.argv[1]}) for n in range(int(sys.argv[2]))]
if __name__ == "__main__":
    s = sweep(jobs, limits=Limits(workers=1), progress=lambda s: print(s.counts["ok"], flush=True))
    print(sum(r.kept for r in s.values()), s.ok, flush=True)
"""
SLOW = """
import threading
import time
from pathlib import Path
import torch
from torch import nn

X = torch.ones(2, 4)

class Slow(nn.Module):
    def __init__(self, log):
        super().__init__()
        self.log = log

    def forward(self, x):
        if not torch.compiler.is_compiling() and not torch.jit.is_tracing():
            with Path(self.log).open("a") as file:
                file.write("ran ")
            time.sleep(0.3)
        return x * 2

def net(log):
    return Slow(log)
"""


def statuses(found: Sweep) -> dict[str, str]:
    return {name: str(result.status) for name, result in found.items()}


def only(found: Sweep) -> JobResult:
    (result,) = found.values()
    return result


# ---- what it gives ----


def test_it_gives_what_bare_exports_give(home: Path) -> None:
    models = {"narrow": (net(4), X), "wide": (net(6), X)}
    heard: list[Sweep] = []
    found = sweep(Job.grid(models, strategies=STRATEGIES), progress=heard.append)
    assert found.ok and not found.running and heard[-1] is found
    assert found.models == ("narrow", "wide") and found.variants == tuple(STRATEGIES)
    assert found.counts[Status.OK] == 6 and found.remaining == 0.0
    for name, (model, inputs) in models.items():
        for strategy in STRATEGIES:
            result = found.cell(name, strategy)
            bare = export_model(model, inputs, home / "bare.onnx", strategy=strategy)
            assert result is not None and result is found[f"{name} / {strategy}"]
            assert result.measures == {measure: value for measure, value, _ in bare.measures.rows()}
            assert (result.nodes, result.strategy, result.capture) == (bare.measures.nodes, strategy, bare.capture)
            assert (result.bytes, result.opset, result.notes) == (bare.bytes, bare.opset, bare.notes)
            assert result.parity.startswith("max |Δ|") and result.max_abs is not None and result.max_abs < 1e-5
            assert result.seconds and result.ended_at and result.attempt == 1 and not result.kept
            folder = Path(result.folder)
            assert (folder / "model.onnx").read_bytes() == bare.path.read_bytes()
            assert json.loads((folder / "report.json").read_text())["nodes"] == result.nodes
            assert (folder / "log.txt").exists()
            assert found.hierarchy(result.name).tree.find("first") is not None


def test_models_by_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "made_here.py").write_text(NET)
    monkeypatch.syspath_prepend(str(home))
    jobs = [
        Job("made_here:net", "made_here:inputs", arguments={"width": 7}, variant="with arguments"),
        Job("made_here:pair"),
        Job("made_here:nothing"),
        Job("no/such-model"),
    ]
    found = sweep(jobs)
    assert statuses(found) == dict(zip(found, ["ok", "ok", "failed", "failed"], strict=True))
    causes = [result.cause for result in found.values()]
    assert '"made_here:nothing" has no nothing' in causes[2]
    assert causes[3].startswith('"no/such-model" is no folder here')
    assert [result.error for result in found.values()][2:] == ["InputError", "InputError"]
    assert (Path(found["made_here:pair / defaults"].folder) / "log.txt").read_text() == "made\n"
    with pytest.raises(ModelExportError, match='There is no file of "no/such-model'):
        found.hierarchy("no/such-model / defaults")
    with pytest.raises(ModelExportError, match="Did you mean"):
        found["made_here:pair / default"]


def test_a_large_live_module_goes_by_a_file(home: Path) -> None:
    large = nn.Linear(4, 100_000)
    found = sweep([Job(large, X), Job(large, X, {"strategy": "htp"})])
    assert found.ok
    assert all(result.bytes and result.bytes > 1_600_000 for result in found.values())


def test_the_model_is_as_before(home: Path) -> None:
    model = net().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.get_rng_state()
    assert sweep([Job(model, X)]).ok
    assert model.training and torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


# ---- what goes wrong ----


def test_no_job_harms_another(home: Path) -> None:
    kinds = {kind.__name__: (kind(), X) for kind in (Branch, Crash, Leave, Killed, Eat, Hang)}
    limits = Limits(timeout=15, memory_limit=300_000_000, workers=2)
    found = sweep(Job.grid({"first": (net(), X), **kinds, "last": (net(), X)}, strategies=["fx"]), limits=limits)
    results = {result.model: result for result in found.values()}
    assert {model: result.error for model, result in results.items()} == {
        **{"first": "", "Branch": "CaptureError", "Crash": "CrashError", "Leave": "CrashError", "Killed": "CrashError"},
        **{"Eat": "MemoryLimitError", "Hang": "TimeLimitError", "last": ""},
    }
    assert "crashed (SIGSEGV)" in results["Crash"].cause
    assert "left with exit code 3" in results["Leave"].cause
    assert all("\n" not in result.cause for result in results.values())
    assert "models.py:" in results["Hang"].cause and 'in stage "run"' in results["Hang"].cause
    assert results["first"].status is results["last"].status is Status.OK
    assert [result.attempt for result in results.values()] == [1] * 8  # a model that kills its process is a result
    assert not found.ok


def test_when_the_machine_runs_out_of_memory_the_largest_goes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: dict[int, int] = {}

    def held(pid: int) -> int:
        return sizes.setdefault(pid, len(sizes))

    pool = children.ChildPool()
    monkeypatch.setattr(children, "private_memory", held)
    small, large = children._Held(None), children._Held(None)
    pool._busy += [small, large]
    try:
        assert [held(each.child.pid) for each in (small, large)] == [0, 1]
        assert not pool._first_to_go(small)
        assert pool._first_to_go(large)
        assert not pool._first_to_go(large)  # what it held takes a moment to come free
    finally:
        small.end()
        large.end()


def test_what_cannot_be_pickled(home: Path) -> None:
    with pytest.raises(InputError, match=r'The model of job "L / fx" cannot.*attribute "lock".*"package.module:func'):
        sweep(Job.grid({"good": (net(), X), "L": (Locked(), X)}, strategies=["fx"]))
    with pytest.raises(InputError, match=r'Job "Net / defaults" cannot be handed.*inputs cannot be pickled'):
        sweep([Job(net(), (X, Locked().lock))])
    assert not (home / "sweep.artifacts" / "good").exists()  # told before anything ran


def test_options_without_meaning(home: Path) -> None:
    jobs = [Job(net(), X)]
    for words, options in {
        r'There is no retry "fail"\. Did you mean "failed"': {"retry": "fail"},
        r"The executor is a int\. Pass one of concurrent\.futures": {"executor": 3},
        "An executor and a scheduler are two ways": {"executor": ThreadPoolExecutor(1), "scheduler": "tcp://x:1"},
        r"The number of workers is 0\.": {"limits": Limits(workers=0)},
        r"The timeout is -1\.": {"limits": Limits(timeout=-1)},
    }.items():
        with pytest.raises(OptionError, match=words):
            sweep(jobs, **options)
    for option, words in {
        "stratgy": r'There is no option "stratgy"\. Did you mean "strategy"\?',
        "timeout": "timeout is no option of a job: the sweep gives it",
        "opset": 'Job "Net / opset x": .*opset',
    }.items():
        with pytest.raises(OptionError, match=words):
            sweep([*jobs, Job(net(), X, {option: "x"})])
    with pytest.raises(PathError, match="Cannot write to"):
        sweep(jobs, artifacts="/proc/nowhere")
    assert not (home / "sweep.db").exists() or not sweep(jobs)["Net / defaults"].kept  # nothing ran


def test_an_artifact_that_cannot_be_written(home: Path) -> None:
    (home / "sweep.artifacts").mkdir()
    (home / "sweep.artifacts" / "a").write_text("in the way")
    found = sweep(Job.grid({"a": (net(), X), "b": (net(), X)}, strategies=["fx"]))
    assert statuses(found) == {"a / fx": "failed", "b / fx": "ok"}
    assert "The artifacts cannot be written: " in found["a / fx"].cause


def test_a_store_that_fails_in_the_middle(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Store, result: JobResult) -> bool:
        raise PathError("The store cannot be used: database or disk is full.")

    monkeypatch.setattr(Store, "keep", full)
    with pytest.raises(PathError, match="disk is full"):
        sweep(Job.grid([(net(), X)], strategies=STRATEGIES), limits=ONE)


# ---- again ----


def test_only_what_is_new_or_changed_runs_again(home: Path) -> None:
    log = home / "log"
    models: dict[str, Any] = {"a": (Net(log=str(log)), X), "b": (Net(5, log=str(log)), X), "bad": (Branch(), X)}

    def runs(expected: list[str], **options: Any) -> Sweep:
        log.unlink(missing_ok=True)
        found = sweep(Job.grid(models, strategies=["fx"]), **options)
        assert [result.model for result in found.values() if not result.kept] == expected
        assert len(log.read_text().split()) if {"a", "b", "c"} & {*expected} else not log.exists()
        return found

    first = runs(["a", "b", "bad"])
    again = runs([])
    assert statuses(again) == statuses(first)
    assert again["a / fx"].ended_at == first["a / fx"].ended_at
    with torch.no_grad():
        models["a"][0].first.weight[0, 0] += 1
    runs(["a"])
    models["b"] = (models["b"][0], X + 1)
    models["c"] = (Net(6, log=str(log)), X)
    runs(["b", "c"])
    assert runs(["bad"], retry="failed")["bad / fx"].attempt == 2
    runs(["a", "b", "bad", "c"], retry="all")


def test_a_module_whose_text_changed_runs_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(home))
    (home / "changing.py").write_text(NET)
    jobs = [Job("changing:pair")]
    assert not only(sweep(jobs)).kept
    assert only(sweep(jobs)).kept
    (home / "changing.py").write_text(NET + "\n")
    assert not only(sweep(jobs)).kept
    assert "changing" not in sys.modules  # only the children import it


def test_other_versions_run_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = [Job(net(), X)]
    sweep(jobs)
    monkeypatch.setattr("modelexport_nb.engine.sweeps.prints.versions", lambda: {"torch": "3"})
    assert not only(sweep(jobs)).kept


def begun(home: Path, number: int) -> subprocess.Popen[str]:
    (home / "slow.py").write_text(SLOW)
    (home / "run.py").write_text(SWEEP)
    command = [sys.executable, "run.py", "log", str(number)]
    root = Path(__file__).parents[4]
    path = os.pathsep.join([str(root), str(home)])
    return subprocess.Popen(
        command, cwd=home, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )


def test_kill_9_loses_what_was_in_flight(home: Path) -> None:
    first = begun(home, 8)
    assert first.stdout is not None
    while first.stdout.readline() != "3\n":
        pass
    first.kill()
    first.communicate(timeout=60)
    ran = len((home / "log").read_text().split())
    second = begun(home, 8)
    out, _ = second.communicate(timeout=120)
    kept, ok = out.splitlines()[-1].split()
    assert ok == "True" and int(kept) >= 3
    total = len((home / "log").read_text().split())
    assert total - ran == 8 - int(kept)
    assert total <= 9  # one was in flight
    deadline = time.monotonic() + 30
    while any("sweeps.child" in " ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])):
        assert time.monotonic() < deadline, "a child outlived its parent"
        time.sleep(0.1)


def test_two_sweeps_on_one_store_do_each_job_once(home: Path) -> None:
    both = [begun(home, 8), begun(home, 8)]
    ends = [each.communicate(timeout=120)[0].splitlines()[-1].split() for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert [ok for _, ok in ends] == ["True", "True"]
    assert sum(int(kept) for kept, _ in ends) == 8
    assert len((home / "log").read_text().split()) == 8


# ---- its end, and who does it ----


def test_cancel_stops_what_runs_and_keeps_what_is_done(home: Path) -> None:
    jobs = Job.grid({"a": (net(), X), "slow": (Hang(), X), "z": (net(), X)}, strategies=["fx"])
    found = sweep(jobs, limits=ONE, wait=False)
    assert found.running
    while found["slow / fx"].status is not Status.RUNNING:
        assert found.running, statuses(found)
        found.await_news(found.version, 1)
    time.sleep(0.5)
    found.cancel()
    assert found.wait(60)
    assert statuses(found) == {"a / fx": "ok", "slow / fx": "skipped", "z / fx": "skipped"}
    assert repr(found) == "<Sweep of 3 models × 1: 1 ok, 2 skipped>"
    assert not found.ok and found.cancelled
    again = sweep([jobs[0], jobs[2]])
    assert [result.kept for result in again.values()] == [True, False]


def test_ctrl_c_cancels(home: Path) -> None:
    def interrupt(found: Sweep) -> None:
        if found["slow / fx"].status is Status.RUNNING:
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        sweep(Job.grid({"slow": (Hang(), X), "z": (net(), X)}, strategies=["fx"]), limits=ONE, progress=interrupt)
    store = Store(home / "sweep.db", "t")
    assert store.results() == {} and store.claim("slow / fx") == 1
    store.close()


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor(home: Path, kind: Any) -> None:
    with kind(1) as executor:
        found = sweep(Job.grid({"a": (net(), X), "dies": (Leave(), X)}, strategies=["fx"]), executor=executor)
    assert statuses(found) == {"a / fx": "ok", "dies / fx": "failed"}


def test_an_executor_that_breaks(home: Path) -> None:
    executor = ProcessPoolExecutor(1)
    found = sweep(
        Job.grid({"a": (net(), X), "slow": (Hang(), X)}, strategies=["fx"]), executor=executor, wait=False, limits=ONE
    )
    while found["slow / fx"].status is not Status.RUNNING:
        assert found.running, statuses(found)
        found.await_news(found.version, 1)
    (worker,) = executor._processes.values()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(ModelExportError, match=r"The executor broke: .*what is done is kept"):
        found.wait(60)
    executor.shutdown()
    assert statuses(found) == {"a / fx": "ok", "slow / fx": "skipped"}


def test_an_executor_that_was_shut_down(home: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(ModelExportError, match="The executor takes no more jobs: cannot schedule"):
        sweep([Job(net(), X)], executor=executor)


def test_a_job_that_somebody_else_cancels_is_done_again(home: Path) -> None:
    """As a scheduler does that is started anew."""

    class Forgetful(ThreadPoolExecutor):
        lost = 0

        def submit(self, *args: Any, **kwargs: Any) -> Any:
            if self.lost:
                return super().submit(*args, **kwargs)
            self.lost += 1
            future: Future[Any] = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with Forgetful(1) as executor:
        assert only(sweep([Job(net(), X)], executor=executor)).status is Status.OK
    assert executor.lost == 1


def test_what_a_worker_cannot_do_is_not_blamed_on_the_artifacts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OptionError("memory_limit needs /proc.")

    monkeypatch.setattr(children, "Watch", refuses)
    result = only(sweep([Job(net(), X)]))
    assert (result.error, result.cause) == ("OptionError", "memory_limit needs /proc.")


def test_a_nursery_that_dies_is_replaced(home: Path) -> None:
    """Its children go on, and the next ones come from another."""
    jobs = Job.grid({"a": (Net(seconds=1), X), "dies": (Leave(), X), "b": (net(), X)}, strategies=["fx"])
    found = sweep(jobs, limits=ONE, wait=False)
    while found["a / fx"].status is not Status.RUNNING or not children.POOL._busy:
        found.await_news(found.version, 0.1)
    nursery = children.POOL._nursery
    if nursery is None:
        pytest.skip("children are not forked here")
    os.kill(nursery._process.pid, signal.SIGKILL)
    assert found.wait(60)
    assert statuses(found) == {"a / fx": "ok", "dies / fx": "failed", "b / fx": "ok"}
    assert found["dies / fx"].error == "CrashError"


def test_what_is_left_at_work_takes_its_nursery_with_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster's futures are cancelled at once, and whoever does the job sees it later."""
    threads: list[threading.Thread] = []

    class Away(Executor):
        def submit(self, do: Any, task: Any) -> Future[Any]:  # type: ignore[override]
            threads.append(threading.Thread(target=attempt, args=(do, task)))
            threads[-1].start()
            future: Future[Any] = Future()
            future.add_done_callback(lambda future: future.set_running_or_notify_cancel())
            return future

    def attempt(do: Any, task: Any) -> None:
        with suppress(children.CancelledError):
            do(task)

    monkeypatch.setattr(children, "INTERVAL", 1.0)
    found = sweep([Job(Hang(), X)], executor=Away(), wait=False)
    while not children.POOL._busy:
        found.await_news(found.version, 0.1)
    found.cancel()
    assert found.wait(60)
    assert children.POOL._busy
    threads[0].join(30)
    assert children_here() == 0


def test_where_no_child_can_be_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(children, "_Held", fails)
    found = sweep([Job(net(), X)])
    result = only(found)
    assert result.status is Status.FAILED and result.error == "WorkerLost"
    assert "Resource temporarily unavailable" in result.cause
    monkeypatch.undo()
    assert only(sweep([Job(net(), X)], store=found.store, artifacts=home / "a")).status is Status.OK  # it was not kept


def test_a_child_that_grew_is_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = home / "log"
    jobs = Job.grid({name: (Net(log=str(log)), X) for name in "abc"}, strategies=["fx"])
    assert sweep(jobs, limits=ONE).ok
    assert len({*log.read_text().split()}) == 1
    log.unlink()
    monkeypatch.setattr(children, "GROWN", 0)
    assert sweep(jobs, limits=ONE, retry="all").ok
    assert len({*log.read_text().split()}) == 3
