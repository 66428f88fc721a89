"""`compare()`: several exports of one model that share one eager run and, where they can, one capture."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from torch import nn

from .agreement import unique_names
from .capture import Ladder, Request, check_capture, choose
from .clock import Clock, Progress
from .columns import Column, Failure
from .comparison import Comparison
from .dynamic import check_dynamic, resolve_dynamic
from .eager import EagerRun
from .errors import AttributionError, ModelExportError, OptionError, one_line
from .export import (
    attribute,
    begin_report,
    capture_subject,
    observe,
    write_tagged,
)
from .files import DATA, check_destination, staged_folder, unload_weights, write_model
from .inputs import Inputs, as_arguments
from .intermediates import check_limit
from .optimization import collecting_rarely
from .report import ExportReport
from .requirements import check_model, check_opset
from .strategies import Strategy, Subject, get_strategy
from .temporary import process_folder
from .turns import in_turn
from .unwrap import unwrap
from .verification import verify_level, verify_reports

P = ParamSpec("P")
T = TypeVar("T")
STRATEGIES: tuple[str, ...] = ("fx", "htp", "usage_based")


@dataclass(frozen=True)
class _Plan:
    """One column that is to be: what it is called, its file, what makes it; `data` names the file of large weights,
    the same for all columns of a capture."""

    name: str
    path: Path
    capture: str
    data: str
    strategy: str
    witness: Strategy


@dataclass
class _Export:
    """One column on its way: its report so far, or why there is none."""

    plan: _Plan
    clock: Clock
    result: ExportReport | Failure


@in_turn()
def compare(
    model: nn.Module,
    inputs: Inputs,
    strategies: Sequence[str] = STRATEGIES,
    captures: Sequence[str] = ("auto",),
    *,
    opset: int | None = None,
    dynamic: Any = None,
    verify: str | bool = "modules",
    values_limit: int | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Export a model with each strategy and each capture, and lay the results beside each other.

    The model runs once in eager PyTorch, each capture once, and all strategies look at the same graph; its numbers are
    verified once, for the files of one capture differ in their tags alone. An export that fails is a column with its
    reason.

    Args:
        model: any `nn.Module`, as in `export_model()`.
        inputs: what `forward` takes, as in `export_model()`; it must be given.
        strategies: names as in `export_model()`; one may be given twice.
        captures: names as in `export_model()`, each with every strategy.
        opset: ONNX opset, 18 or later; None takes the exporter's default.
        dynamic: sizes that may vary, as in `export_model()`.
        verify: as in `export_model()`; `"modules"` gives the error of every module call.
        values_limit: bytes of the graph's values that may be held at once, as in `export_model()`.
        folder: where the files are to be written, such as `fx.onnx`; it must exist, and nothing is there before
            everything is done. Large weights stand once, in a data file that all files of a capture read. None writes
            to temporary files, each gone with its report.
        progress: called as `progress(stage, index, total)` when each stage of each column begins.

    Returns:
        The columns, captures first, in the order given; column 0 is the baseline unless it failed. The seconds of
        a column are those of its own export: what it shares with others counts in full in each.

    Raises:
        ModelExportError: the model, the inputs or an option is of no use to any column, in one line.
    """
    check_model(model)
    model, wrapper_notes = unwrap(model)
    check_opset(opset)
    level, limit = verify_level(verify), check_limit(values_limit)
    witnesses = [(name, get_strategy(name)) for name in _names("strategies", strategies)]
    for capture in _names("captures", captures):
        check_capture(capture)
    check_dynamic(dynamic)
    args, kwargs = as_arguments(model, inputs)
    clock = Clock(progress, 1 + len(captures) * (2 + 3 * len(witnesses) + (level != "off")), memory=True)

    with _home(folder) as home:
        groups = _plans(Request(model, args, kwargs, opset, dynamic), captures, witnesses, home)
        values = any(witness.needs_values for _, witness in witnesses)
        exports: list[_Export] = []
        with staged_folder(home) as drafts:
            eager, notes = observe(model, args, kwargs, values, clock)
            notes = wrapper_notes + notes
            shapes = resolve_dynamic(model, args, kwargs, dynamic)
            request = Request(model, args, kwargs, opset, shapes, frozenset(eager.direct))
            for capture, plans in zip(captures, groups, strict=True):
                shared = clock.branch()
                with collecting_rarely():
                    subject = _attempt(shared, _captured, request, capture, eager, limit, shared)
                    exports += _exports(subject, plans, level, shared, notes, drafts)
                    del subject  # the graph reads its weights from a file that is about to be moved
    if folder is None:
        _tie(exports, home)
    return Comparison.of_columns([_column(export) for export in exports])


def _captured(request: Request, capture: str, eager: EagerRun, limit: int, clock: Clock) -> Subject:
    return capture_subject(request, Ladder(request, capture), eager, limit, clock)


def _names(what: str, given: Sequence[str]) -> list[str]:
    if isinstance(given, str) or not given:
        raise OptionError(f'{what} is {given!r}. Pass a list of names, such as ["{given or "auto"}"].')
    return list(given)


@contextmanager
def _home(folder: str | Path | None) -> Iterator[Path]:
    """The folder for the files: the given one, or a temporary one that a failure leaves nothing of."""
    if folder is not None:
        yield Path(folder).expanduser()
        return
    home = Path(tempfile.mkdtemp(dir=process_folder()))
    try:
        yield home
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise


