"""Small samples of tensors, so that equal values of two runs are found without keeping either run's tensors."""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch

SIZE = 256
"""Numbers kept of each tensor. Spread over all of it; two different float tensors agree on none of them."""

TOLERANCE = 2e-3
"""Largest difference between equal values, relative to the largest number of the sample: two implementations of one
float32 model differ by 1e-6 to 1e-4, more after many layers."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Shape, kind of number (`f`, `i` or `b`) and up to `SIZE` numbers at fixed places, as float64.

    `plain` says that all numbers are equal: such a value (a mask of ones) occurs anywhere and is no evidence.
    """

    shape: tuple[int, ...]
    kind: str
    numbers: np.ndarray
    plain: bool


class SampleStore:
    """Room for the numbers of many samples in few large blocks.

    Small pieces that live on among the large short-lived tensors of a running model would keep the allocator from
    using the memory of those again: the process would grow as if it held them all.
    """

    def __init__(self) -> None:
        self._block = np.empty(0)
        self._used = 0

    def copy(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers as float64, in a block."""
        start, end = self._used, self._used + numbers.size
        if end > self._block.size:
            self._block = np.empty(_BLOCK)
            start, end = 0, numbers.size
        self._used = end
        room = self._block[start:end]
        with np.errstate(invalid="ignore"):  # memory that is yet to be filled holds anything
            room[...] = numbers
        return room


_BLOCK = 2**18  # numbers, 2 MiB


def sample_array(array: np.ndarray) -> Sample:
    """The sample of a NumPy array."""
    flat = array.reshape(-1)
    numbers = flat[_places(flat.size)] if flat.size > SIZE else flat
    return _sample(array.shape, array.dtype.kind, numbers.astype(np.float64))


def sample_tensor(tensor: torch.Tensor, store: SampleStore | None = None) -> Sample | None:
    """The sample of a tensor, kept in `store`; None for what has no numbers that ONNX has too (complex, sparse, nested,
    quantized, no memory, a type that torch can store but not read)."""
    unlike = tensor.is_complex() or tensor.is_nested or tensor.is_quantized
    if unlike or tensor.layout is not torch.strided or tensor.device.type == "meta":
        return None
    kind = "f" if tensor.is_floating_point() else "b" if tensor.dtype == torch.bool else "i"
    shape = tuple(tensor.shape)
    # copied in any case: the tensor may be changed in place later, and a view would hold all of its memory
    try:
        numbers = _numbers(tensor.detach(), shape)
    except NotImplementedError:
        return None
    return _sample(shape, kind, store.copy(numbers) if store is not None else numbers.astype(np.float64))


def _numbers(tensor: torch.Tensor, shape: tuple[int, ...]) -> np.ndarray:
    where = _positions(shape)
    if type(tensor) is torch.Tensor and tensor.device.type == "cpu" and tensor.dtype in _NUMPY and not tensor.is_neg():
        array = tensor.numpy()
        return array.reshape(-1) if where is None else array[where]
    if where is not None:
        tensor = tensor[tuple(torch.from_numpy(axis).to(tensor.device) for axis in where)]
    return tensor.reshape(-1).to("cpu", torch.float64).numpy()


_NUMPY = {torch.float32, torch.float64, torch.float16, torch.int64, torch.int32, torch.bool, torch.uint8, torch.int8}


def _sample(shape: tuple[int, ...], kind: str, numbers: np.ndarray) -> Sample:
    plain = numbers.size < 2 or bool((numbers == numbers[0]).all())
    return Sample(tuple(shape), {"u": "i", "V": "f"}.get(kind, kind), numbers, plain)


@functools.lru_cache(maxsize=1024)
def _places(size: int) -> np.ndarray:
    return np.sort(np.random.default_rng(size).choice(size, SIZE, replace=False))


@functools.lru_cache(maxsize=1024)
def _positions(shape: tuple[int, ...]) -> tuple[np.ndarray, ...] | None:
    """The places as indices of each axis; None where all numbers are kept."""
    size = math.prod(shape)
    return np.unravel_index(_places(size), shape) if size > SIZE else None


def differ(one: Sample, two: Sample, relative: float) -> bool:
    """Whether two samples are of different values; floating point numbers may be `relative` times the largest apart."""
    if (one.shape, one.kind) != (two.shape, two.kind):
        return True
    scale = np.abs(one.numbers[np.isfinite(one.numbers)]).max(initial=0.0)
    return not _equal(one.numbers[None], two.numbers, relative * scale if one.kind == "f" else 0.0)[0]


class SampleIndex:
    """Finds the known samples that are equal to a given one."""

    def __init__(self) -> None:
        self._known: dict[tuple[tuple[int, ...], str], list[tuple[int, Sample]]] = defaultdict(list)
        self._tables: dict[tuple[tuple[int, ...], str], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def add(self, label: int, sample: Sample) -> None:
        """Remember a sample under a label of the caller's."""
        self._known[(sample.shape, sample.kind)].append((label, sample))
        self._tables.pop((sample.shape, sample.kind), None)

    def find(self, sample: Sample) -> list[int]:
        """Labels of the equal samples, in ascending order."""
        key = (sample.shape, sample.kind)
        if key not in self._known:
            return []
        labels, marks, table = self._table(key)
        scale = np.abs(sample.numbers[np.isfinite(sample.numbers)]).max(initial=0.0)
        allowed = TOLERANCE * scale if sample.kind == "f" else 0.0
        mark = _mark(sample.numbers)
        # A cheap projection first: sorted, so that only its neighbours are compared in full.
        reach = allowed * sample.numbers.size + 1e-9
        low, high = np.searchsorted(marks, [mark - reach, mark + reach])
        close = _equal(table[low:high], sample.numbers, allowed)
        return sorted(int(label) for label in labels[low:high][close])

    def _table(self, key: tuple[tuple[int, ...], str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if key not in self._tables:
            known = self._known[key]
            table = np.stack([sample.numbers for _, sample in known])
            marks = np.array([_mark(row) for row in table])
            order = np.argsort(marks, kind="stable")
            self._tables[key] = np.array([label for label, _ in known])[order], marks[order], table[order]
        return self._tables[key]


def _mark(numbers: np.ndarray) -> float:
    return float(np.where(np.isfinite(numbers), numbers, 0.0).sum())


def _equal(table: np.ndarray, numbers: np.ndarray, allowed: float) -> np.ndarray:
    same = (table == numbers) | (np.isnan(table) & np.isnan(numbers))
    with np.errstate(invalid="ignore"):
        close = np.abs(table - numbers) <= allowed
    return (same | close).all(axis=1)
