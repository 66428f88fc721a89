"""Run one capture under our witnesses; what fails is kept as it failed, for the ladder to judge and to explain."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import replace

import onnx_ir as ir
import torch

from ..dynamic_spec import traced_inputs
from ..errors import CaptureError, ModelExportError
from ..inputs import fresh
from ..modules import CallTree
from ..optimization import quick_exporters
from ..quiet import quiet
from ..recording import CallRecorder
from ..state import preserved
from .base import Capture, Captured, Request
from .dynamic_axes import AxisWatch, watching_axes
from .failure import CaptureFailure
from .generated import forgetting_generated_code
from .record import Traced, record_of
from .regions import regions_node_by_node
from .stamps import renumbered, stamp_of, stamping
from .watch import Watch, watched_passes


def run_capture(request: Request, way: Capture) -> Captured:
    """Capture the request's model that way; the model and the inputs stay as they are.

    Raises:
        CaptureFailure: the exporter failed.
        CaptureError: it wrote what was not asked for.
    """
    inputs = traced_inputs(request.model, request.args, request.kwargs, request.dynamic_shapes)
    args, kwargs = fresh(inputs)  # the model may change them while it is traced
    traced = replace(request, args=args, kwargs=kwargs)
    axes = AxisWatch(request.model)
    recorder = CallRecorder(request.model, request.direct)
    try:
        # without gradients: where they are turned off and on, torch hides what runs in between from its own record
        with preserved(request.model), torch.no_grad(), quiet(), forgetting_generated_code(), ExitStack() as stack:
            stack.enter_context(quick_exporters(request.optimization))
            stack.enter_context(watching_axes(axes))
            watch = stack.enter_context(watched_passes())
            if way.keeps_record:
                stack.enter_context(regions_node_by_node())
                stack.enter_context(stamping(recorder))
                if request.blocks:
                    from ..optimization.blocks import blocks_once  # what it replaces exists in known versions only

                    stack.enter_context(blocks_once(recorder, request.blocks, renumbered))
            model = way.export(traced)
    except ModelExportError:
        raise
    except Exception as error:
        raise CaptureFailure(error, traced, recorder, axes) from error
    axes.settle(model, traced, way)
    _check_opset(model, request.opset)
    notes = tuple(axes.notes(traced))
    if not way.keeps_record:
        return Captured(model, way, CallTree(), None, notes)
    return replace(_with_record(model, way, recorder, watch, request), notes=notes)


def _with_record(model: ir.Model, way: Capture, recorder: CallRecorder, watch: Watch, request: Request) -> Captured:
    if watch.before is None:
        raise CaptureError(f"{way.name} did not call onnxscript's optimiser: this version of torch is not supported.")
    if not recorder.runs:
        raise CaptureError("The capture recorded no module calls: this version of torch is not supported.")
    runs = Counter(stamp[0] for node in watch.before.nodes if (stamp := stamp_of(node.fx_node)) is not None)
    # Exporters run the model more than once; one run was traced. A graph without operators has no stamp to tell.
    run = runs.most_common(1)[0][0] if runs else len(recorder.runs) - 1
    paths = {id(module): path for path, module in request.model.named_modules()}
    traced = Traced(recorder.runs[run], run, paths)
    record = record_of(model, watch.before, traced)
    watch.before.forget_operators(model)
    return Captured(model, way, traced.calls, record)


def _check_opset(model: ir.Model, asked: int | None) -> None:
    got = model.opset_imports.get("", 0)
    if asked is not None and got != asked:
        raise CaptureError(f"The exporter wrote opset {got} where {asked} was asked for. Try --opset {got}.")
