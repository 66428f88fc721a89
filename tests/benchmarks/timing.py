"""CPU and wall seconds of several exports of one model, in turn in one process, and memory in processes of their own.

python -m tests.benchmarks.timing times "BERT-base" 3 plain,tagged
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable
from typing import Any

from modelexport_nb.engine.memory import forget_peak, peak_memory, present_memory

from .models import CASES, bert
from .report import answer

Seconds = list[float]  # CPU and wall


def ways(model: Any, inputs: dict[str, Any], folder: str) -> dict[str, Callable[[], Any]]:
    """The exports that are compared, each writing a file of its own."""
    import torch

    from modelexport_nb import export_model

    def plain() -> None:
        torch.onnx.export(model, (), kwargs=inputs, f=f"{folder}/plain.onnx", dynamo=True, verbose=False)

    def exporter() -> None:
        from transformers.exporters.exporter_onnx import OnnxConfig, OnnxExporter

        program, _ = OnnxExporter().export_program(model, dict(inputs), OnnxConfig())
        OnnxExporter.save_program(program, f"{folder}/exporter.onnx")

    def tagged(verify: str) -> Callable[[], Any]:
        return lambda: export_model(model, inputs, f"{folder}/{verify}.onnx", verify=verify)

    levels = {"tagged": tagged("off"), "verified": tagged("model"), "modules": tagged("modules")}
    return {"plain": plain, "exporter": exporter, **levels}


def times(case: str, rounds: int, names: list[str]) -> dict[str, list[Seconds]]:
    """The seconds of every round of every way; a tiny model warms each way up."""
    with tempfile.TemporaryDirectory() as folder:
        tiny = ways(*bert(1, 64), folder)
        for name in names:
            tiny[name]()
        competing = ways(*CASES[case](), folder)
        return _in_turn(rounds, {name: competing[name] for name in names})


def growth(rounds: int, cases: list[str]) -> dict[str, list[Seconds]]:
    """The seconds of every round of a tagged export of every case."""
    with tempfile.TemporaryDirectory() as folder:
        ways(*bert(1, 64), folder)["tagged"]()
        return _in_turn(rounds, {case: ways(*CASES[case](), folder)["tagged"] for case in cases})


def twice(case: str) -> list[Seconds]:
    """The seconds of the first export of a process and of a second one of the same model."""
    with tempfile.TemporaryDirectory() as folder:
        export = ways(*CASES[case](), folder)["tagged"]
        return [_timed(export), _timed(export)]


def peak(case: str, way: str) -> dict[str, float]:
    """GB that one export holds at most above what the process held with the model loaded; and the model's weights."""
    with tempfile.TemporaryDirectory() as folder:
        model, inputs = CASES[case]()
        run = ways(model, inputs, folder)[way]
        held = present_memory() or 0
        forget_peak()
        run()
        weights = sum(parameter.nbytes for parameter in model.parameters())
        return {"peak": ((peak_memory() or 0) - held) / 1e9, "weights": weights / 1e9}


def _in_turn(rounds: int, runs: dict[str, Callable[[], Any]]) -> dict[str, list[Seconds]]:
    found: dict[str, list[Seconds]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            found[name].append(_timed(run))
    return found


def _timed(run: Callable[[], Any]) -> Seconds:
    gc.collect()  # what the way before has left is not to be found at the cost of this one
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return [time.process_time() - cpu, time.perf_counter() - wall]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("times", "growth", "twice", "peak"))
    parser.add_argument("case", choices=CASES)
    parser.add_argument("rest", nargs="*")
    options = parser.parse_args()
    if options.what == "times":
        answer(lambda: times(options.case, int(options.rest[0]), options.rest[1].split(",")))
    elif options.what == "growth":
        answer(lambda: growth(int(options.rest[0]), [options.case, *options.rest[1:]]))
    elif options.what == "twice":
        answer(lambda: twice(options.case))
    else:
        answer(lambda: peak(options.case, options.rest[0]))


if __name__ == "__main__":
    main()
