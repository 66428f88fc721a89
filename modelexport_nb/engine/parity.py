"""Agreement of numbers: the file in ONNX Runtime against the model in eager PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch

from .arrays import to_numpy
from .errors import CheckError, NoKernelError, OptionError, one_line
from .in_float32 import in_float32
from .intermediates import DEFAULT_LIMIT, run_outputs
from .precision import RELATIVE_TOLERANCE, coarser
from .runtime import open_session
from .scratch import KeptArray

if TYPE_CHECKING:
    from .module_parity import CallParity, ModuleParity


@dataclass(frozen=True)
class OutputParity:
    """One output of the model: largest absolute difference, and the same relative to the output's largest value.
    Of the `size` numbers in PyTorch's, `not_finite` are infinite or no number; they agree where the file has the same.
    `held_to` is the type whose precision counts, where the file computes more coarsely than in PyTorch's type.
    """

    name: str
    max_abs: float
    max_rel: float
    ok: bool
    size: int = 0
    not_finite: int = 0
    held_to: str = ""

    @property
    def proves_nothing(self) -> bool:
        """Whether both sides hold no finite number: broken alike is not the same function."""
        return self.ok and 0 < self.size == self.not_finite


@dataclass(frozen=True)
class SecondSize:
    """Parity at other sizes, of a file whose sizes may vary. `sizes` tells them (`batch 4, sequence 14`); `fails` says
    that the file does not run there, `problem` that nothing could be compared because the model does not."""

    sizes: str
    outputs: tuple[OutputParity, ...] = ()
    problem: str | None = None
    fails: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the file agrees there, as far as the model itself runs there."""
        return self.fails is None and all(output.ok for output in self.outputs)

    @property
    def text(self) -> str:
        """`at batch 4, sequence 14: max |Δ| 5.3e-05`, or what is in the way."""
        if self.problem is not None:
            at = f" ({self.sizes})" if self.sizes else ""
            return f"at no other size{at}: {self.problem[0].lower()}{self.problem[1:]}"
        told = self.fails or f"max |Δ| {format_error(max((output.max_abs for output in self.outputs), default=0.0))}"
        return f"at {self.sizes}: {told}"


@dataclass(frozen=True)
class Parity:
    """Whole-model parity. `ok` when every output agrees, at other sizes too; `problem` says in one line why nothing
    could be compared, and `fits` is False where that is because the graph takes or returns other tensors than the
    model; `modules` holds what every module call returned, when that was asked for; `second_size` and `smaller_size`
    the same at larger and at smaller sizes, where those may vary in the file; `remark` says how it was computed where
    that is not as the file says."""

    outputs: tuple[OutputParity, ...]
    problem: str | None = None
    modules: ModuleParity | None = None
    fits: bool = True
    remark: str = ""
    second_size: SecondSize | None = None
    smaller_size: SecondSize | None = None

    @property
    def other_sizes(self) -> list[SecondSize]:
        """`second_size` and `smaller_size`, as far as there are any."""
        return [size for size in (self.second_size, self.smaller_size) if size is not None]

    @property
    def ok(self) -> bool:
        outputs = all(output.ok for output in self.outputs)
        return self.problem is None and outputs and all(size.ok for size in self.other_sizes)

    @property
    def differs(self) -> bool:
        """Whether numbers were compared, of the whole model or of a module call, and do not agree."""
        modules = self.modules is not None and not self.modules.ok
        return self.problem is None and (not self.ok or modules)

    @property
    def first_divergence(self) -> CallParity | None:
        """The first module call whose numbers differ; an `OptionError` where the calls were not compared."""
        if self.modules is None:
            raise OptionError('No module calls were compared. Export with verify="modules" (--verify modules).')
        return self.modules.first_divergence

    @property
    def max_abs(self) -> float:
        return max((output.max_abs for output in self.outputs), default=0.0)

    @property
    def text(self) -> str:
        """`max |Δ| 5.3e-05`, or the problem; with the first module call that differs where that is known, and the same
        at other sizes where those may vary."""
        if self.problem is not None:
            return self.problem
        text = f"max |Δ| {format_error(self.max_abs)}"
        first = self.modules.first_divergence if self.modules is not None and not self.ok else None
        text += f", first at {first.key or 'the root'}" if first is not None else ""
        held_to = sorted({output.held_to for output in self.outputs if output.held_to})
        text += f"; held to the precision of {' and '.join(held_to)}" if held_to else ""
        broken = [f"{one.not_finite} of {one.size} numbers of {one.name}" for one in self.outputs if one.not_finite]
        text += f"; not finite in PyTorch: {', '.join(broken)}" if broken else ""
        text += "".join(f"; {size.text}" for size in self.other_sizes)
        return f"{text} ({self.remark})" if self.remark else text

    @property
    def headline(self) -> str:
        """`text` where there is little room: sizes that agree are counted (`max |Δ| 8.9e-08 at 3 sizes`)."""
        compared = [size for size in self.other_sizes if size.problem is None]
        if not self.ok or not compared:
            return self.text
        outputs = (*self.outputs, *(output for size in compared for output in size.outputs))
        worst = max((output.max_abs for output in outputs), default=0.0)
        return f"max |Δ| {format_error(worst)} at {1 + len(compared)} sizes"


