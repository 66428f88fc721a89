"""What the benchmarks share: tables, spreads, the machine, and a fresh process for each measurement."""

from __future__ import annotations

import contextlib
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

LIBRARIES = ("torch", "transformers", "onnx", "onnx-ir", "onnxscript", "onnxruntime")


def head(columns: Sequence[str]) -> str:
    """The first two lines of a table."""
    return line(columns) + "\n|" + " --- |" * len(columns)


def line(cells: Sequence[object]) -> str:
    """One line of a table."""
    return "| " + " | ".join(map(str, cells)) + " |"


def spread(values: Sequence[float]) -> str:
    """`1.03 (1.01 to 1.06)`: median, minimum and maximum; one value has no spread."""
    around = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    return f"{statistics.median(values):.2f}{around}"


def versions() -> dict[str, str]:
    """The version of each library that the figures depend on."""
    return {name: version(name) for name in LIBRARIES}


def machine() -> str:
    """What the figures hold for."""
    cores = len(os.sched_getaffinity(0))
    libraries = ", ".join(f"{name} {number}" for name, number in versions().items())
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}, {libraries}"


def child(module: str, *arguments: str) -> Any:
    """Run a module of the benchmarks in a fresh process; what it prints last is JSON."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr or f"{module}: ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def answer(measured: Callable[[], Any]) -> None:
    """In such a process: print what was measured, and nothing of what libraries say meanwhile."""
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(io.StringIO()):
        result = measured()
    print(json.dumps(result))
