"""`torch.onnx` with repairs that hold for any model, in force while it is traced and gone afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import onnx_ir as ir
import torch
from torch.overrides import TorchFunctionMode

from .base import Request
from .torch_export import TorchOnnx


class RepairedOnnx:
    """Another capture, run with the repairs. It keeps the record that the other keeps."""

    name = "repaired"
    keeps_record = True

    def __init__(self, way: TorchOnnx) -> None:
        self._way = way

    def accepts(self, request: Request) -> bool:
        """What the other accepts."""
        return self._way.accepts(request)

    def export(self, request: Request) -> ir.Model:
        """Export, with the repairs in force."""
        with _ReshapeForView(), _no_assertions():
            return self._way.export(request)

    def input_tensors(self, request: Request, names: list[str]) -> dict[str, torch.Tensor]:
        """As the other."""
        return self._way.input_tensors(request, names)

    def output_tensors(self, outputs: Any) -> Iterable[torch.Tensor]:
        """As the other."""
        return self._way.output_tensors(outputs)


@contextmanager
def _no_assertions() -> Iterator[None]:
    """What a model asserts about the numbers in a tensor computes nothing, and ONNX has no words for it; the eager run
    has passed it."""
    assertion = torch._check_tensor_all_with
    torch._check_tensor_all_with = lambda *_, **__: None
    try:
        yield
    finally:
        torch._check_tensor_all_with = assertion


class _ReshapeForView(TorchFunctionMode):
    """`reshape` does all that `view` does, and copies where the layout in memory forbids a view: a trace may lay a
    tensor out in another way than the real run."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.Tensor.view and not any(isinstance(one, torch.dtype) for one in (*args, *kwargs.values())):
            return torch.Tensor.reshape(*args, **({"shape": kwargs["size"]} if "size" in kwargs else kwargs))
        return func(*args, **kwargs)
