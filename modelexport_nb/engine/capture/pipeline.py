"""Choose a capture, run it under our witnesses, and turn whatever fails into one clear line."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections import Counter
from collections.abc import Iterator

import onnx_ir as ir

from ..errors import CaptureError, ModelExportError
from ..recording import CallRecorder
from .base import Capture, Captured, Request
from .failure import explain
from .stamps import stamp_of, stamping
from .torch_export import TorchOnnx
from .transformers_export import TransformersOnnx
from .watch import watched_passes

_CAPTURES: tuple[Capture, ...] = (TransformersOnnx(), TorchOnnx())  # the most specific first


def capture(request: Request) -> Captured:
    """Capture the request's model with the first capture that is made for it.

    Raises:
        CaptureError: the exporter failed; names the line of the model's code where that is known.
    """
    way = next(way for way in _CAPTURES if way.accepts(request))
    recorder = CallRecorder(request.model, request.direct)
    try:
        with _quiet(), watched_passes() as watch, stamping(recorder):
            model = way.export(request)
    except ModelExportError:
        raise
    except Exception as error:
        raise CaptureError(explain(error, request.model)) from error
    _check_opset(model, request.opset)
    before = watch.before
    if before is None:
        raise CaptureError(f"{way.name} did not call onnxscript's optimiser: this version of torch is not supported.")
    runs = Counter(stamp[0] for node in before.nodes if (stamp := stamp_of(node.fx_node)) is not None)
    if not recorder.runs:
        raise CaptureError("The capture recorded no module calls: this version of torch is not supported.")
    # Exporters run the model more than once; one run was traced. A graph without operators has no stamp to tell.
    run = runs.most_common(1)[0][0] if runs else len(recorder.runs) - 1
    ids = {id(module): path for path, module in request.model.named_modules()}
    return Captured(model, way, recorder.runs[run], run, before, ids)


def _check_opset(model: ir.Model, asked: int | None) -> None:
    got = model.opset_imports.get("", 0)
    if asked is not None and got != asked:
        raise CaptureError(
            f"The exporter wrote opset {got} where {asked} was asked for. Nothing was written. Try --opset {got}."
        )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Exporters print progress and advice meant for their own callers."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "transformers")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
