"""Exports that several tests look at are made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelexport_nb.engine.export import export_model
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