def format_error(value: float) -> str:
    """`0` is exact, else two digits: `1.2e-06`."""
    return "0" if value == 0 else f"{value:.1e}"


EXACT: Mapping[str, str] = MappingProxyType({})
"""Of a graph in which no value is computed more coarsely than PyTorch's outputs tell."""

_BLOCK = 1 << 17
"""Elements compared at a time."""


def compare_outputs(
    path: Path,
    feed: dict[str, torch.Tensor],
    expected: Iterable[torch.Tensor],
    limit: int = DEFAULT_LIMIT,
    types: Mapping[str, str] = EXACT,
) -> Parity:
    """Run the file in ONNX Runtime on the CPU, without graph optimisation, and compare with PyTorch's outputs.

    A file for whose types the runtime has no kernels (bfloat16 on most CPUs) is run with float32 in their place.

    Args:
        path: the ONNX file.
        feed: tensor for each graph input, by name.
        expected: PyTorch's outputs in the order of the graph's outputs.
        limit: bytes of values that one run of the graph may make; where they are more it runs in segments.
        types: `coarsest_types` of the file's graph.

    Raises:
        CheckError: ONNX Runtime does not load or run the file.
    """
    remark, folder = "", path.absolute().parent
    try:
        session = open_session(path)
        graph = onnx.load(str(path), load_external_data=False)
    except NoKernelError:
        graph, had = in_float32(path)
        try:
            session = open_session(graph.SerializeToString(), folder)
        except CheckError as error:  # float32 was not what it lacks
            return Parity((), f"not comparable: {one_line(error).rstrip('.')}")
        remark = f"computed in float32: this ONNX Runtime has no kernels for the file's {' and '.join(had)}"
        feed = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in feed.items()}
    names = {value.name for value in session.get_inputs()}
    missing = sorted(names - feed.keys())
    if missing:
        return Parity((), f"not comparable: no tensor for graph input {missing[0]}", fits=False)
    inputs = {name: to_numpy(feed[name]) for name in names}
    outputs = run_outputs(graph, folder, session, inputs, limit)
    references = [to_numpy(tensor) for tensor in expected]
    if len(references) != len(outputs):
        problem = f"not comparable: PyTorch returns {len(references)} tensors, the graph {len(outputs)}"
        return Parity((), problem, fits=False)
    pairs = zip(session.get_outputs(), outputs, references, strict=True)
    compared = tuple(compare_arrays(value.name, got, want, types.get(value.name, "")) for value, got, want in pairs)
    return Parity(compared, _nothing_proved(compared), remark=remark)


def _nothing_proved(outputs: tuple[OutputParity, ...]) -> str | None:
    """Why outputs that all agree prove nothing; None where they do, and where one differs."""
    empty = next((output.name for output in outputs if output.proves_nothing), None)
    if empty is None or not all(output.ok for output in outputs):
        return None
    return f'not comparable: output "{empty}" holds no finite number, in PyTorch and in the file'


def compare_arrays(name: str, got: np.ndarray, want: np.ndarray | KeptArray, coarsest: str = "") -> OutputParity:
    """Compare with the tolerance of the wanted type; of `coarsest` where floating values came about more coarsely.
    Large arrays are compared a block at a time."""
    if got.shape != want.shape:
        return OutputParity(name, float("inf"), float("inf"), False)
    if want.size == 0:
        return OutputParity(name, 0.0, 0.0, True)
    own = str(want.dtype)
    held_to = coarser((own, coarsest)) if own in RELATIVE_TOLERANCE else own
    tolerance = RELATIVE_TOLERANCE.get(held_to, 0.0)
    max_abs, scale, not_finite = 0.0, 1.0, 0
    for a, b in _blocks(got, want):
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore"):
            difference = np.where(same, 0.0, np.abs(a - b))
        max_abs = max(max_abs, float(np.nan_to_num(difference, nan=np.inf).max()))
        finite = b[np.isfinite(b)]
        scale = max(scale, float(np.abs(finite).max(initial=0.0)))
        not_finite += b.size - finite.size
    told = held_to if held_to != own else ""
    return OutputParity(name, max_abs, max_abs / scale, max_abs <= tolerance * scale, want.size, not_finite, told)


def _blocks(got: np.ndarray, want: np.ndarray | KeptArray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Both, flattened, as float64."""
    flat = got.reshape(-1)
    block = want.block if isinstance(want, KeptArray) else lambda start, end: want.reshape(-1)[start:end]
    for start in range(0, want.size, _BLOCK):
        end = start + _BLOCK
        yield flat[start:end].astype(np.float64), block(start, end).astype(np.float64)
