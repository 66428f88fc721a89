"""Run one capture under our witnesses; what fails is kept as it failed, for the ladder to judge and to explain."""

from __future__ import annotations

import io
import logging
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace

import onnx_ir as ir
import torch

from ..errors import CaptureError, ModelExportError
from ..inputs import fresh
from ..modules import CallTree
from ..recording import CallRecorder
from ..state import preserved
from .base import Capture, Captured, Request
from .failure import CaptureFailure
from .generated import forgetting_generated_code
from .stamps import stamp_of, stamping
from .watch import Watch, watched_passes

_LOUD = ("torch.onnx", "torch.export", "torch.fx", "torch._dynamo", "onnxscript", "onnx_ir", "transformers")


def run_capture(request: Request, way: Capture) -> Captured:
    """Capture the request's model that way; the model and the inputs stay as they are.

    Raises:
        CaptureFailure: the exporter failed.
        CaptureError: it wrote what was not asked for.
    """
    args, kwargs = fresh((request.args, request.kwargs))  # the model may change them while it is traced
    recorder = CallRecorder(request.model, request.direct)
    try:
        # without gradients: where they are turned off and on, torch hides what runs in between from its own record
        with preserved(request.model), torch.no_grad(), quiet(), forgetting_generated_code(), ExitStack() as stack:
            watch = stack.enter_context(watched_passes())
            if way.keeps_record:
                stack.enter_context(stamping(recorder))
            model = way.export(replace(request, args=args, kwargs=kwargs))
    except ModelExportError:
        raise
    except Exception as error:
        raise CaptureFailure(error, request, recorder) from error
    _check_opset(model, request.opset)
    if not way.keeps_record:
        return Captured(model, way, CallTree(), -1, None, {})
    return _with_record(model, way, recorder, watch, request)


def _with_record(model: ir.Model, way: Capture, recorder: CallRecorder, watch: Watch, request: Request) -> Captured:
    if watch.before is None:
        raise CaptureError(f"{way.name} did not call onnxscript's optimiser: this version of torch is not supported.")
    if not recorder.runs:
        raise CaptureError("The capture recorded no module calls: this version of torch is not supported.")
    runs = Counter(stamp[0] for node in watch.before.nodes if (stamp := stamp_of(node.fx_node)) is not None)
    # Exporters run the model more than once; one run was traced. A graph without operators has no stamp to tell.
    run = runs.most_common(1)[0][0] if runs else len(recorder.runs) - 1
    ids = {id(module): path for path, module in request.model.named_modules()}
    return Captured(model, way, recorder.runs[run], run, watch.before, ids)


def _check_opset(model: ir.Model, asked: int | None) -> None:
    got = model.opset_imports.get("", 0)
    if asked is not None and got != asked:
        raise CaptureError(f"The exporter wrote opset {got} where {asked} was asked for. Try --opset {got}.")


@contextmanager
def quiet() -> Iterator[None]:
    """Exporters print progress and advice meant for their own callers."""
    known = [*_LOUD, *(name for name in logging.root.manager.loggerDict if name.startswith(_LOUD))]
    loggers = [logging.getLogger(name) for name in dict.fromkeys(known)]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
