"""One eager run of the model: its outputs, its module calls, and which call read which parameter.

What is seen here owes nothing to any exporter, so it can judge what exporters claim.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from .blocks import BlockWatch
from .errors import EagerRunError, ModelExportError, one_line
from .inputs import fresh
from .misfit import misfit
from .modules import CallTree, storage_address
from .randomness import random_state
from .recording import CallRecorder
from .shapes import Shapes
from .sources import relative_source
from .unfilled import Unfilled
from .values import ValueTrace, tensors_in
from .versions import Versions
from .weightless import ambient_mode

_NOT_THE_MODEL = (str(Path(torch.__file__).parent), str(Path(__file__).parent))


@dataclass
class EagerRun:
    """`readers` maps the address of a tensor's storage to the keys of the calls that read it; `identity` holds the
    keys of calls that returned an input unchanged; `direct` the paths of modules whose `forward` was called without
    `__call__`; `random` says that the run drew random numbers, `unsteady` in a clause where another run differs, when
    that was looked at; `values` what every operator computed, and `blocks` the modules whose calls did the same as
    others', by path, with a number for what they did, when that was asked for."""

    outputs: Any
    calls: CallTree
    readers: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    identity: set[str] = field(default_factory=set)
    direct: set[str] = field(default_factory=set)
    random: bool = False
    unsteady: str | None = None
    values: ValueTrace | None = None
    blocks: dict[str, int] = field(default_factory=dict)


def run_eagerly(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    values: bool = False,
    blocks: bool = False,
    direct: Iterable[str] = (),
    keep: Callable[[int, Any], None] | None = None,
    shapes: Shapes | None = None,
) -> EagerRun:
    """Run the model once without gradients, on copies of the inputs: it may change them in place.

    Args:
        values: also record what every operator computed.
        blocks: also find calls that did the same.
        direct: modules known to be run past `__call__`; found out when not given.
        keep: called with each call and what it returned, as it returns.
        shapes: takes the numbers from the inputs, and runs every operator then.

    Raises:
        EagerRunError: the model's own exception is its cause.
    """
    known = set(direct)
    run = _run(model, args, kwargs, known, values, blocks, keep, shapes)
    while run.direct - known:  # again with those calls reported: calls are numbered as the capture sees them
        known |= run.direct
        run = _run(model, args, kwargs, known, values, blocks, keep, shapes)
    run.direct = known
    return run


def _run(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    direct: Iterable[str],
    values: bool,
    blocks: bool,
    keep: Callable[[int, Any], None] | None,
    shapes: Shapes | None,
) -> EagerRun:
    args, kwargs = fresh((args, kwargs))
    recorder = CallRecorder(model, direct)
    run = EagerRun(outputs=None, calls=recorder.calls, values=ValueTrace() if values else None)
    if run.values is not None:
        run.values.begin((args, kwargs))
    ambient = ambient_mode(model, (args, kwargs))
    if shapes is not None:  # where it makes tensors of nothing, they have numbers
        args, kwargs = shapes.of((args, kwargs))
    alike = BlockWatch(model, recorder) if blocks else None
    versions = Versions()
    watch = _Watch(model, recorder, run, shapes.perform if shapes is not None else _as_it_is, alike, versions)
    inputs: dict[int, dict[int, int]] = {}
    taken: dict[str, list[torch.Tensor]] = {}  # of the calls that are still open, or ended without a result

    def enter(index: int, call_args: tuple[Any, ...]) -> None:
        taken[recorder.calls[index].key] = found = tensors_in(call_args)
        inputs[index] = {id(value): versions.of(value) for value in found}

    def leave(index: int, output: Any) -> None:
        if output is not None:
            taken.pop(recorder.calls[index].key, None)
        tensors = tensors_in(output)
        if tensors and all(inputs[index].get(id(value)) == versions.of(value) for value in tensors):
            run.identity.add(recorder.calls[index].key)
        if run.values is not None:
            run.values.leave(index, output)
        if keep is not None:
            keep(index, output)

    generators = random_state()
    try:
        with ambient, _plain_eager(), torch.no_grad(), recorder.active(enter, leave), ExitStack() as stack:
            if alike is not None:
                stack.enter_context(alike.active())
            stack.enter_context(watch)
            run.outputs = model(*args, **kwargs)
    except ModelExportError:  # of `keep`
        raise
    except Exception as error:
        where = recorder.failed_in
        inside = f" in {where}" if where else ""
        clause = None if where is None else misfit(model.get_submodule(where.split("#")[0]), taken.get(where, ()))
        reason = f"{type(error).__name__}: {one_line(error)}" if clause is None else f"{clause}."
        raise EagerRunError(f"The model itself fails on these inputs{inside}: {reason}") from error
    run.random = random_state() != generators
    run.calls = recorder.calls
    run.blocks = alike.kinds() if alike is not None else {}
    return run


