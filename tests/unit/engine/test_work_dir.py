"""`work_dir=`: an interrupted export goes on, a repeated one gives the same, and nothing stale or damaged is used."""

from __future__ import annotations

import errno
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import filelock
import onnx
import pytest
import torch
from torch import nn

from modelexport_nb.engine import checkpoint, export, files, stages, verification
from modelexport_nb.engine.capture import ladder
from modelexport_nb.engine.clock import STAGES
from modelexport_nb.engine.errors import PathError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.plain import from_plain, to_plain
from modelexport_nb.engine.report import ExportReport

from .zoo import Block, build, perturb

ALL = ("capture", "attribute", "verify")
LOCK = "modelexport-lock"


def small() -> tuple[nn.Module, torch.Tensor]:
    torch.manual_seed(0)
    return perturb(nn.Sequential(Block(), nn.Linear(4, 3))), torch.linspace(-1, 1, 8).view(2, 4)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != LOCK
    }


def facts(report: ExportReport) -> dict[str, Any]:
    """All of a report that two exports of one model have in common."""
    claim = report.attribution
    return {
        "bytes": [file.read_bytes() for file in report.files],
        "attribution": (claim.strategy, claim.calls.calls, claim.scopes, claim.removed, claim.hidden, claim.tried),
        "measures": report.measures,
        "tree": report.tree,
        "parity": report.parity,
        "nodes": report.nodes(),
        "rest": (report.capture, report.opset, report.modules, report.parameter_names),
        "notes": [note for note in report.notes if "work directory" not in note],
    }


class Interrupts:
    """A listener that raises as a stage begins, and remembers which began."""

    def __init__(self, at: str | None = None) -> None:
        self.at = at
        self.begun: list[tuple[str, int, int]] = []

    def __call__(self, stage: str, index: int, total: int) -> None:
        self.begun.append((stage, index, total))
        if stage == self.at:
            raise KeyboardInterrupt


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A work directory with every stage of `small()`, and the facts of its fresh export."""
    folder = tmp_path_factory.mktemp("kept")
    fresh = facts(export_model(*small(), folder / "m.onnx"))
    report = export_model(*small(), folder / "m.onnx", work_dir=folder / "work")
    assert report.resumed == ()
    assert facts(report) == fresh
    return folder / "work", fresh


@pytest.fixture
def work(kept: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A copy of that work directory."""
    return Path(shutil.copytree(kept[0], tmp_path / "work"))


@pytest.mark.parametrize("name", ["BERT", "Conv and BatchNorm", "torch.cond", "called twice"])
def test_a_resumed_export_equals_a_fresh_one(name: str, tmp_path: Path) -> None:
    model, inputs = build(name)
    options: dict[str, Any] = {"verify": "modules", "prioritize": "accuracy"}
    fresh = facts(export_model(model, inputs, tmp_path / "m.onnx", **options))
    first = export_model(model, inputs, tmp_path / "m.onnx", work_dir=tmp_path / "work", **options)
    assert first.resumed == ()
    assert facts(first) == fresh
    again = export_model(model, inputs, tmp_path / "m.onnx", work_dir=tmp_path / "work", **options)
    assert again.resumed == ALL
    assert list(again.timings) == ["run", "write", "check"]
    assert again.notes[-1] == "Taken from the work directory and not done again: capture, attribute, verify."
    assert facts(again) == fresh


def test_weights_in_a_file_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "EXTERNAL_DATA_THRESHOLD", 512)
    model, inputs = nn.Sequential(nn.Linear(4, 64), nn.Linear(64, 3)), torch.randn(2, 4)
    fresh = facts(export_model(model, inputs, tmp_path / "m.onnx"))
    assert len(fresh["bytes"]) == 2
    for resumed in ((), ALL):
        report = export_model(model, inputs, tmp_path / "m.onnx", work_dir=tmp_path / "work")
        assert report.resumed == resumed
        assert facts(report) == fresh
    data = tmp_path / "work" / "modelexport-capture" / "graph.onnx.data"
    bytes_of_data = bytearray(data.read_bytes())
    bytes_of_data[700] ^= 1
    data.write_bytes(bytes_of_data)
    report = export_model(model, inputs, tmp_path / "m.onnx", work_dir=tmp_path / "work")
    assert "capture" not in report.resumed
    assert facts(report) == fresh


