"""One short text for any Python value: equal values have equal texts, in this process and in the next."""

from __future__ import annotations

import functools
import sys
import sysconfig
import types
from collections.abc import Iterator, Mapping
from enum import Enum
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import torch
from torch import nn

from .modules import holds_numbers, storage_address
from .sources import relative_source

_DEEPEST = 60  # what lies deeper counts by its type
_LITERAL = (type(None), type(Ellipsis), bool, int, float, complex, str, bytes, range, slice)
_DESCRIBED = (torch.dtype, torch.device, torch.layout, torch.memory_format, np.dtype, np.generic, PurePath)
_OF_EVERY_CLASS = ("__weakref__", "__dict__", "__doc__", "__module__", "__annotations__")
_ADDRESSES = 2**40  # whole numbers from here on are no setting
_LIBRARIES = {"site-packages", "dist-packages"}
_OURS = (sysconfig.get_path("stdlib"), str(Path(__file__).parent.parent))


class Digester:
    """Makes the texts, each value's once: what it looked at must not change meanwhile.

    A function counts by its code, with the place where it stands, and by what the code reads: defaults, closure and,
    unless it belongs to an installed package (which counts by its version), globals. An object counts by its type and
    its attributes; one that keeps them from Python by its type alone. Modules of `model` count by their path.
    """

    def __init__(self, model: nn.Module) -> None:
        self._known = {id(module): f"module {path}" for path, module in model.named_modules()}
        self._alive: list[Any] = [model]  # an `id` is one value's only as long as that lives
        self._depth = 0

    def text(self, value: Any) -> str:
        """32 hexadecimal digits."""
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        if isinstance(value, (*_LITERAL, *_DESCRIBED)):
            return _hash([kind, repr(value)])
        if id(value) in self._known:
            return self._known[id(value)]
        if self._depth == _DEEPEST:
            return _hash([kind])
        self._known[id(value)] = "itself"  # for what holds itself
        self._alive.append(value)
        self._depth += 1
        try:
            text = self._known[id(value)] = _hash([kind, *self._content(value)])
        finally:
            self._depth -= 1
        return text

    def class_text(self, cls: type) -> str:
        """The text for what a class itself defines, not what it inherits.

        A package's class counts by its version: of it only `forward`, and what others have put there. Packages change
        classes of each other as they run (torch's compiler wraps `nn.Module.__init__`), which is no change of a model.
        """
        held = {name: item for name, item in vars(cls).items() if name not in _OF_EVERY_CLASS}
        if _in_library(cls.__module__):
            held = {name: item for name, item in held.items() if name == "forward" or _is_own_function(item)}
        return _hash([name + self.text(item) for name, item in held.items()])

    def attributes_text(self, attributes: Mapping[str, Any]) -> str:
        """The text for attributes by name. Of those that are addresses or hashes, new in each process, the name."""
        return _hash([name if _is_address(item) else name + self.text(item) for name, item in attributes.items()])

    def _content(self, value: Any) -> Iterator[str | memoryview]:
        if isinstance(value, torch.Tensor):
            yield from _tensor_content(value)
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
            yield f"{value.dtype} {value.shape}"
            yield np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        elif isinstance(value, (set, frozenset)):
            yield from sorted(map(self.text, value))  # their order changes with the process
        elif isinstance(value, types.FunctionType):
            yield from self._function_content(value)
        elif isinstance(value, types.CodeType):
            yield from self._code_content(value)
        elif isinstance(value, type):
            yield f"{value.__module__}.{value.__qualname__}"
            yield from (self.class_text(cls) for cls in value.__mro__ if not _in_library(cls.__module__))
        elif isinstance(value, types.ModuleType):
            yield value.__name__
        elif isinstance(value, Enum):
            yield value.name
        else:
            yield from self._object_content(value)

    def _function_content(self, function: types.FunctionType) -> Iterator[str]:
        code = function.__code__
        yield self.text(code)
        yield from map(self.text, (function.__defaults__, function.__kwdefaults__))
        yield self.attributes_text(vars(function))
        yield from (self.text(_held(cell)) for cell in function.__closure__ or ())
        if _is_library(code.co_filename):
            return
        names = sorted(_names_read(code))
        for name in names:
            found = function.__globals__.get(name)
            yield name + self.text(found)
            if isinstance(found, types.ModuleType) and not _in_library(found.__name__):
                yield from (self.text(vars(found).get(inner)) for inner in names)  # `helpers.scale(x)` reads both

    def _code_content(self, code: types.CodeType) -> Iterator[str]:
        yield f"{relative_source(code.co_filename)}:{code.co_firstlineno} {code.co_linetable.hex()}"
        yield f"{code.co_name} {code.co_names} {code.co_varnames} {code.co_freevars} {code.co_code.hex()}"
        yield self.text(code.co_consts)

    def _object_content(self, value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (self.text(key) + self.text(item) for key, item in value.items())
        elif isinstance(value, (list, tuple)):
            yield from map(self.text, value)
        elif isinstance(value, functools.partial):
            yield from map(self.text, (value.func, value.args, value.keywords))
        elif isinstance(value, property):
            yield from map(self.text, (value.fget, value.fset))
        elif isinstance(value, types.MethodType):
            yield from map(self.text, (value.__func__, value.__self__))
        elif isinstance(value, (staticmethod, classmethod)):
            yield self.text(value.__func__)
        elif isinstance(value, types.BuiltinFunctionType):
            yield value.__qualname__
        attributes = _attributes(value)
        yield self.text(attributes.get("__wrapped__"))  # of functools.lru_cache
        if type(value).__module__.partition(".")[0] not in sys.stdlib_module_names:  # a logger leads to all loggers
            yield self.text(type(value))
            yield self.attributes_text(attributes)


def _hash(parts: Any) -> str:
    found = sha256()
    for part in parts:
        data = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "little"))
        found.update(data)
    return found.hexdigest()[:32]


