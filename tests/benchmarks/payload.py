"""Time and size of what the widget is sent, for reports of three sizes: `python -m tests.benchmarks.payload`."""

from __future__ import annotations

import json
import time

from modelexport_nb.notebook.widgets.payload import build_payload
from tests.unit.notebook.fakes import big_report

SIZES = (1_000, 10_000, 100_000)
SECONDS = (0.05, 0.3, 3.0)  # what each may take
BYTES = 150  # what a node may take
ROUNDS = 3


def measure(nodes: int) -> tuple[int, int, float, float]:
    """Nodes, rows, the fewest seconds of several rounds, bytes of JSON a node."""
    report = big_report(nodes)
    fewest = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        payload = build_payload(report)
        fewest = min(fewest, time.perf_counter() - start)
    size = len(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode())
    count = payload["totals"]["nodes"]
    return count, len(report.tree), fewest, size / count


def main() -> None:
    """Print the table."""
    print("| nodes | rows | report → payload | may take | bytes a node | may take |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size, seconds in zip(SIZES, SECONDS, strict=True):
        nodes, rows, took, weight = measure(size)
        print(f"| {nodes:,} | {rows:,} | {took:.3f} s | {seconds} s | {weight:.0f} | {BYTES} |", flush=True)


if __name__ == "__main__":
    main()
