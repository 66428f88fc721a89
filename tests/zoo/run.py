"""Export one case and put into a row what came of it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from modelexport_nb.engine.automatic import make_inputs
from modelexport_nb.engine.errors import ModelExportError, one_line
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.measures import Measures
from modelexport_nb.engine.report import ExportReport

from .case import Case

TOLERANCE = 1e-3  # of the largest value of an output


@dataclass(frozen=True)
class Row:
    """What the table says of one case; `problem` is empty when nothing is wrong."""

    name: str
    family: str
    inputs: str
    automatic: bool
    problem: str
    capture: str = "–"
    strategy: str = "–"
    error: float = 0.0
    measures: Measures | None = None


def run(case: Case) -> Row:
    """Export the case; whatever fails is its problem, in one line."""
    inputs = "none"
    try:
        model = case.build()
        if case.inputs is None:
            made = make_inputs(model)
            inputs, arguments = made.described, made.arguments
        else:
            torch.manual_seed(0)
            inputs, arguments = "by hand", case.inputs()
        with tempfile.TemporaryDirectory() as folder:
            report = export_model(model, arguments, Path(folder) / "model.onnx")
    except ModelExportError as error:
        return Row(case.name, case.family, inputs, case.inputs is None, one_line(error, 400))
    except Exception as error:
        text = f"not an error of ours: {type(error).__name__}: {one_line(error)}"
        return Row(case.name, case.family, inputs, case.inputs is None, text)
    return Row(
        case.name,
        case.family,
        inputs,
        case.inputs is None,
        "; ".join(problems(report)),
        report.capture,
        report.strategy,
        largest_error(report),
        report.measures,
    )


def largest_error(report: ExportReport) -> float:
    """The largest |Δ| of an output, relative to its largest value."""
    return max((output.max_rel for output in report.parity.outputs), default=0.0) if report.parity else 0.0


def problems(report: ExportReport) -> list[str]:
    """Where an export falls short of what is asked of every one."""
    parity, measures = report.parity, report.measures
    found = []
    if parity is None or parity.problem is not None or not parity.outputs:
        found.append(f"numbers not compared: {parity.problem if parity else 'not verified'}")
    elif (error := largest_error(report)) > TOLERANCE:
        worst = max(parity.outputs, key=lambda output: output.max_rel)
        found.append(f"numbers differ by {error:.1e}, most in {worst.name}")
    if measures.covered < measures.nodes:
        found.append(f"{measures.nodes - measures.covered} nodes without a scope")
    if measures.disowned:
        found.append(f"{len(measures.disowned)} nodes away from their owner")
    if measures.root:
        found.append(f"{measures.root} nodes at the root by fallback")
    if measures.non_convex:
        found.append(f"{len(measures.non_convex)} regions not convex, such as {measures.non_convex[0] or 'the root'}")
    return found
