"""Tagged export to a file against plain `torch.onnx.export(dynamo=True)` to a file: `make bench`.

Each model gets a process of its own in which the two ways alternate (A B A B …) after one warm-up of each; ratios are
taken within a round. Peak memory is measured in a fresh process for each way, above what the loaded model takes.
A second table says what strategy `htp` costs (`projecting.py`).
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from . import projecting
from .models import CASES

ROUNDS = 3
PROJECTIONS = 3  # they are short: so many times as many rounds
COLUMNS = (
    "model",
    "plain, CPU",
    "tagged, CPU ratio",
    "tagged, wall ratio",
    "tagged and verified, CPU ratio",
    "peak GB, plain",
    "peak GB, tagged",
)
LIBRARIES = ("torch", "transformers", "onnx", "onnx-ir", "onnxscript", "onnxruntime")


def ways(case: str, folder: str) -> dict[str, Callable[[], Any]]:
    """The exports that are compared, each writing a file of its own."""
    import torch

    from modelexport_nb import export_model

    model, inputs = CASES[case]()

    def plain() -> None:
        torch.onnx.export(model, (), kwargs=inputs, f=f"{folder}/plain.onnx", dynamo=True, verbose=False)

    def tagged() -> None:
        export_model(model, inputs, f"{folder}/tagged.onnx", verify="off")

    def verified() -> None:
        export_model(model, inputs, f"{folder}/verified.onnx")

    return {"plain": plain, "tagged": tagged, "verified": verified}


def alternate(case: str, rounds: int) -> dict[str, list[list[float]]]:
    """CPU and wall seconds of every round of every way."""
    times: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        competing = ways(case, folder)
        for number in range(rounds + 1):
            for name, run in competing.items():
                cpu, wall = time.process_time(), time.perf_counter()
                run()
                spent = [time.process_time() - cpu, time.perf_counter() - wall]
                if number:  # the first round warms up
                    times.setdefault(name, []).append(spent)
    return times


def peak(case: str, way: str) -> float:
    """GB of memory at the peak of one export, above what the process held with the model loaded."""
    with tempfile.TemporaryDirectory() as folder:
        run = ways(case, folder)[way]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        run()
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6


def child(*arguments: str) -> Any:
    """Run this file in a fresh process; what it prints last is JSON."""
    command = [sys.executable, "-m", "tests.benchmarks.bench", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def head(columns: tuple[str, ...]) -> str:
    """The first two lines of a table."""
    return "| " + " | ".join(columns) + " |\n|" + " --- |" * len(columns)


def spread(values: list[float]) -> str:
    """`1.03 (1.01 to 1.06)`: median, minimum and maximum."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def row(case: str, rounds: int) -> str:
    """One line of the table, measured now."""
    times = child("--time", case, "--rounds", str(rounds))

    def ratios(way: str, which: int) -> str:
        pairs = zip(times[way], times["plain"], strict=True)
        return spread([ours[which] / theirs[which] for ours, theirs in pairs])

    memory = {way: child("--peak", case, way) for way in ("plain", "tagged")}
    seconds = statistics.median(cpu for cpu, _ in times["plain"])
    cells = [case, f"{seconds:.1f} s", ratios("tagged", 0), ratios("tagged", 1), ratios("verified", 0)]
    return "| " + " | ".join([*cells, f"{memory['plain']:.2f}", f"{memory['tagged']:.2f}"]) + " |"


def machine() -> str:
    """What the figures hold for."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    cores = len(os.sched_getaffinity(0))
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}, {libraries}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--case", choices=CASES, action="append", help="measure only this (may be repeated)")
    parser.add_argument("--time", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--project", choices=projecting.MODELS, help=argparse.SUPPRESS)
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.time or options.peak or options.project:
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(io.StringIO()):
            result: Any
            if options.time:
                result = alternate(options.time, options.rounds)
            elif options.project:
                result = projecting.measure(options.project, options.rounds)
            else:
                result = peak(*options.peak)
        print(json.dumps(result))
        return
    print(machine() + "\n")
    print(head(COLUMNS))
    for case in options.case or CASES:
        print(row(case, options.rounds), flush=True)
    cases = [case for case in projecting.MODELS if case in (options.case or CASES)]
    if cases:
        print(f"\nRecording and projecting, of one eager and one ONNX Runtime run; at most {projecting.LIMIT:g}:\n")
        print(head(projecting.COLUMNS))
    for case in cases:
        times = child("--project", case, "--rounds", str(PROJECTIONS * options.rounds))
        print(projecting.row(case, times, spread), flush=True)


if __name__ == "__main__":
    main()
