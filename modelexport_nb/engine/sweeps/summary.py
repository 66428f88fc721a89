"""What a sweep keeps of a report: the facts of a `JobResult`, and whether all is as it should be."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ... import __version__
from ..measures import Measures
from ..report import ExportReport
from .results import Status

MADE_WITH = ("torch", "onnx", "onnx-ir", "onnxscript", "onnxruntime", "numpy", "transformers")
"""Distributions whose versions decide what an export gives."""


def facts_of(report: ExportReport) -> dict[str, Any]:
    """Fields of a `JobResult`, by name."""
    status, cause = _verdict(report)
    errors = [output.max_abs for output in report.parity.outputs] if report.parity is not None else []
    return {
        "status": status,
        "cause": cause,
        "strategy": report.strategy,
        "capture": report.capture,
        "opset": report.opset,
        "nodes": report.measures.nodes,
        "measures": {name: value for name, value, _ in report.measures.rows()},
        "parity": "" if report.parity is None else report.parity.text,
        "max_abs": max(errors, default=None),
        "bytes": report.bytes,
        "stages": {stage: round(seconds, 4) for stage, seconds in report.timings.items()},
        "notes": report.notes,
    }


def _verdict(report: ExportReport) -> tuple[Status, str]:
    parity = report.parity
    if parity is not None and parity.differs:
        return Status.FAILED, f"the numbers differ: {parity.headline}"
    if parity is not None and parity.problem is not None:
        return Status.WARNED, f"the numbers could not be compared: {parity.problem}"
    lacking = _lacking(report.measures)
    return (Status.WARNED, ", ".join(lacking)) if lacking else (Status.OK, "")


def _lacking(measures: Measures) -> list[str]:
    """The measures that are not complete, in words."""
    complete = {
        "coverage": measures.covered == measures.nodes,
        "ownership": measures.owned == measures.owning,
        "root share": measures.root == 0,
        "convex": measures.convex == measures.regions,
    }
    return [f"{name} {value}" for name, value, _ in measures.rows() if not complete[name]]


@cache
def versions() -> dict[str, str]:
    """Of Python, of us and of what makes an export; those that are installed in this process's environment."""
    found = {"python": platform.python_version(), "modelexport_nb": __version__}
    for name in MADE_WITH:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found
