"""What `htp` costs next to what it watches: recording and projecting against one eager run and one ONNX Runtime run.

All are taken in one process, in turn (A B A B …) after a warm-up round, on a graph captured and written beforehand;
ratios are taken within a round. Recording is the whole eager run with every operator's values noted. Projecting is all
that strategy `htp` then does: it reads the file, opens a session in which every value is an output, runs it, samples
and matches the values and shares out the nodes. The eager run is the bare model without gradients; the ONNX Runtime
run is one in a session as ONNX Runtime makes it by default, optimised. Opening that session is not part of the sum that
the ratio is taken of, nor is writing the graph to the scratch file that an export with `htp` needs: both are given
beside it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .models import CASES
from .report import answer, child, head, machine, spread

MODELS = ("BERT-base", "ResNet-50")
LIMIT = 3.0
ROUNDS = 9  # they are short
COLUMNS = (
    "model",
    "eager run",
    "ONNX Runtime run",
    "recording",
    "projecting",
    "ratio, wall",
    "ratio, CPU",
    "not counted: opening the session",
    "writing the scratch file",
)


def steps(case: str, folder: str) -> dict[str, Callable[[], Any]]:
    """What is timed, by name, on the model of this case."""
    import onnxruntime as ort
    import torch

    from modelexport_nb.engine.arrays import to_numpy
    from modelexport_nb.engine.capture import Request, capture
    from modelexport_nb.engine.eager import run_eagerly
    from modelexport_nb.engine.files import write_model
    from modelexport_nb.engine.judge import read_parameters
    from modelexport_nb.engine.modules import ModuleTree
    from modelexport_nb.engine.owners import Owners
    from modelexport_nb.engine.strategies import Subject
    from modelexport_nb.engine.strategies.htp import HtpStrategy

    model, inputs = CASES[case]()
    request = Request(model, (), inputs)
    captured = capture(request)
    path = Path(folder) / "graph.onnx"
    feed = captured.capture.input_tensors(request, [value.name or "" for value in captured.model.graph.inputs])
    arrays = {name: to_numpy(tensor) for name, tensor in feed.items()}

    def record() -> Any:
        return run_eagerly(model, (), inputs, values=True)

    def write() -> None:
        write_model(captured.model, path)

    def open_session() -> ort.InferenceSession:
        return ort.InferenceSession(path, providers=["CPUExecutionProvider"])

    write()
    parameters = read_parameters(captured.model, Owners(model))
    subject = Subject(request, captured.model, ModuleTree.of(model), record(), parameters, feed, captured, path)
    session = open_session()

    def eager() -> None:
        with torch.no_grad():
            model(**inputs)

    return {
        "eager": eager,
        "runtime": lambda: session.run(None, arrays),
        "record": record,
        "project": lambda: HtpStrategy().with_projection(subject),
        "session": open_session,
        "write": write,
    }


def measure(case: str, rounds: int) -> dict[str, list[list[float]]]:
    """Wall and CPU seconds of every round of every step."""
    times: dict[str, list[list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        timed = steps(case, folder)
        for number in range(rounds + 1):
            for name, step in timed.items():
                wall, cpu = time.perf_counter(), time.process_time()
                step()
                spent = [time.perf_counter() - wall, time.process_time() - cpu]
                if number:  # the first round warms up
                    times.setdefault(name, []).append(spent)
    return times


def row(case: str, times: dict[str, list[list[float]]]) -> str:
    """One line of the table."""

    def ratios(which: int) -> str:
        rounds = zip(times["record"], times["project"], times["eager"], times["runtime"], strict=True)
        return spread([(r[which] + p[which]) / (e[which] + o[which]) for r, p, e, o in rounds])

    def milliseconds(name: str) -> str:
        return f"{1000 * statistics.median(wall for wall, _ in times[name]):.0f} ms"

    cells = [case, *(milliseconds(name) for name in ("eager", "runtime", "record", "project")), ratios(0), ratios(1)]
    return "| " + " | ".join([*cells, milliseconds("session"), milliseconds("write")]) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--measure", choices=MODELS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        answer(lambda: measure(options.measure, options.rounds))
        return
    print(f"{machine()}\n\nRecording and projecting, of one eager and one ONNX Runtime run; at most {LIMIT:g}:\n")
    print(head(COLUMNS))
    for case in MODELS:
        times = child("projecting", "--measure", case, "--rounds", str(options.rounds))
        print(row(case, times), flush=True)


if __name__ == "__main__":
    main()
