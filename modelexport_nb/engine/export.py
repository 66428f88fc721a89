"""`export_model()`: run → capture → attribute → write → check → verify → report, readable top to bottom."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx
import onnx_ir as ir
import torch
from torch import nn

from .attribution import Attribution
from .capture import Request
from .capture import capture as capture_graph
from .check import check_file
from .eager import EagerRun, run_eagerly
from .errors import AttributionError, InputError, OptionError, did_you_mean
from .files import check_destination, staged, write_model
from .graph import all_nodes
from .inputs import Inputs, as_arguments
from .judge import read_parameters, take_measures
from .metadata import check_choice, write_metadata
from .module_parity import compare_modules
from .modules import ModuleTree
from .owners import Owners
from .parity import Parity, compare_outputs
from .report import ExportReport
from .state import preserved
from .strategies import Subject, get_strategy
from .strategies.auto import AutoStrategy
from .tree import build_tree
from .values import tensors_in

Progress = Callable[[str, int, int], None]
STAGES: tuple[str, ...] = ("run", "capture", "attribute", "write", "check", "verify")
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
        progress: called as `progress(stage, index, total)` when each stage begins.

    Returns:
        The report: file, module tree, measures, parity, seconds of each stage.

    Raises:
        ModelExportError: one of its subclasses, in one line; nothing was written then.
    """
    check_model(model)
    _check_opset(opset)
    check_choice(metadata)
    verify = verify_level(verify)
    witness = AutoStrategy(prioritize) if strategy == "auto" else get_strategy(strategy)
    path = check_destination(Path(path))
    args, kwargs = as_arguments(model, inputs)
    clock = clock_for(progress, verify)
    notes = mode_notes(model)

    with clock.stage("run"), preserved(model) as changed:
        eager = run_eagerly(model, args, kwargs, values=witness.needs_values)
    notes += run_notes(eager, changed)
    request = Request(model, args, kwargs, opset, dynamic_shapes, frozenset(eager.direct))
    with clock.stage("capture"), preserved(model):
        captured = capture_graph(request, capture)
    with clock.stage("attribute"):
        modules = ModuleTree.of(model)
        parameters = read_parameters(captured.model, Owners(model))
        names = [value.name or "" for value in captured.model.graph.inputs]
        feed = captured.capture.input_tensors(request, names)
        subject = Subject(request, captured.model, modules, eager, parameters, feed, captured)
        if (obstacle := witness.obstacle(subject)) is not None:
            raise AttributionError(f"{obstacle}.")
        attribution = with_eager_facts(witness.attribute(subject), eager)
    return assemble(subject, attribution, path, captured.capture.name, metadata, verify, clock, notes)


def assemble(
    subject: Subject,
    attribution: Attribution,
    path: Path,
    capture_name: str,
    metadata: str,
    verify: str,
    clock: Clock,
    notes: list[str],
) -> ExportReport:
    """Tag the graph, write, check and verify the file, and report: what every way to a tagged file ends with."""
    tree = build_tree(subject.modules, attribution)
    measures = take_measures(all_nodes(subject.graph), attribution, subject.parameters, subject.eager)
    write_metadata(subject.graph, attribution, subject.modules, tree, metadata)
    parity: Parity | None = None
    with staged(path) as draft:
        with clock.stage("write"):
            written = write_model(subject.graph, draft)
        if subject.captured is not None:  # a file of the user's may hold operators that only one runtime knows
            with clock.stage("check"):
                check_file(draft)
        if verify != "off":
            with clock.stage("verify"):
                parity = _verify(draft, subject, attribution, verify)
    return ExportReport(
        path=path,
        files=tuple(path.parent / name for name in written),
        strategy=attribution.strategy,
        capture=capture_name,
        opset=subject.graph.opset_imports.get("", 0),
        metadata=metadata,
        modules=subject.modules,
        attribution=attribution,
        tree=tree,
        measures=measures,
        parity=parity,
        timings=clock.seconds,
        notes=(*notes, *_hidden_notes(attribution)),
        graph=_without_weights(subject.graph),
        parameter_names={
            value.name or "": found[0].path
            for value in subject.graph.graph.initializers.values()
            if (found := subject.parameters.get(id(value)))
        },
    )


def _verify(draft: Path, subject: Subject, attribution: Attribution, verify: str) -> Parity:
    tensors = subject.captured.capture.output_tensors if subject.captured is not None else tensors_in
    parity = compare_outputs(draft, subject.feed, tensors(subject.eager.outputs))
    return replace(parity, modules=compare_modules(draft, subject, attribution)) if verify == "modules" else parity


def clock_for(progress: Progress | None, verify: str, stages: tuple[str, ...] = STAGES) -> Clock:
    """A clock for these stages, without the last where nothing is verified."""
    return Clock(progress, stages if verify != "off" else stages[:-1])


class Clock:
    """Times the stages and tells the listener as each begins."""

    def __init__(self, progress: Progress | None, stages: tuple[str, ...]) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress
        self._stages = stages

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        if self._progress is not None:
            self._progress(name, self._stages.index(name), len(self._stages))
        start = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - start


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


def _check_opset(opset: int | None) -> None:
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


def mode_notes(model: nn.Module) -> list[str]:
    """What the reader should know about the mode of the model."""
    if any(module.training for module in model.modules()):
        return ["The model was in training mode; it was exported in eval mode and restored."]
    return []


def run_notes(eager: EagerRun, changed: list[str]) -> list[str]:
    """What the eager run showed: state that changes, and modules that run past `__call__`."""
    notes = []
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


def with_eager_facts(attribution: Attribution, eager: EagerRun) -> Attribution:
    """What only the eager run knows: calls that handed an input through, and calls that the capture hid."""
    calls = attribution.calls
    identities = {index: "identity in eval mode" for key in eager.identity if (index := calls.by_key.get(key))}
    hidden = frozenset(call.path for call in eager.calls.calls if not calls.count(call.path))
    return replace(attribution, removed=attribution.removed | identities, hidden=hidden)


def _hidden_notes(attribution: Attribution) -> list[str]:
    if not attribution.hidden:
        return []
    listed = ", ".join(sorted(attribution.hidden)[:3])
    return [
        f"{len(attribution.hidden)} modules ran inside a region that the capture compiles as a whole ({listed}); "
        "their nodes carry the call around it."
    ]


def _without_weights(model: ir.Model) -> ir.Model:
    """The report keeps the graph for its tables, not the weights: it must not keep the model's memory alive."""
    for value in model.graph.initializers.values():
        if value.const_value is not None:
            value.shape, value.dtype = ir.Shape(value.const_value.shape.numpy()), value.const_value.dtype
            value.const_value = None
    for node in all_nodes(model):
        node.meta.clear()
    return model
