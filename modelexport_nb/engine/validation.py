"""`validate()`: does a tagged file keep its promises? The contract on disk, the measures, and the model's numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from torch import nn

from .attribution import Attribution
from .capture import Request
from .check import onnx_fault
from .clock import Clock, Progress
from .contract import contract_checks, is_tagged
from .determinism import disagreement
from .eager import EagerRun
from .errors import CheckError, InputError, ModelExportError, PathError
from .export import observe
from .findings import Check, Finding, Validation
from .graph import all_nodes, lacks_weights
from .hierarchy import Hierarchy, read_hierarchy
from .inputs import Inputs, as_arguments
from .intermediates import check_limit
from .judge import read_parameters, take_measures
from .measures import Measures
from .module_parity import compare_modules
from .modules import CallTree, ModuleTree
from .owners import Owners
from .parity import compare_outputs
from .precision import coarsest_types
from .report import ExportReport
from .requirements import check_model
from .runtime import open_session
from .strategies import Subject
from .tagging import load_graph, match_inputs
from .turns import in_turn
from .unwrap import unwrap
from .values import tensors_in
from .verification import verify_level
from .weightless import prepared

_NEEDS_MODEL = "needs the model and its inputs"
_NO_WEIGHTS = "the file holds no weights"


@in_turn()
def validate(
    what: str | Path | ExportReport | Hierarchy,
    model: nn.Module | None = None,
    inputs: Inputs | None = None,
    *,
    verify: str | bool = "model",
    values_limit: int | None = None,
    progress: Progress | None = None,
) -> Validation:
    """Check an ONNX file that carries our tags: as a file, the contract on disk, the measures, the numbers.

    Args:
        what: the file, or the report or hierarchy of one; a report is also held against its file.
        model: the `nn.Module` that the file was made of. Without it neither ownership nor numbers can be checked.
        inputs: what `forward` takes, as in `export_model()`, of shapes that the file takes.
        verify: what is compared with PyTorch: `"model"` the outputs, `"modules"` what every module call returned too,
            `"off"` nothing.
        values_limit: bytes of the graph's values that may be held at once, as in `export_model()`.
        progress: called as `progress(stage, index, total)` when each stage begins.

    Returns:
        Each check with what it found; `ok` when none found anything wrong.

    Raises:
        PathError: there is no such file.
        CheckError: it is no ONNX file.
        ModelExportError: another of its subclasses: the model or the inputs are of no use.
    """
    level, limit = verify_level(verify), check_limit(values_limit)
    report = what if isinstance(what, ExportReport) else None
    path = Path(what).expanduser() if isinstance(what, str | Path) else what.path
    if report is not None and not path.is_file():
        raise PathError(f'The file of the report is gone: "{path.name}". Export again.')
    request = _request(model, inputs)
    clock = Clock(progress, 1 if request is None else 2 + (level != "off"))
    with clock.stage("check"):
        hierarchy = read_hierarchy(path)
        checks = [_file(path), *contract_checks(hierarchy, report)]
        if request is None:
            checks += [*_measures(hierarchy, _NEEDS_MODEL), Check("numbers", Finding.UNCHECKED, _NEEDS_MODEL)]
    if request is not None:
        weights = "none" if lacks_weights(hierarchy.graph) else "all"
        with prepared(request.model, request.args, request.kwargs, weights) as (args, kwargs):
            checks += _against_model(hierarchy, replace(request, args=args, kwargs=kwargs), level, limit, clock)
    return Validation(path, tuple(checks))


def _request(model: nn.Module | None, inputs: Inputs | None) -> Request | None:
    if model is None:
        if inputs is not None:
            raise InputError("There are inputs but no model. Give both, or neither.")
        return None
    check_model(model)
    model, _ = unwrap(model)
    return Request(model, *as_arguments(model, inputs))


def _file(path: Path) -> Check:
    if (fault := onnx_fault(path)) is not None:
        return Check("file", Finding.WRONG, f"not valid ONNX: {fault}")
    try:
        open_session(path)
    except CheckError as error:
        return Check("file", Finding.WRONG, str(error).rstrip("."))
    return Check("file", Finding.FINE, "valid ONNX, and ONNX Runtime loads it")


def _measures(hierarchy: Hierarchy, taken: Measures | str) -> Iterator[Check]:
    """The measures as they were taken; where they were not, those that need no model, and why the others are left."""
    attribution = hierarchy.attribution
    if attribution is None:
        yield Check("measures", Finding.UNCHECKED, "there are no tags to measure")
        return
    nodes = all_nodes(hierarchy.graph)
    untagged = sum(not is_tagged(node) for node in nodes)
    yield Check("coverage", Finding.WRONG if untagged else Finding.FINE, f"{len(nodes) - untagged}/{len(nodes)}")
    if isinstance(taken, str):
        yield Check("ownership", Finding.UNCHECKED, taken)
        taken = take_measures(nodes, attribution, {}, EagerRun(outputs=None, calls=CallTree()))
    else:
        first = f": node {taken.disowned[0]} reads a parameter of another" if taken.disowned else ""
        yield Check("ownership", Finding.WRONG if first else Finding.FINE, f"{taken.owned}/{taken.owning}{first}")
    yield Check("root share", Finding.DOUBTFUL if taken.root else Finding.FINE, f"{100 * taken.root_share:.1f} %")
    first = f": a path leaves {taken.non_convex[0] or 'the root'} and comes back" if taken.non_convex else ""
    yield Check("convex", Finding.DOUBTFUL if first else Finding.FINE, f"{taken.convex}/{taken.regions}{first}")


def _against_model(hierarchy: Hierarchy, request: Request, level: str, limit: int, clock: Clock) -> list[Check]:
    """What only the live model can tell."""
    eager, _ = observe(request.model, request.args, request.kwargs, False, clock)
    graph = load_graph(hierarchy.path)
    parameters = read_parameters(graph, Owners(request.model))
    modules = ModuleTree.of(request.model)
    checks = []
    taken: Measures | str = "the file is of another model"
    if hierarchy.attribution is not None:
        checks.append(_modules(hierarchy, modules))
        if not parameters and modules.root.parameters:
            taken = _NO_WEIGHTS if lacks_weights(graph) else "the file holds none of the model's parameters"
        elif checks[0].finding is Finding.FINE:
            taken = take_measures(all_nodes(graph), hierarchy.attribution, parameters, eager)
    checks += _measures(hierarchy, taken)
    if level == "off" or lacks_weights(graph):
        why = "not asked for" if level == "off" else _NO_WEIGHTS
        return [*checks, Check("numbers", Finding.UNCHECKED, why)]
    with clock.stage("verify"):
        try:
            feed = match_inputs(graph, request)
            subject = Subject(request, graph, modules, eager, parameters, feed, path=hierarchy.path, values_limit=limit)
            return [*checks, *_numbers(subject, hierarchy.attribution, level)]
        except ModelExportError as error:  # a file of another model cannot even be fed
            return [*checks, Check("numbers", Finding.WRONG, str(error).rstrip("."))]


def _modules(hierarchy: Hierarchy, modules: ModuleTree) -> Check:
    told = {path: info.class_name for path, info in hierarchy.modules.modules.items()}
    live = {path: info.class_name for path, info in modules.modules.items()}
    for path in (*told, *live):
        if told.get(path) != live.get(path):
            sides = [f"{side[path]}" if path in side else "nothing" for side in (told, live)]
            text = f"{path or 'the root'} is {sides[0]} in the file, {sides[1]} in the model"
            return Check("modules", Finding.WRONG, text)
    return Check("modules", Finding.FINE, f"{len(told)} as in the model")


def _numbers(subject: Subject, attribution: Attribution | None, level: str) -> Iterator[Check]:
    request, eager = subject.request, subject.eager
    assert subject.path is not None
    types = coarsest_types(subject.graph)
    found = compare_outputs(subject.path, subject.feed, tensors_in(eager.outputs), types=types)
    problem = found.problem
    if problem is None and not found.ok:
        problem = eager.unsteady or disagreement(request.model, request.args, request.kwargs, eager)
    finding = Finding.FINE if found.ok else Finding.WRONG
    yield Check("numbers", finding, problem or f"{'equal' if found.ok else 'different'}, {found.text}")
    if level != "modules" or not found.outputs:  # outputs without a finite number are compared, and prove nothing
        return
    if attribution is None:
        yield Check("module calls", Finding.UNCHECKED, "there are no tags that tell them")
        return
    calls = compare_modules(subject.path, subject, attribution)
    counts = ", ".join(f"{number} {verdict}" for verdict, number in calls.counts().items() if number)
    first = calls.first_divergence
    where = "" if first is None else f"; first at {first.key or 'the root'}"
    yield Check("module calls", Finding.FINE if first is None else Finding.WRONG, f"{counts}{where}")
