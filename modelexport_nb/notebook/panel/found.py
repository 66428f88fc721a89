"""What a notebook's variables offer to an export: models, what could be their inputs, and what is known of each."""

from __future__ import annotations

import inspect
from collections import UserDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import onnx_ir as ir
import torch
from torch import nn

from modelexport_nb import text
from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.inputs import as_arguments

from ..namespace import Namespace, is_inputs, is_module

# How far a variable is looked into, because every cell that runs has all of them looked at.
MOST = 1_000
DEEPEST = 3


@dataclass(frozen=True)
class Found:
    """A variable, and what the reader should know of it. `problem` is why the model does not take it."""

    name: str
    note: str
    problem: str = ""

    @property
    def label(self) -> str:
        """How it stands in a list."""
        return f"{self.name}   {self.note}"


def found_models(namespace: Namespace) -> list[Found]:
    """The modules among the variables; those that are part of another one come last."""
    models = {name: namespace.variables[name] for name in namespace.names(is_module)}
    parts = {id(part) for model in models.values() for part in _parts(model)}
    names = sorted(models, key=lambda name: id(models[name]) in parts)  # by name within both
    return [Found(name, _about_model(models[name])) for name in names]


def found_inputs(namespace: Namespace, model: nn.Module | None) -> list[Found]:
    """The variables that hold tensors: first those that the model's `forward` takes, likely ones before others."""
    ranked = []
    for name in namespace.names(is_inputs):
        value = namespace.variables[name]
        tensors = list(islice(_tensors(value), MOST))
        if not tensors:
            continue
        problem = "" if model is None else misfit(model, value)
        fits = "" if model is None else ", does not fit forward()" if problem else ", fits forward()"
        ranked.append((bool(problem), _order(value, model), Found(name, _about_inputs(value, tensors) + fits, problem)))
    return [found for _, _, found in sorted(ranked, key=lambda entry: entry[:2])]


def misfit(model: nn.Module, inputs: Any) -> str:
    """Why the model's `forward` does not take these inputs; empty when it does."""
    try:
        as_arguments(model, inputs)
    except InputError as error:
        return str(error)
    return ""


def about_tensor(tensor: torch.Tensor) -> str:
    """`i64 2×10`."""
    kind = ir.tensor_adapters.from_torch_dtype(tensor.dtype).short_name()
    return f"{kind} {'×'.join(map(str, tensor.shape)) or 'scalar'}"


def _parts(model: nn.Module) -> Iterator[nn.Module]:
    return (part for part in model.modules() if part is not model)


def _about_model(model: nn.Module) -> str:
    name = text.printable(type(model).__name__)
    try:
        parameters = list(model.parameters())
        number = text.count(sum(map(torch.numel, parameters)))
    except Exception:  # a lazy module cannot be counted yet, and a user's own may refuse to be asked
        return name
    device = f", {parameters[0].device}" if parameters else ""
    return f"{name}, {number} parameters, {'train' if model.training else 'eval'}{device}"


def _about_inputs(value: Any, tensors: list[torch.Tensor]) -> str:
    if isinstance(value, torch.Tensor):
        return about_tensor(value)
    kind = text.printable(type(value).__name__)
    return f"{kind} of {text.plural(len(tensors), 'tensor')}{' or more' if len(tensors) == MOST else ''}"


def _order(value: Any, model: nn.Module | None) -> int:
    """How likely it is that such a value is meant: a mapping of argument names is, a tensor may be anything."""
    if isinstance(value, torch.Tensor):
        return 2
    if isinstance(value, tuple) or model is None:
        return 1
    try:
        known = inspect.signature(model.forward).parameters
    except (TypeError, ValueError):  # forward written in C
        return 1
    return 0 if all(name in known for name in value) else 3  # a forward with **kwargs takes a state dict, too


def _tensors(value: Any, depth: int = DEEPEST) -> Iterator[torch.Tensor]:
    """The tensors in plain containers. No code of a stranger's object runs: a mapping may read a file when asked."""
    kind = type(value)
    if issubclass(kind, torch.Tensor):
        yield value
        return
    if issubclass(kind, UserDict):  # what tokenizers return
        value, kind = value.data, type(value.data)
    parts: Iterable[Any] = ()
    if issubclass(kind, dict):
        parts = dict.values(value)
    elif issubclass(kind, tuple):
        parts = tuple.__iter__(value)
    elif issubclass(kind, list):
        parts = list.__iter__(value)
    if depth:
        for part in islice(parts, MOST):
            yield from _tensors(part, depth - 1)
