"""A captured model with all that strategies look at."""

from __future__ import annotations

from modelexport_nb.engine.capture import Request, capture
from modelexport_nb.engine.eager import run_eagerly
from modelexport_nb.engine.inputs import as_arguments
from modelexport_nb.engine.judge import read_parameters
from modelexport_nb.engine.modules import ModuleTree
from modelexport_nb.engine.owners import Owners
from modelexport_nb.engine.strategies import Subject

from .zoo import Case


def subject_of(case: Case, values: bool = False) -> Subject:
    """A model and its inputs, run and captured; with `values`, what every operator computed, too."""
    model, inputs = case
    args, kwargs = as_arguments(model, inputs)
    eager = run_eagerly(model, args, kwargs, values=values)
    request = Request(model, args, kwargs, direct=frozenset(eager.direct))
    captured = capture(request)
    parameters = read_parameters(captured.model, Owners(model))
    feed = captured.capture.input_tensors(request, [value.name or "" for value in captured.model.graph.inputs])
    return Subject(request, captured.model, ModuleTree.of(model), eager, parameters, feed, captured)
