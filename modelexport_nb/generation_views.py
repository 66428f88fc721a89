"""The parts of a model that generates as plain text, one report below the other."""

from __future__ import annotations

from . import text
from .engine.generation import GenerationReport
from .engine.report import ExportReport


def render(report: GenerationReport, width: int = text.WIDTH) -> str:
    """What `generate()` made of the files, the notes, and each part under its name, as `text.render` tells it.

    Holds no times, addresses or folders, so that it is the same in every run.
    """
    lines = [f"{headline(report)}.", *(f"note: {text.printable(note, 10 * width)}" for note in report.notes)]
    told = [f"{name}\n{'─' * len(name)}\n{text.render(part, width)}" for name, part in parts(report)]
    return "\n\n".join(["\n".join(lines), *told])


def headline(report: GenerationReport) -> str:
    """`GPT2LMHeadModel as prefill.onnx, decode.onnx. generate() with these files: 8 tokens equal, max |Δ| 2.4e-07`."""
    files = ", ".join(text.printable(part.path.name) for part in report.values())
    found = "not run" if report.decoding is None else text.printable(report.decoding.text, 1_000)
    return f"{text.printable(report.model_class)} as {files}. generate() with these files: {found}"


def parts(report: GenerationReport) -> list[tuple[str, ExportReport]]:
    """Each part with its name on one line."""
    return [(text.printable(name), part) for name, part in report.items()]
