"""`tag_onnx()`: find the module calls again in any ONNX file of a model, whoever exported or optimised it."""

from __future__ import annotations

from pathlib import Path

import onnx_ir as ir
import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from .attribution import Attribution
from .capture import Request
from .clock import Progress, clock_for
from .determinism import disagreement
from .errors import AttributionError, CheckError, InputError, PathError, one_line
from .export import assemble, observe, with_eager_facts
from .files import check_destination
from .graph import lacks_weights, weights_from_inputs
from .inputs import Inputs, as_arguments, named_arguments
from .intermediates import check_limit
from .isolation.isolated import run_isolated
from .judge import read_parameters
from .metadata import check_choice
from .modules import ModuleTree
from .owners import Owners
from .report import ExportReport
from .requirements import check_model
from .strategies import Subject
from .strategies.htp import HtpStrategy
from .turns import in_turn
from .unwrap import unwrap
from .verification import verify_level

LEAST_MATCHED = 0.3
"""Of the values in the file that can be compared, so many must occur in the model's own run. Optimised files of the
right model have 0.5 to 1, files of another model next to none."""

LEAST_WEIGHTS = 0.5
"""Where fewer values occur, so many of the file's weights must be the model's: one damaged layer changes everything
that is computed after it."""


def tag_onnx(
    path: str | Path,
    model: nn.Module,
    inputs: Inputs,
    output: str | Path,
    *,
    metadata: str = "lean",
    verify: str | bool = "model",
    timeout: float | None = None,
    memory_limit: int | None = None,
    values_limit: int | None = None,
    isolate: bool = False,
    progress: Progress | None = None,
) -> ExportReport:
    """Write a copy of an ONNX file in which every node names the module call that made it.

    The file may come from any exporter and may have been optimised, fused or renamed since: what the model computes
    is compared with what the file computes, value by value (strategy `htp`).

    Args:
        path: an ONNX file of `model`.
        model: the `nn.Module` that the file was made of. It runs in eval mode and is left exactly as it was.
        inputs: what `forward` takes, as in `export_model()`, of shapes that the file takes.
        output: the file to write; may be `path` itself.
        metadata: `"lean"` writes our tags and drops those of exporters, `"full"` keeps both, `"none"` writes none.
        verify: what is compared with PyTorch: `"model"` the outputs, `"modules"` what every module call returned too,
            `"off"` nothing.
        timeout: seconds after which the work is ended; in a child process then.
        memory_limit: bytes that the work may have for itself, as in `export_model()`; in a child process then.
        values_limit: bytes of the graph's values that may be held at once, as in `export_model()`.
        isolate: run in a child process, as in `export_model()`.
        progress: called as `progress(stage, index, total)` when each stage begins.

    Returns:
        The report of the copy, as `export_model()` gives it; strategy `htp`.

    Raises:
        AttributionError: the file computes something else; says how much of it was found in the model.
        ModelExportError: another of its subclasses; nothing was written then.
    """
    if isolate or timeout is not None or memory_limit is not None:
        return run_isolated(tag_onnx, dict(locals()), "output")  # every argument, whichever there are
    check_model(model)
    model, wrapper_notes = unwrap(model)
    check_choice(metadata)
    verify, limit = verify_level(verify), check_limit(values_limit)
    source, output = Path(path).expanduser(), check_destination(Path(output))
    graph = load_graph(source)
    if lacks_weights(graph):
        raise InputError(f'"{source.name}" holds no weights: nothing in it can be found by its numbers.')
    args, kwargs = as_arguments(model, inputs)
    clock = clock_for(progress, verify, ("run", "attribute", "write", "verify"))
    with in_turn():
        eager, notes = observe(model, args, kwargs, True, clock)
        with clock.stage("attribute"):
            request = Request(model, args, kwargs, direct=frozenset(eager.direct))
            parameters = read_parameters(graph, Owners(model))
            feed = match_inputs(graph, request)
            subject = Subject(
                request, graph, ModuleTree.of(model), eager, parameters, feed, path=source, values_limit=limit
            )
            attribution, doubts = _project(subject)
            attribution = with_eager_facts(attribution, eager)
        return assemble(subject, attribution, output, metadata, verify, clock, wrapper_notes + notes + doubts)


def load_graph(path: Path) -> ir.Model:
    """The graph of an ONNX file, its weights left on disk until they are read.

    Raises:
        PathError: there is no such file.
        CheckError: it is no ONNX file.
    """
    if not path.is_file():
        raise PathError(f'There is no file "{path}".')
    try:
        model = ir.load(path)
        weights_from_inputs(model.graph)
        return model
    except Exception as error:  # protobuf and onnx_ir raise their own unrelated classes
        raise CheckError(f'"{path.name}" is no ONNX file: {one_line(error)}.') from error


def match_inputs(graph: ir.Model, request: Request) -> dict[str, torch.Tensor]:
    """The tensor for each input of a graph of unknown origin: by name, else in order among those of its rank."""
    named = named_arguments(request.model, request.args, request.kwargs) or {}
    rest = [leaf for leaf in tree_leaves((request.args, request.kwargs)) if isinstance(leaf, torch.Tensor)]
    wanted = [value for value in graph.graph.inputs if not value.is_initializer()]
    feed: dict[str, torch.Tensor] = {}
    for value in sorted(wanted, key=lambda value: value.name not in named):  # names first: they leave less to guess
        given = named.get(value.name or "")
        free = [given] if isinstance(given, torch.Tensor) else rest
        fitting = [tensor for tensor in free if value.shape is None or tensor.dim() == len(value.shape)]
        if not fitting:
            raise InputError(f'The file takes an input "{value.name}" that none of the given inputs fits.')
        feed[value.name or ""] = fitting[0]
        rest = [tensor for tensor in rest if tensor is not fitting[0]]
    return feed


def _project(subject: Subject) -> tuple[Attribution, list[str]]:
    """The attribution, and what the reader should know of how far it can be trusted."""
    attribution, projection = HtpStrategy().with_projection(subject)
    matched, comparable = projection.matched, projection.comparable
    if matched >= LEAST_MATCHED * comparable:
        return attribution, []
    request, eager = subject.request, subject.eager
    unsteady = eager.unsteady or disagreement(request.model, request.args, request.kwargs, eager)
    if unsteady is not None:
        raise AttributionError(f"The file cannot be compared with the model: {unsteady}.")
    ours, weights = _known_weights(subject)
    found = f"of {comparable} values in it {matched} occur in a run of the model"
    if not ours or ours < LEAST_WEIGHTS * weights:
        raise AttributionError(
            f"The file does not compute what the model does: {found}. Give the model and the inputs that the file was "
            "made from."
        )
    return attribution, [f"The file has the model's weights, but {found}: most tags rest on the weights alone."]


def _known_weights(subject: Subject) -> tuple[int, int]:
    """How many weights of the file are the model's, of how many. Vectors are left out: zeros and ones are anybody's."""
    held = [value for value in subject.graph.graph.initializers.values() if value.shape and len(value.shape) > 1]
    weights = [value for value in held if value.dtype is not None and value.dtype.is_floating_point()]
    return sum(id(value) in subject.parameters for value in weights), len(weights)
