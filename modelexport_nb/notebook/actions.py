"""What each verb of `%modelexport` does with a parsed line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from IPython.core.error import UsageError
from torch import nn

from modelexport_nb.engine.bundle import export_bundle
from modelexport_nb.engine.compare import compare as compare_strategies
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.generation import GenerationReport, export_generation
from modelexport_nb.engine.hierarchy import Hierarchy, read_hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tagging import tag_onnx
from modelexport_nb.engine.validation import Validation, validate
from modelexport_nb.grammar import Argument
from modelexport_nb.options import DYNAMIC, LIMITS, MAKING, PROGRESS, WEIGHTS
from modelexport_nb.progress import progress_bar
from modelexport_nb.subjects import SUFFIX, Subject, check_generation

from .exported import exported, named
from .history import History
from .line import Line
from .namespace import is_module
from .subjects import dynamic_of, names_model, subject_of
from .sweep_line import sweep
from .temporary import temporary_path

Report = TypeVar("Report", ExportReport, GenerationReport)


def export(line: Line) -> ExportReport | GenerationReport:
    """Write a model to ONNX, and remember that in the history."""
    options = line.options
    if options.model is None:
        raise UsageError("%modelexport needs a model: %modelexport model inputs. More: %modelexport?")
    if options.bundle is not None and options.output is not None:
        raise UsageError("--bundle and -o exclude each other: the file of a bundle is model.onnx in its folder.")
    if options.generation:
        return _export_generation(line)
    subject = subject_of(line, options.model, options.inputs, engine_can=True)
    how = {name: line.choice(name) for name in ("strategy", "capture", "opset", "metadata")}
    more = {"verify": line.choice("verify"), "dynamic": dynamic_of(line), **_said(line, "weights", *LIMITS)}
    if options.work_dir is not None:
        more["work_dir"] = line.namespace.path(options.work_dir)
    write: Callable[..., ExportReport] = export_model
    if options.bundle is not None:
        write = partial(export_bundle, processor=subject.processor)
    with _destination(line, subject.model) as path, progress_bar(line.choice("progress")) as progress:
        report = write(subject.model, subject.inputs, path, **how, **more, progress=progress)
    asked = [getattr(options, spec.name) for spec in (DYNAMIC, *MAKING, WEIGHTS)]
    line.history.add(subject.model, report, (line.cell, options.inputs, repr(asked), *how.values()), subject.origin)
    return _noted(report, subject)


def _export_generation(line: Line) -> GenerationReport:
    options = line.options
    check_generation(options)
    subject = subject_of(line, options.model, options.inputs, engine_can=True)
    how = {name: line.choice(name) for name in ("strategy", "capture", "opset", "metadata")}
    more = {"verify": line.choice("verify"), "values_limit": options.values_limit}
    with _destination(line, subject.model) as path, progress_bar(line.choice("progress")) as progress:
        folder = path if options.output else path.with_suffix("")
        report = export_generation(subject.model, subject.inputs, folder, **how, **more, progress=progress)
    asked = [getattr(options, spec.name) for spec in MAKING]
    for name, part in report.items():
        key = (line.cell, options.inputs, repr(asked), name, *how.values())
        line.history.add(subject.model, part, key, subject.origin)
    return _noted(report, subject)


def _said(line: Line, *names: str) -> dict[str, Any]:
    """Of these what the line says; the engine knows what holds where it does not."""
    said = {name: getattr(line.options, name) for name in names}
    return {name: value for name, value in said.items() if value is not None}


def tag(line: Line) -> ExportReport:
    """Write a tagged copy of an ONNX file of the model, and remember that in the history."""
    subject = subject_of(line, line.options.model, line.options.inputs)
    file = line.namespace.path(line.options.file)
    with (
        _destination(line, subject.model) as path,
        progress_bar(line.choice("progress"), "tagging", "tagged") as progress,
    ):
        report = tag_onnx(
            file,
            subject.model,
            subject.inputs,
            path,
            metadata=line.choice("metadata"),
            verify=line.choice("verify"),
            **_said(line, *LIMITS),
            progress=progress,
        )
    asked = (line.options.inputs, file, line.choice("metadata"))
    line.history.add(subject.model, report, asked, subject.origin)
    return _noted(report, subject)


def compare(line: Line) -> Comparison:
    """Lay exports beside each other: those of the history, those that are named, or new ones of a model."""
    words = line.options.what
    if words and not words[0].endswith(SUFFIX) and names_model(words[0], line.namespace):
        return _compare_new(line, None)
    first = named(words[0], line.namespace, line.history) if words else None
    if is_module(first):
        return _compare_new(line, first)
    _refuse_options(line)
    if not words:
        return Comparison.of(*line.history.of_last_model())
    if len(words) == 1:
        raise InputError(f'A comparison needs two, and there is "{words[0]}" alone.')
    return Comparison.of(*(exported(word, line.namespace, line.history) for word in words))


def _refuse_options(line: Line) -> None:
    """What is there already cannot be exported in another way."""
    options = [spec for spec in line.verb.options if spec is not PROGRESS]
    _refuse(line, options, "says how to export a model, and no model is named here")


def _refuse(line: Line, options: Sequence[Argument], why: str) -> None:
    for spec in options:
        if getattr(line.options, spec.name) is not None:
            raise UsageError(f"{spec.flags[-1]} {why}.")


def _compare_new(line: Line, model: nn.Module | None) -> Comparison:
    words = line.options.what
    if len(words) > 2:
        raise UsageError("A model is compared on its inputs: %modelexport compare model inputs. More: %modelexport?")
    subject = subject_of(line, words[0], words[1] if len(words) > 1 else None, found=model)
    folder = line.options.folder
    with progress_bar(line.choice("progress"), "comparing", "compared") as progress:
        found = compare_strategies(
            subject.model,
            subject.inputs,
            line.own("strategies"),
            line.own("captures"),
            opset=line.choice("opset"),
            dynamic=dynamic_of(line),
            verify=line.own("verify"),
            values_limit=line.options.values_limit,
            folder=None if folder is None else line.namespace.path(folder),
            progress=progress,
        )
    return replace(found, notes=(*subject.notes, *found.notes)) if subject.notes else found


def open_file(line: Line) -> Hierarchy:
    """Show the module tree that an ONNX file tells."""
    return read_hierarchy(line.namespace.path(line.options.file))


def verify(line: Line) -> Validation:
    """Check a tagged file, with the model's numbers where a model is given."""
    options = line.options
    what = exported(options.what, line.namespace, line.history)
    model, inputs = None, None
    if options.model is not None:
        subject = subject_of(line, options.model, options.inputs)
        model, inputs = subject.model, subject.inputs
        _tell(subject)
    else:
        _refuse(line, MAKING, "needs a model")
    with progress_bar(line.choice("progress"), "verifying", "verified") as progress:
        return validate(
            what,
            model,
            inputs,
            verify=line.choice("verify"),
            values_limit=options.values_limit,
            progress=progress,
        )


def history(line: Line) -> History:
    """What was exported in this kernel."""
    return line.history


ACTIONS: dict[str, Callable[[Line], Any]] = {
    "export": export,
    "compare": compare,
    "sweep": sweep,
    "open": open_file,
    "tag": tag,
    "verify": verify,
    "history": history,
}


def _noted(report: Report, subject: Subject) -> Report:
    report.notes = (*subject.notes, *report.notes)
    return report


def _tell(subject: Subject) -> None:
    """For a result that has no place for notes."""
    for note in subject.notes:
        print(f"note: {note}")


@contextmanager
def _destination(line: Line, model: Any) -> Iterator[Path]:
    """The file or the folder to write; a temporary file leaves no folder behind when it was not written."""
    if named := line.options.output or getattr(line.options, "bundle", None):
        yield line.namespace.path(named)
        return
    path = temporary_path(type(model).__name__)
    try:
        yield path
    except BaseException:
        with suppress(OSError):
            path.parent.rmdir()
        raise
