"""`torch.export.draft_export` as an explainer: which line of the model pins a size that was to stay free."""

from __future__ import annotations

import linecache
import logging
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from ..dynamic_spec import without_names
from ..inputs import fresh
from ..state import preserved
from .base import Request

_SOURCE = re.compile(r"L\['(\w+)'\](.*)\.size\(\)\[(\d+)\]$")
_TRACE_FOLDER = "TORCH_DTRACE"


@dataclass(frozen=True)
class Pinned:
    """A condition that the model puts on the size of an input: `relation` is in terms of `the size`; `line` stands at
    `number` of a file that torch does not name a second time."""

    argument: str
    axis: int
    relation: str
    number: int
    line: str

    def file(self, candidates: Iterable[str]) -> str | None:
        """Which of these files has the line."""
        return next((file for file in candidates if linecache.getline(file, self.number).strip() == self.line), None)


def pinned_axis(request: Request) -> Pinned | None:
    """The first condition that stands in the way of the request's dynamic shapes; None where torch tells none."""
    args, kwargs = fresh((request.args, request.kwargs))
    try:
        with preserved(request.model), _traceless():
            shapes = without_names(request.dynamic_shapes)
            draft = torch.export.draft_export(request.model, args, kwargs, dynamic_shapes=shapes)
    except Exception:  # it explains a failure: its own is of no interest
        return None
    failures = getattr(getattr(draft, "_report", None), "failures", ())
    return next((found for failure in failures if (found := _pinned(failure.data)) is not None), None)


def _pinned(data: dict[str, object]) -> Pinned | None:
    sources, stack = data.get("symbol_to_sources"), data.get("user_stack")
    if not isinstance(sources, dict) or not isinstance(stack, list) or not stack:
        return None
    for symbol, source in sources.items():
        if (match := _SOURCE.match(str(source))) is not None:
            relation = re.sub(rf"\b{re.escape(symbol)}\b", "the size", str(data.get("expr")))
            frame = stack[-1]
            return Pinned(match[1] + match[2], int(match[3]), relation, int(frame["line"]), str(frame["loc"]).strip())
    return None


@contextmanager
def _traceless() -> Iterator[None]:
    """Draft export leaves a log file behind and takes other people's handlers off torch's logger."""
    handlers = list(logging.getLogger("torch.__trace").handlers)
    before = os.environ.get(_TRACE_FOLDER)
    with tempfile.TemporaryDirectory() as folder:
        os.environ[_TRACE_FOLDER] = folder
        try:
            yield
        finally:
            os.environ.pop(_TRACE_FOLDER)
            if before is not None:
                os.environ[_TRACE_FOLDER] = before
            logging.getLogger("torch.__trace").handlers[:] = handlers
