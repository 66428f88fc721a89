"""Write an ONNX file so that it appears whole or not at all."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx_ir as ir

from .errors import PathError

EXTERNAL_DATA_THRESHOLD = 64 * 1024 * 1024
"""Bytes of weights above which they go to a file of their own: protobuf ends at 2 GB and copies every byte twice."""


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
    try:
        staging = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.absolute().parent))
    except OSError as error:
        raise PathError(f'Cannot write to "{path.parent}": {error.strerror}.') from error
    try:
        yield staging / path.name
        # The data file first: an ONNX file never stands beside data that is not its own.
        for file in sorted(staging.iterdir(), key=lambda file: file.name == path.name):
            file.replace(path.absolute().parent / file.name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def write_model(model: ir.Model, path: Path) -> tuple[str, ...]:
    """Write the graph, with weights in `<name>.data` beside it when they are large; the names of the files."""
    weights = sum(
        value.const_value.nbytes for value in model.graph.initializers.values() if value.const_value is not None
    )
    data = f"{path.name}.data" if weights > EXTERNAL_DATA_THRESHOLD else None
    _straighten(model)
    try:
        ir.save(model, path, external_data=data)
    except OSError as error:
        raise PathError(f'Cannot write "{path.name}": {error.strerror or error}. Nothing was written.') from error
    return (path.name,) if data is None else (path.name, data)


def _straighten(model: ir.Model) -> None:
    """Transposed weights are views; NumPy writes those number by number, ten times slower than one copied at a time."""
    for value in model.graph.initializers.values():
        tensor = value.const_value
        raw = getattr(tensor, "raw", None)
        if tensor is not None and isinstance(raw, np.ndarray) and not raw.flags.c_contiguous:
            value.const_value = ir.LazyTensor(
                functools.partial(_contiguous, raw),
                dtype=tensor.dtype,
                shape=ir.Shape(tensor.shape.numpy()),
                name=tensor.name,
            )


def _contiguous(array: np.ndarray) -> ir.Tensor:
    return ir.Tensor(np.ascontiguousarray(array))
