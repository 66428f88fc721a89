"""`modelexport sweep`: what reaches `sweep()`, what is shown of it, and how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modelexport_nb import Job, JobResult, Limits, Sweep, sweeping
from modelexport_nb.cli import FINE, INTERRUPTED, MISTYPED, WRONG
from modelexport_nb.engine.sweeps import Status
from modelexport_nb.sweeping import SweepBar

ROOT = Path(__file__).parents[3]
PLAN = """
scheduler = "tcp://10.0.0.1:8786"
[limits]
timeout = 600
[grid]
strategies = ["fx", "htp"]
[options]
verify = "modules"
[[models]]
model = "models:pair"
name = "pair"
"""
SLOW = """
import time
from pathlib import Path

from torch import nn


class Slow(nn.Module):
    def forward(self, x):
        (Path(__file__).parent / "running").touch()
        time.sleep(60)
        return x
"""


@pytest.fixture
def plan(here):
    path = here / "plans" / "nightly.toml"
    path.parent.mkdir()
    path.write_text(PLAN, encoding="utf-8")
    return path


@pytest.fixture
def swept(monkeypatch):
    """What `sweep` of the engine was called with; all of it ends well, and `fails` in what fails."""
    seen = []

    def sweep(jobs, *, progress, **options):
        seen.append({"jobs": jobs, "path": sys.path[0], **options})
        found = Sweep([JobResult(job.name, job.model_name, job.variant) for job in jobs], Path("the.db"))
        progress(found)
        for name, result in list(found.items()):
            status = Status.FAILED if "fails" in name else Status.OK
            found.put(JobResult(name, result.model, result.variant, status, "why" if "fails" in name else ""))
        found.end()
        return found

    monkeypatch.setattr(sweeping, "sweep", sweep)
    return seen


# ---- what reaches the engine ----


def test_a_plan_as_it_stands(call, plan, swept):
    status, out, err = call("sweep", "plans/nightly.toml")
    assert status == FINE and err == ""
    assert "2 ok" in out and out.endswith("Kept in the.db\n")
    (seen,) = swept
    options = {"verify": "modules"}
    assert seen["jobs"] == [
        Job("models:pair", None, {**options, "strategy": name}, "pair", name) for name in ("fx", "htp")
    ]
    folder = plan.parent
    assert seen == {
        "jobs": seen["jobs"],
        "path": str(folder),
        "store": folder / "nightly.db",
        "artifacts": None,
        "scheduler": "tcp://10.0.0.1:8786",
        "limits": Limits(600),
    }
    assert str(folder) not in sys.path


def test_the_line_wins_over_the_plan(call, plan, swept):
    line = (
        "--strategies usage_based --captures auto,strict --opsets 18,20 --dynamic batch,sequence --verify off "
        "--timeout 5 --memory-limit 1GB --workers 3 --store my.db --artifacts s3://bucket/x --scheduler tcp://b:1 "
        "--retry failed"
    )
    assert call("sweep", str(plan), *line.split())[0] == FINE
    (seen,) = swept
    assert [job.variant for job in seen["jobs"]] == [
        f"{capture}, opset {opset}" for capture in ("auto", "strict") for opset in (18, 20)
    ]
    assert seen["jobs"][3].options == {
        **{"verify": "off", "strategy": "usage_based", "capture": "strict"},
        **{"opset": 20, "dynamic": "batch,sequence"},
    }
    assert seen["limits"] == Limits(5.0, 10**9, 3)
    assert (seen["store"], seen["artifacts"]) == (Path("my.db"), "s3://bucket/x")
    assert (seen["scheduler"], seen["retry"]) == ("tcp://b:1", "failed")


def test_artifacts_of_the_line_are_of_this_folder(call, plan, swept):
    call("sweep", str(plan), "--artifacts", "files", "--no-verify")
    assert swept[0]["artifacts"] == Path("files") and swept[0]["jobs"][0].options["verify"] == "off"


# ---- what is shown ----


def test_one_that_failed_makes_the_status(call, plan, swept):
    plan.write_text(PLAN + '[[models]]\nmodel = "models:net"\nname = "fails"\n', encoding="utf-8")
    status, out, err = call("sweep", str(plan))
    assert (status, err) == (WRONG, "") and "fails / fx: why" in out


def test_json(call, plan, swept):
    status, out, _ = call("sweep", str(plan), "--json")
    found = json.loads(out)
    assert status == FINE and [job["name"] for job in found["jobs"]] == ["pair / fx", "pair / htp"]


def test_the_bar_tells_how_it_stands(capsys):
    found = Sweep([JobResult(name, name, "fx") for name in "abc"], Path("the.db"))
    bar = SweepBar(True)
    bar(found)
    found.put(JobResult("a", "a", "fx", Status.FAILED))
    found.put(JobResult("b", "b", "fx", Status.RUNNING))
    bar(found)
    bar.vanish()
    shown = capsys.readouterr().err.split("\r")
    assert any(re.fullmatch(r"sweeping +\S* +0/3\s*", line) for line in shown)
    assert any(re.search(r" 1/3, 1 running, 1 failed, about \d+ s left", line) for line in shown)
    assert shown[-1].strip() == ""


def test_no_bar_where_nobody_looks(call, plan, swept):
    assert call("sweep", str(plan), "--progress")[2] == ""


# ---- bad input ----


@pytest.mark.parametrize(
    ("text", "argv", "status", "said"),
    [
        (PLAN, ["--retry", "sometimes"], MISTYPED, 'There is no retry "sometimes"'),
        (PLAN, ["--strategies", "gx"], MISTYPED, 'Unknown strategy "gx". Did you mean "fx"?'),
        (PLAN, ["--opsets", "3"], MISTYPED, "Opset 3 is too low"),
        (PLAN, ["--opsets", "x"], MISTYPED, "x is no whole number from 1"),
        (PLAN, ["--workers", "0"], MISTYPED, "0 is no whole number from 1"),
        (PLAN, ["--worker", "2"], MISTYPED, 'Did you mean "--workers"?'),
        (PLAN, ["--verify", "of"], MISTYPED, 'Unknown verify "of". Did you mean "off"?'),
        (PLAN.replace("tcp", "#"), ["--store", "gone/x.db"], WRONG, 'gone" does not exist'),
        (PLAN.replace("tcp", "#"), ["--store", "models.py"], WRONG, 'models.py" is no store of sweeps'),
        ("[grid]\nstrategies = ['fx']", [], WRONG, "nightly.toml names no models."),
        ("[gird]", [], WRONG, 'nightly.toml has no key "gird". Did you mean "grid"?'),
        ("x =", [], WRONG, "nightly.toml is no TOML: Invalid value"),
    ],
)
def test_bad_input_is_one_line(call, plan, text, argv, status, said):
    plan.write_text(re.sub("scheduler.*", "", text), encoding="utf-8")
    found, out, err = call("sweep", str(plan), *argv)
    assert (found, out) == (status, "") and said in err and err.count("\n") == 1


def test_no_plan(call):
    status, _, err = call("sweep", "gone.toml")
    assert status == WRONG and err == 'modelexport: error: There is no file "gone.toml".\n'
    status, _, err = call("sweep")
    assert status == MISTYPED and "PLAN" in err and err.count("\n") == 1


# ---- for real ----

REAL = """
[grid]
strategies = ["fx"]
[limits]
workers = 1
[[models]]
model = "models:pair"
[[models]]
model = "models:broken"
[[models]]
model = "slow:Slow"
inputs = "models:batch"
"""


@pytest.fixture
def real(here):
    (here / "real.toml").write_text(REAL, encoding="utf-8")
    (here / "slow.py").write_text(SLOW, encoding="utf-8")
    return here


def test_ctrl_c_keeps_what_is_done(call, real, monkeypatch):
    def interrupt(self, found):
        self.sweep = found
        if (real / "running").exists():
            raise KeyboardInterrupt

    monkeypatch.setattr(SweepBar, "__call__", interrupt)
    status, out, err = call("sweep", "real.toml")
    assert (status, out) == (INTERRUPTED, "")
    assert f"note: cancelled; 2 of 3 jobs are kept in {real / 'real.db'}." in err
    (real / "real.toml").write_text(REAL.partition('[[models]]\nmodel = "slow')[0], encoding="utf-8")
    monkeypatch.setattr(SweepBar, "__call__", lambda *_: None)
    status, out, err = call("sweep", "real.toml", "--json")
    pair, broken = json.loads(out)["jobs"]
    assert status == WRONG and pair["kept"] and broken["kept"]  # nothing ran again
    assert (pair["status"], broken["status"]) == ("ok", "failed") and "no weights here" in broken["cause"]
    assert (real / "real.artifacts").is_dir()


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 128 + signal.SIGTERM)])
def test_interrupted_from_outside(real, sent, status):
    argv = [sys.executable, "-c", "from modelexport_nb.cli import run; run()", "sweep", "real.toml"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        argv, cwd=real, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        while not (real / "running").exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.1)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (status, "")
    assert "2 of 3 jobs are kept" in err and "Traceback" not in err