class _Watch(TorchDispatchMode):
    """Sees every operator: which of the model's tensors it reads, and whose `forward` it runs in."""

    supports_higher_order_operators = True  # torch.cond and its kin run as they are

    def __init__(
        self,
        model: nn.Module,
        recorder: CallRecorder,
        run: EagerRun,
        perform: Callable[[Any, tuple[Any, ...], dict[str, Any]], Any],
        blocks: BlockWatch | None,
        versions: Versions,
    ) -> None:
        super().__init__()
        self._perform = perform
        self._blocks = blocks
        self._versions = versions
        self._unfilled = Unfilled(versions)
        self._recorder = recorder
        self._run = run
        self._storages = {storage_address(tensor) for tensor in _all_tensors(model)} - {0}
        self._codes = {path: _forward_code(module) for path, module in model.named_modules()}
        self._forwards = set(self._codes.values()) - {None}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not self._recorder.stack:
            return self._perform(func, args, kwargs or {})
        call = self._recorder.calls[self._recorder.stack[-1]]
        read = tensors_in((args, kwargs))
        for tensor in read:
            if (address := storage_address(tensor)) in self._storages:
                self._run.readers[address].add(call.key)
        self._run.direct.update(self._forwards_not_called())
        result = self._perform(func, args, kwargs or {})
        self._versions.see(func, args, kwargs or {})
        if self._run.values is not None:
            made = tensors_in(result)
            unfilled = self._unfilled.made_by(func, args, kwargs or {}, read, made)
            self._run.values.record(call.index, read, made, _model_line(), unfilled)
        if self._blocks is not None:
            self._blocks.see(func, args, kwargs or {}, result)
        return result

    def _forwards_not_called(self) -> set[str]:
        """Modules whose `forward` is on Python's stack although none of the open calls is theirs."""
        called = [self._recorder.calls[index].path for index in reversed(self._recorder.stack)]
        running: list[FrameType] = []
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            if frame.f_code in self._forwards:
                running.append(frame)
            frame = frame.f_back
        codes = [code for path in called if (code := self._codes[path]) is not None]
        if [frame.f_code for frame in running] == codes:  # as ever: whose they are costs much to find out
            return set()
        return {path for frame in running if (path := self._path_of(frame)) is not None} - set(called)

    def _path_of(self, forward: FrameType) -> str | None:
        first = forward.f_code.co_varnames[0] if forward.f_code.co_argcount else None
        module = forward.f_locals.get(first) if first else None
        return self._recorder.path_of(module) if isinstance(module, nn.Module) else None


def _as_it_is(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return func(*args, **kwargs)


def _model_line() -> str | None:
    """`file:line` of the innermost frame that is neither torch's nor ours."""
    frame = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_NOT_THE_MODEL):
            return f"{relative_source(file)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _all_tensors(model: nn.Module) -> list[torch.Tensor]:
    return [*model.parameters(), *model.buffers()]


def _forward_code(module: nn.Module) -> Any:
    forward = getattr(type(module), "forward", None)  # a scripted module's class has none
    return getattr(inspect.unwrap(forward), "__code__", None) if forward is not None else None


class _plain_eager:
    """Children wrapped by torch.compile run as plain Python, and attention takes no fused shortcut past its
    submodules: the run must show the same calls as the capture."""

    def __enter__(self) -> None:
        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        # torch remarks on our hooks when a child is wrapped by torch.compile; nothing the user could do about it
        warnings.filterwarnings("ignore", message="Using `torch.compile")
        self._stance = torch.compiler.set_stance("force_eager")
        self._stance.__enter__()
        self._fast = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)

    def __exit__(self, *exc: Any) -> None:
        torch.backends.mha.set_fastpath_enabled(self._fast)
        self._stance.__exit__(*exc)
        self._warnings.__exit__(*exc)
