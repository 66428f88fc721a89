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

from .arrays import to_numpy
from .graph import LIVE
from .modules import holds_numbers, own_tensors, storage_address


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
    (deduplicated, transposed, gates of a GRU exchanged), or is a parameter rescaled along one axis (a Conv into which
    a BatchNorm was folded). Equal parameters of several modules are all named. A single number is no evidence: the
    same constant occurs anywhere.
    """

    def __init__(self, model: nn.Module) -> None:
        self.parameters = [
            Parameter(path, name, tensor.detach())
            for path, module in model.named_modules()
            for name, tensor in own_tensors(module)
        ]
        self._by_memory: dict[object, list[Parameter]] = defaultdict(list)
        self._by_size: dict[int, list[Parameter]] = defaultdict(list)
        for parameter in self.parameters:
            tensor = parameter.tensor
            if address := storage_address(tensor):
                self._by_memory[(address, tensor.storage_offset(), tensor.numel())].append(parameter)
            self._by_size[tensor.numel()].append(parameter)
        self._comparable: dict[int, list[Parameter]] = {}  # by size, as it is asked for
        self._arrays: dict[int, np.ndarray] = {}
        self._by_ends: dict[tuple[int, np.dtype], dict[tuple[float, float], list[Parameter]]] = {}

    def of(self, initializer: ir.Value) -> list[Parameter]:
        """Parameters that the initializer holds; empty for a plain constant."""
        tensor = initializer.const_value
        live = initializer.meta.get(LIVE, getattr(tensor, "raw", None))
        if isinstance(live, torch.Tensor) and (address := storage_address(live)):
            found = self._by_memory.get((address, live.storage_offset(), live.numel()))
            if found:
                return found + self._equal_copies(found[0])
        if tensor is None or tensor.size < 2 or tensor.size not in self._by_size:
            return []
        if not tensor.dtype.is_floating_point():
            return []
        array = tensor.numpy()
        candidates = self._candidates(tensor.size)
        return (
            [p for p in self._with_ends_of(array, candidates) if _same_layout(self._rounded(p, array), array)]
            or [p for p in candidates if _is_rescaled(array, self._rounded(p, array))]
            or [p for p in candidates if _same_numbers(self._rounded(p, array), array)]
        )

    def _candidates(self, size: int) -> list[Parameter]:
        """Parameters of this size whose numbers can be compared."""
        if size not in self._comparable:
            self._comparable[size] = [p for p in self._by_size[size] if _comparable(p.tensor)]
        return self._comparable[size]

    def _equal_copies(self, first: Parameter) -> list[Parameter]:
        """Other parameters with the same numbers: exporters merge small equal tensors into one."""
        if first.tensor.numel() > 1024 or not holds_numbers(first.tensor):
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

    def _with_ends_of(self, array: np.ndarray, candidates: list[Parameter]) -> list[Parameter]:
        """Of the parameters of this size, those with the same first and last number, which no layout moves."""
        key = array.size, array.dtype
        if key not in self._by_ends:
            found = self._by_ends[key] = defaultdict(list)
            for parameter in candidates:
                found[_ends(self._array(parameter), array.dtype)].append(parameter)
        return self._by_ends[key].get(_ends(array, array.dtype), [])

    def _rounded(self, parameter: Parameter, array: np.ndarray) -> np.ndarray:
        """The parameter's numbers in the type of an initializer: where torch computes in another, weights are cast."""
        return self._array(parameter).astype(array.dtype, copy=False)

    def _array(self, parameter: Parameter) -> np.ndarray:
        key = id(parameter.tensor)
        if key not in self._arrays:
            self._arrays[key] = to_numpy(parameter.tensor)
        return self._arrays[key]


def _comparable(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() and holds_numbers(tensor) and not tensor.is_sparse


def _ends(array: np.ndarray, dtype: np.dtype) -> tuple[float, float]:
    first, last = np.array([array.flat[0], array.flat[-1]]).astype(dtype)
    return float(first), float(last)


def _same_layout(own: np.ndarray, array: np.ndarray) -> bool:
    """Equal as it is, transposed, or with another shape."""
    views = [own] if own.shape == array.shape else [own.reshape(array.shape)]
    if own.ndim == 2 and own.shape[::-1] == array.shape:
        views.append(own.T)
    # a few numbers tell most strangers apart before whole weights are compared
    return any(np.array_equal(_few(view), _few(array)) and np.array_equal(view, array) for view in views)


def _few(array: np.ndarray) -> np.ndarray:
    return array[:2, ..., :64] if array.ndim > 1 else array[:64]


def _same_numbers(own: np.ndarray, array: np.ndarray) -> bool:
    """Equal in some order, as when the gates of a GRU change places."""
    a, b = (float(np.sum(x, dtype=np.float64)) for x in (own, array))
    if abs(a - b) > 1e-4 * max(1.0, abs(a)) + 1e-6 * own.size:  # sums differ by rounding at most
        return False
    return np.array_equal(np.sort(own, axis=None), np.sort(array, axis=None))


def _is_rescaled(array: np.ndarray, own: np.ndarray) -> bool:
    """Whether `array` is `own` times one number for each entry of its first or second axis."""
    if array.shape != own.shape or own.ndim < 2:
        return False
    for axis in (0, 1):
        if own.shape[axis] == own.size:
            continue  # one number for each entry would fit anything
        pair = np.moveaxis(array, axis, 0), np.moveaxis(own, axis, 0)
        # two entries of the axis tell most strangers apart before whole weights are copied and compared
        if _proportional(*(_rows(x[:2])[:, :64] for x in pair)) and _proportional(*map(_rows, pair)):
            return True
    return False


def _rows(array: np.ndarray) -> np.ndarray:
    return array.reshape(len(array), -1)


def _proportional(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype.itemsize < 4:
        a, b = a.astype(np.float32), b.astype(np.float32)
    scale = np.einsum("ij,ij->i", a, b) / np.maximum(np.einsum("ij,ij->i", b, b), 1e-30)
    limit = 1e-3 * float(np.abs(a).max()) + 1e-30
    return bool(scale.any() and (np.abs(a - scale[:, None] * b) <= limit).all())
