"""What runs in a child process of a sweep: one job after another, telling the parent how each goes."""

from __future__ import annotations

import json
import os
import queue
import random
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import nn

from ..automatic import make_inputs
from ..errors import ModelExportError, one_line
from ..export import export_model
from ..isolation.child import Parent, portable, telling_where
from ..isolation.process import own_files
from ..memory import forget_peak, peak_memory, present_memory
from ..named_objects import NAMED, called, load_object
from ..pretrained import load_pretrained
from .jobs import Job
from .results import Status
from .summary import facts_of, versions
from .task import Carried, Task, open_model, unpack

FILE = "model.onnx"
LOG = "log.txt"
REPORT = "report.json"


def main(channel: str, folder: str) -> None:
    """Do the jobs that come through the channel until it ends."""
    parent = Parent(Connection(int(channel)))
    orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(parent, orders, folder), daemon=True).start()
    dtype = torch.get_default_dtype()
    filters = list(warnings.filters)
    with telling_where(Path(folder)):
        while True:
            task, home = orders.get()
            torch.set_default_dtype(dtype)
            torch.set_grad_enabled(True)
            warnings.filters[:] = filters  # type: ignore[index]
            with _into(Path(home) / LOG):
                found = _done(task, Path(home), parent)
            parent.tell("done", found)


def _listen(parent: Parent, orders: queue.SimpleQueue[Any], folder: str) -> None:
    """Pass on what the parent says; when it is gone leave nothing, in the middle of a job too."""
    home = ""
    with suppress(EOFError, OSError):
        while True:
            orders.put(order := parent.hear())
            home = order[1]
    parent.vanish(folder, *([home] if home else []))


def _done(task: Task, home: Path, parent: Parent) -> dict[str, Any]:
    """The facts of a job's result, whatever happens in it."""
    forget_peak()
    before = present_memory()
    try:
        found = _export(task, home, parent)
    except BaseException as error:  # a model may raise anything, SystemExit too
        traceback.print_exc()
        known = isinstance(error, ModelExportError)
        cause = str(error) if known else f"{type(error).__name__}: {one_line(portable(error))}"
        found = {"status": Status.FAILED, "cause": cause, "error": type(error).__name__}
    peak = peak_memory()
    taken = None if before is None or peak is None else max(0, peak - before)
    found |= {"peak_bytes": taken, "versions": versions()}
    with suppress(OSError):  # a full disk was told already, or the file is lacking
        (home / REPORT).write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")
    return found


def _export(task: Task, home: Path, parent: Parent) -> dict[str, Any]:
    parent("load", 0, 1)
    torch.set_num_threads(task.threads)
    _seed()
    job = unpack(task)
    model, inputs, notes = _subject(job)
    parent.tell("ready", own_files(model))
    report = export_model(model, inputs, home / FILE, **job.options, progress=parent)
    report.notes = (*notes, *report.notes)
    return facts_of(report)


def _seed() -> None:
    """What a job makes at random is the same in every run, whoever does it."""
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)


def _subject(job: Job) -> tuple[nn.Module, Any, list[str]]:
    """The model, its inputs (None where the engine is to make some), and what the reader should know of them."""
    model = cast(Any, job.model)
    inputs = job.inputs
    notes: list[str] = []
    if isinstance(model, Carried):
        model = open_model(model)
    elif NAMED.fullmatch(str(model)):
        model = called(load_object(str(model)), str(model), job.arguments)
        if isinstance(model, tuple) and len(model) == 2:
            model, own = model
            inputs = own if inputs is None else inputs
    else:
        model, inputs, notes = _pretrained(job)
    if isinstance(inputs, str):
        inputs = called(load_object(inputs), inputs)
    return model, inputs, notes


def _pretrained(job: Job) -> tuple[nn.Module, Any, list[str]]:
    found = load_pretrained(
        str(job.model),
        task=job.task,
        class_name=job.class_name,
        trust_remote_code=job.trust_remote_code,
        weights=job.options.get("weights", "all"),
    )
    if job.inputs is not None or found.processor is None:
        return found.model, job.inputs, found.notes
    batch = None if job.options.get("dynamic") is None else 2  # torch.export takes a size of 1 for fixed
    made = make_inputs(found.model, processor=found.processor, batch=batch)
    return found.model, made.arguments, [*found.notes, made.note]


@contextmanager
def _into(log: Path) -> Iterator[None]:
    """Let all that is printed, by native code too, stand in a file."""
    kept = [os.dup(number) for number in (1, 2)]
    with log.open("wb", buffering=0) as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for number, before in zip((1, 2), kept, strict=True):
            os.dup2(before, number)
            os.close(before)
