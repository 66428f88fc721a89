"""A fault in the middle of any stage: the model as before, the old file intact, no stray file, the next export works.

What a fault at a stage's beginning does is in `test_bad_input.py`, what one does to a child in `test_isolation.py`.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import onnx_ir
import pytest
import torch

from modelexport_nb.engine import export, files, verification
from modelexport_nb.engine.capture import ladder
from modelexport_nb.engine.errors import PathError
from modelexport_nb.engine.export import export_model

from .test_bad_input import KeepsState, X, state_of

# The function that does the work of each stage, where `export_model` looks it up.
WORK: dict[str, tuple[Any, str]] = {
    "run": (export, "run_eagerly"),
    "capture": (ladder, "run_capture"),
    "attribute": (export, "with_eager_facts"),
    "write": (onnx_ir, "save"),
    "check": (export, "check_file"),
    "verify": (verification, "compare_outputs"),
}
FAULTS: dict[str, Callable[[], BaseException]] = {
    "an exception": lambda: RuntimeError("a fault"),
    "Ctrl-C": KeyboardInterrupt,
}


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Path]:
    """An old file with data beside it, of which nothing may change; and the next export works."""
    path = tmp_path / "m.onnx"
    data = tmp_path / "m.onnx.data"
    path.write_bytes(b"old")
    data.write_bytes(b"old data")
    yield path
    assert sorted(file.name for file in tmp_path.iterdir()) == ["m.onnx", "m.onnx.data"]
    assert (path.read_bytes(), data.read_bytes()) == (b"old", b"old data")
    report = export_model(KeepsState(), X, path, verify="off")
    assert report.files[0].read_bytes() != b"old"


def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every model count as large: its weights go to a file of their own."""
    monkeypatch.setattr(files, "EXTERNAL_DATA_THRESHOLD", 0)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("stage", WORK)
def test_after_the_work_of_a_stage(old: Path, stage: str, fault: str) -> None:
    model = KeepsState().train()
    before = state_of(model)
    error = FAULTS[fault]()
    holder, name = WORK[stage]
    work = getattr(holder, name)

    def failing(*args: Any, **kwargs: Any) -> Any:
        work(*args, **kwargs)
        raise error

    with pytest.MonkeyPatch.context() as patch:
        large(patch)
        patch.setattr(holder, name, failing)
        with pytest.raises(type(error)) as caught:
            export_model(model, X, old)
    assert caught.value is error
    assert state_of(model) == before
    assert not torch.nn.modules.module._global_forward_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks


def test_a_disk_that_fills_up(old: Path) -> None:
    """The graph found room, its weights did not."""
    save = onnx_ir.save

    def fills(model: Any, path: Path, **options: Any) -> None:
        save(model, path, **options)
        data = path.with_name(f"{path.name}.data")
        data.write_bytes(data.read_bytes()[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.MonkeyPatch.context() as patch:
        large(patch)
        patch.setattr(onnx_ir, "save", fills)
        with pytest.raises(PathError, match=r'Cannot write "m.onnx": No space left on device') as caught:
            export_model(KeepsState(), X, old)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), KeyboardInterrupt()])
def test_when_the_finished_files_move(old: Path, error: BaseException) -> None:
    """The new data is in place and the graph is not: a graph never stands beside data of another."""
    move = Path.replace
    moved: list[str] = []

    def failing(file: Path, target: Path) -> Path:
        if target.parent == old.parent:
            moved.append(target.name)
            if len(moved) == 2:
                raise error
        return move(file, target)

    with pytest.MonkeyPatch.context() as patch:
        large(patch)
        patch.setattr(Path, "replace", failing)
        with pytest.raises((PathError, KeyboardInterrupt)):
            export_model(KeepsState(), X, old)
    assert moved[:2] == ["m.onnx.data", "m.onnx"]


def test_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write anywhere, so that the system's answer is put in its place."""
    monkeypatch.setattr(files.os, "access", lambda *_: False)
    with pytest.raises(PathError, match=r"cannot be written to\. Choose another path"):
        export_model(KeepsState(), X, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_turns_read_only(old: Path) -> None:
    """The folder was writable when the export began."""

    def refused(*_: Any, **__: Any) -> str:
        raise OSError(errno.EROFS, "Read-only file system")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.tempfile, "mkdtemp", refused)
        with pytest.raises(PathError, match=r"Cannot write to .*: Read-only file system"):
            export_model(KeepsState(), X, old)