def _plans(
    request: Request, captures: Sequence[str], witnesses: list[tuple[str, Strategy]], home: Path
) -> list[list[_Plan]]:
    """The columns of each capture; the capture's name stands in theirs only where there are several."""
    labels = [_label(request, capture) for capture in captures]
    several = len(set(labels)) > 1
    names = unique_names(f"{name}/{label}" if several else name for label in labels for name, _ in witnesses)
    places = [check_destination(home / f"{file}.onnx") for file in _file_names(names)]
    data = [f"{file}{DATA}" for file in _file_names(unique_names(f"weights_{label}" for label in labels))]
    free = iter(zip(names, places, strict=True))
    return [
        [_Plan(*next(free), label, weights, name, witness) for name, witness in witnesses]
        for label, weights in zip(labels, data, strict=True)
    ]


def _file_names(names: Sequence[str]) -> tuple[str, ...]:
    return unique_names(re.sub("[^0-9A-Za-z_-]+", "_", name).strip("_") for name in names)


def _label(request: Request, capture: str) -> str:
    """The name of the capture that is taken; as given where it is not made for such a model, which fails later."""
    try:
        return choose(request, capture).name
    except OptionError:
        return capture


def _exports(
    subject: Subject | Failure, plans: list[_Plan], level: str, clock: Clock, notes: Sequence[str], drafts: Path
) -> list[_Export]:
    """The columns of one capture."""
    if isinstance(subject, Failure):
        return [_Export(plan, clock, subject) for plan in plans]
    with clock.stage("write"):
        weights = _attempt(clock, _weights, subject, drafts / plans[0].data)
    if isinstance(weights, Failure):
        return [_Export(plan, clock, weights) for plan in plans]
    if weights is not None:
        subject = replace(subject, path=weights.with_suffix(".graph"))
    exports = []
    for plan in plans:
        own = clock.branch()
        with own.stage("attribute"):
            exports.append(_Export(plan, own, _attempt(own, _attributed, subject, plan, own, notes)))
    for export in exports:
        if not isinstance(export.result, Failure):
            export.result = _attempt(export.clock, _write, export.result, subject, drafts, export.clock, weights)
    if level != "off":
        _verify(exports, subject, level, clock, drafts)
    _tidy(exports, weights, drafts)
    return exports


def _verify(exports: list[_Export], subject: Subject, level: str, clock: Clock, drafts: Path) -> None:
    reports = [export.result for export in exports if isinstance(export.result, ExportReport)]
    if not reports:
        return
    with clock.stage("verify"):
        failure = _attempt(clock, verify_reports, reports, subject, drafts / reports[0].path.name, level)
    for export in exports:
        export.clock.take(clock, "verify")
        if failure is not None and not isinstance(export.result, Failure):
            export.result = failure


def _weights(subject: Subject, data: Path) -> Path | None:
    """Write large weights, once for all files of the graph; the file, and beside it one for ONNX Runtime."""
    if not unload_weights(subject.graph, data):
        return None
    write_model(subject.graph, data.with_suffix(".graph"), data)
    return data


def _tidy(exports: list[_Export], weights: Path | None, drafts: Path) -> None:
    """Remove what is not to be kept: the files of exports that failed, and what only served to make the others."""
    failed = [export for export in exports if isinstance(export.result, Failure)]
    for export in failed:
        (drafts / export.plan.path.name).unlink(missing_ok=True)
    if weights is not None:
        weights.with_suffix(".graph").unlink()
        if len(failed) == len(exports):
            weights.unlink()


def _attempt(clock: Clock, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Failure:
    """What `work` returns, or why it failed: one export's failure must not cost the others."""
    try:
        return work(*args, **kwargs)
    except ModelExportError as error:
        return Failure(clock.at, str(error))


def _attributed(subject: Subject, plan: _Plan, clock: Clock, notes: Sequence[str]) -> ExportReport:
    try:
        return begin_report(subject, attribute(subject, plan.witness), plan.path, "lean", clock, notes)
    except ModelExportError:
        raise
    except Exception as error:  # a strategy of a plug-in may raise anything
        raise AttributionError(f"{type(error).__name__}: {one_line(error)}") from error


def _write(report: ExportReport, subject: Subject, drafts: Path, clock: Clock, weights: Path | None) -> ExportReport:
    report.graph = subject.graph.clone()  # tags are written into it, and the next column wants the captured one
    write_tagged(report, subject, drafts / report.path.name, clock, weights)
    return report


def _tie(exports: list[_Export], home: Path) -> None:
    """Let each temporary file go with its report, and the folder with the last."""
    reports = [export.result for export in exports if isinstance(export.result, ExportReport)]
    for report in reports:
        weakref.finalize(report, _remove, home, report.path)
    if not reports:
        _remove(home, None)


def _remove(home: Path, path: Path | None) -> None:
    if path is not None:
        path.unlink(missing_ok=True)
    if not any(home.glob("*.onnx")):  # the last: weights that others may have read go with it
        shutil.rmtree(home, ignore_errors=True)


def _column(export: _Export) -> Column:
    plan, result = export.plan, export.result
    if isinstance(result, Failure):
        return Column(plan.name, plan.strategy, plan.capture, failure=result)
    return Column.of(result, plan.name, export.clock.peak)
