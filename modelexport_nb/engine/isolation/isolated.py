"""`run_isolated()`: hand over → start → wait and watch → take the report back, readable top to bottom."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import onnx_ir as ir

from ..clock import Progress
from ..files import check_destination, staged
from ..graph import drop_weights
from ..report import ExportReport
from .handover import Work, write_payload
from .process import Child, ChildTraceback, child_process, own_files
from .watch import Watch

INTERVAL = 0.05
"""Seconds between two looks at the child."""
_CHILD = f"{__package__}.child"


def run_isolated(work: Work, arguments: dict[str, Any], destination: str) -> ExportReport:
    """`export_model` or its like in a child process, with these arguments, all of them by name.

    The argument `destination` is the file to write. The child writes into a hidden folder of ours, so that nothing of
    it is left however it ends.

    Raises:
        TimeLimitError, MemoryLimitError, CrashError: the child was ended, or died.
        InputError: the model or its inputs cannot be handed to another process.
        ModelExportError: whatever the work raised in the child.
    """
    watch = Watch(arguments.pop("isolate"), arguments.pop("timeout"), arguments.pop("memory_limit"))
    progress: Progress | None = arguments.pop("progress")
    path = check_destination(Path(arguments[destination]))
    with staged(path) as draft:
        with tempfile.TemporaryDirectory(prefix="modelexport.") as name:
            folder = Path(name)
            payload = write_payload(work, {**arguments, destination: draft.absolute()}, folder)
            with child_process(_CHILD, folder, str(draft.parent.absolute())) as child:
                child.model_files = own_files(arguments["model"])
                found = _await_report(child, watch, progress, payload)
        graph = ir.load(draft)  # weights in a file of their own stay there
        drop_weights(graph)
    found["timings"] = {"start": watch.start, **found["timings"]}
    files = tuple(path.parent / name for name in found.pop("files"))
    return ExportReport(path=path, files=files, graph=graph, **found)


def _await_report(child: Child, watch: Watch, progress: Progress | None, payload: Path) -> dict[str, Any]:
    """Pass on what the child tells until it has the report; all fields of it but the files and the graph."""
    while True:
        watch.look(child)
        message = child.message(INTERVAL)
        match message:
            case None:
                continue
            case ("ready",):
                watch.begin(child)
                payload.unlink()  # mapped by now: the space is free when the child ends
            case "stage", stage, index, total:
                child.stage = stage
                if progress is not None:
                    progress(stage, index, total)
            case "ended", stage:
                if (ended := getattr(progress, "ended", None)) is not None:
                    ended(stage)
            case "warning", text, category, file, line:
                warnings.warn_explicit(text, category, file, line)
            case "failed", error, text:
                raise error from ChildTraceback(text)
            case "report", found:
                return found
