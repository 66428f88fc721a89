"""`export_model()`: run → capture → attribute → write → check → verify → report, readable top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from .attribution import Attribution
from .automatic import make_inputs
from .best_export import best_export, disagreement_of
from .capture import Ladder, Request
from .check import check_file
from .clock import Clock, Progress, clock_for
from .determinism import disagreement
from .dynamic import check_dynamic, resolve_dynamic
from .eager import EagerRun, run_eagerly
from .errors import AttributionError
from .files import check_destination, staged, write_model
from .graph import all_nodes, drop_weights
from .inputs import Inputs, as_arguments
from .intermediates import check_limit
from .isolation.isolated import run_isolated
from .judge import read_parameters, take_measures
from .metadata import check_choice, write_metadata
from .modules import ModuleTree
from .notes import captured_notes, hidden_notes, mode_notes, run_notes, size_notes
from .optimization import DEFAULT_SHORT_CUTS, OptimizationOptions, collecting_rarely, is_known
from .owners import Owners
from .report import ExportReport
from .requirements import check_model, check_opset
from .shape_run import run_on_shapes
from .stages import Stages, stages_in
from .state import preserved
from .strategies import Strategy, Subject, get_strategy
from .strategies.auto import AutoStrategy
from .tree import build_tree
from .turns import in_turn
from .unwrap import unwrap
from .verification import resume_verification, verify_level
from .weightless import check_weights, prepared, weights_notes


def export_model(
    model: nn.Module,
    inputs: Inputs | None,
    path: str | Path,
    *,
    strategy: str = "auto",
    prioritize: str = "speed",
    capture: str = "auto",
    opset: int | None = None,
    dynamic: Any = None,
    metadata: str = "lean",
    verify: str | bool = "model",
    weights: str = "all",
    timeout: float | None = None,
    memory_limit: int | None = None,
    values_limit: int | None = None,
    isolate: bool = False,
    work_dir: str | Path | None = None,
    optimization: OptimizationOptions = DEFAULT_SHORT_CUTS,
    progress: Progress | None = None,
) -> ExportReport:
    """Write a PyTorch model to ONNX with the module call that made each node, and prove that the numbers agree.

    The model runs once in eager PyTorch, is captured as an ONNX graph, and every node of the graph is attributed to the
    module call whose `forward` made it. The file is written, checked, run in ONNX Runtime and compared with PyTorch.
    Threads take turns, unless each has its export in a process of its own.

        report = export_model(model, torch.randn(1, 3, 224, 224), "model.onnx")
        report.measures, report.parity
        report.nodes("layer1.0.conv2")

    Args:
        model: any `nn.Module`. It is exported in eval mode and left exactly as it was.
        inputs: what `forward` takes: a tensor, a tuple (positional), a mapping (keywords), or `(tuple, mapping)`, of
            the shapes and types that the file is to take. None makes some, and a note in the report shows them.
        path: the file to write; its folder must exist. An existing file survives a failed export. Weights above 64 MiB
            go to `<name>.data` beside it.
        strategy: how nodes are attributed to module calls: `"fx"` by what the capture recorded, `"htp"` by the values
            that PyTorch and the file compute, `"usage_based"` by the order of the modules and the parameters that nodes
            read, or the name of a plug-in's. `"auto"` chooses and tells why (`report.tried`).
        prioritize: what `"auto"` goes by: `"speed"` takes the first strategy that can speak, `"accuracy"` hears all.
        capture: how the graph is made: `"OnnxExporter"` (transformers), `"torch.onnx"`, `"repaired"`, which is
            `torch.onnx` with repairs of what traces stumble over, `"strict"` (Dynamo) or `"torchscript"` (the older
            exporter); the last two keep no record for `fx`. A name tries that one alone. `"auto"` begins with
            transformers' exporter for its own models and with `torch.onnx` for others, and tries the next one where a
            capture fails or its file does not agree with PyTorch (`report.attempts`).
        opset: ONNX opset, 18 or later; None takes the exporter's default.
        dynamic: sizes that may vary in the file; None fixes all to those of `inputs`. Words such as `"batch,sequence"`
            name axes: axes of equal size are one, the first word is the leading one of all inputs, each further word
            the next one with which the model runs at another size. `"auto"` is all that torch.export leaves free. Or
            dynamic shapes as `torch.export.export` takes them. The file is verified at a larger and a smaller
            size, too.
        metadata: `"lean"` writes our tags and drops the exporter's own, `"full"` keeps both, `"none"` writes none.
        verify: `"model"` runs the file in ONNX Runtime and compares its outputs with PyTorch's, `"modules"` compares
            what every module call returned too, `"off"` compares nothing, and large operators run on shapes alone
            where those show as much (`OptimizationOptions.run_on_shapes`). True and False mean `"model"` and `"off"`.
        weights: `"none"` exports the structure alone: no number is read, copied or written, and none need exist: the
            model may be on the meta device or hold fake tensors, and so may the inputs. The weights are inputs of the
            graph then, what exporters compute of them stays in it as nodes, and nothing can be verified.
        timeout: seconds after which the export is ended, its start included; in a child process then.
        memory_limit: bytes that the export may have for itself, above what its process holds with the model loaded;
            in a child process then. Libraries that it loads count (0.1 GB), weights, which are mapped from a file, do
            not. Linux only.
        values_limit: bytes of the graph's values that may be held at once when it is checked; None takes 512 MiB.
            Where they are more, the graph runs in segments, cut where little is alive; where it cannot be cut, several
            times. A single value or layer may be larger: memory is then what that takes. What the calls of the model
            returned (`verify="modules"`) is kept in the temporary folder, not in memory. Weights come on top.
        isolate: run in a child process: what hangs, eats memory or crashes natively ends as an error, and nothing
            may eat the machine's last GiB (or twentieth) of memory. The child imports everything anew, which takes 2
            to 4 seconds of CPU, `timings["start"]`.
        work_dir: a folder, new or empty at first, in which each finished stage (capture, attribution, verification) is
            kept: the graph with its weights once more. A repeated call takes what was made from the same model,
            inputs, options and versions from there (`report.resumed`) and does the rest; the model itself runs again.
            A work directory serves one export at a time.
        optimization: the short cuts that the export may take; none changes nodes, numbers or tags.
        progress: called as `progress(stage, index, total)` when each stage begins.

    Returns:
        The report: file, module tree, measures, parity, seconds of each stage.

    Raises:
        InputError: no module, or inputs that do not fit its `forward`.
        OptionError: an option has a value that cannot be used; names the nearest that can.
        PathError: the file or the work directory cannot be written.
        EagerRunError: the model itself fails on these inputs.
        CaptureError: no graph could be made of it; names the module, the line of its code and the ways out where they
            are known.
        AttributionError: the strategy could not attribute the graph.
        CheckError: what was exported is not valid ONNX or does not load in ONNX Runtime.
        TimeLimitError: `timeout` is over.
        MemoryLimitError: it held more than `memory_limit`, or the machine had hardly any memory left.
        CrashError: the child process died.
        ModelExportError: the base of all these. Each is one line, and nothing was written then.
    """
    if isolate or timeout is not None or memory_limit is not None:
        return run_isolated(export_model, dict(locals()), "path")  # every argument, whichever there are
    check_model(model)
    model, wrapper_notes = unwrap(model)
    check_opset(opset)
    check_choice(metadata)
    check_weights(weights)
    limit = check_limit(values_limit)
    verify = verify_level(verify) if weights == "all" else "off"
    witness = AutoStrategy(prioritize) if strategy == "auto" else get_strategy(strategy)
    check_dynamic(dynamic)
    path = check_destination(Path(path))
    args, kwargs, made = arguments_for(model, inputs, dynamic)
    clock = clock_for(progress, verify)

    with in_turn(), prepared(model, args, kwargs, weights) as (args, kwargs), stages_in(work_dir) as stages:
        values = witness.needs_values and weights == "all"
        compared = values or verify != "off" or work_dir is not None
        on_shapes = optimization.run_on_shapes and is_known("torch") and weights == "all" and not compared
        # what no run has shown is left alone, other sizes too; what one has shown, verification has to confirm
        blocks = optimization.blocks_once and is_known("torch") and dynamic is None and verify != "off"
        eager, notes = observe(model, args, kwargs, values, clock, on_shapes=on_shapes, blocks=blocks)
        notes = [*wrapper_notes, *made, *notes, *weights_notes(weights)]
        shapes = resolve_dynamic(model, args, kwargs, dynamic)
        request = Request(model, args, kwargs, opset, shapes, frozenset(eager.direct), optimization, eager.blocks)
        ladder = Ladder(request, capture)
        stages.begin(request, eager, capture=capture, weights=weights)

        def export(home: Path, must_agree: bool) -> ExportReport:
            subject = resume_subject(request, ladder, eager, limit, clock, stages)
            attribution = resume_attribution(subject, witness, clock, stages)
            return assemble(
                subject, attribution, path, metadata, verify, clock, notes, stages, home=home, must_agree=must_agree
            )

        with collecting_rarely() if optimization.collect_rarely else nullcontext():
            return best_export(ladder, export, path, clock)


def arguments_for(
    model: nn.Module, inputs: Inputs | None, dynamic: Any
) -> tuple[tuple[Any, ...], dict[str, Any], list[str]]:
    """The inputs as arguments; where there are none, made ones and a note that shows them."""
    if inputs is not None:
        return *as_arguments(model, inputs), []
    made = make_inputs(model, batch=None if dynamic is None else 2)  # torch.export takes a size of 1 for fixed
    return *made.arguments, [made.note]


def observe(
    model: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    values: bool,
    clock: Clock,
    *,
    on_shapes: bool = False,
    blocks: bool = False,
) -> tuple[EagerRun, list[str]]:
    """Run the model once in eager PyTorch; the run, and what the reader should know about it.

    `on_shapes` says that nobody needs a number of it: shapes are enough, where the model lets them. `blocks` asks for
    those that did the same; a model with state has none, what one did may depend on the one before, and a random one
    has none, its numbers confirm nothing.
    """
    notes = mode_notes(model)
    with clock.stage("run"):
        if on_shapes and (found := run_on_shapes(model, args, kwargs)) is not None:
            return found, notes + run_notes(found, [])
        with preserved(model) as changed:
            eager = run_eagerly(model, args, kwargs, values=values, blocks=blocks)
    if changed or eager.random:
        eager.blocks = {}
    if eager.random:
        eager.unsteady = disagreement(model, args, kwargs, eager)
    return eager, notes + run_notes(eager, changed)


def capture_subject(
    request: Request, ladder: Ladder, eager: EagerRun, limit: int, clock: Clock, stages: Stages | None = None
) -> Subject:
    """Capture the graph in the next way that can, and put it together with every witness there is of it."""
    with clock.stage("capture"):
        captured = ladder.climb()
        parameters = read_parameters(captured.model, Owners(request.model))
        names = [value.name or "" for value in captured.model.graph.inputs]
        feed = captured.capture.input_tensors(request, names)
        modules = ModuleTree.of(request.model)
        subject = Subject(request, captured.model, modules, eager, parameters, feed, captured, values_limit=limit)
        return stages.keep_subject(subject) if stages is not None else subject


def resume_subject(
    request: Request, ladder: Ladder, eager: EagerRun, limit: int, clock: Clock, stages: Stages
) -> Subject:
    """The captured graph with its witnesses, from the work directory where it is there."""
    subject = None if ladder.attempts else stages.take_subject(request, eager, limit)
    if subject is None:
        return capture_subject(request, ladder, eager, limit, clock, stages)
    assert subject.captured is not None  # what is kept was captured
    ladder.go_on_after(subject.captured.capture)
    clock.skip("capture")
    return subject


def resume_attribution(subject: Subject, witness: Strategy, clock: Clock, stages: Stages) -> Attribution:
    """What the strategy says about the graph, from the work directory where it is there."""
    if (attribution := stages.take_attribution(witness)) is None:
        with clock.stage("attribute"):
            return stages.keep_attribution(witness, attribute(subject, witness))
    clock.skip("attribute")
    return attribution


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
    stages: Stages | None = None,
    *,
    home: Path | None = None,
    must_agree: bool = False,
) -> ExportReport:
    """Tag the graph, write, check and verify the file, and report: what every way to a tagged file ends with.

    The file appears in `home`, by default where `path` says. Where it `must_agree` and does not, nothing appears and
    a `CheckError` is raised.
    """
    stages = stages or Stages()
    report = begin_report(subject, attribution, path, metadata, clock, notes)
    with staged(home or path) as draft:
        write_tagged(report, subject, draft, clock)
        if verify != "off":
            resume_verification(report, subject, draft, verify, clock, stages)
        if must_agree and (objection := disagreement_of(report)) is not None:
            raise objection
    report.resumed = tuple(stages.resumed)
    report.notes = (*report.notes, *stages.notes)
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
        notes=(
            *notes,
            *size_notes(subject.request, subject.graph),
            *captured_notes(subject),
            *hidden_notes(attribution),
        ),
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


def with_eager_facts(attribution: Attribution, eager: EagerRun) -> Attribution:
    """What only the eager run knows: calls that handed an input through, and calls that the capture hid."""
    calls = attribution.calls
    identities = {index: "identity in eval mode" for key in eager.identity if (index := calls.by_key.get(key))}
    hidden = frozenset(call.path for call in eager.calls.calls if not calls.count(call.path))
    return replace(attribution, removed=attribution.removed | identities, hidden=hidden)
