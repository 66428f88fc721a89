"""What each verb of the command line does."""

from __future__ import annotations

import json
import tempfile
import webbrowser
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from . import analysis_views, generation_views, text, validation_views
from .analysis import Analysis
from .cli_command import Command, Outcome, dynamic_of, note
from .cli_sweep import sweep
from .engine.bundle import export_bundle
from .engine.compare import compare as compare_strategies
from .engine.comparison import Comparison
from .engine.errors import InputError, OptionError, PathError
from .engine.export import export_model
from .engine.files import file_name
from .engine.generation import GenerationReport, export_generation
from .engine.hierarchy import read_hierarchy
from .engine.report import ExportReport
from .engine.tagging import tag_onnx
from .engine.validation import validate as validate_file
from .options import LIMITS, MAKING, PROGRESS, SHELL_INPUTS
from .subjects import SUFFIX, Subject, check_generation


def export(command: Command) -> Outcome:
    """Write a model to ONNX."""
    if command.choice("generation"):
        return _export_generation(command)
    subject = command.subject(command.given("model"), engine_can=True)
    options = command.choices("strategy", "capture", "opset", "metadata", "verify")
    options |= command.said("weights", "work_dir", *LIMITS)
    options["dynamic"] = dynamic_of(command)
    bundle = command.given("bundle")
    if bundle is not None and command.given("output") is not None:
        raise OptionError("--bundle and -o exclude each other: the file of a bundle is model.onnx in its folder.")
    if bundle is None:
        write, place = export_model, _output(command, subject.model)
    else:
        write, place = partial(export_bundle, processor=subject.processor), Path(bundle)
    with command.progress("exporting", "exported") as progress:
        report = write(subject.model, subject.inputs, place, **options, progress=progress)
    return _written(report, subject, "off" if options.get("weights") == "none" else options["verify"])


def _export_generation(command: Command) -> Outcome:
    check_generation(command.options)
    subject = command.subject(command.given("model"), engine_can=True)
    options = command.choices("strategy", "capture", "opset", "metadata", "verify", "values_limit")
    folder = _output(command, subject.model, folder=True)
    with command.progress("exporting", "exported") as progress:
        report = export_generation(subject.model, subject.inputs, folder, **options, progress=progress)
    report.notes = (*subject.notes, *report.notes)
    files = ", ".join(str(file) for part in report.values() for file in part.files)
    return Outcome(
        text=lambda width: f"{generation_views.render(report, width)}\n\nWritten: {files}",
        json=lambda: _dump(_generation_facts(report)),
        ok=options["verify"] == "off" or report.ok,
    )


def tag(command: Command) -> Outcome:
    """Write a tagged copy of an ONNX file of a model."""
    subject = command.subject(command.given("model"))
    output = _output(command, subject.model)
    options = command.choices("metadata", "verify") | command.said(*LIMITS)
    file = Path(command.given("file"))
    with command.progress("tagging", "tagged") as progress:
        report = tag_onnx(file, subject.model, subject.inputs, output, **options, progress=progress)
    return _written(report, subject, options["verify"])


def compare(command: Command) -> Outcome:
    """Lay files beside each other, or the exports of a model."""
    what = command.given("what")
    alone = what[0] if len(what) == 1 else None
    if alone is not None and (alone.endswith(SUFFIX) or Path(alone).is_file()):
        raise InputError(f'A comparison needs two files, and there is "{alone}" alone.')
    found = _compare_files(command) if alone is None else _compare_new(command, alone)
    times = command.choice("times")
    return Outcome(
        text=lambda width: found.to_markdown(times=times),
        json=lambda: found.to_json(times=times),
        ok=all(column.failure is None for column in found.columns),
        markdown=True,
    )


def _compare_files(command: Command) -> Comparison:
    for spec in command.verb.options:
        if spec is not PROGRESS and command.given(spec.name) is not None:
            raise OptionError(f"{spec.flags[-1]} says how to export a model; here are files.")
    files = command.given("what")
    return Comparison.of(*map(read_hierarchy, files))


def _compare_new(command: Command, name: str) -> Comparison:
    subject = _told(command.subject(name))
    options = command.choices("strategies", "captures", "opset", "verify", "values_limit", "folder")
    options["dynamic"] = dynamic_of(command)
    with command.progress("comparing", "compared") as progress:
        return compare_strategies(subject.model, subject.inputs, **options, progress=progress)


