"""The finished stages of one export: taken from a work directory, and kept there where they had to be done."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnx_ir as ir

from .attribution import Attribution
from .capture import Captured, Request, choose
from .checkpoint import WorkDir, digest_of, opened_work_dir
from .digest import Digester
from .eager import EagerRun
from .files import DATA, write_model
from .fingerprint import Fingerprint, fingerprint_of
from .graph import all_nodes
from .modules import ModuleTree
from .owners import Owners
from .plain import from_plain, to_plain
from .report import ExportReport
from .strategies import Strategy, Subject

T = TypeVar("T")
CAPTURE, ATTRIBUTE, VERIFY = "capture", "attribute", "verify"
_GRAPH = "graph.onnx"
_DATA = "stage.json"


class Stages:
    """Of an export without a work directory: nothing is there, nothing is kept.

    Attributes:
        resumed: the stages that were taken and not done again, in order.
    """

    def __init__(self) -> None:
        self.resumed: list[str] = []

    @property
    def notes(self) -> list[str]:
        """What the reader should know: which stages were taken, and why others were not."""
        return []

    def begin(self, request: Request, eager: EagerRun, **options: Any) -> None:
        """Say what the stages are made from, before the first is taken; `options` are those of the capture."""

    def take_subject(self, request: Request, eager: EagerRun, limit: int) -> Subject | None:
        """The captured graph with its witnesses."""
        return None

    def keep_subject(self, subject: Subject) -> Subject:
        """The same subject; its graph may be read from the work directory from then on."""
        return subject

    def take_attribution(self, witness: Strategy) -> Attribution | None:
        """What this strategy said about the captured graph."""
        return None

    def keep_attribution(self, witness: Strategy, attribution: Attribution) -> Attribution:
        """The same attribution."""
        return attribution

    def take_parity(self, report: ExportReport, draft: Path, level: str) -> bool:
        """Whether the very files at `draft` were verified before; then the report has what was found."""
        return False

    def keep_parity(self, report: ExportReport, draft: Path, level: str, notes: tuple[str, ...]) -> None:
        """Keep what was found, and the `notes` that came of it."""


class KeptStages(Stages):
    """Of an export with a work directory."""

    def __init__(self, work: WorkDir) -> None:
        super().__init__()
        self._work = work

    @property
    def notes(self) -> list[str]:
        """What was taken, and why the rest was not."""
        taken = f"Taken from the work directory and not done again: {', '.join(self.resumed)}."
        return [*([taken] if self.resumed else []), *self._work.notes]

    def begin(self, request: Request, eager: EagerRun, **options: Any) -> None:
        """Look at everything that a stage is made from; reads every weight once."""
        self._digester = Digester(request.model)
        self._made_from = fingerprint_of(request, eager, **options)

    def take_subject(self, request: Request, eager: EagerRun, limit: int) -> Subject | None:
        """The captured graph with its witnesses; its weights are read from the work directory."""
        return self._load(CAPTURE, self._made_from, lambda folder: _load_subject(folder, request, eager, limit))

    def keep_subject(self, subject: Subject) -> Subject:
        """Keep the graph, the record of who made its nodes, and which parameters its weights are."""
        folder = self._work.keep(CAPTURE, self._made_from, lambda folder: _save_subject(subject, folder))
        return replace(subject, path=folder / _GRAPH)

    def take_attribution(self, witness: Strategy) -> Attribution | None:
        """What this strategy said about this graph."""
        return self._load(ATTRIBUTE, self._attributed_from(witness), _load_plain)

    def keep_attribution(self, witness: Strategy, attribution: Attribution) -> Attribution:
        """Keep it."""
        self._work.keep(ATTRIBUTE, self._attributed_from(witness), lambda folder: _save_plain(attribution, folder))
        return attribution

    def take_parity(self, report: ExportReport, draft: Path, level: str) -> bool:
        """Whether these very bytes were verified before."""
        found = self._load(VERIFY, self._verified_from(report, draft, level), _load_plain)
        if found is None:
            return False
        report.parity, notes = found
        report.notes = (*report.notes, *notes)
        return True

    def keep_parity(self, report: ExportReport, draft: Path, level: str, notes: tuple[str, ...]) -> None:
        """Keep it."""
        found = (report.parity, notes)
        self._work.keep(VERIFY, self._verified_from(report, draft, level), lambda folder: _save_plain(found, folder))

    def _load(self, stage: str, made_from: Fingerprint, read: Callable[[Path], T]) -> T | None:
        folder = self._work.take(stage, made_from)
        if folder is None:
            return None
        try:
            found = read(folder)
        except Exception:  # a parser meets what somebody else may have written: anything may happen
            self._work.damaged(stage)
            return None
        self.resumed.append(stage)
        return found

    def _attributed_from(self, witness: Strategy) -> Fingerprint:
        code = [self._digester.class_text(cls) for cls in type(witness).__mro__ if cls is not object]
        strategy = self._digester.text([witness.name, witness, code])
        return Fingerprint({"the captured graph": self._work.content(CAPTURE), "the strategy": strategy})

    def _verified_from(self, report: ExportReport, draft: Path, level: str) -> Fingerprint:
        parts = {"the captured graph": self._work.content(CAPTURE), "the attribution": self._work.content(ATTRIBUTE)}
        files = {f"the file {file.name}": digest_of(draft.parent / file.name) for file in report.files}
        return Fingerprint(parts | {"the level of verification": level} | files)


@contextmanager
def stages_in(work_dir: str | Path | None) -> Iterator[Stages]:
    """The stages of one export, which has the work directory for itself; None keeps nothing.

    Raises:
        PathError: the work directory cannot be used.
    """
    if work_dir is None:
        yield Stages()
        return
    with opened_work_dir(work_dir) as work:
        yield KeptStages(work)


def _save_subject(subject: Subject, folder: Path) -> None:
    captured = subject.captured
    assert captured is not None  # it was captured just now
    write_model(subject.graph, folder / _GRAPH)
    _save_plain(
        {
            "capture": captured.capture.name,
            "rounded": _rounded(subject.graph),
            "facts": {name: getattr(captured, name) for name in _facts()},
            "parameters": {
                value.name: [(parameter.module, parameter.name) for parameter in found]
                for value in subject.graph.graph.initializers.values()
                if (found := subject.parameters.get(id(value)))
            },
        },
        folder,
    )


def _load_subject(folder: Path, request: Request, eager: EagerRun, limit: int) -> Subject:
    kept = _load_plain(folder)
    graph = ir.load(folder / _GRAPH)
    nodes = all_nodes(graph)
    for number, name, exact in kept["rounded"]:
        nodes[number].attributes[name] = ir.AttrFloat32(name, exact)
    held = {value.name: value for value in graph.graph.initializers.values()}
    for value in held.values():
        if isinstance(value.const_value, ir.ExternalTensor) and value.const_value.location != f"{_GRAPH}{DATA}":
            raise ValueError("weights in a file that is not ours")
    ours = {(one.module, one.name): one for one in Owners(request.model).parameters}
    parameters = {id(held[name]): [ours[key] for key in keys] for name, keys in kept["parameters"].items()}
    capture = choose(request, kept["capture"])
    captured = Captured(model=graph, capture=capture, **kept["facts"])
    feed = capture.input_tensors(request, [value.name or "" for value in graph.graph.inputs])
    modules = ModuleTree.of(request.model)
    path = folder / _GRAPH
    return Subject(request, graph, modules, eager, parameters, feed, captured, path, limit)


def _rounded(graph: ir.Model) -> list[tuple[int, str, float]]:
    """Attributes of which a file holds no more than 32 bits: `1e-12` would be shown as `9.999999960041972e-13`."""
    return [
        (number, name, attribute.value)
        for number, node in enumerate(all_nodes(graph))
        for name, attribute in node.attributes.items()
        if attribute.type == ir.AttributeType.FLOAT and float(np.float32(attribute.value)) != attribute.value
    ]


def _facts() -> list[str]:
    """What a capture found out besides the graph."""
    return [field.name for field in dataclasses.fields(Captured) if field.name not in ("model", "capture")]


def _save_plain(value: Any, folder: Path) -> None:
    (folder / _DATA).write_text(json.dumps(to_plain(value)), encoding="utf-8")


def _load_plain(folder: Path) -> Any:
    return from_plain(json.loads((folder / _DATA).read_text(encoding="utf-8")))
