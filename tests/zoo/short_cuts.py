"""Export the whole matrix with each short cut and without any, and compare: `python -m tests.zoo.short_cuts`."""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
import warnings
from pathlib import Path
from typing import Any

from modelexport_nb.engine import export, shapes
from modelexport_nb.engine.errors import ModelExportError, one_line
from modelexport_nb.engine.optimization import DEFAULT_SHORT_CUTS, OptimizationOptions, decomposition

from ..unit.engine.graph_facts import all_of_it
from . import CASES
from .case import Case

WAYS: tuple[dict[str, Any], ...] = (  # each with short cuts that the others do not take
    {"verify": "off"},
    {"verify": "model"},
    {"verify": "off", "dynamic": "auto"},
)


def facts(case: Case, options: OptimizationOptions, way: dict[str, Any]) -> list[Any] | str:
    """Everything about the file and what is said of it, each byte of it too; what went wrong where there is none."""
    model = case.build()
    inputs = None if case.inputs is None else case.inputs()
    with tempfile.TemporaryDirectory() as folder:
        try:
            report = export.export_model(model, inputs, Path(folder) / "m.onnx", optimization=options, **way)
            return all_of_it(report)
        except ModelExportError as error:
            return one_line(error)


def difference(slow: list[Any] | str, quick: list[Any] | str) -> str:
    """The first thing that is not the same; empty where all is."""
    if slow == quick:
        return ""
    if isinstance(slow, str) or isinstance(quick, str) or len(slow) != len(quick):
        return f"{slow if isinstance(slow, str) else len(slow)} and {quick if isinstance(quick, str) else len(quick)}"
    return next(f"{one} and {other}" for one, other in zip(slow, quick, strict=True) if one != other)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.zoo.short_cuts", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", default="", help="cases whose name the pattern is in")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    unclear, with_numbers = [], []
    by_kinds, on_shapes = decomposition._by_kinds, export.run_on_shapes

    def noted(*arguments: Any) -> Any:
        try:
            return by_kinds(*arguments)
        except decomposition.Unclear:
            if "dynamic" not in way:  # sizes that vary are always left to torch's way
                unclear.append(case.name)
            raise

    def counted(*arguments: Any) -> Any:
        if (run := on_shapes(*arguments)) is None:
            with_numbers.append(case.name)
        return run

    decomposition._by_kinds, export.run_on_shapes = noted, counted
    shapes.LARGE = 0  # small models are run as large ones are
    found: list[str] = []
    fileless: list[str] = []
    for case in CASES.values():
        if options.only not in case.name:
            continue
        for way in WAYS:
            with contextlib.redirect_stdout(io.StringIO()):
                slow, quick = (facts(case, cuts, way) for cuts in (OptimizationOptions.none(), DEFAULT_SHORT_CUTS))
            found.append(difference(slow, quick))
            if found[-1]:
                print(f"{case.name}, {way}: {found[-1]}", flush=True)
            if isinstance(quick, str):
                fileless.append(f"{case.name}, {way}: {quick}")
    print(f"{found.count('')} of {len(found)} exports the same with short cuts and without.")
    print("No file with short cuts:", *(fileless or ["none"]), sep="\n  ")
    print(f"Run with numbers: {', '.join(dict.fromkeys(with_numbers)) or 'none'}.")
    print(f"Taken apart in torch's way: {', '.join(dict.fromkeys(unclear)) or 'none'}.")


if __name__ == "__main__":
    main()
