"""What a sweep costs over its bare exports: many small models, three strategies, on as many workers as there are cores.

Bare is a loop of `export_model` in a warm process, one export after the other. The sweep starts its children, hands
models over, keeps results and files. CPU seconds count children too; memory is that of the calling process alone.

    python -m tests.benchmarks.sweeping [--models 40] [--rounds 2]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from modelexport_nb.engine.memory import forget_peak, peak_memory, present_memory

from .models import bert
from .report import answer

STRATEGIES = ("fx", "htp", "usage_based")


def seconds(models: int, rounds: int) -> dict[str, Any]:
    """CPU and wall seconds of each round of both, and MB that the sweeping process held more than before, at most."""
    from modelexport_nb.engine.export import export_model
    from modelexport_nb.engine.sweeps import Job, sweep

    subjects = {f"model {number}": bert(1, 64) for number in range(models)}
    jobs = Job.grid(subjects, strategies=STRATEGIES)
    found: dict[str, list[Any]] = {"bare": [], "sweep": [], "memory": []}

    def bare(folder: Path) -> None:
        for number, job in enumerate(jobs):
            export_model(job.model, job.inputs, folder / f"{number}.onnx", **job.options)  # type: ignore[arg-type]

    def swept(folder: Path) -> None:
        held = present_memory() or 0
        forget_peak()
        result = sweep(jobs, store=folder / "sweep.db")
        assert result.ok, repr(result)
        found["memory"].append(((peak_memory() or 0) - held) / 1e6)

    with tempfile.TemporaryDirectory() as name:
        export_model(*subjects["model 0"], Path(name) / "warm.onnx")
    for _ in range(rounds):
        found["bare"].append(_timed(bare))
        found["sweep"].append(_timed(swept))
    return found


def _timed(run: Callable[[Path], None]) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = _cpu(), time.perf_counter()
        run(Path(folder))
        return [_cpu() - cpu, time.perf_counter() - wall]


def _cpu() -> float:
    """CPU seconds of this process and of its children that have ended."""
    now = os.times()
    return now.user + now.system + now.children_user + now.children_system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    answer(lambda: seconds(options.models, options.rounds))


if __name__ == "__main__":
    main()
