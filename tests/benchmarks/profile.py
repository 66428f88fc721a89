"""Where the CPU time of one export goes: seconds of each stage, then the functions that take most.

python -m tests.benchmarks.profile [--case NAME] [--way plain|tagged|verified|modules] [--lines N]
"""

from __future__ import annotations

import argparse
import contextlib
import cProfile
import io
import pstats
import re
import tempfile
import time
import warnings

from .models import CASES
from .timing import ways

_PLACE = re.compile(r"^.*?(?:site-packages|lib/python3\.\d+)/")


def profile(case: str, way: str) -> tuple[float, pstats.Stats, str]:
    """CPU seconds of a warm export, the profile of another one, and what the first tells of its stages."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        run = ways(*CASES[case](), folder)[way]
        run()
        begun = time.process_time()
        report = run()
        seconds = time.process_time() - begun
        profiler = cProfile.Profile(time.process_time)
        profiler.runcall(run)
    stages = ", ".join(f"{name} {taken:.2f} s" for name, taken in getattr(report, "timings", {}).items())
    return seconds, pstats.Stats(profiler, stream=io.StringIO()), stages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, default="BERT 48 small layers")
    parser.add_argument("--way", choices=("plain", "exporter", "tagged", "verified", "modules"), default="tagged")
    parser.add_argument("--lines", type=int, default=60)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    seconds, stats, stages = profile(options.case, options.way)
    print(f"{options.case}, {options.way}: {seconds:.2f} s CPU" + (f" (wall: {stages})" if stages else ""))
    for order in ("cumulative", "tottime"):
        text = io.StringIO()
        stats.stream = text  # type: ignore[attr-defined]
        stats.sort_stats(order).print_stats(options.lines)
        print("\n".join(_PLACE.sub("", each) if "/" in each else each for each in text.getvalue().splitlines()))


if __name__ == "__main__":
    main()
