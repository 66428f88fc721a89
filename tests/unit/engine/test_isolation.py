"""An export in a child process gives what one in this process gives; what hangs, eats memory or crashes there ends as
an error here, nothing stays, and the next export works."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import types
import warnings
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import cloudpickle
import onnx
import onnx_ir
import psutil
import pytest
import torch
from torch import nn

from modelexport_nb.engine.clock import STAGES
from modelexport_nb.engine.errors import (
    AttributionError,
    CrashError,
    InputError,
    MemoryLimitError,
    ModelExportError,
    OptionError,
    PathError,
    TimeLimitError,
)
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.isolation import process, watch
from modelexport_nb.engine.isolation.handover import read_payload, write_payload
from modelexport_nb.engine.memory import private_memory
from modelexport_nb.engine.tagging import tag_onnx

from .test_bad_input import KeepsState, state_of
from .zoo import perturb

ROOT = Path(__file__).parents[3]
X = torch.randn(2, 4)
OURS = "modelexport.*"  # libraries keep folders of their own among temporary files


@pytest.fixture(scope="module", autouse=True)
def by_value() -> Iterator[None]:
    """A child cannot import test modules under the names that pytest gives them: they go as a notebook's classes do."""
    modules = [sys.modules[__name__], sys.modules[KeepsState.__module__]]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    yield
    for module in modules:
        cloudpickle.unregister_pickle_by_value(module)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with an old file that must survive; nothing else may stay, here, among temporary files, or running."""
    folder, temporary = tmp_path / "home", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    (folder / "m.onnx").write_bytes(b"old")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    yield folder
    assert not list(temporary.glob(OURS))
    assert not psutil.Process().children(recursive=True)
    assert [file.name for file in folder.iterdir()] == ["m.onnx"]
    assert (folder / "m.onnx").read_bytes() == b"old"


def fails(error: type[ModelExportError], words: str, model: Any, path: Path, **options: Any) -> None:
    """The export ends with this one line, and the model is as before."""
    before = state_of(model)
    storages = [parameter.data_ptr() for parameter in model.parameters()]
    with pytest.raises(error, match=words) as caught:
        export_model(model, X, path, **options)
    assert "\n" not in str(caught.value)
    assert state_of(model) == before
    assert [parameter.data_ptr() for parameter in model.parameters()] == storages


# ---- the same as in this process ----


class Talks(nn.Module):
    """State, a tie, a lambda, a print and a warning."""

    def __init__(self) -> None:
        super().__init__()
        self.keeps = KeepsState()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.double = lambda x: x * 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.compiler.is_exporting():
            print("here I am")
            warnings.warn("mind the gap", stacklevel=1)
        return self.second(self.double(self.first(self.keeps(x))))


def test_the_same_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = perturb(Talks()).train()
    before = state_of(model)
    storages = [parameter.data_ptr() for parameter in model.parameters()]
    heard: list[list[Any]] = []
    told: list[Any] = []
    reports = []
    for isolate in (False, True):
        folder = tmp_path / f"isolated {isolate}"
        folder.mkdir()
        stages: list[Any] = []
        with pytest.warns(UserWarning, match="mind the gap") as shown:
            report = export_model(
                model,
                X,
                folder / "m.onnx",
                strategy="htp",
                metadata="full",
                verify="modules",
                dynamic=({0: torch.export.Dim("batch", min=2)},),
                progress=lambda *stage, stages=stages: stages.append(stage),
                isolate=isolate,
            )
        heard.append([stages, capfd.readouterr().out])
        told.append(sorted({(str(one.message), one.filename, one.lineno) for one in shown}))
        reports.append(report)
        assert [file.name for file in folder.iterdir()] == ["m.onnx"]
    here, there = reports
    assert heard[0] == heard[1] and [stage for stage, _, _ in heard[1][0]] == list(STAGES)
    assert "here I am" in heard[1][1]
    assert told[0] == told[1]
    assert state_of(model) == before
    assert [parameter.data_ptr() for parameter in model.parameters()] == storages

    assert repr(here) == repr(there)
    compared = {field.name for field in fields(here) if field.compare} - {"path", "files", "timings", "graph", "tree"}
    for name in compared - {"attribution"}:
        assert getattr(here, name) == getattr(there, name), name
    for name in ("strategy", "scopes", "removed", "hidden", "tried"):
        assert getattr(here.attribution, name) == getattr(there.attribution, name), name
    assert here.notes and here.parity is not None and here.parity.modules is not None
    assert here.tree.rows == there.tree.rows
    assert here.nodes() == there.nodes()
    assert there.path == tmp_path / "isolated True" / "m.onnx" and there.files == (there.path,)
    assert there.bytes == here.bytes
    assert list(there.timings) == ["start", *here.timings]
    assert not [value.name for value in there.graph.graph.initializers.values() if value.const_value is not None]
    assert onnx.load(here.path) == onnx.load(there.path)


def test_tagging_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = perturb(Faulty(lambda: None))
    export_model(model, X, "bare.onnx", metadata="none")
    here = tag_onnx("bare.onnx", model, X, "here.onnx", verify="modules")
    stages: list[str] = []
    there = tag_onnx(
        *("bare.onnx", model, X, "there.onnx"),
        verify="modules",
        timeout=600,
        progress=lambda stage, *_: stages.append(stage),
    )
    assert (there.path, there.files) == (Path("there.onnx"), (Path("there.onnx"),))
    assert repr(here).replace("here", "there") == repr(there) and here.nodes() == there.nodes()
    assert list(there.timings) == ["start", *here.timings] and stages == list(here.timings)
    assert onnx.load("here.onnx") == onnx.load("there.onnx")
    tag_onnx("bare.onnx", model, X, "bare.onnx", verify="modules", isolate=True)  # in the place of the file itself
    assert onnx.load("here.onnx") == onnx.load("bare.onnx")


NOTEBOOK = """
import linecache, os, signal, sys, torch
from pathlib import Path
from torch import nn
from modelexport_nb import export_model