@pytest.mark.parametrize("at", STAGES)
def test_an_interrupted_export_goes_on(at: str, kept: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    path, work = tmp_path / "m.onnx", tmp_path / "work"
    with pytest.raises(KeyboardInterrupt):
        export_model(*small(), path, work_dir=work, progress=Interrupts(at))
    assert not path.exists()
    listener = Interrupts()
    report = export_model(*small(), path, work_dir=work, progress=listener)
    finished = tuple(stage for stage in ALL if STAGES.index(stage) < STAGES.index(at))
    assert report.resumed == finished
    assert [stage for stage, _, _ in listener.begun] == [stage for stage in STAGES if stage not in finished]
    assert [index for _, index, _ in listener.begun] == [STAGES.index(stage) for stage, _, _ in listener.begun]
    assert {total for _, _, total in listener.begun} == {len(STAGES)}
    assert facts(report) == kept[1]


def test_a_finished_stage_is_not_run(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for home, name in ((ladder, "run_capture"), (export, "attribute"), (verification, "verify_reports")):
        monkeypatch.setattr(home, name, None)  # cannot be called
    assert export_model(*small(), tmp_path / "m.onnx", work_dir=work).resumed == ALL


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:] = {path!r}
import tests.unit.engine.test_work_dir as here

rename, left = Path.rename, 1

def killing(self, target):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)

