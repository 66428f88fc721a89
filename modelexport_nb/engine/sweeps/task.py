"""A job as it travels to whoever does it: small, and nothing in it but what every process can read."""

from __future__ import annotations

import io
import linecache
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import cloudpickle
import torch
from torch import nn

from ..errors import InputError, PathError, one_line
from ..isolation.handover import culprit
from .jobs import Job
from .limits import Limits
from .places import Place

SMALL = 2**20
"""Bytes of a live module that travel with the job; a larger one is written to a file that those who do it read."""


@dataclass(frozen=True)
class Task:
    """A job for another process.

    Attributes:
        name: the job's.
        model: what its model is called: a child that has just done another job of it is quicker.
        payload: the pickled job, in which a live module is a `Carried`.
        sources: lines of code that has no file, a notebook's cells, as `linecache` holds them.
        place: where its artifacts go.
        drafts: where they stand until they are whole.
        limits: what it may take.
        threads: for torch.
        token: of the sweep that it belongs to.
    """

    name: str
    model: str
    payload: bytes
    sources: Mapping[str, Any]
    place: Place
    drafts: Place
    limits: Limits
    threads: int
    token: str


@dataclass(frozen=True)
class Carried:
    """A live module: its bytes, or the place and the name of the file that holds them."""

    bytes: bytes | None = None
    place: Place | None = None
    file: str = ""

    def module(self) -> nn.Module:
        """The module; its large tensors are private views of the file."""
        if self.place is None:
            return cast(nn.Module, torch.load(io.BytesIO(self.bytes or b""), weights_only=False))
        with tempfile.TemporaryDirectory(prefix="modelexport.") as folder:  # a mapped file may lose its name
            file = self.place.fetch(self.file, Path(folder))
            return cast(nn.Module, torch.load(file, mmap=True, weights_only=False))


class Packer:
    """Pickles jobs; each live module once.

    Args:
        models: where large ones are written.
    """

    def __init__(self, models: Place) -> None:
        self._models = models
        self._carried: dict[int, tuple[nn.Module, Carried]] = {}
        cells = {name: entry for name, entry in linecache.cache.items() if len(entry) == 4 and entry[1] is None}
        self.sources = cells

    def pack(self, job: Job) -> bytes:
        """The job as bytes.

        Raises:
            InputError: something of it cannot be pickled; names it, and what to pass instead.
            PathError: a large model cannot be written to the artifacts.
        """
        carried = self._carry(job) if isinstance(job.model, nn.Module) else job.model
        try:
            return cloudpickle.dumps(replace(job, model=cast(Any, carried)))
        except Exception as error:  # pickling runs code of the classes of inputs
            given = {"model": None, "inputs": job.inputs, "options": dict(job.options)}
            raise InputError(
                f'Job "{job.name}" cannot be handed to another process: {culprit(given, error)}. Pass inputs as '
                '"package.module:name", or leave them out.'
            ) from error

    def _carry(self, job: Job) -> Carried:
        model = cast(nn.Module, job.model)
        if id(model) not in self._carried:
            self._carried[id(model)] = (model, self._written(model, job))  # held, so that no other takes its id
        return self._carried[id(model)][1]

    def _written(self, model: nn.Module, job: Job) -> Carried:
        weighs = sum(tensor.nbytes for tensor in [*model.parameters(), *model.buffers()])
        try:
            if weighs > SMALL:
                name = f"{len(self._carried)}.pt"
                with self._models.writing(name) as file:
                    torch.save(model, file, pickle_module=cloudpickle)
                return Carried(place=self._models, file=name)
            buffer = io.BytesIO()
            torch.save(model, buffer, pickle_module=cloudpickle)
            return Carried(bytes=buffer.getvalue())
        except Exception as error:  # pickling runs code of the model's classes
            disk = error if isinstance(error, OSError) else error.__context__  # torch's writer stumbles over it
            if isinstance(disk, (OSError, PathError)):
                raise PathError(f'Cannot write the model of job "{job.name}" to the artifacts: {disk}') from error
            why = culprit({"model": model}, error)
            raise InputError(
                f'The model of job "{job.name}" cannot be handed to another process: {why}. '
                'Pass what makes it in place of it, as "package.module:function".'
            ) from error


def unpack(task: Task) -> Job:
    """The job in the process that does it, a live module still `Carried`.

    Raises:
        InputError: it cannot be read here, where some package may be missing.
    """
    linecache.cache.update(task.sources)
    try:
        return cast(Job, cloudpickle.loads(task.payload))
    except Exception as error:  # unpickling imports, and runs, what classes name
        raise InputError(
            f"The job cannot be read in the process that is to do it: {type(error).__name__}: "
            f"{one_line(error).rstrip('.')}. What it uses must be installed there."
        ) from error


def open_model(carried: Carried) -> nn.Module:
    """The live module of a job.

    Raises:
        InputError: it cannot be built again here, or its file cannot be read.
    """
    try:
        return carried.module()
    except Exception as error:  # as above
        lost = isinstance(error, PathError)
        hint = "Artifacts must be a folder that all machines see, or a URL." if lost else "Its classes must be there."
        raise InputError(f"The model cannot be built again: {one_line(error)} {hint}") from error
