"""Files for exports without a path: one folder for each kernel, gone when the kernel ends."""

from __future__ import annotations

import itertools
import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

_numbers = itertools.count(1)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="modelexport-")  # removes itself when the interpreter ends


def temporary_path(class_name: str) -> Path:
    """A path of its own for every export, so that an earlier report keeps its file: `…/2/BertModel.onnx`."""
    folder = Path(_folder().name, str(next(_numbers)))
    folder.mkdir()
    # A class made by type() may bear any name.
    return folder / f"{re.sub(r'[^0-9A-Za-z_-]', '_', class_name)[:80] or 'model'}.onnx"
