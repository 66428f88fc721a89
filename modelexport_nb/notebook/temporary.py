"""Files for exports without a path: gone when the kernel ends."""

from __future__ import annotations

import itertools
from pathlib import Path

from modelexport_nb.engine.files import file_name
from modelexport_nb.engine.temporary import process_folder

_numbers = itertools.count(1)


def temporary_path(class_name: str) -> Path:
    """A path of its own for every export, so that an earlier report keeps its file: `…/2/BertModel.onnx`."""
    folder = process_folder() / str(next(_numbers))
    folder.mkdir()
    return folder / file_name(class_name)
