"""Every witness on every model of the tests, measured on the same graph: `make truth`.

A witness that can work without the capture does not get to see it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from modelexport_nb import agreement, tag_onnx
from modelexport_nb.engine.attribution import Attribution, Evidence
from modelexport_nb.engine.errors import one_line
from modelexport_nb.engine.files import write_model
from modelexport_nb.engine.graph import all_nodes
from modelexport_nb.engine.judge import take_measures
from modelexport_nb.engine.measures import Measures
from modelexport_nb.engine.module_parity import ModuleParity, Verdict, compare_modules
from modelexport_nb.engine.strategies import Subject, get_strategy, known_strategies

from .unit.engine import zoo
from .unit.engine.test_htp import ALL, subject_of
from .unit.engine.test_tagging import OPTIMISERS, optimise

WITNESSES = [name for name in known_strategies() if name != "auto"]  # it chooses among them and sees nothing itself
FIRST, *OTHERS = WITNESSES
LATER = {how: f"htp after {'ONNX Runtime ' * (how != 'onnxslim')}{how}" for how in OPTIMISERS}
COLUMNS = [*WITNESSES, *LATER.values()]
# Aspect, and whether a larger share of it is better.
ASPECTS = dict.fromkeys(("coverage", "ownership"), True) | dict.fromkeys(
    ("root by fallback", "root by dataflow", "non-convex regions"), False
)
LIBRARIES = ("torch", "transformers", "onnxruntime", "onnxslim")
Record = dict[str, Any]
Counts = tuple[int, int]


def examine(name: str) -> Record:
    """What every witness says about one model, as plain numbers; a failure is a text."""
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        subject = subject_of(name)
        write_model(subject.graph, folder / "graph.onnx")
        subject = replace(subject, path=folder / "graph.onnx")
        claims = {witness: attribute(subject, witness) for witness in WITNESSES}
        record: Record = {"model": name, "nodes": len(all_nodes(subject.graph)), "failures": {}}
        record["found"] = {witness: judged(subject, claim) for witness, claim in claims.items()}
        for how, column in LATER.items():
            try:
                record["found"][column] = after(subject, how, folder)
            except Exception as error:  # optimisers write files that no runtime loads: that is a finding too
                record["failures"][column] = one_line(error, 160).replace(f"{folder}{os.sep}", "")
        record["agreement"] = {other: compared(claims[FIRST], claims[other]) for other in OTHERS}
    return record


def attribute(subject: Subject, witness: str) -> Attribution:
    strategy = get_strategy(witness)
    blind = replace(subject, captured=None)
    return strategy.attribute(blind if strategy.obstacle(blind) is None else subject)


def judged(subject: Subject, claim: Attribution) -> Record:
    measures = take_measures(all_nodes(subject.graph), claim, subject.parameters, subject.eager)
    assert subject.path is not None
    return figures(measures, claim, compare_modules(subject.path, subject, claim))


def after(subject: Subject, how: str, folder: Path) -> Record:
    """The file after an optimiser, which drops all tags, tagged by its values."""
    assert subject.path is not None
    request = subject.request
    path = optimise(subject.path, how, folder / f"{how}.onnx")
    report = tag_onnx(path, request.model, (request.args, request.kwargs), folder / "tagged.onnx", verify="modules")
    if report.parity is None or report.parity.modules is None or report.parity.problem:
        raise RuntimeError(report.parity and report.parity.problem)
    return figures(report.measures, report.attribution, report.parity.modules)


def figures(measures: Measures, claim: Attribution, parity: ModuleParity) -> Record:
    guessed = sum(s.evidence is Evidence.DATAFLOW and not claim.calls[s.call].path for s in claim.scopes)
    return {
        "coverage": (measures.covered, measures.nodes),
        "root by fallback": (measures.root, measures.nodes),
        "root by dataflow": (guessed, measures.nodes),
        "ownership": (measures.owned, measures.owning),
        "non-convex regions": (len(measures.non_convex), measures.regions),
        "verdicts": parity.counts(),
    }


def compared(one: Attribution, two: Attribution) -> Record:
    found = agreement(one, two)
    return {"nodes": (found.agreeing, found.nodes), "kinds": found.kinds}


def tables(records: list[Record]) -> Iterator[str]:
    for aspect, more in ASPECTS.items():
        rows = [(column, *summary(of_column(records, column, aspect), more)) for column in COLUMNS]
        yield f"## {aspect.capitalize()}\n\n" + table(("witness", "all models", "share", "worst model"), rows)
    rows = [(other, *summary(of_pair(records, other), True)) for other in OTHERS]
    yield f"## Agreement with {FIRST}\n\n" + table(("witness", "nodes", "share", "worst model"), rows)
    yield "## Agreement by model\n\n" + table(
        ("model", "nodes", *OTHERS),
        [(r["model"], r["nodes"], *(agreed(r, other) for other in OTHERS)) for r in records],
    )
    yield f"## Disagreements with {FIRST} by kind\n\n" + counted(
        {other: sum((Counter(r["agreement"][other]["kinds"]) for r in records), Counter()) for other in OTHERS},
        list(records[0]["agreement"][OTHERS[0]]["kinds"]),
    )
    yield "## What module calls returned, at the boundary of their regions\n\n" + counted(
        {column: sum(map(Counter, of_column(records, column, "verdicts").values()), Counter()) for column in COLUMNS},
        [str(verdict) for verdict in Verdict],
    )
    failures = [(r["model"], column, why) for r in records for column, why in r["failures"].items()]
    yield "## Not measured\n\n" + (table(("model", "witness", "why"), failures) if failures else "Nothing.")


def of_column(records: list[Record], column: str, aspect: str) -> dict[str, Any]:
    return {r["model"]: r["found"][column][aspect] for r in records if column in r["found"]}


def of_pair(records: list[Record], other: str) -> dict[str, Counts]:
    return {r["model"]: r["agreement"][other]["nodes"] for r in records}


def summary(counts: dict[str, Counts], more: bool) -> tuple[str, str, str]:
    """The total, its share, and the model with the worst share."""
    counts = {model: count for model, count in counts.items() if count[1]}
    if not counts:
        return "–", "–", "–"
    total = (sum(part for part, _ in counts.values()), sum(whole for _, whole in counts.values()))
    worst = (min if more else max)(counts, key=lambda model: counts[model][0] / counts[model][1])
    perfect = total[0] == (total[1] if more else 0)
    return f"{total[0]}/{total[1]}", percent(total), "–" if perfect else f"{worst} {percent(counts[worst])}"


def agreed(record: Record, other: str) -> str:
    """The share, with what the disagreements are."""
    found = record["agreement"][other]
    kinds = ", ".join(f"{count} {kind}" for kind, count in found["kinds"].items() if count)
    return percent(found["nodes"]) + (f" ({kinds})" if kinds else "")


def counted(rows: dict[str, Counter[str]], names: list[str]) -> str:
    return table(("witness", *names), [(label, *(counts[name] for name in names)) for label, counts in rows.items()])


def percent(counts: Counts) -> str:
    """Two digits, and never a rounding up to perfect."""
    text = f"{100 * counts[0] / counts[1]:.2f}"
    return f"{'99.99' if text == '100.00' and counts[0] < counts[1] else text} %"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", action="append", choices=list(ALL), metavar="NAME", help="only this one; repeatable")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the numbers of every model there")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # exporters and optimisers talk a lot
    logging.disable(logging.WARNING)
    zoo.X.normal_(generator=torch.Generator().manual_seed(0))  # the tests take it at random, a table must not
    records = []
    for name in options.model or ALL:
        print(name, file=sys.stderr, flush=True)
        with contextlib.redirect_stdout(None):
            records.append(examine(name))
    if options.json:
        options.json.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    print(f"{len(records)} models; {', '.join(f'{name} {version(name)}' for name in LIBRARIES)}\n")
    print("\n\n".join(tables(records)))


if __name__ == "__main__":
    main()
