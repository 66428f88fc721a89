"""The proof that exported parts generate: `generate()` itself, its numbers from ONNX Runtime, against PyTorch alone."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnxruntime as ort
import torch
from torch import nn
from torch.utils._pytree import tree_map_only

from .arrays import to_numpy
from .errors import CheckError, EagerRunError, ModelExportError
from .generation_steps import SAVING, as_exported, generate
from .parity import OutputParity, compare_arrays, format_error
from .runtime import open_session, run_session
from .state import preserved

TOKENS = 8


@dataclass(frozen=True)
class Decoding:
    """Greedy decoding of `rows` prompts for `tokens` tokens: the first `equal` are PyTorch's in every row.

    `steps` holds each tensor that a file returned on the way, compared with PyTorch's on the same inputs: a model may
    well repeat one token whatever its numbers are. `problem` says in one line why nothing could be compared.
    """

    rows: int = 0
    tokens: int = 0
    equal: int = 0
    steps: tuple[OutputParity, ...] = ()
    problem: str | None = None

    @property
    def ok(self) -> bool:
        numbers = all(step.ok for step in self.steps)
        return self.problem is None and self.equal == self.tokens > 0 and numbers

    @property
    def max_abs(self) -> float:
        """The largest absolute difference of all steps."""
        return max((step.max_abs for step in self.steps), default=0.0)

    @property
    def text(self) -> str:
        """`8 tokens equal, max |Δ| 2.4e-07`, or where the tokens part, or the problem."""
        if self.problem is not None:
            return self.problem
        same = self.equal == self.tokens
        tokens = f"{self.tokens} tokens equal" if same else f"token {self.equal + 1} of {self.tokens} differs"
        return f"{tokens}, max |Δ| {format_error(self.max_abs)}" + ("" if self.ok or not same else ": numbers differ")


def prove(model: Any, inputs: dict[str, Any], files: Mapping[str, Sequence[Path]]) -> Decoding:
    """Generate `TOKENS` tokens twice, in PyTorch and with the files in place of the model, and compare.

    Args:
        files: for the module at each path the file of its first call and, where there is one, of all later calls.

    Raises:
        CheckError: ONNX Runtime does not run a file on what an earlier step returned.
    """
    try:
        with preserved(model):
            expected = generate(model, inputs, TOKENS)
        with preserved(model), _standing_in(model, files) as steps:
            found = generate(model, inputs, TOKENS)
    except EagerRunError as error:
        if isinstance(error.__cause__, ModelExportError):
            raise error.__cause__ from None
        return Decoding(problem=f"not comparable: {error}")
    if not all(isinstance(result, torch.Tensor) and result.dim() == 2 for result in (expected, found)):
        return Decoding(problem=f"not comparable: generate() of {type(model).__name__} returns no rows of tokens")
    if expected.shape != found.shape:
        return Decoding(
            problem=f"generate() returns {list(found.shape)} with the files, {list(expected.shape)} without"
        )
    if (empty := next((step.name for step in steps if step.proves_nothing), None)) is not None:
        return Decoding(problem=f'not comparable: output "{empty}" of a step holds no finite number')
    same = (expected == found)[:, -TOKENS:].all(0).tolist()
    return Decoding(len(expected), len(same), sum(itertools.takewhile(bool, same)), tuple(steps))


@contextmanager
def _standing_in(model: nn.Module, files: Mapping[str, Sequence[Path]]) -> Iterator[list[OutputParity]]:
    steps: list[OutputParity] = []
    running: list[nn.Module] = []
    with ExitStack() as stack:
        for path, parts in files.items():
            sessions = [open_session(part) for part in parts]
            stack.enter_context(_replaced(model.get_submodule(path), sessions, running, steps))
        yield steps


@contextmanager
def _replaced(
    module: nn.Module, sessions: Sequence[ort.InferenceSession], running: list[nn.Module], steps: list[OutputParity]
) -> Iterator[None]:
    """The module's `forward` returns the numbers of the sessions: of the first for the first call, and so on.

    PyTorch's own runs beside it, to compare with and for what is no number: the classes of its result, the counters
    of its cache. The modules in it, whose own then runs too, are in `running` meanwhile.
    """
    original = module.forward
    calls = itertools.count()

    @functools.wraps(original)
    def forward(*args: Any, **kwargs: Any) -> Any:
        from transformers.exporters.utils import get_leaf_tensors, onnx_inputs

        if running:
            return original(*args, **kwargs)
        kwargs.pop(SAVING, None)
        session = sessions[min(next(calls), len(sessions) - 1)]
        names = [value.name for value in session.get_inputs()]
        feed = onnx_inputs(names, as_exported(module, args, kwargs).inputs)
        if missing := set(names) - set(feed):
            raise CheckError(f"generate() hands over nothing for input {min(missing)} of an exported part.")
        arrays = run_session(session, None, {name: to_numpy(tensor) for name, tensor in feed.items()})
        running.append(module)
        try:
            result = original(*args, **kwargs)
        finally:
            running.pop()
        tensors = list(get_leaf_tensors(result).values())
        if len(tensors) != len(arrays):
            raise CheckError(f"An exported part returns {len(arrays)} tensors, PyTorch {len(tensors)}.")
        outputs = zip(session.get_outputs(), arrays, tensors, strict=True)
        steps.extend(compare_arrays(value.name, array, to_numpy(one)) for value, array, one in outputs)
        numbers = {id(one): _as_torch(array, one) for one, array in zip(tensors, arrays, strict=True)}
        return tree_map_only(torch.Tensor, lambda one: numbers[id(one)], result)

    own = vars(module).get("forward")
    vars(module)["forward"] = forward
    try:
        yield
    finally:
        del vars(module)["forward"]
        if own is not None:
            vars(module)["forward"] = own


def _as_torch(array: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16).to(like.device)
    return torch.from_numpy(array).to(like.device)
