"""What a sweep costs over its bare exports: forty small models, three strategies, as many workers as there are cores.

The models are architectures of the matrix. Bare is a loop of `export_model` in a warm process, one export after the
other. The sweep starts its children, hands models over, keeps results and files. CPU seconds count children
too; memory is that of the calling process alone.

    python -m tests.benchmarks.sweeping [--models 40] [--rounds 1]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cloudpickle
import torch

from modelexport_nb.engine.automatic import make_inputs
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.memory import forget_peak, peak_memory, present_memory
from modelexport_nb.engine.sweeps import Job, sweep

from ..zoo import CASES
from .report import answer, child

STRATEGIES = ("fx", "htp", "usage_based")


def seconds(models: int, rounds: int) -> dict[str, Any]:
    """CPU and wall seconds of each round of both, and MB that the sweeping process held more than before, at most."""
    subjects = dict(_subjects(models))
    jobs = Job.grid(subjects, strategies=STRATEGIES)
    found: dict[str, list[Any]] = {"bare": [], "sweep": [], "memory": []}

    def bare(folder: Path) -> None:
        for number, job in enumerate(jobs):
            export_model(job.model, job.inputs, folder / f"{number}.onnx", **job.options)  # type: ignore[arg-type]

    def swept(folder: Path) -> None:
        held = present_memory() or 0
        forget_peak()
        result = sweep(jobs, store=folder / "sweep.db")
        assert not result.counts["failed"], result.to_markdown()
        found["memory"].append(((peak_memory() or 0) - held) / 1e6)

    with tempfile.TemporaryDirectory() as name:
        export_model(torch.nn.Linear(2, 2), torch.ones(1, 2), Path(name) / "warm.onnx")
    for _ in range(rounds):
        found["bare"].append(_timed(bare))
        found["sweep"].append(_timed(swept))
    return found


def _subjects(number: int) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Models with inputs."""
    for name in child("sweeping", "--names", str(number)):
        model = CASES[name].build()
        made = CASES[name].inputs
        yield name, (model, make_inputs(model).arguments if made is None else made())


def names(number: int) -> list[str]:
    """Models that can be exported and handed to another process. Found out in a process of its own: the first export
    of an architecture costs more than the next, and both sides are to do it."""
    cases, found = list(CASES.values()), []
    for case in [*cases[::3], *cases[1::3]]:
        model = case.build()
        inputs = make_inputs(model).arguments if case.inputs is None else case.inputs()
        with tempfile.TemporaryDirectory() as folder:
            try:
                cloudpickle.dumps(model)
                report = export_model(model, inputs, Path(folder) / "m.onnx")
            except Exception:  # whatever is in the way, it is no benchmark
                continue
        if report.parity is not None and report.parity.ok:
            found.append(case.name)
        if len(found) == number:
            break
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
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--names", type=int, help="find that many models that can be swept")
    options = parser.parse_args()
    answer(lambda: names(options.names) if options.names else seconds(options.models, options.rounds))


if __name__ == "__main__":
    main()
