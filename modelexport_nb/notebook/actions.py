"""What each verb of `%modelexport` does with a parsed line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from IPython.core.error import UsageError

from modelexport_nb.engine.compare import compare as compare_strategies
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import InputError
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.hierarchy import Hierarchy, read_hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.tagging import tag_onnx
from modelexport_nb.engine.validation import Validation, validate
from modelexport_nb.progress import progress_bar
from modelexport_nb.verbs import PROGRESS

from .exported import exported, named
from .history import History
from .line import Line
from .namespace import is_inputs, is_module
from .temporary import temporary_path


def export(line: Line) -> ExportReport:
    """Write a model to ONNX, and remember that in the history."""
    options = line.options
    if options.inputs is None:
        needs = "inputs" if options.model else "a model and inputs"
        raise UsageError(f"%modelexport needs {needs}: %modelexport model inputs. More: %modelexport?")
    model, inputs = _model_and_inputs(line)
    how = {name: line.choice(name) for name in ("strategy", "capture", "opset", "metadata")}
    with _destination(line, model) as path, progress_bar(line.choice("progress")) as progress:
        report = export_model(
            model,
            inputs,
            path,
            **how,
            verify=line.choice("verify"),
            values_limit=options.memory_limit,
            dynamic=_dynamic(line),
            progress=progress,
        )
    line.history.add(model, report, (line.cell, options.inputs, options.dynamic, *how.values()))
    return report


def tag(line: Line) -> ExportReport:
    """Write a tagged copy of an ONNX file of the model, and remember that in the history."""
    model, inputs = _model_and_inputs(line)
    file = line.namespace.path(line.options.file)
    with _destination(line, model) as path, progress_bar(line.choice("progress"), "tagging", "tagged") as progress:
        report = tag_onnx(
            file,
            model,
            inputs,
            path,
            metadata=line.choice("metadata"),
            verify=line.choice("verify"),
            values_limit=line.options.memory_limit,
            progress=progress,
        )
    line.history.add(model, report, (line.options.inputs, file, line.choice("metadata")))
    return report


def compare(line: Line) -> Comparison:
    """Lay exports beside each other: those of the history, those that are named, or new ones of a model."""
    words = line.options.what
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
    for spec in line.verb.options:
        if spec is not PROGRESS and getattr(line.options, spec.name) is not None:
            raise UsageError(f"{spec.flags[-1]} says how to export a model, and no model is named here.")


def _compare_new(line: Line, model: Any) -> Comparison:
    words = line.options.what
    if len(words) != 2:
        raise UsageError("A model is compared on its inputs: %modelexport compare model inputs. More: %modelexport?")
    folder = line.options.folder
    with progress_bar(line.choice("progress"), "comparing", "compared") as progress:
        return compare_strategies(
            model,
            line.namespace.evaluate(words[1], is_inputs),
            line.own("strategies"),
            line.own("captures"),
            opset=line.choice("opset"),
            dynamic=_dynamic(line),
            verify=line.own("verify"),
            values_limit=line.options.memory_limit,
            folder=None if folder is None else line.namespace.path(folder),
            progress=progress,
        )


def open_file(line: Line) -> Hierarchy:
    """Show the module tree that an ONNX file tells."""
    return read_hierarchy(line.namespace.path(line.options.file))


def verify(line: Line) -> Validation:
    """Check a tagged file, with the model's numbers where a model is given."""
    options = line.options
    if options.model is not None and options.inputs is None:
        raise UsageError("A model is verified on its inputs: %modelexport verify report model inputs")
    what = exported(options.what, line.namespace, line.history)
    model, inputs = _model_and_inputs(line) if options.model is not None else (None, None)
    with progress_bar(line.choice("progress"), "verifying", "verified") as progress:
        return validate(
            what,
            model,
            inputs,
            verify=line.choice("verify"),
            values_limit=options.memory_limit,
            progress=progress,
        )


def history(line: Line) -> History:
    """What was exported in this kernel."""
    return line.history


ACTIONS: dict[str, Callable[[Line], Any]] = {
    "export": export,
    "compare": compare,
    "open": open_file,
    "tag": tag,
    "verify": verify,
    "history": history,
}


def _model_and_inputs(line: Line) -> tuple[Any, Any]:
    return (
        line.namespace.evaluate(line.options.model, is_module),
        line.namespace.evaluate(line.options.inputs, is_inputs),
    )


@contextmanager
def _destination(line: Line, model: Any) -> Iterator[Path]:
    """The file to write; a temporary one leaves no folder behind when it was not written."""
    if line.options.output:
        yield line.namespace.path(line.options.output)
        return
    path = temporary_path(type(model).__name__)
    try:
        yield path
    except BaseException:
        with suppress(OSError):
            path.parent.rmdir()
        raise


def _dynamic(line: Line) -> Any:
    shapes = line.options.dynamic
    return None if shapes is None else line.namespace.evaluate(shapes)
