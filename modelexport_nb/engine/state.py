"""Leave the user's model exactly as it was, whatever happened in between."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from .modules import holds_numbers
from .randomness import random_state, restore_random

_CONTAINERS = (dict, OrderedDict, list, set)


@contextmanager
def preserved(model: nn.Module) -> Iterator[list[str]]:
    """Put the model in eval mode for the block and restore it afterwards, after success, exception and Ctrl-C alike.

    Restored: every attribute of every module (train mode, hooks, `forward`), the values of buffers, `requires_grad`,
    the attributes of plain objects that modules hold, such as a config, lists, dicts and sets at any depth, and the
    shared random generators. Yields a list that is filled on exit with the names of what the block itself had changed
    (`step`, `encoder.cache`): a sign of a model with state.
    """
    generators = random_state()
    before = {path: _copy(vars(module)) for path, module in model.named_modules()}
    modules = dict(model.named_modules())
    buffers = {path: buffer.detach().clone() for path, buffer in model.named_buffers() if _has_values(buffer)}
    flags = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    objects = [(thing, _copy(vars(thing))) for thing in _plain_objects(model)]
    nested = [(container, container.copy()) for container in _nested(before, objects)]
    changed: list[str] = []
    model.eval()
    try:
        yield changed
    finally:
        changed.extend(_changed(modules, before, buffers, model))
        for path, module in modules.items():
            _restore(module.__dict__, before[path])
        for parameter, flag in flags:
            if parameter.requires_grad != flag:
                parameter.requires_grad_(flag)
        for thing, attributes in objects:
            _restore(thing.__dict__, attributes)
        for container, content in nested:
            _refill(container, content)
        _restore_buffers(model, buffers)
        restore_random(generators)


def _copy(attributes: dict[str, Any]) -> dict[str, Any]:
    # One level deep: hooks, parameters and submodules live in dicts of the module, caches in lists.
    return {name: value.copy() if type(value) in _CONTAINERS else value for name, value in attributes.items()}


def _nested(before: dict[str, dict[str, Any]], objects: list[tuple[Any, dict[str, Any]]]) -> list[Any]:
    """Containers inside containers: those of the first level are copied with the attributes."""
    found: dict[int, Any] = {}
    inside = [*before.values(), *(attributes for _, attributes in objects)]
    waiting = [value for attributes in inside for value in attributes.values() if type(value) in _CONTAINERS]
    while waiting:
        container = waiting.pop()
        for value in container.values() if isinstance(container, dict) else container:
            if type(value) in _CONTAINERS and id(value) not in found:
                found[id(value)] = value
                waiting.append(value)
    return list(found.values())


def _restore(current: MutableMapping[str, Any], attributes: dict[str, Any]) -> None:
    for name in [name for name in current if name not in attributes]:
        del current[name]
    for name, value in attributes.items():
        now: Any = current.get(name)
        if type(value) in _CONTAINERS and type(now) is type(value):
            _refill(now, value)
        elif now is not value or name not in current:
            current[name] = value


def _refill(container: Any, content: Any) -> None:
    if not _same(container, content):  # keep the identity of the container: others may hold it
        container.clear()
        container.extend(content) if isinstance(container, list) else container.update(content)


def _same(a: Any, b: Any) -> bool:
    if type(a) in _CONTAINERS and type(a) is type(b):
        if len(a) != len(b):
            return False
        if isinstance(a, dict):
            return list(a) == list(b) and all(_same(a[key], b[key]) for key in a)
        if isinstance(a, list):
            return all(_same(x, y) for x, y in zip(a, b, strict=True))
        return bool(a == b)
    if a is b:
        return True
    return type(a) is type(b) and isinstance(a, (int, float, str, bytes, bool)) and a == b


def _changed(
    modules: dict[str, nn.Module],
    before: dict[str, dict[str, Any]],
    buffers: dict[str, torch.Tensor],
    model: nn.Module,
) -> list[str]:
    names = []
    for path, module in modules.items():
        old = before[path]
        for name, value in vars(module).items():
            if not name.startswith("_") and name not in ("training", "forward") and not _same(value, old.get(name)):
                names.append(f"{path}.{name}" if path else name)
    for path, buffer in model.named_buffers():
        if path in buffers and not _equal(buffer, buffers[path]):
            names.append(path)
    return names


def _restore_buffers(model: nn.Module, buffers: dict[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for path, buffer in model.named_buffers():
            if path in buffers and not _equal(buffer, buffers[path]):
                buffer.copy_(buffers[path])


def _equal(a: torch.Tensor, b: torch.Tensor) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if torch.equal(a, b):
        return True
    return a.is_floating_point() and bool(((a == b) | (a.isnan() & b.isnan())).all())


def _has_values(tensor: torch.Tensor) -> bool:
    return holds_numbers(tensor) and not tensor.is_sparse


def _plain_objects(model: nn.Module) -> list[Any]:
    """Objects such as a config that modules hold and that an exporter may write to."""
    found: dict[int, Any] = {}
    for module in model.modules():
        for value in vars(module).values():
            plain = hasattr(value, "__dict__") and not isinstance(value, (nn.Module, torch.Tensor, type))
            if plain and not callable(value):
                found[id(value)] = value
    return list(found.values())
