"""Whose parameter is this initializer? Found by memory and by value, never by name.

Exporters share, merge, transpose and rescale weights; a name says nothing after that.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import onnx_ir as ir
import torch
from torch import nn

from .eager import storage_address
from .modules import own_tensors


@dataclass(frozen=True)
class Parameter:
    """A parameter or buffer of the model: the path of the module that owns it, its name there, its memory."""

    module: str
    name: str
    tensor: torch.Tensor

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}" if self.module else self.name


class Owners:
    """Resolves initializers of a graph to the parameters of a live model.

    An initializer is a parameter when it lies in the same memory (ties included), holds the same numbers in any order
    of the axes (deduplicated, transposed, reshaped), or is a parameter rescaled along one axis (a Conv into which a
    BatchNorm was folded). Equal parameters of several modules are all named. A single number is no evidence: the
    same constant occurs anywhere.
    """

    def __init__(self, model: nn.Module) -> None:
        self.parameters = [
            Parameter(path, name, tensor.detach())
            for path, module in model.named_modules()
            for name, tensor in own_tensors(module)
        ]
        self._by_memory: dict[tuple[int, int, int], list[Parameter]] = defaultdict(list)
        self._by_size: dict[int, list[Parameter]] = defaultdict(list)
        for parameter in self.parameters:
            tensor = parameter.tensor
            if address := storage_address(tensor):
                self._by_memory[(address, tensor.storage_offset(), tensor.numel())].append(parameter)
            self._by_size[tensor.numel()].append(parameter)
        self._arrays: dict[int, np.ndarray] = {}

    def of(self, initializer: ir.Value) -> list[Parameter]:
        """Parameters that the initializer holds; empty for a plain constant."""
        tensor = initializer.const_value
        if tensor is None:
            return []
        live = getattr(tensor, "raw", None)
        if isinstance(live, torch.Tensor) and (address := storage_address(live)):
            found = self._by_memory.get((address, live.storage_offset(), live.numel()))
            if found:
                return found + self._equal_copies(found[0])
        if tensor.size < 2 or tensor.size not in self._by_size:
            return []
        array = tensor.numpy()
        candidates = [p for p in self._by_size[tensor.size] if _comparable(p.tensor, array)]
        equal = [p for p in candidates if self._holds_same(p, array)]
        return equal or [p for p in candidates if _is_rescaled(array, self._array(p))]

    def _equal_copies(self, first: Parameter) -> list[Parameter]:
        """Other parameters with the same numbers: exporters merge small equal tensors into one."""
        if first.tensor.numel() > 1024:
            return []
        array = self._array(first)
        others = self._by_size[first.tensor.numel()]
        return [
            p
            for p in others
            if p.tensor is not first.tensor
            and p.tensor.dtype == first.tensor.dtype
            and p.tensor.shape == first.tensor.shape
            and np.array_equal(self._array(p), array)
        ]

    def _holds_same(self, parameter: Parameter, array: np.ndarray) -> bool:
        own = self._array(parameter)
        if own.shape == array.shape and np.array_equal(own, array):
            return True
        if own.ndim == array.ndim == 2 and own.shape == array.shape[::-1]:
            return np.array_equal(own.T, array)
        if np.array_equal(own.reshape(-1), array.reshape(-1)):
            return True
        if sorted(own.shape) != sorted(array.shape) or own.ndim < 3:
            return False
        return np.array_equal(np.sort(own, axis=None), np.sort(array, axis=None))

    def _array(self, parameter: Parameter) -> np.ndarray:
        key = id(parameter.tensor)
        if key not in self._arrays:
            tensor = parameter.tensor.cpu()
            self._arrays[key] = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
        return self._arrays[key]


def _comparable(tensor: torch.Tensor, array: np.ndarray) -> bool:
    return tensor.device.type != "meta" and not tensor.is_sparse and tensor.is_floating_point() == (array.dtype.kind == "f")


def _is_rescaled(array: np.ndarray, own: np.ndarray) -> bool:
    """Whether `array` is `own` times one number for each entry of one axis, the numbers not all being free to choose."""
    if array.shape != own.shape or own.ndim < 2:
        return False
    for axis in (0, 1):
        if own.shape[axis] == own.size:
            continue
        a, b = (np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1).astype(np.float64) for x in (array, own))
        scale = (a * b).sum(1) / np.maximum((b * b).sum(1), 1e-300)
        if np.allclose(a, scale[:, None] * b, rtol=1e-3, atol=1e-6 * max(1.0, float(np.abs(a).max()))):
            return True
    return False
