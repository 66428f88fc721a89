"""Does the model read numbers that depend on its inputs into Python? What they decide holds for these inputs only."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

from ..inputs import fresh
from ..model_lines import as_place
from ..modules import storage_address
from ..state import preserved
from ..values import tensors_in
from .base import Request

_NOT_THE_MODEL = (str(Path(torch.__file__).parent), str(Path(__file__).parents[1]))


def number_read(request: Request) -> str | None:
    """` in module at file:line: `code`` of the first such place in a run of the model, None when there is none.

    Numbers of parameters, and of what is made from shapes alone, are the same in every run and do not count.
    """
    args, kwargs = fresh((request.args, request.kwargs))
    with preserved(request.model), torch.no_grad(), _Follow(request.model, (args, kwargs)) as follow:
        request.model(*args, **kwargs)
    return follow.read


class _Follow(TorchFunctionMode):
    """Follows what depends on the inputs, by the memory it lies in."""

    def __init__(self, model: nn.Module, inputs: Any) -> None:
        super().__init__()
        self._paths = {id(module): path for path, module in model.named_modules()}
        self.read: str | None = None
        self._varying = {storage_address(tensor) for tensor in tensors_in(inputs)}
        self._harmless: set[Any] = set()  # functions that need no numbers

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = tensors_in((args, kwargs))
        versions = [_version(tensor) for tensor in given]
        varies = any(storage_address(tensor) in self._varying for tensor in given)
        result = func(*args, **kwargs)
        made = tensors_in(result)
        if varies:
            changed = [tensor for tensor, version in zip(given, versions, strict=True) if _version(tensor) != version]
            self._varying |= {storage_address(tensor) for tensor in (*made, *changed)}
            if self.read is None and not made and result is not None and self._needs_numbers(func, args, kwargs):
                self.read = self._place()
        else:  # memory that something varying had once may be used again
            self._varying -= {storage_address(tensor) for tensor in made}
        return result

    def _place(self) -> str:
        frame = sys._getframe(2)
        while frame.f_back is not None and frame.f_code.co_filename.startswith(_NOT_THE_MODEL):
            frame = frame.f_back
        file, line = frame.f_code.co_filename, frame.f_lineno
        place = as_place(file, line, linecache.getline(file, line).strip())
        caller: FrameType | None = frame
        while caller is not None:
            first = caller.f_locals.get((*caller.f_code.co_varnames, "")[0])  # of a method, its object
            if path := self._paths.get(id(first)):
                return f" in {path}{place}"
            caller = caller.f_back
        return place

    def _needs_numbers(self, func: Any, args: Any, kwargs: Any) -> bool:
        """Whether a function fails on tensors that have a shape but no numbers."""
        if func in self._harmless:
            return False
        try:
            func(*tree_map(_without_numbers, args), **tree_map(_without_numbers, kwargs))
        except Exception:  # whatever it is that a function says then
            return True
        self._harmless.add(func)
        return False


def _version(tensor: torch.Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version  # torch does not count the changes of those


def _without_numbers(value: Any) -> Any:
    return value.detach().to("meta") if isinstance(value, torch.Tensor) else value
