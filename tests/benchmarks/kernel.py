"""One kernel that exports again and again: what it holds after the tenth export, and after the last.

`python -m tests.benchmarks.kernel` prints the memory after every tenth of 100 exports of a small BERT.
"""

from __future__ import annotations

import argparse
import gc
import warnings

from IPython.core.interactiveshell import InteractiveShell

from modelexport_nb import ExportReport, load_ipython_extension
from modelexport_nb.engine.memory import present_memory

from .models import bert

EXPORTS = 100
LAYERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exports", type=int, default=EXPORTS)
    exports = parser.parse_args().exports
    warnings.simplefilter("ignore")
    shell = InteractiveShell.instance(colors="nocolor")
    shell.history_manager.enabled = False
    load_ipython_extension(shell)
    model, inputs = bert(LAYERS, 64)
    shell.user_ns.update(model=model, inputs=inputs)
    print("| exports | memory | reports alive | listed |\n| --- | --- | --- | --- |")
    tenth = None
    for number in range(1, exports + 1):
        shell.run_cell("%modelexport model inputs --no-progress;").raise_error()
        if number % 10:
            continue
        gc.collect()
        memory = (present_memory() or 0) / 1e6
        tenth = tenth or memory
        alive = sum(type(thing) is ExportReport for thing in gc.get_objects())
        shell.run_cell("listed = %modelexport history").raise_error()
        listed = len(shell.user_ns["listed"])
        print(f"| {number} | {memory:.0f} MB ({memory - tenth:+.0f}) | {alive} | {listed} |", flush=True)


if __name__ == "__main__":
    main()
