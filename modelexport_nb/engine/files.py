"""Write an ONNX file so that it appears whole or not at all."""

from __future__ import annotations

import functools
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import onnx_ir as ir
import torch

from .errors import PathError
from .graph import weights_as_inputs

EXTERNAL_DATA_THRESHOLD = 64 * 1024 * 1024
"""Bytes of weights above which they go to a file of their own: protobuf ends at 2 GB and copies every byte twice."""
DATA = ".data"
_INLINE = 256  # bytes of a tensor that stays in the graph all the same, as in `ir.save`


def file_name(class_name: str) -> str:
    """What an ONNX file of a model is called when nobody says. A class made by `type()` may bear any name."""
    return f"{re.sub(r'[^0-9A-Za-z_-]', '_', class_name)[:80] or 'model'}.onnx"


def check_destination(path: Path) -> Path:
    """The path if a file can be written there.

    Raises:
        PathError: the folder is missing or read-only, or the path is a folder.
    """
    path = Path(path).expanduser()
    folder = path.absolute().parent
    if not path.name:
        raise PathError(f'"{path}" names no file. Give a path such as model.onnx.')
    if path.is_dir():
        raise PathError(f'"{path}" is a folder. Give the name of a file in it, such as {path / "model.onnx"}.')
    if not folder.is_dir():
        raise PathError(f'The folder "{path.parent}" does not exist. Create it, or choose another path.')
    if not os.access(folder, os.W_OK):
        raise PathError(f'The folder "{path.parent}" cannot be written to. Choose another path.')
    return path


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """A path in a hidden folder beside `path` to write to; on success its files move over the old ones by rename.

    When the block fails the folder goes and what stood at `path` before is untouched.
    """
    with staged_folder(path.parent, f".{path.name}.") as staging:
        yield staging / path.name


@contextmanager
def staged_folder(folder: Path, prefix: str = ".modelexport.") -> Iterator[Path]:
    """A hidden folder in `folder` to write several files to; on success they all move to `folder`, else none."""
    home = folder.absolute()
    try:
        staging = Path(tempfile.mkdtemp(prefix=prefix, dir=home))
    except OSError as error:
        raise PathError(f'Cannot write to "{folder}": {error.strerror}.') from error
    try:
        yield staging
        try:
            _publish(sorted(staging.iterdir(), key=_last), home)
        except OSError as error:
            raise PathError(f'Cannot write to "{folder}": {error.strerror}. Nothing was written.') from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def remove_folder(folder: Path) -> None:
    """Let it be gone, as far as that can be, though somebody is at work in it still."""
    with suppress(OSError):
        folder = folder.rename(folder.with_name(f"{folder.name}-gone"))  # who makes a file in it now finds no folder
    shutil.rmtree(folder, ignore_errors=True)


def _publish(files: list[Path], home: Path) -> None:
    """Move files, of one folder, to `home`: all, or none, with what stood there before."""
    if len(files) == 1:
        files[0].replace(home / files[0].name)
        return
    # Data files come first: an ONNX file never stands beside data that is not its own.
    before = Path(tempfile.mkdtemp(dir=files[0].parent)) if files else home
    try:
        for file in files:
            if (home / file.name).exists():
                (home / file.name).replace(before / file.name)
            file.replace(home / file.name)
    except BaseException:
        for file in files:
            if not file.exists():
                (home / file.name).unlink(missing_ok=True)
            if (before / file.name).exists():
                (before / file.name).replace(home / file.name)
        raise


def _last(file: Path) -> tuple[bool, bool]:
    """True for files that read the data of others."""
    return not file.name.endswith(DATA), file.with_name(f"{file.name}{DATA}").exists()


def write_model(model: ir.Model, path: Path, weights: Path | None = None) -> tuple[str, ...]:
    """Write the graph, with weights in `<name>.data` beside it when they are large; the names of the files.

    `weights` is a data file beside `path` that holds the large ones already, from `unload_weights`.
    """
    data = f"{path.name}{DATA}" if weights is None and _weighs(model) > EXTERNAL_DATA_THRESHOLD else None
    if weights is None:
        _straighten(model)
    with _writing(path), weights_as_inputs(model.graph):
        ir.save(model, path, external_data=data)
    data = weights.name if weights is not None else data
    return (path.name,) if data is None else (path.name, data)


def unload_weights(model: ir.Model, data: Path) -> bool:
    """Write the weights to the file `data` when they are large, from where the graph reads them from then on; whether
    they were."""
    if _weighs(model) <= EXTERNAL_DATA_THRESHOLD:
        return False
    _straighten(model)
    with _writing(data):
        ir.external_data.unload_from_model(model, data.parent, data.name, size_threshold_bytes=_INLINE)
    return True


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PathError(f'Cannot write "{path.name}": {error.strerror or error}. Nothing was written.') from error


def _weighs(model: ir.Model) -> int:
    """Bytes of the main graph's weights."""
    return sum(value.const_value.nbytes for value in model.graph.initializers.values() if value.const_value is not None)


def _straighten(model: ir.Model) -> None:
    """Transposed weights are views; NumPy writes those number by number, ten times slower than one copied at a time."""
    for value in model.graph.initializers.values():
        tensor = value.const_value
        raw = getattr(tensor, "raw", None)
        if tensor is not None and isinstance(raw, np.ndarray) and not raw.flags.c_contiguous and raw.itemsize <= 8:
            value.const_value = ir.LazyTensor(
                functools.partial(_contiguous, raw),
                dtype=tensor.dtype,
                shape=ir.Shape(tensor.shape.numpy()),
                name=tensor.name,
            )


def _contiguous(array: np.ndarray) -> ir.Tensor:
    """A copy in order, by torch, which is three times as fast as NumPy at that; bits alone count."""
    bits = array.view(f"i{array.dtype.itemsize}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a read-only array may come; nobody writes to it
        return ir.Tensor(torch.from_numpy(bits).contiguous().numpy().view(array.dtype))
