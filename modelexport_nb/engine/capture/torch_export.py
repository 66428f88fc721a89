"""`torch.onnx.export(dynamo=True)`: any module."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import onnx_ir as ir
import torch
from torch.utils._pytree import tree_leaves

from .base import Request
from .one_export import one_export


class TorchOnnx:
    """Capture through `torch.export` and torch's own ONNX translation."""

    name = "torch.onnx"
    keeps_record = True

    def accepts(self, request: Request) -> bool:
        """Every module."""
        return True

    def export(self, request: Request) -> ir.Model:
        """Run `torch.onnx.export(dynamo=True)`."""
        with one_export():
            return self.translate(request)

    def translate(self, request: Request) -> ir.Model:
        """The call itself; how `torch.export` runs in it is decided around it."""
        program = torch.onnx.export(
            request.model,
            request.args,
            kwargs=request.kwargs,
            dynamo=True,
            opset_version=request.opset,
            dynamic_shapes=request.dynamic_shapes,
            verbose=False,
        )
        assert program is not None  # only the TorchScript exporter returns None
        return program.model

    def input_tensors(self, request: Request, names: list[str]) -> dict[str, torch.Tensor]:
        """Tensors in the order in which torch flattens arguments, which is the order of the graph's inputs."""
        flat = [leaf for leaf in tree_leaves((request.args, request.kwargs)) if isinstance(leaf, torch.Tensor)]
        return dict(zip(names, flat, strict=False))

    def output_tensors(self, outputs: Any) -> Iterable[torch.Tensor]:
        """Tensors in pytree order."""
        return [leaf for leaf in tree_leaves(outputs) if isinstance(leaf, torch.Tensor)]
