"""Which line of the model's own code an error of torch's is about."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from .sources import relative_source

_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


def failing_line(error: BaseException, model: nn.Module, *, anywhere: bool = False) -> str:
    """` at file:line: `code`` of the innermost line of the model's own code in an error; empty when there is none.

    With `anywhere` a line of a library that the model uses will do where the model's own code is not in the error.
    """
    files = model_files(model)
    place = next((found for cause in chain(error) if (found := _model_line(cause, files))), None)
    if place is None and anywhere:
        place = _library_line(error)
    return as_place(*place) if place else ""


def as_place(file: str, line: int, text: str) -> str:
    """` at file:line: `code``."""
    return f" at {relative_source(file)}:{line}: `{text}`"


def chain(error: BaseException | None) -> list[BaseException]:
    """An error and what it arose from, the first cause first."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found[::-1]


def model_files(model: nn.Module) -> set[str]:
    """Files with the code of the model's modules; those of torch are nobody's own."""
    return {path for module in model.modules() if (path := _file_of(type(module)))}


def translated_node(error: BaseException) -> torch.fx.Node | None:
    """The operator that was being translated to ONNX: torch names it by a number alone, its frames hold it."""
    for cause in chain(error):
        for frame, _ in traceback.walk_tb(cause.__traceback__):
            node = frame.f_locals.get("node")
            if isinstance(node, torch.fx.Node):
                return node
    return None


def line_of(node: torch.fx.Node, model: nn.Module) -> str:
    """` at file:line: `code`` of the line of the model that an operator was traced at; empty when it is not known."""
    place = _innermost(node.meta.get("stack_trace") or "", model_files(model))
    return as_place(*place) if place else ""


def _model_line(error: BaseException, files: set[str]) -> tuple[str, int, str] | None:
    """The innermost frame of the error that lies in code of one of the model's modules."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files and frame.lineno is not None:
            return frame.filename, frame.lineno, (frame.line or "").strip()
    return _innermost(str(error), files)


def _innermost(text: str, files: set[str]) -> tuple[str, int, str] | None:
    for file, line in _frames_backwards(text):
        if file in files and Path(file).is_file():
            return file, line, linecache.getline(file, line).strip()
    return None


def _frames_backwards(text: str) -> Iterator[tuple[str, int]]:
    yield from ((file, int(line)) for file, line in reversed(_FRAME.findall(text)))


def _library_line(error: BaseException) -> tuple[str, int, str] | None:
    frames = traceback.extract_tb(error.__traceback__)
    named = [(relative_source(frame.filename), frame) for frame in frames]
    named = [(name, frame) for name, frame in named if not name.startswith(("torch/fx/", "modelexport_nb/"))]
    outside = [(name, frame) for name, frame in named if not name.startswith("torch/")]
    for _, frame in (outside or named)[-1:]:
        return frame.filename, frame.lineno or 0, (frame.line or "").strip()
    return None


def _file_of(cls: type[nn.Module]) -> str | None:
    if cls.__module__.startswith("torch."):
        return None  # the user wants the line of the model, not of torch
    forward = getattr(cls, "forward", None)  # a scripted module's class has none
    code = getattr(getattr(forward, "__wrapped__", forward), "__code__", None)
    return code.co_filename if code else None
