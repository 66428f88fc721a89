"""Blocks that did the same in the eager run are traced once; the others get copies of the first one's nodes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

from torch.fx.experimental.proxy_tensor import _ModuleStackTracer

from ..blocks import untouched
from ..recording import CallRecorder
from .copies import Given, Renumber, TracedBlock
from .patching import replaced


@contextmanager
def blocks_once(recorder: CallRecorder, kinds: Mapping[str, int], renumber: Renumber) -> Iterator[None]:
    """Let torch trace one block of each kind while the block runs.

    A block is copied only where what it is given has the same form and is called from the same lines, and where all
    that the first one used and gave back is plain.

    Args:
        recorder: of the calls that are traced.
        kinds: the modules whose first calls did the same as others', by path, with a number for what they did.
        renumber: what a node's annotations are in a copy, whose calls have higher numbers.
    """
    original = _ModuleStackTracer.call_module
    traced: WeakKeyDictionary[Any, dict[Hashable, TracedBlock | None]] = WeakKeyDictionary()

    def call_module(
        tracer: Any, module: Any, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        path = recorder.path_of(module) if recorder.stack else None
        first = path is not None and path in kinds and not recorder.calls.count(path)
        given = Given.of(tracer, module, args, kwargs) if first and untouched(module) else None
        if path is None or given is None:
            return original(tracer, module, forward, args, kwargs)
        blocks = traced.setdefault(tracer, {})
        like = (kinds[path], given.form, _lines())
        if (block := blocks.get(like)) is not None:
            return block.copy(tracer, recorder, module, given, renumber)
        before = (tracer.graph._root.prev, len(recorder.calls))
        output = original(tracer, module, forward, args, kwargs)
        blocks[like] = TracedBlock.of(tracer, recorder, module, given, output, before)
        return output

    with replaced(_ModuleStackTracer, "call_module", call_module):
        yield


def _lines() -> Hashable:
    """From where the block is called: torch notes those lines with every node."""
    found = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return tuple(found)