def validate(command: Command) -> Outcome:
    """Check a tagged file."""
    if command.given("model") is None:
        for spec in (SHELL_INPUTS, *MAKING):
            if command.given(spec.name) is not None:
                raise OptionError(f"{spec.flags[0]} is of no use without --model.")
    model, inputs = None, None
    if command.given("model") is not None:
        subject = _told(command.subject(command.given("model")))
        model, inputs = subject.model, subject.inputs
    with command.progress("checking", "checked") as progress:
        found = validate_file(
            command.given("file"), model, inputs, **command.choices("verify", "values_limit"), progress=progress
        )
    return Outcome(lambda width: validation_views.render(found), lambda: _dump(found.to_dict()), found.ok)


def analyze(command: Command) -> Outcome:
    """Tell the figures of a file."""
    if command.choice("json") and command.choice("csv"):
        raise OptionError("--json and --csv exclude each other.")
    found = Analysis.of(read_hierarchy(command.given("file")), command.given("path"), command.given("tag"))
    if command.choice("csv"):
        return Outcome(lambda width: analysis_views.to_csv(found), str)
    return Outcome(lambda width: analysis_views.render(found, width), lambda: analysis_views.to_json(found))


def open_file(command: Command) -> Outcome:
    """Write the view of a file as one page, and show it."""
    from .notebook.widgets.hierarchy import HierarchyWidget  # only here are widgets needed

    hierarchy = read_hierarchy(command.given("file"))
    output = command.given("output")
    # Not removed: the browser reads it after this process has ended.
    page = Path(output or Path(tempfile.mkdtemp(prefix="modelexport-")) / f"{hierarchy.path.stem}.html")
    page = HierarchyWidget(hierarchy).save_html(page)
    shown = command.choice("browser") and webbrowser.open(page.absolute().as_uri())
    if command.choice("browser") and not shown:
        note("no browser could be started: open the page by hand")
    return Outcome(lambda width: str(page), lambda: _dump({"file": hierarchy.path.name, "page": str(page)}))


ACTIONS: dict[str, Callable[[Command], Outcome]] = {
    "export": export,
    "compare": compare,
    "sweep": sweep,
    "open": open_file,
    "tag": tag,
    "validate": validate,
    "analyze": analyze,
}


def _output(command: Command, model: Any, *, folder: bool = False) -> Path:
    """The file or the folder to write; one that nobody named must not be there."""
    given = command.given("output")
    if given is not None:
        return Path(given)
    path = Path(file_name(type(model).__name__))
    path = path.with_suffix("") if folder else path
    if path.exists():
        raise PathError(f'"{path}" is there already. To write it anew: -o {path}')
    return path


def _told(subject: Subject) -> Subject:
    """For results that have no place for notes."""
    for line in subject.notes:
        note(line)
    return subject


def _written(report: ExportReport, subject: Subject, verify: str) -> Outcome:
    """The report; not in order where the numbers were to agree and do not."""
    report.notes = (*subject.notes, *report.notes)
    proved = report.parity is not None and report.parity.ok and not report.parity.differs
    files = ", ".join(map(str, report.files))
    return Outcome(
        text=lambda width: f"{text.render(report, width)}\n\nWritten: {files}",
        json=lambda: _dump(_facts(report)),
        ok=verify == "off" or proved,
    )


def _facts(report: ExportReport) -> dict[str, Any]:
    parity = report.parity
    return {
        "file": str(report.path),
        "files": [str(file) for file in report.files],
        "model": report.model_class,
        "strategy": report.strategy,
        "tried": list(report.tried),
        "capture": report.capture,
        "attempts": [{"name": one.name, "ok": one.ok, "why": one.why} for one in report.attempts],
        "opset": report.opset,
        "metadata": report.metadata,
        "nodes": len(report.attribution.scopes),
        "modules": len(report.modules.modules),
        "parameters": report.modules.root.parameters,
        "measures": {name: value for name, value, _ in report.measures.rows()},
        "parity": None if parity is None else {"ok": parity.ok and not parity.differs, "text": parity.text},
        "notes": list(report.notes),
    }


def _generation_facts(report: GenerationReport) -> dict[str, Any]:
    decoding = report.decoding
    return {
        "folder": str(report.folder),
        "ok": report.ok,
        "decoding": None if decoding is None else {"ok": decoding.ok, "text": decoding.text},
        "parts": {name: _facts(part) for name, part in report.items()},
        "notes": list(report.notes),
    }


def _dump(found: dict[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, indent=1)
