"""Three strategies compared against the slowest of the three exports alone: part of `make bench-more`.

All verify module by module. In one process `compare()` and the exports alternate (A B C D A B C D …) after a warm-up
round; the ratio is taken within a round, of `compare()` to whichever export was the slowest in it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from typing import Any

from .models import CASES
from .report import head, machine, spread

ROUNDS = 5
LIMIT = 1.3
MODELS = ("BERT-base", "ResNet-50")
STRATEGIES = ("fx", "htp", "usage_based")
COLUMNS = ("model", "compare", *STRATEGIES, "ratio, wall", "ratio, CPU")


def ways(case: str, folder: str) -> dict[str, Callable[[], Any]]:
    """The comparison and each export by itself."""
    from modelexport_nb import compare, export_model

    model, inputs = CASES[case]()

    def alone(strategy: str) -> Callable[[], Any]:
        path = f"{folder}/{strategy}.onnx"
        return lambda: export_model(model, inputs, path, strategy=strategy, verify="modules")

    together = {"compare": lambda: compare(model, inputs, STRATEGIES, verify="modules", folder=folder)}
    return together | {strategy: alone(strategy) for strategy in STRATEGIES}


def measure(case: str, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Wall and CPU seconds of every round of every way."""
    times: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        competing = ways(case, folder)
        for number in range(rounds + 1):
            for name, run in competing.items():
                wall, cpu = time.perf_counter(), time.process_time()
                run()
                spent = time.perf_counter() - wall, time.process_time() - cpu
                if number:  # the first round warms up
                    times.setdefault(name, []).append(spent)
    return times


def row(case: str, rounds: int) -> str:
    """One line of the table, measured now."""
    times = measure(case, rounds)
    seconds = [f"{statistics.median(wall for wall, _ in times[name]):.1f} s" for name in ("compare", *STRATEGIES)]
    ratios = [
        spread(
            [times["compare"][at][which] / max(times[name][at][which] for name in STRATEGIES) for at in range(rounds)]
        )
        for which in (0, 1)
    ]
    return "| " + " | ".join([case, *seconds, *ratios]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--case", choices=CASES, action="append", help="measure only this (may be repeated)")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{machine()}\n\nComparing, of the slowest export alone; at most {LIMIT:g}:\n\n{head(COLUMNS)}")
    for case in options.case or MODELS:
        print(row(case, options.rounds), flush=True)


if __name__ == "__main__":
    main()
