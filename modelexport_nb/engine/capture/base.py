"""What a capture is given, what it gives back, and the protocol between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import onnx_ir as ir
import torch
from torch import nn

from ..modules import CallTree
from ..optimization import DEFAULT_SHORT_CUTS, OptimizationOptions
from .record import Record


@dataclass(frozen=True)
class Request:
    """One export as the user asked for it. `opset` None leaves the choice to the exporter; `blocks` are the
    modules whose calls did the same as others' in the eager run, by path, with a number for what they did."""

    model: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    opset: int | None = None
    dynamic_shapes: Any = None
    direct: frozenset[str] = frozenset()  # modules whose forward is called without __call__
    optimization: OptimizationOptions = DEFAULT_SHORT_CUTS
    blocks: Mapping[str, int] = field(default_factory=dict)


class Capture(Protocol):
    """One way from `nn.Module` to ONNX. Each lives in a file of its own.

    `keeps_record` says that it traces the model through `__call__` and through onnxscript's passes, where our
    witnesses see which module call makes which node.
    """

    name: str
    keeps_record: bool

    def accepts(self, request: Request) -> bool:
        """Whether this way is made for such a model."""
        ...

    def export(self, request: Request) -> ir.Model:
        """The ONNX graph, optimised as the exporter does by default."""
        ...

    def input_tensors(self, request: Request, names: list[str]) -> dict[str, torch.Tensor]:
        """The request's tensors by the name of the graph input that takes them."""
        ...

    def output_tensors(self, outputs: Any) -> Iterable[torch.Tensor]:
        """The tensors in what the model returns, in the order of the graph's outputs."""
        ...


@dataclass(frozen=True)
class Attempt:
    """A capture that was tried. `why` says in one line why its graph was not taken; empty when it was."""

    name: str
    ok: bool
    why: str = ""


@dataclass(frozen=True)
class Captured:
    """An ONNX graph with its witnesses, as far as the capture has any.

    `calls` are the module calls of the traced run, `record` says which of them made each node. A capture that keeps no
    record (TorchScript) has neither. `notes` are sentences about what the graph is good for.
    """

    model: ir.Model
    capture: Capture
    calls: CallTree
    record: Record | None
    notes: tuple[str, ...] = ()
