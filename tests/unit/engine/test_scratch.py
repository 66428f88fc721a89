"""Arrays kept on disk: read back as they were, compared block by block, nothing left behind."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

from modelexport_nb.engine import module_parity, parity
from modelexport_nb.engine.errors import CheckError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.parity import compare_arrays
from modelexport_nb.engine.scratch import scratch

from .zoo import build

RANDOM = np.random.default_rng(0)
ARRAYS = {
    "float32": RANDOM.normal(size=(7, 11)).astype(np.float32),
    "transposed": RANDOM.normal(size=(7, 11)).T,
    "bfloat16": RANDOM.normal(size=(5, 3)).astype(ml_dtypes.bfloat16),
    "bool": np.array([True, False, True]),
    "scalar": np.array(3, np.int64),
    "empty": np.zeros((0, 4), np.float32),
    "not finite": np.array([np.nan, np.inf, -np.inf, 1.0, -0.0]),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_comes_back(name: str) -> None:
    array = ARRAYS[name]
    with scratch() as store:
        store.keep(np.arange(5))
        kept = store.keep(array)
        store.keep(np.arange(5))
        found = np.concatenate([kept.block(at, at + 4) for at in range(0, max(array.size, 1), 4)])
        assert (kept.shape, kept.size, kept.dtype) == (array.shape, array.size, array.dtype)
        np.testing.assert_array_equal(found, array.reshape(-1))
        assert compare_arrays("y", array.copy(), kept) == compare_arrays("y", array.copy(), array)


def naive(got: np.ndarray, want: np.ndarray) -> float:
    return float(np.abs(got.astype(np.float64) - want.astype(np.float64)).max())


def test_blocks_compare_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    want = RANDOM.normal(size=(40, 25)).astype(np.float32)
    want[39, 24] = 50.0  # the scale is in the last block, the largest difference in another
    got = want.copy()
    got[17, 3] += 3.0
    whole = compare_arrays("y", got, want)
    for block in (1, 7, 999, 1000):
        monkeypatch.setattr(parity, "_BLOCK", block)
        assert compare_arrays("y", got, want) == whole
    assert whole.max_abs == naive(got, want) and whole.max_rel == whole.max_abs / 50.0 and not whole.ok
    got[17, 3] = np.nan
    assert compare_arrays("y", got, want).max_abs == np.inf


def test_little_room_gives_the_same_in_several_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    run = module_parity.run_eagerly
    monkeypatch.setattr(module_parity, "run_eagerly", lambda *args, **kwargs: (runs.append(1), run(*args, **kwargs))[1])
    model, inputs = build("Sequential")
    whole = export_model(model, inputs, tmp_path / "m.onnx", verify="modules").parity
    assert len(runs) == 1
    monkeypatch.setattr(module_parity, "scratch_room", lambda: 64)
    assert export_model(model, inputs, tmp_path / "m.onnx", verify="modules").parity == whole
    assert len(runs) > 3


class Full(io.BytesIO):
    def write(self, data: Any) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    model, inputs = build("Sequential")
    told = r"cannot be kept in the temporary folder: No space left on device\. Set TMPDIR"
    with pytest.raises(CheckError, match=told) as caught:
        export_model(model, inputs, tmp_path / "m.onnx", verify="modules")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir()), "nothing is half-written"


def test_no_temporary_folder_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(CheckError, match="cannot be kept in the temporary folder: No such file"), scratch():
        pass


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux")
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = len(list(Path("/proc/self/fd").iterdir()))

    def fail(*_: Any) -> None:
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), scratch() as store:
        store.keep(np.ones(3))
        fail()
    assert len(list(Path("/proc/self/fd").iterdir())) == before and not list(tmp_path.iterdir())


def test_the_eager_run_of_a_tensor_that_changes_later() -> None:
    with scratch() as store:
        tensor = torch.ones(3)
        kept = store.keep(tensor.numpy())
        tensor.add_(1)
        assert kept.block(0, 3).tolist() == [1, 1, 1]