Path.rename = killing
here.export_model(*here.small(), {out!r}, work_dir={work!r})
"""


def test_killed_while_a_stage_is_kept(kept: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """In another process, killed as the second stage is about to appear: the first is used, the rest is done."""
    path, work = tmp_path / "m.onnx", tmp_path / "work"
    here = importlib.import_module("tests.unit.engine.test_work_dir")  # pytest calls it otherwise
    script = KILLED.format(path=sys.path, out=str(path), work=str(work))
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert not path.exists()
    assert [*work.glob("modelexport-unfinished-*")]
    report = export_model(*here.small(), path, work_dir=work)
    assert report.resumed == ("capture",)
    assert not [*work.glob("modelexport-unfinished-*")]
    assert facts(report)["bytes"] == kept[1]["bytes"]
    assert facts(report)["parity"] == kept[1]["parity"]


def afresh(report: ExportReport, because: str) -> None:
    assert report.resumed == ()
    assert any(note.startswith("The stage capture was done again") and because in note for note in report.notes)
    assert report.parity is not None
    assert report.parity.ok


def test_a_changed_weight_starts_afresh(work: Path, tmp_path: Path) -> None:
    model, inputs = small()
    with torch.no_grad():
        model[1].bias[0] += 1
    afresh(export_model(model, inputs, tmp_path / "m.onnx", work_dir=work), "other: the values of 1.bias)")
    assert export_model(model, inputs, tmp_path / "m.onnx", work_dir=work).resumed == ALL


def test_a_changed_forward_starts_afresh(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Block, "forward", lambda self, x: self.norm(self.inner(x) - x))
    report = export_model(*small(), tmp_path / "m.onnx", work_dir=work)
    afresh(report, "other: the code of ")
    assert any("Sub" in record.op for record in report.nodes())


def test_another_version_starts_afresh(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelexport_nb.engine.fingerprint.__version__", "99.0")
    report = export_model(*small(), tmp_path / "m.onnx", work_dir=work)
    afresh(report, "other: the version of modelexport_nb)")


def test_another_model_starts_afresh(work: Path, tmp_path: Path) -> None:
    report = export_model(perturb(nn.Linear(4, 2)), torch.randn(1, 4), tmp_path / "m.onnx", work_dir=work)
    afresh(report, "the structure of the model and ")


def test_another_strategy_uses_the_capture(work: Path, tmp_path: Path) -> None:
    found = []
    for at in (None, work):  # from one line: htp names it where no code of the model's own lies between
        report = export_model(*small(), tmp_path / "m.onnx", strategy="htp", work_dir=at)
        found.append(facts(report))
    assert report.resumed == ("capture",)
    assert any("attribute was done again" in note and "the strategy" in note for note in report.notes)
    assert found[1] == found[0]


def test_another_level_of_verification(work: Path, tmp_path: Path) -> None:
    report = export_model(*small(), tmp_path / "m.onnx", verify="modules", work_dir=work)
    assert report.resumed == ("capture", "attribute")
    assert report.parity is not None
    assert report.parity.modules is not None


def test_other_bytes_are_verified_again(work: Path, tmp_path: Path) -> None:
    report = export_model(*small(), tmp_path / "m.onnx", metadata="none", work_dir=work)
    assert report.resumed == ("capture", "attribute")


def test_findings_about_a_random_model_are_kept(tmp_path: Path) -> None:
    class Noisy(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + torch.rand_like(x)

    first = export_model(Noisy(), torch.ones(2, 8), tmp_path / "m.onnx", work_dir=tmp_path / "w")
    assert first.parity is not None
    assert first.parity.problem is not None
    before = facts(first)
    again = export_model(Noisy(), torch.ones(2, 8), tmp_path / "m.onnx", work_dir=tmp_path / "w")
    assert again.resumed == ALL
    assert facts(again) == before


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def foreign(file: Path) -> None:
    file.write_text("[1]")


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("capture/graph.onnx", truncate),
        ("capture/graph.onnx", flip),
        ("capture/graph.onnx", Path.unlink),
        ("capture/stage.json", truncate),
        ("capture/made_from.json", truncate),
        ("attribute/stage.json", flip),
        ("attribute/made_from.json", foreign),
        ("verify/stage.json", empty),
        ("verify/made_from.json", Path.unlink),
    ],
)
def test_what_is_damaged_counts_as_absent(
    file: str, damage: Callable[[Path], None], work: Path, kept: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    stage = file.partition("/")[0]
    damage(work / f"modelexport-{file}")
    report = export_model(*small(), tmp_path / "m.onnx", work_dir=work)
    assert report.resumed == tuple(one for one in ALL if one != stage)
    assert f"The stage {stage} was done again: what the work directory held of it is damaged." in report.notes
    assert facts(report) == kept[1]
    assert export_model(*small(), tmp_path / "m.onnx", work_dir=work).resumed == ALL  # it was kept again


def resealed(folder: Path, change: Callable[[Path], None]) -> None:
    """Change a stage as somebody would who knows how its digests are made."""
    change(folder)
    made_from = json.loads((folder / "made_from.json").read_text())
    made_from["files"] = checkpoint._digests(folder)
    (folder / "made_from.json").write_text(json.dumps(made_from))


def steal(folder: Path) -> None:
    """Weights that are read from a file outside."""
    (folder.parent / "secret").write_bytes(bytes(4096))
    proto = onnx.load(folder / "graph.onnx")
    for tensor in proto.graph.initializer:
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="../secret")
    (folder / "graph.onnx").write_bytes(proto.SerializeToString())


@pytest.mark.parametrize(
    "change",
    [
        steal,
        lambda folder: (folder / "graph.onnx").write_bytes(b"no graph"),
        lambda folder: (folder / "stage.json").write_text('{"Popen": {"args": "ls"}}'),
        lambda folder: (folder / "stage.json").write_text('{"dict": []}'),
    ],
)
def test_a_work_directory_of_a_stranger(
    change: Callable[[Path], None], work: Path, kept: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    resealed(work / "modelexport-capture", change)
    report = export_model(*small(), tmp_path / "m.onnx", work_dir=work)
    assert "capture" not in report.resumed
    assert facts(report) == kept[1]


def test_only_data_is_kept(kept: tuple[Path, dict[str, Any]]) -> None:
    assert {file.suffix for file in kept[0].rglob("*") if file.is_file() and file.name != LOCK} == {
        ".json",
        ".onnx",
        ".txt",
    }
    with pytest.raises(TypeError, match="Path has no form"):
        to_plain([Path()])
    value = {"a": (1, [None, True], {2: frozenset("xy")}), "b": float("inf")}
    assert from_plain(json.loads(json.dumps(to_plain(value)))) == value


def refused(words: str, work: Any, folder: Path) -> str:
    """One line, before the model runs; nothing appears."""
    with pytest.raises(PathError, match=words) as caught:
        export_model(*small(), folder / "m.onnx", work_dir=work, progress=Interrupts("run"))
    assert "\n" not in str(caught.value)
    assert not (folder / "m.onnx").exists()
    return str(caught.value)


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    refused("is no work directory: it holds thesis.txt", mine, tmp_path)
    assert [file.name for file in mine.iterdir()] == ["thesis.txt"]


def test_what_lies_beside_our_stages_stays(work: Path, tmp_path: Path) -> None:
    (work / "notes.txt").write_text("mine")
    model, inputs = small()
    export_model(model, inputs * 2, tmp_path / "m.onnx", work_dir=work)
    assert (work / "notes.txt").read_text() == "mine"


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused("is a file", tmp_path / "file", tmp_path)
    refused("does not exist. Create it", tmp_path / "no" / "work", tmp_path)


def test_a_folder_that_cannot_be_written_to(work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint.os, "access", lambda path, mode: Path(path) != work)
    refused("cannot be written to", work, tmp_path)


def test_two_exports_at_once(work: Path, tmp_path: Path) -> None:
    before = contents(work)
    with filelock.FileLock(work / LOCK):
        refused("is in use by another export", work, tmp_path)
    assert contents(work) == before
    assert export_model(*small(), tmp_path / "m.onnx", work_dir=work).resumed == ALL


@pytest.mark.parametrize(("module", "function"), [(files.ir, "save"), (stages, "_save_plain")])
def test_a_full_disk(module: Any, function: str, work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(work)
    model, inputs = small()

    def full(*args: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(module, function, full)
        with pytest.raises(PathError, match=r"Cannot write to the work directory .*: No space left on device"):
            export_model(model, inputs * 2, tmp_path / "m.onnx", work_dir=work)
    assert not (tmp_path / "m.onnx").exists()
    assert contents(work) == before
    assert export_model(*small(), tmp_path / "m.onnx", work_dir=work).resumed == ALL
