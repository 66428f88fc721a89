"""Files for exports without a path: one folder for each kernel, gone when the kernel ends."""

from __future__ import annotations

import itertools
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from modelexport_nb.engine.files import file_name

_numbers = itertools.count(1)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="modelexport-")  # removes itself when the interpreter ends


def temporary_path(class_name: str) -> Path:
    """A path of its own for every export, so that an earlier report keeps its file: `…/2/BertModel.onnx`."""
    folder = Path(_folder().name, str(next(_numbers)))
    folder.mkdir()
    return folder / file_name(class_name)
