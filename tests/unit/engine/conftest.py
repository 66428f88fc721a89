"""Exports that several tests look at are made once; what several tests count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.optimization.copies import TracedBlock
from modelexport_nb.engine.report import ExportReport

from .zoo import build


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ExportReport]:
    """The report of a model of the zoo, exported with the defaults."""
    folder: Path = tmp_path_factory.mktemp("zoo")
    reports: dict[str, ExportReport] = {}

    def get(name: str) -> ExportReport:
        if name not in reports:
            reports[name] = export_model(*build(name), folder / f"{len(reports)}.onnx")
        return reports[name]

    return get


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The modules that were not traced."""
    paths: list[str] = []
    original = TracedBlock.copy

    def copy(self: TracedBlock, tracer: Any, recorder: Any, module: nn.Module, *rest: Any) -> Any:
        paths.append(recorder.path_of(module) or "")
        return original(self, tracer, recorder, module, *rest)

    monkeypatch.setattr(TracedBlock, "copy", copy)
    return paths
