"""Compare a written file with PyTorch: its outputs, at other sizes too, and what every module call returned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from .clock import Clock
from .determinism import disagreement
from .errors import OptionError, as_sentence, did_you_mean
from .module_parity import compare_all_modules
from .parity import Parity, compare_outputs
from .precision import coarsest_types
from .report import ExportReport
from .second_size import compare_second_sizes
from .stages import Stages
from .strategies import Subject
from .values import tensors_in

VERIFY_CHOICES: tuple[str, ...] = ("model", "modules", "off")


def verify_reports(reports: Sequence[ExportReport], subject: Subject, draft: Path, level: str) -> None:
    """Compare the file with PyTorch, once for all reports about its graph: they differ in nothing that computes."""
    tensors = subject.captured.capture.output_tensors if subject.captured is not None else tensors_in
    expected, types = tensors(subject.eager.outputs), coarsest_types(subject.graph)
    parity = compare_outputs(draft, subject.feed, expected, subject.values_limit, types)
    if subject.captured is not None and subject.request.dynamic_shapes is not None and parity.problem is None:
        second, smaller, *_ = (*compare_second_sizes(draft, subject), None, None)
        parity = replace(parity, second_size=second, smaller_size=smaller)
    for report in reports:
        report.parity = parity
        report.notes = (*report.notes, *_empty_notes(parity))
    if level == "modules" and not parity.remark:
        found = compare_all_modules(draft, subject, [report.attribution for report in reports])
        for report, modules in zip(reports, found, strict=True):
            report.parity = replace(parity, modules=modules)
    if any(report.parity is not None and report.parity.differs for report in reports):
        _explain_difference(reports, subject)


def resume_verification(
    report: ExportReport, subject: Subject, draft: Path, level: str, clock: Clock, stages: Stages
) -> None:
    """Compare the file with PyTorch, unless this very file was compared before."""
    if stages.take_parity(report, draft, level):
        clock.skip("verify")
        return
    with clock.stage("verify"):
        known = len(report.notes)
        verify_reports([report], subject, draft, level)
        stages.keep_parity(report, draft, level, report.notes[known:])


def _empty_notes(parity: Parity) -> list[str]:
    return [
        f'Output "{output.name}" holds no finite number: agreement there proves nothing.'
        for output in parity.outputs
        if output.proves_nothing
    ]


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
