"""Choose a capture, run it under our witnesses, and turn whatever fails into one clear line."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections import Counter
from collections.abc import Iterator

import onnx_ir as ir

from ..errors import CaptureError, ModelExportError, OptionError, did_you_mean
from ..modules import CallTree
from ..recording import CallRecorder
from .base import Capture, Captured, Request
from .failure import explain
from .generated import forgetting_generated_code
from .matching import quick_matching
from .stamps import stamp_of, stamping
from .torch_export import TorchOnnx
from .torchscript import TorchScriptOnnx
from .transformers_export import TransformersOnnx
from .watch import Watch, watched_passes

_CAPTURES: tuple[Capture, ...] = (TransformersOnnx(), TorchOnnx(), TorchScriptOnnx())
_BY_DEFAULT = _CAPTURES[:2]  # through torch.export, the most specific first


def known_captures() -> list[str]:
    """Names that `capture=` takes."""
    return ["auto", *(way.name for way in _CAPTURES)]


def capture(request: Request, name: str = "auto") -> Captured:
    """Capture the request's model, by default with the first capture that is made for it.

    Raises:
        OptionError: no capture of that name, or it is not made for such a model.
        CaptureError: the exporter failed; names the line of the model's code where that is known.
    """
    way = choose(request, name)
    recorder = CallRecorder(request.model, request.direct)
    keeps_record = way in _BY_DEFAULT
    try:
        stamps = stamping(recorder) if keeps_record else contextlib.nullcontext()
        with _quiet(), forgetting_generated_code(), quick_matching(), watched_passes() as watch, stamps:
            model = way.export(request)
    except ModelExportError:
        raise
    except Exception as error:
        raise CaptureError(explain(error, request.model)) from error
    _check_opset(model, request.opset)
    if not keeps_record:
        return Captured(model, way, CallTree(), -1, None, {})
    return _with_record(model, way, recorder, watch, request)


def check_capture(name: str) -> None:
    """Raise an `OptionError` for a name that `known_captures()` does not have."""
    if name not in known_captures():
        raise OptionError(f'Unknown capture "{name}"' + did_you_mean(str(name), known_captures()))


def choose(request: Request, name: str) -> Capture:
    """The capture of that name, or the most specific one for `"auto"`.

    Raises:
        OptionError: no capture of that name, or it is not made for such a model.
    """
    check_capture(name)
    if name == "auto":
        return next(way for way in _BY_DEFAULT if way.accepts(request))
    way = next(way for way in _CAPTURES if way.name == name)
    if not way.accepts(request):
        raise OptionError(f"The capture {name} is not made for such a model or such shapes. Try --capture auto.")
    return way


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
