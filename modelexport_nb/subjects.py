"""The model and the inputs that a line is about: loaded by name, made where there are none. For magic and command line.

Knows the engine, neither IPython nor how a line names an object.
"""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from .engine.automatic import make_inputs
from .engine.errors import OptionError
from .engine.generation import check_generates, make_prompt
from .engine.pretrained import Pretrained, load_pretrained
from .engine.requirements import check_model
from .options import (
    BATCH,
    BUNDLE,
    CLASS,
    DYNAMIC,
    ISOLATE,
    MEMORY_LIMIT,
    SHAPE,
    TASK,
    TEXT,
    TIMEOUT,
    TRUST,
    WEIGHTS,
    WORK_DIR,
)

SUFFIX = ".onnx"
_AXES = re.compile(r"[A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*")


@dataclass
class Subject:
    """A model, with its inputs where there are any, and what the reader should know of both.

    `pretrained` is where the model came from when a line named it.
    """

    model: nn.Module
    inputs: Any = None
    pretrained: Pretrained | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def origin(self) -> tuple[str, str] | None:
        """Where a named model came from, and as what; equal for one that is loaded again."""
        return (self.pretrained.source, type(self.model).__name__) if self.pretrained is not None else None

    @property
    def processor(self) -> Any:
        """What makes its inputs, of the files that the model was loaded from; None where there is nothing known."""
        if self.pretrained is not None:
            return self.pretrained.processor
        source = getattr(self.model, "name_or_path", None)  # where transformers loaded a model that is an object here
        if not isinstance(source, str) or not source:
            return None
        return Pretrained(self.model, source, self.notes, source).processor


def load_subject(name: str | Path, options: Namespace) -> Subject:
    """The model of Hugging Face that has this name, loaded as the line says."""
    found = load_pretrained(
        name,
        task=options.task,
        class_name=options.class_name,
        trust_remote_code=bool(options.trust_remote_code),
        weights=getattr(options, "weights", None) or "all",
        as_saved=bool(getattr(options, "generation", None)),  # AutoModel has no head, and does not generate
    )
    return Subject(found.model, None, found, found.notes)


def check_generation(options: Namespace) -> None:
    """Raise an `OptionError` where a line has an option that does not go with `--generation`."""
    for spec in (BUNDLE, DYNAMIC, WEIGHTS, TIMEOUT, MEMORY_LIMIT, ISOLATE, WORK_DIR):
        if getattr(options, spec.name) is not None:
            raise OptionError(f"--generation and {spec.flags[-1]} do not go together. Leave one of them out.")
    if options.output is not None and options.output.endswith(SUFFIX):
        raise OptionError(f'--generation writes several files: -o names their folder, and "{options.output}" a file.')


def check_loading(options: Namespace) -> None:
    """Raise an `OptionError` where a line says how to load a model that is there already."""
    for spec in (TASK, CLASS, TRUST):
        if getattr(options, spec.name) is not None:
            raise OptionError(f"{spec.flags[0]} says how to load a model by name, and the model here is an object.")


def make_missing_inputs(subject: Subject, options: Namespace, *, engine_can: bool = False) -> None:
    """Let the subject have inputs, of what the line says of them.

    Args:
        engine_can: leave it to the engine where the line says nothing of them.

    Raises:
        OptionError: it has inputs, and the line says what to make some of.
        InputError: none could be made.
    """
    asked = [spec for spec in (SHAPE, TEXT, BATCH) if getattr(options, spec.name) is not None]
    if subject.inputs is not None:
        if asked:
            raise OptionError(f"{asked[0].flags[0]} says what to make inputs of, and there are inputs already.")
        return
    check_model(subject.model)
    if getattr(options, "generation", None):
        check_generates(subject.model)
    shapes = dict(options.shape or ())
    if len(shapes) < len(options.shape or ()):
        raise OptionError("--shape gives one input two shapes.")
    processor = subject.processor if subject.pretrained is not None and not shapes else None
    if engine_can and not asked and processor is None:
        return
    batch = options.batch
    if batch is None and not shapes and getattr(options, "dynamic", None) is not None:
        batch = 2  # torch.export takes a size of 1 for fixed
    make = make_prompt if getattr(options, "generation", None) else make_inputs
    made = make(subject.model, processor=processor, text=options.text, shapes=shapes or None, batch=batch)
    subject.inputs = made.arguments
    subject.notes.append(made.note)


def names_axes(text: str) -> bool:
    """Whether the value of `--dynamic` is words such as `batch,sequence`."""
    return _AXES.fullmatch(text) is not None
