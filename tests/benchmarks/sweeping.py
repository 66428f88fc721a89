"""What a sweep costs over its bare exports: forty small models, three strategies, as many workers as there are cores.

The models are architectures of the matrix. Bare is a loop of `export_model` in a warm process, one export after the
other. The sweep starts its children, hands models over, keeps results and files. CPU seconds count children
too; memory is that of the calling process alone.

    python -m tests.benchmarks.sweeping [--rounds 1]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from modelexport_nb.engine.automatic import make_inputs
from modelexport_nb.engine.export import export_model
from modelexport_nb.engine.memory import forget_peak, peak_memory, present_memory
from modelexport_nb.engine.sweeps import Job, sweep

from ..zoo import CASES
from .report import answer

STRATEGIES = ("fx", "htp", "usage_based")
MODELS = (
    "BERT",
    "RoBERTa",
    "ELECTRA",
    "FNet",
    "ConvBERT",
    "Funnel",
    "GPT-Neo",
    "OPT",
    "Mistral",
    "Gemma 2",
    "Phi-3",
    "Cohere",
    "RWKV",
    "OLMoE",
    "DeepSeek-V3",
    "mBART",
    "M2M-100",
    "ProphetNet",
    "DeiT",
    "ViT-MAE",
    "Swin v2",
    "ResNet",
    "BiT",
    "MobileViT",
    "PoolFormer",
    "LeViT",
    "SAM image encoder",
    "AST",
    "BLIP",
    "GIT",
    "OWL-ViT",
    "CLAP",
    "MLP",
    "LSTM",
    "attention pooling",
    "parameters of its own",
    "torch.cond",
    "separable convolutions",
    "two towers",
    "BERT, masked words",
)
"""Of the matrix, across all of it; the same in every run, so that runs can be compared."""


def seconds(rounds: int) -> dict[str, Any]:
    """CPU and wall seconds of each round of both, and MB that the sweeping process held more than before, at most."""
    subjects = dict(_subjects())
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


def _subjects() -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Models with inputs. None is exported here: the first export of an architecture costs more than the next, and
    both sides are to do it."""
    for name in MODELS:
        model = CASES[name].build()
        made = CASES[name].inputs
        yield name, (model, make_inputs(model).arguments if made is None else made())


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
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    answer(lambda: seconds(options.rounds))


if __name__ == "__main__":
    main()