def tensor_text(tensor: torch.Tensor) -> str:
    """The text for a tensor: type, layout and every number; without numbers where it has none (fake, meta)."""
    return _hash(_tensor_content(tensor))


def _tensor_content(tensor: torch.Tensor) -> Iterator[str | memoryview]:
    yield f"{tensor.dtype} {tuple(tensor.shape)} {tensor.layout} {tensor.device}"
    data = tensor.detach()
    data = data if data.layout is torch.strided else data.to_dense()
    data = data.dequantize() if data.is_quantized else data
    yield f"{data.stride()}"
    if data.numel() and holds_numbers(data) and storage_address(data):
        flat = data.resolve_conj().resolve_neg().cpu().contiguous().reshape(-1)
        yield flat.view(torch.uint8).numpy().data


def _attributes(value: Any) -> dict[str, Any]:
    held = getattr(value, "__dict__", None)
    found = dict(held) if isinstance(held, dict) else {}
    for cls in type(value).__mro__:
        slots = vars(cls).get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            if name != "__weakref__":
                found[name] = getattr(value, name, None)
    return found


def _is_address(value: Any) -> bool:
    return type(value) is int and abs(value) >= _ADDRESSES


def _held(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _names_read(code: types.CodeType) -> set[str]:
    """Names of globals and attributes in the code and in the functions inside it."""
    inner = [const for const in code.co_consts if isinstance(const, types.CodeType)]
    return set(code.co_names).union(*map(_names_read, inner))


def _is_own_function(value: Any) -> bool:
    """Whether it is a function of the user's, not of an installed package."""
    return isinstance(value, types.FunctionType) and not _is_library(value.__code__.co_filename)


def _in_library(module: str) -> bool:
    """Whether a module belongs to Python or to an installed package."""
    loaded = sys.modules.get(module)
    if module == "__main__" or loaded is None:
        return False
    file = getattr(loaded, "__file__", None)
    return file is None or _is_library(file)  # those without a file are built into Python


def _is_library(file: str) -> bool:
    return file.startswith((*_OURS, "<frozen ")) or not _LIBRARIES.isdisjoint(Path(file).parts)
