"""`%modelexport sweep`: what it is about, what is shown and when, and how it ends."""

import sys
import time
from pathlib import Path

import pytest
from IPython.core.error import UsageError
from torch import nn

from modelexport_nb import Job, JobResult, Limits, Sweep, sweeping
from modelexport_nb.engine.errors import InputError, OptionError, PathError
from modelexport_nb.engine.sweeps import Status
from modelexport_nb.notebook import live_sweep
from modelexport_nb.sweeping import SweepBar

from .test_completion import offered
from .test_magic import fails, run

PLAN = '[grid]\nstrategies = ["fx", "htp"]\n[[models]]\nmodel = "models:net"\n'


@pytest.fixture
def here(shell, tmp_path, monkeypatch):
    """The shell in a folder of its own, with a plan and models in variables."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nightly.toml").write_text(PLAN, encoding="utf-8")
    model, x = shell.user_ns["model"], shell.user_ns["x"]
    jobs = Job.grid({"a": model}, strategies=["fx", "htp"])
    shell.user_ns.update(folder=tmp_path, nets=[model, "owner/name"], named={"a": (model, x), "b": model}, jobs=jobs)
    return shell


@pytest.fixture
def swept(monkeypatch):
    """What `sweep` of the engine was called with; all of it ends well."""
    seen = []

    def sweep(jobs, *, progress=None, wait=True, **options):
        seen.append({"jobs": list(jobs), "path": sys.path[0], "wait": wait, **options})
        found = Sweep([JobResult(job.name, job.model_name, job.variant) for job in jobs], Path("the.db"))
        if progress is not None:
            progress(found)
        if wait:
            end(found)
        return found

    monkeypatch.setattr(sweeping, "sweep", sweep)
    return seen


def end(found):
    for name, result in list(found.items()):
        found.put(JobResult(name, result.model, result.variant, Status.OK))
    found.end()


# ---- what is swept ----


@pytest.mark.parametrize("word", ["nightly.toml", "{folder}/nightly.toml", "folder/'nightly.toml'"])
def test_a_plan(here, swept, tmp_path, word):
    s = run(here, f"s = %modelexport sweep {word}\ns")
    assert isinstance(s, Sweep) and list(s) == ["models:net / fx", "models:net / htp"]
    (seen,) = swept
    assert (seen["store"], seen["path"], seen["limits"]) == (tmp_path / "nightly.db", str(tmp_path), Limits())
    assert sys.path[0] != str(tmp_path)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("nets", ["Sequential / auto", "owner/name / auto"]),
        ("nets -s fx,htp", [f"{model} / {name}" for model in ("Sequential", "owner/name") for name in ("fx", "htp")]),
        ("nets[:1] --opsets 18,20", ["Sequential / opset 18", "Sequential / opset 20"]),
        ("named --captures auto,strict", [f"{row} / {capture}" for row in "ab" for capture in ("auto", "strict")]),
        ("jobs", ["a / fx", "a / htp"]),
        ("--no-verify named", ["a / auto", "b / auto"]),
    ],
)
def test_variables(here, swept, line, names):
    run(here, f"%modelexport sweep {line}")
    (seen,) = swept
    assert [job.name for job in seen["jobs"]] == names
    assert (seen["store"], seen["artifacts"], seen["scheduler"]) == (Path("sweep.db"), None, None)


def test_models_and_inputs_reach_the_jobs(here, swept):
    here.user_ns["axes"] = {"input": {0: "batch"}}
    run(here, "%modelexport sweep named --dynamic axes")
    first, second = swept[0]["jobs"]
    assert first.model is second.model is here.user_ns["model"]
    assert first.inputs is here.user_ns["x"] and second.inputs is None
    assert first.options == {"dynamic": {"input": {0: "batch"}}}


def test_options(here, swept, tmp_path):
    line = "--store {folder}/my.db --artifacts {folder}/files --scheduler tcp://b:1 --retry all --timeout 3 --workers 2"
    run(here, f"%modelexport sweep nets {line} --memory-limit 1kB")
    (seen,) = swept
    assert (seen["store"], seen["artifacts"]) == (tmp_path / "my.db", tmp_path / "files")
    assert (seen["scheduler"], seen["retry"], seen["limits"]) == ("tcp://b:1", "all", Limits(3.0, 1000, 2))


@pytest.mark.parametrize(
    ("line", "error", "said"),
    [
        ("", UsageError, "what"),
        ("gone.toml", PathError, 'There is no file "gone.toml".'),
        ("{gone}.toml", PathError, 'There is no variable "gone"'),
        ("bad.toml", InputError, 'bad.toml has no key "gird". Did you mean "grid"?'),
        ("netz", InputError, 'There is no variable "netz". Did you mean "nets"?'),
        ("x", InputError, '"x" is a Tensor. Sweep a list or a dict of models, jobs or a TOML file.'),
        ("model", InputError, '"model" is a single one. Put it in a list: [model]'),
        ("jobs[0]", InputError, "is a single one. Put it in a list: [jobs[0]]"),
        ("[x]", InputError, '"[x]" holds a Tensor, which is neither a model nor a job.'),
        ("[nets]", InputError, "holds a list, which is neither"),
        ("[]", InputError, "There are no jobs."),
        ("[model,model]", InputError, '2 models of "[model,model]" are called Sequential. Name them in a dict'),
        ("jobs -s fx", UsageError, '--strategies says how to export models, and the jobs of "jobs" say that.'),
        ("jobs --verify off", UsageError, "--verify says how to export models"),
        ("nets -s gx", OptionError, 'Unknown strategy "gx". Did you mean "fx"?'),
        ("nets --retry never", OptionError, 'There is no retry "never"'),
        ("nets --store gone/x.db", PathError, 'gone" does not exist'),
        ("nets --store {folder}", PathError, "is a folder. Give the name of a file in it"),
        ("nets --workers 0", UsageError, "0 is no whole number from 1"),
        ("nets --strategies fx -s htp", UsageError, "is given twice"),
    ],
)
def test_bad_input_is_one_line(here, line, error, said):
    (here.user_ns["folder"] / "bad.toml").write_text("[gird]", encoding="utf-8")
    found = fails(here, f"%modelexport sweep {line}")
    assert isinstance(found, error) and said in str(found) and "\n" not in str(found)


# ---- what is shown ----


@pytest.fixture
def displayed(here, monkeypatch):
    """What the cell displays while it runs, and again."""
    seen = []

    class Handle:
        def update(self, found):
            seen.append(("update", found.running))

    def display(found, display_id):
        assert display_id is True
        seen.append(("display", found.running))
        return Handle()

    monkeypatch.setattr(live_sweep, "display", display)
    return seen


def value_shown(shell, value):
    """Whether IPython shows a value that the cell returned."""
    return bool(shell.display_formatter.format(value)[0])


def test_the_matrix_is_shown_live_and_as_it_ended_and_once(here, swept, displayed, capsys):
    s = run(here, "%modelexport sweep nets")
    assert displayed == [("display", True), ("update", False)]
    assert "ok" not in capsys.readouterr().out  # as the value of the cell
    assert value_shown(here, s)
    run(here, "s = %modelexport sweep nets\ns")
    assert "ok" not in capsys.readouterr().out


def test_another_cell_shows_it_again(here, swept, displayed):
    run(here, "s = %modelexport sweep nets")
    here.execution_count += 1
    assert value_shown(here, here.user_ns["s"])


def test_without_progress_it_is_the_value_alone(here, swept, displayed):
    s = run(here, "%modelexport sweep nets --no-progress")
    assert displayed == [] and value_shown(here, s)


def test_what_was_over_at_once_is_shown_too(here, displayed, monkeypatch):
    found = Sweep([JobResult("a / fx", "a", "fx", Status.OK, kept=True)], Path("the.db"))
    found.end()
    monkeypatch.setattr(sweeping, "sweep", lambda *_, **__: found)
    run(here, "s = %modelexport sweep nets")
    assert displayed == [("display", False), ("update", False)]


def test_a_terminal_has_a_bar(here, swept, displayed, monkeypatch, capsys):
    monkeypatch.setattr(here.display_formatter, "active_types", ["text/plain"])
    run(here, "s = %modelexport sweep nets")
    assert displayed == [] and "sweeping" in capsys.readouterr().err


def test_unloaded_it_leaves_the_formatter_alone(bare_shell):
    assert Sweep not in bare_shell.display_formatter.ipython_display_formatter.type_printers


# ---- how it ends ----


def test_ctrl_c_tells_what_is_kept(here, displayed, monkeypatch, capsys):
    def sweep(jobs, *, progress, **_):
        found = Sweep([JobResult(job.name, job.model_name, job.variant) for job in jobs], Path("the.db"))
        progress(found)
        name = next(iter(found))
        found.put(JobResult(name, "Sequential", "defaults", Status.OK))
        found.end()
        raise KeyboardInterrupt

    monkeypatch.setattr(sweeping, "sweep", sweep)
    assert isinstance(fails(here, "%modelexport sweep nets"), KeyboardInterrupt)
    assert "note: cancelled; 1 of 2 jobs are kept in the.db." in capsys.readouterr().out
    assert displayed == [("display", True), ("update", False)]


def test_in_the_background_it_comes_back_at_once(here, swept, displayed, tmp_path):
    s = run(here, "%modelexport sweep nightly.toml --background")
    assert swept[0]["wait"] is False and displayed == [] and s.running
    assert sys.path[0] == str(tmp_path)  # its children are started from now on
    end(s)
    until = time.monotonic() + 60
    while sys.path[0] == str(tmp_path) and time.monotonic() < until:
        time.sleep(0.01)
    assert sys.path[0] != str(tmp_path)


def test_a_live_module_for_real(here):
    here.user_ns["small"] = {"good": (nn.Linear(4, 2), here.user_ns["x"]), "bad": (nn.Linear(3, 2), here.user_ns["x"])}
    s = run(here, "s = %modelexport sweep small -s fx --workers 1 --no-progress\ns")
    assert [str(result.status) for result in s.values()] == ["ok", "failed"]
    assert s["bad / fx"].error == "EagerRunError"
    again = run(here, "%modelexport sweep small -s fx --no-progress --retry failed")
    assert [result.kept for result in again.values()] == [True, False]


# ---- completion ----


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("sweep ", ["jobs", "named", "nets", "nightly.toml", "plans/"]),
        ("sweep ni", ["nightly.toml"]),
        ("sweep plans/", ["plans/weekly.toml"]),
        ("sweep nets --retry ", ["changed", "failed", "all"]),
        ("sweep nets --retry=f", ["--retry=failed"]),
        ("sweep nets -s fx,h", ["fx,htp"]),
        ("sweep nets --captures strict,t", ["strict,torch.onnx", "strict,torchscript"]),
        ("sweep nets --verify m", ["model", "modules"]),
        ("sweep nets --sto", ["--store"]),
        ("sweep nets --ba", ["--background"]),
        ("sweep nets --store ni", ["nightly.toml"]),
    ],
)
def test_completion(here, typed, expected):
    (here.user_ns["folder"] / "plans").mkdir()
    (here.user_ns["folder"] / "plans" / "weekly.toml").touch()
    (here.user_ns["folder"] / "plans" / "other.txt").touch()
    (here.user_ns["folder"] / "other.txt").touch()
    found = offered(here, f"%modelexport {typed}")
    assert [text.rpartition(" ")[2] for text in found] == expected


def test_the_verb_is_offered(here):
    assert "%modelexport sweep" in offered(here, "%modelexport sw")


def test_help_tells_of_it(here):
    assert "%modelexport sweep" in here.find_line_magic("modelexport").__doc__
    assert "--background" in here.find_line_magic("modelexport").__doc__


def test_a_bar_that_is_off_is_off(capsys):
    SweepBar(False)(Sweep([JobResult("a", "a", "fx")], Path("the.db")))
    assert capsys.readouterr().err == ""
