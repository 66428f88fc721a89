"""Capture through Dynamo: it reads the model's bytecode and so follows some code that a trace cannot, NumPy for one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import onnx_ir as ir
import torch

from .base import Request
from .one_export import one_export
from .torch_export import TorchOnnx


class StrictOnnx:
    """`torch.onnx` with `torch.export.export(strict=True)`. Our hooks are silent in Dynamo: it keeps no record."""

    name = "strict"
    keeps_record = False

    def __init__(self) -> None:
        self._plain = TorchOnnx()

    def accepts(self, request: Request) -> bool:
        """Every module."""
        return True

    def export(self, request: Request) -> ir.Model:
        """Run `torch.onnx.export(dynamo=True)`, strictly."""
        with one_export(strict=True):
            return self._plain.translate(request)

    def input_tensors(self, request: Request, names: list[str]) -> dict[str, torch.Tensor]:
        """As `torch.onnx`."""
        return self._plain.input_tensors(request, names)

    def output_tensors(self, outputs: Any) -> Iterable[torch.Tensor]:
        """As `torch.onnx`."""
        return self._plain.output_tensors(outputs)
