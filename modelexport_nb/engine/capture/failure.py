"""Why a capture failed: which line of whose code, in words a user knows."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

import torch
from torch import nn

from ..errors import one_line
from ..sources import relative_source

_FRAME = re.compile(r'File "([^"]+)", line (\d+)')


def explain(error: BaseException, model: nn.Module) -> str:
    """One line: the cause, the model's own source line where there is one, and what to try."""
    causes = list(_chain(error))
    where = failing_line(error, model)
    return f"The model cannot be captured{where}: {_reason(causes)} Nothing was written; the model is unchanged."


def failing_line(error: BaseException, model: nn.Module, *, anywhere: bool = False) -> str:
    """` at file:line: `code`` of the innermost line of the model's own code in an error; empty when there is none.

    With `anywhere` a line of a library that the model uses will do where the model's own code is not in the error.
    """
    place = next((found for cause in _chain(error) if (found := _model_line(cause, model))), None)
    if place is None and anywhere:
        place = _library_line(error)
    return f" at {place[0]}: `{place[1]}`" if place else ""


def _library_line(error: BaseException) -> tuple[str, str] | None:
    places = [
        (relative_source(frame.filename), frame.lineno, (frame.line or "").strip())
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    places = [place for place in places if not place[0].startswith(("torch/fx/", "modelexport_nb/"))]
    outside = [place for place in places if not place[0].startswith("torch/")]
    for file, line, text in (outside or places)[-1:]:
        return f"{file}:{line}", text
    return None


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain[::-1]  # the first cause first


def _reason(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, torch.fx.experimental.symbolic_shapes.GuardOnDataDependentSymNode):
            return "torch.export cannot follow a branch or a size that depends on data. Use torch.cond or torch.where."
    first = causes[0]
    return f"{type(first).__name__}: {one_line(first).rstrip('.')}."


def _model_line(error: BaseException, model: nn.Module) -> tuple[str, str] | None:
    """The innermost frame of the error that lies in code of one of the model's modules."""
    files = code_files(model)
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if frame.filename in files:
            return f"{relative_source(frame.filename)}:{frame.lineno}", (frame.line or "").strip()
    for file, line in reversed(_FRAME.findall(str(error))):
        if file in files and Path(file).is_file():
            text = Path(file).read_text(encoding="utf-8", errors="replace").splitlines()[int(line) - 1]
            return f"{relative_source(file)}:{line}", text.strip()
    return None


def code_files(model: nn.Module) -> set[str]:
    """The files that the code of a model's own modules stands in."""
    return {path for module in model.modules() if (path := _file_of(type(module)))}


def _file_of(cls: type[nn.Module]) -> str | None:
    if cls.__module__.startswith("torch."):
        return None  # the user wants the line of the model, not of torch
    code = getattr(getattr(cls.forward, "__wrapped__", cls.forward), "__code__", None)
    return code.co_filename if code else None
