"""What goes to the child: the arguments, and what of this process an export goes by. One file, its weights mapped."""

from __future__ import annotations

import linecache
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import torch
from torch import nn

from ..errors import InputError, PathError, one_line
from ..randomness import RandomState, random_state, restore_random
from ..report import ExportReport

_PAYLOAD = "payload.pt"
_INSTEAD = "or leave isolate, timeout and memory_limit out"
Work = Callable[..., ExportReport]
_TENSORS_AND_CHILDREN = ("_parameters", "_buffers", "_modules")


@dataclass(frozen=True)
class Payload:
    """`work`, which is called with `arguments`, goes by its name. `sources` are the lines of code that has no file, a
    notebook's cells, as `linecache` holds them."""

    work: Work
    arguments: dict[str, Any]
    sources: dict[str, Any]
    filters: list[Any]
    random: RandomState
    dtype: torch.dtype
    threads: int

    @classmethod
    def of(cls, work: Work, arguments: dict[str, Any]) -> Payload:
        """What to do, and how this process is set."""
        return cls(
            work=work,
            arguments=arguments,
            sources={name: entry for name, entry in linecache.cache.items() if len(entry) == 4 and entry[1] is None},
            filters=list(warnings.filters),
            random=random_state(),
            dtype=torch.get_default_dtype(),
            threads=torch.get_num_threads(),
        )

    def settle(self) -> None:
        """Set this process alike."""
        linecache.cache.update(self.sources)
        warnings.filters[:] = self.filters  # type: ignore[index]
        restore_random(self.random)
        torch.set_default_dtype(self.dtype)
        torch.set_num_threads(self.threads)


def write_payload(work: Work, arguments: dict[str, Any], folder: Path) -> Path:
    """Write the file for the child; the tensors of this process are read, never moved to shared memory.

    Raises:
        InputError: something cannot be pickled; names it.
        PathError: the disk is full.
    """
    payload = folder / _PAYLOAD
    try:
        with payload.open("wb") as file:
            torch.save(Payload.of(work, arguments), file, pickle_module=cloudpickle)
    except Exception as error:  # pickling runs code of the model's classes
        disk = error if isinstance(error, OSError) else error.__context__  # torch's writer stumbles over it
        if isinstance(disk, OSError):
            raise PathError(
                f'Cannot hand the model to a child process through "{tempfile.gettempdir()}": {disk.strerror}. '
                f"Free some space, set TMPDIR to another folder, {_INSTEAD}."
            ) from error
        raise InputError(
            f"The work cannot be handed to a child process: {culprit(arguments, error)}. Change that, {_INSTEAD}."
        ) from error
    return payload


def read_payload(folder: Path) -> Payload:
    """Read it in the child. Tensors are private views of the file: what is written to them stays in the child.

    Raises:
        InputError: the child cannot build the model, of which it has not seen the modules that the parent has.
    """
    try:
        payload: Payload = torch.load(folder / _PAYLOAD, mmap=True, weights_only=False)
    except Exception as error:  # unpickling runs code of the model's classes
        raise InputError(
            f"The model cannot be built again in a child process: {_reason(error)}. "
            f"Define its classes in the notebook or in a module that can be imported, {_INSTEAD}."
        ) from error
    return payload


def culprit(arguments: dict[str, Any], error: Exception) -> str:
    """What of the arguments cannot be pickled, and why: `attribute "lock" of the model cannot be pickled (…)`."""
    for name, thing in _parts(arguments):
        try:
            cloudpickle.dumps(thing)
        except Exception as fault:  # see above
            return f"{name} cannot be pickled ({_reason(fault)})"
    return f"the model cannot be pickled ({_reason(error)})"


def _parts(arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in arguments.items():
        if name != "model":
            yield name, value
    model = arguments["model"]
    for path, module in model.named_modules() if isinstance(model, nn.Module) else ():
        where = f"{path}." if path else ""
        for name, value in vars(module).items():
            if name not in _TENSORS_AND_CHILDREN:
                yield f'attribute "{where}{name}" of the model', value
        yield f"class {type(module).__name__}", type(module)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {one_line(error).rstrip('.')}"