CELL = '''
class Decides(nn.Module):
    def forward(self, x):
        if x.mean() > 0:
            return x + 1
        return x - 1
'''
name = "/tmp/ipykernel_1/2.py"
linecache.cache[name] = (len(CELL), None, CELL.splitlines(True), name)
exec(compile(CELL, name, "exec"))
assert Decides.__module__ == "__main__"

for isolate in (False, True):
    try:
        export_model(nn.Sequential(Decides()), torch.ones(2, 4), "m.onnx", isolate=isolate)
    except Exception as error:
        print(type(error).__name__, error)

def die(stage, index, total):
    print(len([*Path(".").iterdir(), *Path(os.environ["TMPDIR"]).glob("modelexport.*")]), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

export_model(nn.Linear(4, 4), torch.ones(2, 4), "m.onnx", isolate=True, progress=die)
"""


def test_a_notebook_and_its_end(tmp_path: Path) -> None:
    """Classes of `__main__` reach the child, with the text of their cells; it does not outlive the notebook."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-"],
        input=NOTEBOOK,
        capture_output=True,
        text=True,
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    here, there, held = done.stdout.splitlines()
    assert here == there
    assert here.startswith("CaptureError") and "at notebook:4: `if x.mean() > 0:`" in here
    assert held == "2"  # a hidden folder in each place
    for _ in range(1200):  # the child looks for itself
        if not [*home.iterdir(), *temporary.glob(OURS)]:
            return
        time.sleep(0.05)
    raise AssertionError([*home.iterdir(), *temporary.glob(OURS)])


# ---- what ends a child ----


class Faulty(nn.Module):
    """Does something to the process that it runs in, in the eager run or under capture."""

    def __init__(self, fault: Any, at: str = "run") -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.fault = fault
        self.at = at

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if torch.compiler.is_exporting() == (self.at == "capture"):
            self.fault()
        return self.linear(x)


class WhenUnpickled:
    """Runs a function in the child, before the export."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __setstate__(self, state: dict[str, Any]) -> None:
        state["function"]()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_while_writing() -> None:
    def save(model: Any, path: Path, **_: Any) -> None:
        path.write_bytes(b"half")
        die()

    onnx_ir.save = save


def leave() -> None:
    os._exit(3)


def trapped(function: Any) -> nn.Module:
    model = nn.Linear(4, 4)
    model.trap = WhenUnpickled(function)
    return model


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Faulty(lambda: ctypes.string_at(0)), r'crashed \(SIGSEGV\) in stage "run", at .*test_isolation.py:\d+'),
        (Faulty(die, "capture"), r'was killed \(SIGKILL\) in stage "capture"'),
        (trapped(die_while_writing), r'was killed \(SIGKILL\) in stage "write"'),
        (trapped(leave), 'left with exit code 3 in stage "start"'),
    ],
)
def test_a_child_that_dies(home: Path, model: nn.Module, words: str) -> None:
    fails(CrashError, words, model, home / "m.onnx", isolate=True)
    export_model(nn.Linear(4, 4), X, home.parent / "next.onnx")


def test_a_child_that_dies_while_tagging(home: Path) -> None:
    model = Faulty(lambda: ctypes.string_at(0))
    export_model(nn.Linear(4, 4), X, home.parent / "bare.onnx")
    with pytest.raises(CrashError, match=r'The child process crashed \(SIGSEGV\) in stage "run"'):
        tag_onnx(home.parent / "bare.onnx", model, X, home / "m.onnx", isolate=True)
    with pytest.raises(AttributionError, match="does not compute what the model does"):
        tag_onnx(home.parent / "bare.onnx", perturb(nn.Linear(4, 4)), X, home / "m.onnx", isolate=True)
    with pytest.raises(OptionError, match="The timeout is 0"):
        tag_onnx(home.parent / "bare.onnx", model, X, home / "m.onnx", timeout=0)


def test_a_child_that_hangs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = types.SimpleNamespace(monotonic=lambda: now[0])
    now = [0.0]
    monkeypatch.setattr(watch, "time", clock)

    def progress(stage: str, *_: int) -> None:
        now[0] += 61 if stage == "capture" else 0

    model = Faulty(lambda: time.sleep(3600), "capture")
    fails(TimeLimitError, 'longer than 60 s in stage "capture"', model, home / "m.onnx", timeout=60, progress=progress)


def test_a_child_that_eats(home: Path) -> None:
    """What it started itself counts, and goes with it."""
    eater = "import time; kept = [bytes(10**6)]\nwhile True: kept.append(b'x' * 10**6); time.sleep(0.002)"
    note = home.parent / "pid"

    def eat() -> None:
        note.write_text(str(subprocess.Popen([sys.executable, "-c", eater]).pid))
        time.sleep(3600)

    fails(MemoryLimitError, 'more than 300 MB in stage "run"', Faulty(eat), home / "m.onnx", memory_limit=300_000_000)
    pid = int(note.read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_zombie_is_at_its_end() -> None:
    """What was killed may take its time to die, and what died may never be asked for: only the first is waited for."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
    assert process._any_runs(child.pid)
    child.kill()
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert not process._any_runs(child.pid)
    child.wait()
    assert not process._any_runs(child.pid)


