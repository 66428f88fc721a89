"""Follow the module calls of one model through global forward hooks: nothing is ever put on the model.

The same recorder serves the eager run and the run that the exporter traces, so that both number calls alike.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from .modules import CallTree

Exit = Callable[[int, Any], None]
Enter = Callable[[int, tuple[Any, ...]], None]


class CallRecorder:
    """Records every call of the model's modules, each under the canonical path of the module.

    A module is recognised by its `__dict__`: torch.export hands hooks a stand-in object that shares it.
    A new run starts whenever the root is entered from outside; `calls` is the latest run, `runs` counts them.

    Args:
        model: the root module.
        direct: paths of modules whose `forward` the model calls without `__call__` (no hook sees that);
            a wrapper on the instance, removed afterwards, reports those calls.
    """

    def __init__(self, model: nn.Module, direct: Iterable[str] = ()) -> None:
        self._paths = {id(vars(module)): path for path, module in model.named_modules()}
        self._direct = [model.get_submodule(path) for path in direct]
        self.calls = CallTree()
        self.stack: list[int] = []
        self.runs: list[CallTree] = []
        self.failed_in: str | None = None

    def path_of(self, module: nn.Module) -> str | None:
        """Canonical path of a module or of its stand-in; None for a module of another model."""
        return self._paths.get(id(vars(module)))

    @contextmanager
    def active(self, enter: Enter | None = None, leave: Exit | None = None) -> Iterator[CallRecorder]:
        """Record calls inside the block; `enter(call, args)` and `leave(call, output)` hear of each."""

        def before(module: nn.Module, args: tuple[Any, ...]) -> None:
            if not torch.compiler.is_dynamo_compiling() and (path := self.path_of(module)) is not None:
                index = self._begin(path)
                if enter is not None:
                    enter(index, args)

        def after(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
            if not torch.compiler.is_dynamo_compiling() and self.path_of(module) is not None:
                self._end(output, leave)

        hooks = (
            register_module_forward_pre_hook(before),
            register_module_forward_hook(after, always_call=True),
        )
        wrapped = [module for module in self._direct if "forward" not in vars(module)]
        for module in wrapped:
            vars(module)["forward"] = self._reporting(module, before, after)
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()
            for module in wrapped:
                del vars(module)["forward"]
            while self.stack:  # torch.export tells hooks of no exception: what `enter` opened must not stay open
                self._end(None, leave)

    def _begin(self, path: str) -> int:
        if not self.stack:
            self.calls = CallTree()
            self.runs.append(self.calls)
        self.failed_in = None
        index = self.calls.begin(path, self.stack[-1] if self.stack else -1)
        self.stack.append(index)
        return index

    def _end(self, output: Any, leave: Exit | None) -> None:
        index = self.stack.pop()
        if output is None and self.failed_in is None:
            self.failed_in = self.calls[index].key  # innermost call that ended without a result; read after a failure
        if leave is not None:
            leave(index, output)

    def _reporting(self, module: nn.Module, before: Callable[..., None], after: Callable[..., None]) -> Any:
        original = module.forward

        @functools.wraps(original)
        def forward(*args: Any, **kwargs: Any) -> Any:
            if self.stack and self.calls[self.stack[-1]].path == self.path_of(module):
                return original(*args, **kwargs)  # entered through __call__: the hook has reported it
            before(module, args)
            output = None
            try:
                output = original(*args, **kwargs)
                return output
            finally:
                after(module, args, output)

        return forward
