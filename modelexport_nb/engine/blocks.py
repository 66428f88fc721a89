"""Blocks that do the same: calls of different modules that ran the same operators on what they were given.

Seen in the eager run, operator by operator: the constants, the order, the wiring, and which inner call ran each. What
one of them is in a graph, the others are too, with their own parameters; no name of a module decides it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.utils._pytree import tree_flatten
from torch.utils.weak import WeakIdKeyDictionary

from .modules import own_tensors
from .recording import CallRecorder
from .values import PLAIN, form_of, tensors_in


class BlockWatch:
    """Follows one run of a model.

    Args:
        model: its outermost modules that are built alike are the blocks.
        recorder: of the run, active around the watch.
    """

    def __init__(self, model: nn.Module, recorder: CallRecorder) -> None:
        self._recorder = recorder
        self._built = built_alike(model)
        self._open: _Block | None = None
        self._found: dict[Hashable, list[str]] = {}

    def kinds(self) -> dict[str, int]:
        """The modules whose first call has others of its kind, by path."""
        groups = [paths for paths in self._found.values() if len(paths) > 1]
        return {path: kind for kind, paths in enumerate(groups) for path in paths}

    def see(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """An operator has run."""
        if self._open is not None:
            self._open.add(self._recorder.stack[-1], func, args, kwargs, result)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Watch the calls in the block."""
        hooks = (
            register_module_forward_pre_hook(self._before),
            register_module_forward_hook(self._after, with_kwargs=True),
        )
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _before(self, module: nn.Module, _: Any) -> None:
        path = self._recorder.path_of(module)
        if path in self._built and self._recorder.calls.count(path) == 1:  # it has just begun
            self._open = _Block(module, self._recorder.stack[-1])

    def _after(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        block = self._open
        if block is None or block.module is not module:
            return
        self._open = None
        inner = _inner_calls(self._recorder, block.call)
        done = block.done(args, kwargs, output)
        if inner is not None and done is not None:
            path = self._recorder.calls[block.call].path
            self._found.setdefault((self._built[path], inner, done), []).append(path)


class _Block:
    """A call that runs: what its operators did, in terms that know no tensor of it."""

    def __init__(self, module: nn.Module, call: int) -> None:
        self.module = module
        self.call = call
        self._fit = True
        self._steps: list[Hashable] = []
        self._made = WeakIdKeyDictionary()  # by tensor: the step that made it, its place there
        self._outside: list[torch.Tensor] = []
        parts = module.named_modules()
        self._own = {id(tensor): f"{path}.{name}" for path, part in parts for name, tensor in own_tensors(part)}

    def add(self, call: int, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        """Note an operator of a call in it."""
        step = (func, call - self.call, self._token(args), self._token(kwargs))
        for place, tensor in enumerate(tensors_in(result)):
            if tensor not in self._made:
                self._made[tensor] = (len(self._steps), place)
        self._steps.append(step)

    def done(self, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Hashable | None:
        """What it did; None where it was given or used what is neither a tensor nor a constant."""
        given, structure = tree_flatten((args, kwargs))
        places = {id(leaf): place for place, leaf in reversed([*enumerate(given)]) if isinstance(leaf, torch.Tensor)}
        taken = [(places[id(leaf)], *form_of(leaf)) if id(leaf) in places else self._token(leaf) for leaf in given]
        outside = [places.get(id(tensor)) for tensor in self._outside]
        returned, form = tree_flatten(output)
        results = [places[id(leaf)] if id(leaf) in places else self._token(leaf) for leaf in returned]
        if not self._fit:
            return None
        return (tuple(self._steps), structure, tuple(taken), tuple(outside), form, tuple(results))

    def _token(self, value: Any) -> Hashable:
        if isinstance(value, torch.Tensor):
            return self._token_of(value)
        if isinstance(value, list | tuple):
            return tuple(map(self._token, value))
        if isinstance(value, dict):
            return tuple((name, self._token(each)) for name, each in value.items())
        self._fit &= type(value) in PLAIN
        return (type(value), repr(value))

    def _token_of(self, tensor: torch.Tensor) -> Hashable:
        if (made := self._made.get(tensor)) is not None:
            return made
        if (name := self._own.get(id(tensor))) is not None:
            return (name, *form_of(tensor))
        at = next((at for at, other in enumerate(self._outside) if other is tensor), len(self._outside))
        if at == len(self._outside):
            self._outside.append(tensor)
        return ("outside", at, *form_of(tensor))


def _inner_calls(recorder: CallRecorder, block: int) -> Hashable | None:
    """The calls inside a block: path and parent, as seen from it; None where a module from elsewhere is called."""
    path = recorder.calls[block].path
    inner = recorder.calls.calls[block + 1 :]
    if not all(call.path.startswith(f"{path}.") for call in inner):
        return None
    return tuple((call.path[len(path) :], call.number, call.parent - block) for call in inner)


def built_alike(model: nn.Module) -> dict[str, int]:
    """The outermost modules with parts of which there is more than one that is built alike, by path, with a number for
    how they are built: same classes, same names, same shapes."""
    numbers: dict[Hashable, int] = {}
    built: dict[int, int] = {}

    def number(module: nn.Module) -> int:
        if id(module) not in built:
            tensors = tuple((name, tensor.dtype, tuple(tensor.shape)) for name, tensor in own_tensors(module))
            parts = tuple((name, number(part)) for name, part in module.named_children())
            built[id(module)] = numbers.setdefault((type(module), tensors, parts), len(numbers))
        return built[id(module)]

    number(model)
    counts = Counter(built.values())
    found: dict[str, int] = {}
    paths = {id(module): path for path, module in model.named_modules()}
    waiting = [model]
    while waiting:
        for part in waiting.pop().children():
            if counts[built[id(part)]] > 1 and any(True for _ in part.children()):
                found[paths[id(part)]] = built[id(part)]
            else:
                waiting.append(part)
    return found


def untouched(module: nn.Module) -> bool:
    """Whether no part of it has hooks or a `forward` of its own: nobody knows what these do."""
    return not any(
        part._forward_hooks or part._forward_pre_hooks or "forward" in vars(part) for part in module.modules()
    )
