"""Our own data classes as JSON and back. Reading builds the types listed here and nothing else: it runs no code."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from enum import Enum
from typing import Any

from .attribution import Attribution, Evidence, NodeScope
from .capture.record import Record
from .module_parity import CallParity, ModuleParity, Verdict
from .modules import CallTree, ModuleCall
from .parity import OutputParity, Parity, SecondSize

_CLASSES: tuple[type[Any], ...] = (
    Attribution,
    CallParity,
    ModuleCall,
    ModuleParity,
    NodeScope,
    OutputParity,
    Parity,
    Record,
    SecondSize,
)
_ENUMS: tuple[type[Enum], ...] = (Evidence, Verdict)


def to_plain(value: Any) -> Any:
    """The value as JSON knows it: what is no number, text, list or None becomes `{type: content}`.

    Raises:
        TypeError: it holds something of another type than those listed here.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list:
        return [to_plain(item) for item in value]
    if kind in (tuple, frozenset):
        return {kind.__name__: [to_plain(item) for item in (value if kind is tuple else sorted(value))]}
    if kind is dict:
        return {"dict": [[to_plain(key), to_plain(item)] for key, item in value.items()]}
    if kind is CallTree:
        return {"CallTree": to_plain(value.calls)}
    if kind in _ENUMS:
        return {kind.__name__: value.value}
    if kind in _CLASSES:
        return {
            kind.__name__: {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        }
    raise TypeError(f"{kind.__name__} has no form in JSON")


def from_plain(data: Any) -> Any:
    """What `to_plain` was given.

    Raises:
        ValueError, KeyError, TypeError: the data does not come from there.
    """
    if isinstance(data, list):
        return [from_plain(item) for item in data]
    if not isinstance(data, dict):
        return data
    [(name, content)] = data.items()
    return _BUILD[name](content)


def _builder(cls: type[Any]) -> Callable[[Any], Any]:
    return lambda content: cls(**{name: from_plain(item) for name, item in content.items()})


_BUILD: dict[str, Callable[[Any], Any]] = {
    "tuple": lambda content: tuple(from_plain(content)),
    "frozenset": lambda content: frozenset(from_plain(content)),
    "dict": lambda content: {from_plain(key): from_plain(item) for key, item in content},
    "CallTree": lambda content: CallTree(from_plain(content)),
    **{enum.__name__: enum for enum in _ENUMS},
    **{cls.__name__: _builder(cls) for cls in _CLASSES},
}
