"""`export_model()`: run → capture → attribute → write → check → verify → report, readable top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import torch
from torch import nn

from .attribution import Attribution
from .capture import Request
from .capture import capture as capture_graph
from .check import check_file
from .clock import Clock, Progress, clock_for
from .determinism import disagreement
from .eager import EagerRun, run_eagerly
from .errors import AttributionError, InputError, OptionError, as_sentence, did_you_mean
from .files import check_destination, staged, write_model
from .graph import all_nodes, drop_weights
from .inputs import Inputs, as_arguments, fresh
from .intermediates import check_limit
from .judge import read_parameters, take_measures
from .metadata import check_choice, write_metadata
from .module_parity import compare_all_modules
from .modules import ModuleTree
from .notes import hidden_notes, mode_notes, run_notes
from .owners import Owners
from .parity import compare_outputs
from .report import ExportReport
from .state import preserved
from .strategies import Strategy, Subject, get_strategy
from .strategies.auto import AutoStrategy
from .tree import build_tree
from .values import tensors_in
from .weightless import check_weights, prepared, weights_notes

VERIFY_CHOICES: tuple[str, ...] = ("model", "modules", "off")
LOWEST_OPSET = 18  # below it torch's exporter converts with a tool that drops every node's metadata


def export_model(
    model: nn.Module,
    inputs: Inputs,
    path: str | Path,
    *,
    strategy: str = "auto",
    prioritize: str = "speed",
    capture: str = "auto",
    opset: int | None = None,
    dynamic_shapes: Any = None,
    metadata: str = "lean",
    verify: str | bool = "model",
    weights: str = "all",
    memory_limit: int | None = None,
    progress: Progress | None = None,
) -> ExportReport:
    """Write a PyTorch model to ONNX with the module call that made each node, and prove that the numbers agree.

    Args:
        model: any `nn.Module`. It is exported in eval mode and left exactly as it was.
        inputs: a tensor, a tuple (positional), a mapping (keywords), or `(tuple, mapping)`.
        path: the file to write; its folder must exist. An existing file survives a failed export.
        strategy: how nodes are attributed to module calls (`known_strategies()`); `"auto"` chooses and tells why.
        prioritize: what `"auto"` goes by: `"speed"` takes the first witness that can speak, `"accuracy"` hears all.
        capture: how the graph is made (`known_captures()`): `"auto"` takes transformers' exporter for its own models
            and `torch.onnx` for others; `"torchscript"` is the older exporter, which keeps no record for `fx`.
        opset: ONNX opset, 18 or later; None takes the exporter's default.
        dynamic_shapes: as `torch.export.export` takes it; None fixes all shapes.
        metadata: `"lean"` writes our tags and drops the exporter's own, `"full"` keeps both, `"none"` writes none.
        verify: `"model"` runs the file in ONNX Runtime and compares its outputs with PyTorch's, `"modules"` compares
            what every module call returned too, `"off"` compares nothing. True and False mean `"model"` and `"off"`.
        weights: `"none"` exports the structure alone: no number is read, copied or written, and none need exist: the
            model may be on the meta device or hold fake tensors, and so may the inputs. The weights are inputs of the
            graph then, what exporters compute of them stays in it as nodes, and nothing can be verified.
        memory_limit: bytes of recorded values that may be held at once; None takes 2 GiB. Where the values of a model
            (`htp`, `verify="modules"`) are more, it runs several times. Weights and one run's own memory come on top.
        progress: called as `progress(stage, index, total)` when each stage begins.

    Returns:
        The report: file, module tree, measures, parity, seconds of each stage.

    Raises:
        ModelExportError: one of its subclasses, in one line; nothing was written then.
    """
    check_model(model)
    check_opset(opset)
    check_choice(metadata)
    check_weights(weights)
    limit = check_limit(memory_limit)
    verify = verify_level(verify) if weights == "all" else "off"
    witness = AutoStrategy(prioritize) if strategy == "auto" else get_strategy(strategy)
    path = check_destination(Path(path))
    args, kwargs = as_arguments(model, inputs)
    clock = clock_for(progress, verify)

    with prepared(model, args, kwargs, weights) as (args, kwargs):
        eager, notes = observe(model, args, kwargs, witness.needs_values and weights == "all", clock)
        request = Request(model, args, kwargs, opset, dynamic_shapes, frozenset(eager.direct))
        subject = capture_subject(request, capture, eager, limit, clock)
        with clock.stage("attribute"):
            attribution = attribute(subject, witness)
        return assemble(subject, attribution, path, metadata, verify, clock, notes + weights_notes(weights))


def observe(
    model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], values: bool, clock: Clock
) -> tuple[EagerRun, list[str]]:
    """Run the model once in eager PyTorch; the run, and what the reader should know about it."""
    notes = mode_notes(model)
    with clock.stage("run"), preserved(model) as changed:
        eager = run_eagerly(model, args, kwargs, values=values)
    if eager.random:
        eager.unsteady = disagreement(model, args, kwargs, eager)
    return eager, notes + run_notes(eager, changed)


def capture_subject(request: Request, capture: str, eager: EagerRun, limit: int, clock: Clock) -> Subject:
    """Capture the graph, and put it together with every witness there is of it."""
    with clock.stage("capture"):
        args, kwargs = fresh((request.args, request.kwargs))  # the model may change them while it is traced
        with preserved(request.model):
            captured = capture_graph(replace(request, args=args, kwargs=kwargs), capture)
        parameters = read_parameters(captured.model, Owners(request.model))
        names = [value.name or "" for value in captured.model.graph.inputs]
        feed = captured.capture.input_tensors(request, names)
        modules = ModuleTree.of(request.model)
        return Subject(request, captured.model, modules, eager, parameters, feed, captured, memory_limit=limit)


def attribute(subject: Subject, witness: Strategy) -> Attribution:
    """What the strategy says about the graph; an `AttributionError` when it cannot speak about it."""
    if (obstacle := witness.obstacle(subject)) is not None:
        raise AttributionError(f"{obstacle}.")
    return with_eager_facts(witness.attribute(subject), subject.eager)


def assemble(
    subject: Subject,
    attribution: Attribution,
    path: Path,
    metadata: str,
    verify: str,
    clock: Clock,
    notes: Sequence[str],
) -> ExportReport:
    """Tag the graph, write, check and verify the file, and report: what every way to a tagged file ends with."""
    report = begin_report(subject, attribution, path, metadata, clock, notes)
    with staged(path) as draft:
        write_tagged(report, subject, draft, clock)
        if verify != "off":
            with clock.stage("verify"):
                verify_reports([report], subject, draft, verify)
    return report


def begin_report(
    subject: Subject, attribution: Attribution, path: Path, metadata: str, clock: Clock, notes: Sequence[str]
) -> ExportReport:
    """The report of a file that is about to be written: all but its files and its parity."""
    return ExportReport(
        path=path,
        files=(),
        strategy=attribution.strategy,
        capture=subject.captured.capture.name if subject.captured is not None else "file",
        opset=subject.graph.opset_imports.get("", 0),
        metadata=metadata,
        modules=subject.modules,
        attribution=attribution,
        tree=build_tree(subject.modules, attribution),
        measures=take_measures(all_nodes(subject.graph), attribution, subject.parameters, subject.eager),
        parity=None,
        timings=clock.seconds,
        notes=(*notes, *hidden_notes(attribution)),
        graph=subject.graph,
        parameter_names={
            value.name or "": found[0].path
            for value in subject.graph.graph.initializers.values()
            if (found := subject.parameters.get(id(value)))
        },
    )


def write_tagged(
    report: ExportReport, subject: Subject, draft: Path, clock: Clock, weights: Path | None = None
) -> None:
    """Tag the report's graph, write it to `draft` and check the file; the report keeps it without its weights.

    `weights` is a data file that holds them already.
    """
    write_metadata(report.graph, report.attribution, report.modules, report.tree, report.metadata)
    with clock.stage("write"):
        written = write_model(report.graph, draft, weights)
    report.files = tuple(report.path.parent / name for name in written)
    if subject.captured is not None:  # a file of the user's may hold operators that only one runtime knows
        with clock.stage("check"):
            check_file(draft)
    drop_weights(report.graph)
    for node in all_nodes(report.graph):
        node.meta.clear()  # it leads to what the capture recorded


def verify_reports(reports: Sequence[ExportReport], subject: Subject, draft: Path, level: str) -> None:
    """Compare the file with PyTorch, once for all reports about its graph: they differ in nothing that computes."""
    tensors = subject.captured.capture.output_tensors if subject.captured is not None else tensors_in
    parity = compare_outputs(draft, subject.feed, tensors(subject.eager.outputs))
    for report in reports:
        report.parity = parity
    if level == "modules":
        found = compare_all_modules(draft, subject, [report.attribution for report in reports])
        for report, modules in zip(reports, found, strict=True):
            report.parity = replace(parity, modules=modules)
    if any(report.parity is not None and report.parity.differs for report in reports):
        _explain_difference(reports, subject)


def _explain_difference(reports: Sequence[ExportReport], subject: Subject) -> None:
    """No file agrees with a model whose runs differ: that is looked for before the file is blamed."""
    request, eager = subject.request, subject.eager
    if eager.unsteady is None and not eager.random:  # else it was looked at
        eager.unsteady = disagreement(request.model, request.args, request.kwargs, eager)
    if eager.unsteady is None:
        return
    for report in reports:
        if report.parity is not None and not report.parity.ok:
            report.parity = replace(report.parity, problem=report.parity.problem or eager.unsteady)
        report.notes = tuple(dict.fromkeys((*report.notes, as_sentence(eager.unsteady))))


def verify_level(verify: str | bool) -> str:
    """The level that `verify` means; an `OptionError` with the nearest known one for what means none."""
    level = ("model" if verify else "off") if isinstance(verify, bool) else verify
    if level not in VERIFY_CHOICES:
        raise OptionError(f'Unknown verify "{verify}"' + did_you_mean(str(verify), VERIFY_CHOICES))
    return level


def check_model(model: nn.Module) -> None:
    """Raise an `InputError` for what is no exportable module."""
    if isinstance(model, torch.jit.ScriptModule):
        raise InputError(
            "The model is a TorchScript module: its Python modules are gone. Export the nn.Module it was made from."
        )
    if not isinstance(model, nn.Module):
        kind = model.__name__ + " itself, not an instance" if isinstance(model, type) else f"a {type(model).__name__}"
        raise InputError(f"The model is {kind}. Pass an instance of torch.nn.Module.")


def check_opset(opset: int | None) -> None:
    newest = onnx.defs.onnx_opset_version()
    if opset is None:
        return
    if not isinstance(opset, int) or isinstance(opset, bool):
        raise OptionError(f"The opset is {opset!r}. Pass a whole number such as 18.")
    if opset < LOWEST_OPSET:
        raise OptionError(
            f"Opset {opset} is too low: torch's exporter loses all tags when it converts below {LOWEST_OPSET}. "
            f"Use {LOWEST_OPSET} or later."
        )
    if opset > newest:
        raise OptionError(f"Opset {opset} does not exist: the installed onnx knows up to {newest}.")


def with_eager_facts(attribution: Attribution, eager: EagerRun) -> Attribution:
    """What only the eager run knows: calls that handed an input through, and calls that the capture hid."""
    calls = attribution.calls
    identities = {index: "identity in eval mode" for key in eager.identity if (index := calls.by_key.get(key))}
    hidden = frozenset(call.path for call in eager.calls.calls if not calls.count(call.path))
    return replace(attribution, removed=attribution.removed | identities, hidden=hidden)
