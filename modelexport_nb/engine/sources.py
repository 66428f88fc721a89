"""Places in source code, relative to their package or folder: never a path of the exporting machine."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FRAME = re.compile(r'File "([^"]+)", line (\d+), in ')
_CELL = re.compile(r"(?:^|/)ipykernel_\d+/|^<ipython-input-")


@dataclass(frozen=True)
class CodePlace:
    """Where a function's code begins (its decorators included), under the name that Python itself has for the file:
    a path of this machine, or what a notebook calls its cell."""

    file: str
    line: int
    function: str


def code_place(function: Any) -> CodePlace | None:
    """Where a function is written, wrappers taken off; None for what holds no Python code."""
    try:
        code = getattr(inspect.unwrap(function), "__code__", None)
    except ValueError:  # wrappers in a circle
        return None
    if code is None:
        return None
    # A relative name would mean another file once the folder is changed.
    file = Path(code.co_filename)
    known = str(file.absolute()) if not file.is_absolute() and file.is_file() else code.co_filename
    return CodePlace(known, code.co_firstlineno, code.co_name)


@functools.lru_cache(maxsize=4096)
def relative_source(file: str) -> str:
    """`transformers/models/bert/modeling_bert.py` for a file of an importable package, else its bare name."""
    if _CELL.search(file):
        return "notebook"
    path = Path(file)
    roots = sorted((Path(entry) for entry in sys.path if entry), key=lambda root: -len(root.parts))
    for root in roots:
        if path.is_relative_to(root) and (root / path.relative_to(root).parts[0] / "__init__.py").exists():
            return path.relative_to(root).as_posix()
    return path.name


@functools.lru_cache(maxsize=65536)
def source_of(stack_trace: str) -> str | None:
    """`file:line` of the innermost frame of the model's own code in a stack trace as torch.export writes it.

    A frame inside torch says only that a Linear multiplies; it is taken where there is no other.
    """
    # frames of generated code, such as "<eval_with_key>.5", are nobody's source
    frames = [frame for frame in _FRAME.findall(stack_trace) if not frame[0].startswith("<") or _CELL.search(frame[0])]
    places = [(relative_source(file), line) for file, line in frames]
    own = [place for place in places if not place[0].startswith("torch/")]
    file, line = (own or places or [("", "")])[-1]
    return f"{file}:{line}" if file else None
