"""Why a capture failed: in which module, at which line of whose code, in words a user knows, and what to do."""

from __future__ import annotations

import functools
import re

import torch
from torch._dynamo.exc import Unsupported, UserError, UserErrorType
from torch.fx.experimental.symbolic_shapes import ConstraintViolationError, GuardOnDataDependentSymNode

from ..errors import one_line
from ..model_lines import as_place, chain, failing_line, line_of, model_files, translated_node
from ..recording import CallRecorder
from .base import Request
from .dynamic_axes import AxisWatch
from .hints import Pinned, pinned_axis
from .one_export import FollowError
from .stamps import stamp_of

_PINNED = re.compile(r"You marked (.+?) as dynamic but your code specialized it to be a constant \((\d+)\)")


class CaptureFailure(Exception):
    """An exporter's own error, with what our witnesses saw of the model until then."""

    def __init__(self, error: Exception, request: Request, recorder: CallRecorder, axes: AxisWatch) -> None:
        super().__init__(str(error))
        self.axis = axes.explain(request)
        self.request = request
        self.recorder = recorder
        self.causes = chain(error)

    @property
    def following(self) -> bool:
        """Whether torch.export could not follow the model; else its graph could not be translated to ONNX."""
        return any(isinstance(cause, FollowError) for cause in self.causes)

    @property
    def decides_by_data(self) -> bool:
        """Whether the model branches on, or sizes something by, numbers in a tensor."""
        return any(isinstance(cause, GuardOnDataDependentSymNode) or _is_for_data(cause) for cause in self.causes)

    @property
    def fixes_axis(self) -> bool:
        """Whether an axis that was to be dynamic is not."""
        if self.request.dynamic_shapes is None:
            return False
        return self.axis is not None or any(map(_is_violation, self.causes)) or self.pinned is not None

    @functools.cached_property
    def pinned(self) -> Pinned | None:
        """What the model asks of an axis that was to be dynamic, where that is why it could not be followed."""
        if self.request.dynamic_shapes is None or not self.following or self.decides_by_data:
            return None
        return pinned_axis(self.request)


def _is_violation(error: BaseException) -> bool:
    user_error = isinstance(error, UserError) and error.error_type is UserErrorType.CONSTRAINT_VIOLATION
    return user_error or isinstance(error, ConstraintViolationError)


def _is_for_data(error: BaseException) -> bool:
    """Whether Dynamo says so, which has one class for all that it cannot follow and tells the kinds by a title."""
    title = (error.gb_type or "") if isinstance(error, Unsupported) else ""
    return title.lower().replace(" ", "-").startswith("data-dependent")


def explain(failure: CaptureFailure) -> str:
    """One line: the module, the model's own source line where there is one, the cause, and what to try."""
    if failure.axis is not None:
        return failure.axis
    if failure.fixes_axis:
        return _fixed_axis(failure)
    node = None if failure.following else translated_node(failure.causes[-1])
    where = _where(failure, node)
    return f"The model cannot be captured{where}: {_reason(failure, node)}"


def _where(failure: CaptureFailure, node: torch.fx.Node | None) -> str:
    model, recorder = failure.request.model, failure.recorder
    if node is not None:
        stamp = stamp_of(node)
        return _in(recorder.runs[stamp[0]][stamp[1]].key if stamp is not None else None) + line_of(node, model)
    return _in(recorder.failed_in) + failing_line(failure.causes[-1], model)


def _in(call: str | None) -> str:
    return f" in {call}" if call else ""


def _reason(failure: CaptureFailure, node: torch.fx.Node | None) -> str:
    if failure.decides_by_data:
        return (
            "a branch or a size depends on data (numbers in a tensor), which a graph cannot follow. Use torch.where to "
            "compute both sides, torch.cond to keep the branch, or pass what is decided to forward as a Python value."
        )
    if (holder := _compiled_weights(failure.request.model)) is not None:
        return (
            f"{holder} keeps its weights in an object of C++, as quantised modules do, and no exporter can read them. "
            "Export the model as it was before, and quantise the ONNX file."
        )
    if (scripted := _scripted(failure.request.model)) is not None:
        return (
            f"{scripted} is a TorchScript module, whose Python code is gone ({_said(failure.causes[0])}). "
            "Put the nn.Module that it was made from in its place."
        )
    first = failure.causes[0]
    if node is not None and node.op == "call_function":
        return f"torch has no translation of {node.target} to ONNX ({_said(first)}). Write it with other operators."
    return f"{type(first).__name__}: {_said(first)}."


def _said(error: BaseException) -> str:
    return one_line(error).rstrip(".")


def _compiled_weights(model: torch.nn.Module) -> str | None:
    """The first module that holds an object of TorchScript's, such as packed weights."""
    for path, module in model.named_modules():
        held = () if isinstance(module, torch.jit.ScriptModule) else vars(module).values()
        if any(isinstance(value, torch.ScriptObject) for value in held):
            return path or "the root"
    return None


def _scripted(model: torch.nn.Module) -> str | None:
    modules = model.named_modules()
    return next((path for path, module in modules if isinstance(module, torch.jit.ScriptModule)), None)


def _fixed_axis(failure: CaptureFailure) -> str:
    """Which axis of which input the model gives a fixed size, at which line."""
    found = failure.pinned
    if found is not None:
        file = found.file(model_files(failure.request.model))
        line = as_place(file, found.number, found.line) if file is not None else f" at `{found.line}`"
        return (
            f"Axis {found.axis} of {found.argument} cannot be dynamic: the model asks that {found.relation}{line}. "
            "Leave that axis out of the dynamic ones, or change the line."
        )
    for cause in failure.causes:
        if (match := _PINNED.search(str(cause))) is not None:
            return f"{match[1]} cannot be dynamic: the model fixes it to {match[2]}. Leave it out of the dynamic axes."
    violation = next(cause for cause in failure.causes if _is_violation(cause))
    return f"The dynamic shapes do not fit the model: {_said(violation)}."
