"""Arrays in a file in place of memory, to be read again a block at a time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from .errors import CheckError


@dataclass(frozen=True)
class KeptArray:
    """An array in a `Scratch`, readable as long as that is open."""

    file: BinaryIO
    offset: int
    dtype: np.dtype
    shape: tuple[int, ...]
    size: int

    def block(self, start: int, end: int) -> np.ndarray:
        """The elements `start` to before `end` of the flattened array."""
        self.file.seek(self.offset + start * self.dtype.itemsize)
        length = (min(end, self.size) - start) * self.dtype.itemsize
        return np.frombuffer(self.file.read(length), self.dtype)


class Scratch:
    """A file without a name in the temporary folder; the system takes it back whatever ends the process."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = 0

    def keep(self, array: np.ndarray) -> KeptArray:
        """Write an array; what it held is not held any more.

        Raises:
            CheckError: the disk is full.
        """
        kept = KeptArray(self._file, self._end, array.dtype, array.shape, array.size)
        try:
            self._file.seek(self._end)
            self._file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
            self._file.flush()
        except OSError as error:
            raise _no_room(error) from error
        self._end += array.nbytes
        return kept


@contextmanager
def scratch() -> Iterator[Scratch]:
    """A scratch file for the block.

    Raises:
        CheckError: there is no temporary folder that can be written to.
    """
    try:
        file = tempfile.TemporaryFile(prefix="modelexport-")  # noqa: SIM115 - closed below
    except OSError as error:
        raise _no_room(error) from error
    with file:
        yield Scratch(file)


def scratch_room() -> int:
    """Bytes that may be kept: half of what the temporary folder has left, which need not be a disk."""
    return shutil.disk_usage(tempfile.gettempdir()).free // 2


def _no_room(error: OSError) -> CheckError:
    return CheckError(
        f"The values of the model cannot be kept in the temporary folder: {error.strerror}. "
        'Set TMPDIR to a folder with room, or take verify="model".'
    )
