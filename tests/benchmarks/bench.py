"""Each goal and how far it is reached: `make bench`.

A tagged export to a file is compared with plain `torch.onnx.export(dynamo=True)` to a file, or with transformers' own
exporter. The ways alternate (A B A B …) in one process that a tiny model has warmed up, the garbage of one cleared
before the next is timed; ratios are of CPU time within a round, as median (minimum to maximum). Memory is the peak of
one export in a process of its own.

    python -m tests.benchmarks.bench [--json FILE] [--keep]
"""

from __future__ import annotations

import argparse
import datetime
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from modelexport_nb import __version__

from .report import child, head, line, machine, spread, versions
from .timing import Seconds

HISTORY = Path(__file__).with_name("history.json")
COLUMNS = ("what", "the other way, CPU", "ours, CPU", "ratio", "ratio of wall time", "goal", "reached")


@dataclass(frozen=True)
class Row:
    """One goal: the ratios, or for memory the GB, that were measured, in the order of the rounds."""

    what: str
    goal: float
    values: list[float]
    wall: list[float] | None = None
    other: float | None = None  # median CPU seconds
    ours: float | None = None
    unit: str = ""

    @property
    def reached(self) -> bool:
        return statistics.median(self.values) <= self.goal

    def cells(self) -> list[str]:
        """As `COLUMNS` name them."""
        seconds = [f"{each:.1f} s" if each is not None else "" for each in (self.other, self.ours)]
        wall = spread(self.wall) if self.wall else ""
        return [
            self.what,
            *seconds,
            f"{spread(self.values)}{self.unit}",
            wall,
            f"≤ {self.goal:.2f}{self.unit}",
            "yes" if self.reached else "**no**",
        ]


@dataclass(frozen=True)
class Ratios:
    """A case, how many rounds, and for each goal which way is divided by which."""

    case: str
    rounds: int
    goals: dict[str, tuple[str, str, float]]

    def measure(self) -> dict[str, list[Seconds]]:
        ways = dict.fromkeys(way for ours, other, _ in self.goals.values() for way in (other, ours))
        found: dict[str, list[Seconds]] = child("timing", "times", self.case, str(self.rounds), ",".join(ways))
        return found


DEEP = {layers: f"BERT {layers} small layers" for layers in (12, 48, 96, 192)}
RATIOS = (
    Ratios(
        "BERT-base",
        3,
        {
            "BERT-base, tagged, saved": ("tagged", "plain", 0.7),
            "BERT-base, verified per module": ("modules", "plain", 1.0),
        },
    ),
    Ratios("ResNet-50", 3, {"ResNet-50": ("tagged", "plain", 0.5)}),
    Ratios("SAM ViT-B", 3, {"SAM ViT-B, against transformers' OnnxExporter": ("tagged", "exporter", 0.7)}),
    *(
        Ratios(DEEP[layers], rounds, {f"small BERT, {layers} layers": ("tagged", "plain", goal)})
        for layers, rounds, goal in ((12, 3, 0.7), (48, 2, 0.5), (96, 1, 0.35), (192, 1, 0.25))
    ),
)


def measured() -> Iterator[Row]:
    """Each goal, measured now; what belongs to one process comes together."""
    for ratios in RATIOS:
        times = ratios.measure()
        for what, (way, other, goal) in ratios.goals.items():
            pairs = list(zip(times[way], times[other], strict=True))
            by_cpu, by_wall = ([mine[at] / theirs[at] for mine, theirs in pairs] for at in (0, 1))
            medians = [statistics.median(cpu for cpu, _ in times[each]) for each in (other, way)]
            yield Row(what, goal, by_cpu, by_wall, *medians)
    deep = child("timing", "growth", DEEP[48], "1", DEEP[192])
    pairs = zip(deep[DEEP[48]], deep[DEEP[192]], strict=True)
    yield ours_of_ours("small BERT, growth from 48 to 192 layers", 4.4, [*pairs])
    pairs = [child("timing", "twice", "BERT-base") for _ in range(3)]
    yield ours_of_ours("second export of BERT-base in a process, of the first", 0.6, pairs)
    memory = child("timing", "peak", "BERT-base", "tagged")
    yield Row("peak memory over the loaded BERT-base", 1.2 * memory["weights"] + 0.4, [memory["peak"]], unit=" GB")
    yield from sweeping()
    large = child("huge", "--measure", "Llama 6 GB, bfloat16")
    yield Row("a 6 GB model, exported and verified, in all", 10.0, [float(large["in all, GB"])], unit=" GB")


def ours_of_ours(what: str, goal: float, pairs: Sequence[Sequence[Seconds]]) -> Row:
    """One export of ours as a ratio to another, in pairs of the other and the one."""
    by_cpu, by_wall = ([one[at] / other[at] for other, one in pairs] for at in (0, 1))
    return Row(what, goal, by_cpu, by_wall, *(statistics.median(pair[at][0] for pair in pairs) for at in (0, 1)))


def sweeping() -> Iterator[Row]:
    """What a sweep costs over its bare exports."""
    found = child("sweeping")
    pairs = list(zip(found["sweep"], found["bare"], strict=True))
    by_cpu, by_wall = ([ours[at] / bare[at] for ours, bare in pairs] for at in (0, 1))
    medians = [statistics.median(each[0] for each in found[way]) for way in ("bare", "sweep")]
    yield Row("a sweep of 40 small models × 3, over its bare exports", 1.15, by_cpu, by_wall, *medians)
    held = [megabytes / 1e3 for megabytes in found["memory"]]
    yield Row("memory that the sweeping process takes for it", 0.05, held, unit=" GB")


def result(rows: Sequence[Row]) -> dict[str, object]:
    """What is written as JSON."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    about = {"version": __version__, "date": today, "machine": machine(), "libraries": versions()}
    return {**about, "rows": [{**asdict(row), "reached": row.reached} for row in rows]}


def keep(found: dict[str, object]) -> None:
    """Put a result into the history, in the place of one of the same version and day."""
    history = json.loads(HISTORY.read_text(encoding="utf-8")) if HISTORY.exists() else []
    same = ("version", "date")
    history = [entry for entry in history if any(entry[key] != found[key] for key in same)]
    HISTORY.write_text(json.dumps([*history, found], indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the figures go")
    parser.add_argument("--keep", action="store_true", help=f"put them into {HISTORY.name}, too")
    options = parser.parse_args()
    print(f"modelexport_nb {__version__}; {machine()}\n\n{head(COLUMNS)}", flush=True)
    rows = []
    for row in measured():
        rows.append(row)
        print(line(row.cells()), flush=True)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result(rows), indent=1) + "\n", encoding="utf-8")
    if options.keep:
        keep(result(rows))


if __name__ == "__main__":
    main()