def test_a_machine_without_memory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "available_memory", lambda: 5_000_000)
    fails(
        MemoryLimitError,
        "before the machine runs out of memory: 5 MB were left",
        nn.Linear(4, 4),
        home / "m.onnx",
        isolate=True,
    )


def test_ctrl_c(home: Path) -> None:
    def progress(stage: str, *_: int) -> None:
        if stage == "run":
            raise KeyboardInterrupt

    model = nn.Linear(4, 4)
    with pytest.raises(KeyboardInterrupt):
        export_model(model, X, home / "m.onnx", isolate=True, progress=progress)


# ---- what cannot be handed over ----


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"isolate": 1}, "isolate is 1. Pass True or False"),
        ({"timeout": 0}, "The timeout is 0. Pass seconds such as 300, or None"),
        ({"timeout": float("nan")}, "The timeout is nan"),
        ({"timeout": "5"}, "The timeout is '5'"),
        ({"timeout": True}, "The timeout is True"),
        ({"memory_limit": 0}, "The memory limit is 0. Pass a whole number of bytes such as 4_000_000_000, or None"),
        ({"memory_limit": 1e9}, "The memory limit is 1000000000.0"),
    ],
)
def test_limits_without_meaning(home: Path, options: dict[str, Any], words: str) -> None:
    fails(OptionError, words, nn.Linear(4, 4), home / "m.onnx", **options)


def test_a_system_that_does_not_tell(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("modelexport_nb.engine.memory._PROC", tmp_path / "nothing")
    assert private_memory(os.getpid()) is None
    fails(OptionError, "memory_limit needs /proc", nn.Linear(4, 4), home / "m.onnx", memory_limit=10**9)


def test_a_lock(home: Path) -> None:
    model = nn.Sequential(nn.Linear(4, 4))
    model[0].lock = threading.Lock()
    words = r'attribute "0.lock" of the model cannot be pickled \(TypeError: .*lock.*leave isolate'
    fails(InputError, words, model, home / "m.onnx", isolate=True)


def test_a_lock_among_the_inputs(home: Path) -> None:
    with pytest.raises(InputError, match="child process: inputs cannot be pickled"):
        export_model(nn.Linear(4, 4), (X, threading.Lock()), home / "m.onnx", isolate=True)


def test_a_class_that_the_child_cannot_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("only_here")
    exec("from torch import nn\nclass Net(nn.Module): pass", vars(module))
    monkeypatch.setitem(sys.modules, "only_here", module)
    payload = write_payload(export_model, {"model": module.Net()}, tmp_path)
    assert payload.parent == tmp_path
    monkeypatch.delitem(sys.modules, "only_here")
    with pytest.raises(InputError, match=r"built again in a child process: ModuleNotFoundError: .*only_here"):
        read_payload(tmp_path)


def test_a_full_temporary_folder(home: Path) -> None:
    model = nn.Linear(400, 400)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(PathError, match=r"Cannot hand the model .* File too large. Free some space, set TMPDIR"):
            export_model(model, torch.randn(2, 400), home / "m.onnx", isolate=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)


def test_what_the_child_writes_stays_there(tmp_path: Path) -> None:
    model = nn.Linear(4, 4)
    before = model.weight.detach().clone()
    write_payload(export_model, {"model": model}, tmp_path)
    for _ in range(2):
        read = read_payload(tmp_path).arguments["model"]
        assert torch.equal(read.weight, before)
        with torch.no_grad():
            read.weight.zero_()
    assert torch.equal(model.weight, before)
