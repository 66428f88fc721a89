"""What the reader of a report should know: one sentence each."""

from __future__ import annotations

import onnx_ir as ir
from torch import nn

from .attribution import Attribution
from .capture import Request
from .eager import EagerRun
from .errors import as_sentence
from .strategies import Subject


def mode_notes(model: nn.Module) -> list[str]:
    """What the reader should know about the mode of the model."""
    if any(module.training for module in model.modules()):
        return ["The model was in training mode; it was exported in eval mode and restored."]
    return []


def run_notes(eager: EagerRun, changed: list[str]) -> list[str]:
    """What the eager run showed: state that changes, and modules that run past `__call__`."""
    notes = [as_sentence(eager.unsteady)] if eager.unsteady is not None else []
    if changed:
        listed = ", ".join(sorted(set(changed))[:3])
        notes.append(
            f"The model changes its own state when it runs ({listed}); "
            "the file repeats what one run from the present state does."
        )
    for path in sorted(eager.direct):
        notes.append(
            f"{path or 'The root'} is run by calling its forward directly, past its hooks; it is shown as a call."
        )
    return notes


def size_notes(request: Request, graph: ir.Model) -> list[str]:
    """Which sizes of the inputs may vary in the file, where any were to."""
    if request.dynamic_shapes is None:
        return []
    shapes = [(value.name, value.shape) for value in graph.graph.inputs if value.shape is not None]
    varying = [f"{name} {shape}" for name, shape in shapes if not shape.is_static()]
    if not varying:
        return ["No size may vary: the model fixes them all."]
    more = f" and {len(varying) - 4} more" if len(varying) > 4 else ""
    return [f"Sizes that may vary: {', '.join(varying[:4])}{more}."]


def captured_notes(subject: Subject) -> tuple[str, ...]:
    """For which sizes and decisions of the model the graph holds, where the capture knows of any."""
    return subject.captured.notes if subject.captured is not None else ()


def hidden_notes(attribution: Attribution) -> list[str]:
    """Modules that the capture did not show."""
    if not attribution.hidden:
        return []
    listed = ", ".join(sorted(attribution.hidden)[:3])
    return [
        f"{len(attribution.hidden)} modules ran inside a region that the capture compiles as a whole ({listed}); "
        "their nodes carry the call around it."
    ]
