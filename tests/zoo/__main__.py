"""Export the whole matrix and print its table: `make zoo`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import re
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

from ..truth import percent, table
from . import CASES, QUICK
from .run import TOLERANCE, Row, run

HEAD = (
    "model",
    "family",
    "inputs",
    "capture",
    "strategy",
    "nodes",
    "max |Δ|",
    "coverage",
    "ownership",
    "root",
    "non-convex",
)
LIBRARIES = ("torch", "transformers", "onnxruntime")


def line(row: Row) -> tuple[object, ...]:
    """One row of the table; |Δ| is relative to the largest value of its output."""
    begin = (row.name, row.family, "made" if row.automatic and row.inputs != "none" else row.inputs)
    if (found := row.measures) is None:
        return (*begin, *["–"] * (len(HEAD) - len(begin)), row.problem)
    measured = (
        found.nodes,
        f"{row.error:.1e}",
        f"{found.covered}/{found.nodes}",
        f"{found.owned}/{found.owning}",
        found.root,
        f"{len(found.non_convex)}/{found.regions}",
    )
    return (*begin, row.capture, row.strategy, *measured, row.problem or "ok")


def totals(rows: list[Row]) -> list[str]:
    """The sums over all rows, and every failure with its cause."""
    found = [row.measures for row in rows if row.measures is not None]
    nodes, owning = sum(m.nodes for m in found), sum(m.owning for m in found)
    regions = sum(m.regions for m in found)
    counts = [
        ("coverage", sum(m.covered for m in found), nodes),
        ("ownership", sum(m.owned for m in found), owning),
        ("root by fallback", sum(m.root for m in found), nodes),
        ("non-convex regions", sum(len(m.non_convex) for m in found), regions),
    ]
    equal = sum(row.measures is not None and "numbers" not in row.problem for row in rows)
    good = sum(not row.problem for row in rows)
    made = sum(row.automatic and row.inputs != "none" for row in rows)
    lines = [
        f"{len(rows)} architectures, {len(found)} exported, {good} of them without any fault; inputs made for {made}.",
        f"Numbers agree to {TOLERANCE:g} in {equal}.",
        *(f"- {name}: {part}/{whole}, {percent((part, whole)) if whole else '–'}" for name, part, whole in counts),
    ]
    faults = [f"- {row.name}: {row.problem}" for row in rows if row.problem]
    return [*lines, "", "## Faults", "", *(faults or ["None."])]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.zoo", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", metavar="PATTERN", default="", help="cases whose name or family the pattern is found in"
    )
    parser.add_argument("--quick", action="store_true", help="the selection that the unit tests export")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the table there too")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # exporters talk a lot
    logging.disable(logging.WARNING)
    wanted = re.compile(options.only, re.IGNORECASE)
    cases = [case for case in CASES.values() if wanted.search(case.name) or wanted.search(case.family)]
    rows = []
    for case in cases:
        if options.quick and case.name not in QUICK:
            continue
        print(case.name, file=sys.stderr, flush=True)
        with contextlib.redirect_stdout(None):
            rows.append(run(case))
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    text = "\n".join(
        [
            "# The matrix of architectures",
            "",
            f"{libraries}.",
            "",
            table((*HEAD, "outcome"), map(line, rows)),
            "",
            *totals(rows),
        ]
    )
    if options.save:
        options.save.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
