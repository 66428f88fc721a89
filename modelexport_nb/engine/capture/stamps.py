"""Stamp every operator that torch.export traces with the module call it ran in.

torch's own `nn_module_stack` names a module by the path through which it was reached, loses children wrapped by
torch.compile and numbers calls per alias. The stamp is set by our own hooks while the trace runs, by identity, and
travels in `node.meta["custom"]` (`torch.fx.traceback.annotate`) through decomposition to the ONNX node.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch.fx import traceback

from ..recording import CallRecorder

_KEY = "modelexport_nb.call"
Stamp = tuple[int, int]  # which run of the model, which call in it


@contextmanager
def stamping(recorder: CallRecorder) -> Iterator[None]:
    """While the block runs, operators traced inside a module call carry its stamp.

    Metadata is preserved from the root's entry to its exit only: around it torch marks placeholders in a way that
    its own later passes take for a contradiction.
    """
    open_marks: list[ExitStack] = []

    def enter(index: int, args: tuple[Any, ...]) -> None:
        marks = ExitStack()
        if not open_marks:
            marks.enter_context(traceback.preserve_node_meta())
        marks.enter_context(traceback.annotate({_KEY: (len(recorder.runs) - 1, index)}))
        open_marks.append(marks)

    def leave(index: int, output: Any) -> None:
        open_marks.pop().close()

    # torch.export tells hooks of no exception, so a mark may be closed after torch's own around it: restore all.
    with traceback.preserve_node_meta(traceback.has_preserved_node_meta()), recorder.active(enter, leave):
        yield


def stamp_of(fx_node: torch.fx.Node | None) -> Stamp | None:
    """The stamp that an FX node carries, if any."""
    if fx_node is None:
        return None
    return (fx_node.meta.get("custom") or {}).get(_KEY)


def renumbered(notes: dict[str, Any], higher: int) -> dict[str, Any]:
    """A node's annotations, in a copy whose calls have numbers that are higher by so much."""
    stamp: Stamp | None = notes.get(_KEY)
    return notes if stamp is None else {**notes, _KEY: (stamp[0], stamp[1] + higher)}


def inner_modules(fx_node: torch.fx.Node) -> list[int]:
    """Ids of the modules around an operator inside a branch of `torch.cond`, outermost first.

    Branches are traced by Dynamo, where our hooks are silent; it notes each module under its `id`.
    """
    stack = fx_node.meta.get("nn_module_stack") or {}
    return [int(key.split("@")[0]) for key in stack if key.split("@")[0].isdecimal()]
