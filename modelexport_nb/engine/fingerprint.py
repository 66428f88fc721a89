"""What a kept stage was made from, part by part: equal fingerprints mean that making it again would give the same."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import onnx
import onnx_ir
import onnxruntime
import onnxscript
import torch
from torch import nn

from .. import __version__
from .capture import Request
from .digest import Digester, tensor_text
from .eager import EagerRun
from .modules import ModuleTree, own_tensors, tensor_key
from .samples import Sample, differ, sample_tensor

_TOOLS = (torch, onnx, onnx_ir, onnxscript, onnxruntime, np)
_NOT_SETTINGS = {"training", "_parameters", "_buffers", "_modules"}  # it is exported in eval mode; the others are parts

TOLERANCE = 1e-5
"""Largest difference of an output that is rounding, relative to its largest number."""


@dataclass(frozen=True)
class Fingerprint:
    """`parts` maps what a reader calls each part (`the values of fc.weight`) to its text; `outputs` are samples of
    what an eager run returned, which may differ by rounding."""

    parts: Mapping[str, str]
    outputs: tuple[Sample | None, ...] = ()

    def differences(self, other: Fingerprint) -> list[str]:
        """The parts that differ, in order; the model's results where nothing else does."""
        ours, theirs = self.parts, other.parts
        found = [name for name in {**ours, **theirs} if ours.get(name) != theirs.get(name)]
        return found or (["what the model returns"] if _differ(self.outputs, other.outputs) else [])

    def to_json(self) -> dict[str, Any]:
        """As JSON knows it."""
        samples = [
            None if one is None else [list(one.shape), one.kind, one.numbers.tolist(), one.plain]
            for one in self.outputs
        ]
        return {"parts": dict(self.parts), "outputs": samples}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Fingerprint:
        """What `to_json` was called on; a ValueError, KeyError, TypeError or IndexError for other data."""
        samples = [
            None if one is None else Sample(tuple(one[0]), one[1], np.array(one[2], dtype=np.float64), one[3])
            for one in data["outputs"]
        ]
        return cls(dict(data["parts"]), tuple(samples))


def _differ(ours: tuple[Sample | None, ...], theirs: tuple[Sample | None, ...]) -> bool:
    if [one is None for one in ours] != [one is None for one in theirs]:
        return True
    pairs = zip(ours, theirs, strict=True)
    return any(differ(a, b, TOLERANCE) for a, b in pairs if a is not None and b is not None)


def fingerprint_of(request: Request, eager: EagerRun, **options: Any) -> Fingerprint:
    """What a capture is made from.

    The versions of all tools, the options, the model's structure, the code that it runs, the attributes and the
    values of each module, the inputs, the module calls of the eager run and what it returned.

    Args:
        options: those that are not part of the request.
    """
    model = request.model
    digester = Digester(model)
    asked = {field.name: getattr(request, field.name) for field in dataclasses.fields(request)} | options
    inputs = [asked.pop(name) for name in ("model", "args", "kwargs")][1:]
    tensors = list(_tensors(inputs))
    shared = [[other is tensor for other in tensors] for tensor in tensors]
    parts = {f"the version of {name}": version for name, version in _versions(model).items()}
    parts |= {f"the option {name}": digester.text(value) for name, value in asked.items()}
    parts |= _model_parts(model, digester)
    parts["the inputs"] = digester.text([inputs, shared])
    parts["the calls that the model makes"] = digester.text([(call.path, call.parent) for call in eager.calls.calls])
    # what is drawn at random is never the same
    outputs = () if eager.random else tuple(map(sample_tensor, _tensors(eager.outputs)))
    return Fingerprint(parts, outputs)


def model_text(model: nn.Module) -> str:
    """64 hexadecimal digits for a model as such: its structure, code, attributes and values, and versions of the
    packages that its classes come from."""
    parts = {**_versions(model), **_model_parts(model, Digester(model))}
    return sha256("\0".join(f"{name}={text}" for name, text in parts.items()).encode()).hexdigest()


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    """Tensors in dicts, lists and tuples. What else torch can take apart changes as packages teach it: transformers
    does so for its caches at the first export."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _tensors(item)


def _versions(model: nn.Module) -> dict[str, str]:
    """Of Python, of us and our tools, and of the packages that the model's classes come from."""
    homes = {cls.__module__.partition(".")[0] for module in model.modules() for cls in type(module).__mro__}
    tools = {tool.__name__: tool for tool in _TOOLS} | {name: sys.modules.get(name) for name in sorted(homes)}
    found = {name: getattr(module, "__version__", None) for name, module in tools.items()}
    known = {name: str(version) for name, version in found.items() if version is not None}
    return {"Python": sys.version, "modelexport_nb": __version__, **known}


def _model_parts(model: nn.Module, digester: Digester) -> dict[str, str]:
    tree = ModuleTree.of(model)
    classes = [(path, info.class_path) for path, info in tree.modules.items()]
    parts = {"the structure of the model": digester.text([classes, tree.aliases, tree.ties])}
    kinds = dict.fromkeys(cls for module in model.modules() for cls in type(module).__mro__ if cls is not object)
    parts |= {f"the code of {cls.__module__}.{cls.__qualname__}": digester.class_text(cls) for cls in kinds}
    for path, module in model.named_modules():
        parts[f"the attributes of {path or 'the root'}"] = _settings(module, digester)
    return parts | _values(model)


def _settings(module: nn.Module, digester: Digester) -> str:
    """Attributes that are no tensors and modules of its own. Hooks are numbered through the whole process: of those
    the functions alone."""
    held = {name: value for name, value in vars(module).items() if name not in _NOT_SETTINGS}
    hooks = {name: list(value.values()) for name, value in held.items() if name.endswith("_hooks") and value}
    names = [[(name, item is None) for name, item in part.items()] for part in (module._parameters, module._buffers)]
    return digester.attributes_text(held | hooks | {"its own": [names, [*module._modules]]})


def _values(model: nn.Module) -> dict[str, str]:
    """Every parameter and buffer, each piece of memory read once."""
    named = {
        f"{path}.{name}" if path else name: tensor
        for path, module in model.named_modules()
        for name, tensor in own_tensors(module)
    }
    keys = {name: (tensor_key(tensor), tensor.dtype, tensor.shape, tensor.stride()) for name, tensor in named.items()}
    once = {key: named[name] for name, key in keys.items()}
    with ThreadPoolExecutor() as pool:  # hashing leaves Python's lock to the others
        texts = dict(zip(once, pool.map(tensor_text, once.values()), strict=True))
    return {f"the values of {name}": texts[keys[name]] for name in named}
