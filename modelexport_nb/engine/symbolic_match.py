"""Which ONNX nodes each node of a symbolic trace became: only as far as it can be known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .graph import all_nodes
from .report import ExportReport
from .tree import TreeRow


class Traced(Protocol):
    """What is read of an FX node."""

    @property
    def index(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def call(self) -> str: ...
    @property
    def source(self) -> str | None: ...


@dataclass(frozen=True)
class FxMatch:
    """What one FX node became.

    `nodes` are numbers of ONNX nodes that are its own work, `merged` of nodes of other calls into which its work was
    folded. Both are empty where it made no node, and when `unknown` is true: then nobody can say. `why` tells how it
    is known, or why not.
    """

    index: int
    nodes: tuple[int, ...]
    merged: tuple[int, ...]
    unknown: bool
    why: str


def match_nodes(traced: Sequence[Traced], calls: dict[str, int], report: ExportReport) -> tuple[FxMatch, ...]:
    """A match for each FX node, by module path and call number, then by line of code, then by order."""
    matcher = _Matcher(traced, calls, report)
    return tuple(matcher.match(node) for node in traced)


class _Matcher:
    def __init__(self, traced: Sequence[Traced], calls: dict[str, int], report: ExportReport) -> None:
        self._calls = calls
        self._report = report
        self._ops = [node.op_type for node in all_nodes(report.graph)]
        self._call_of_row = {row: call for call, row in report.tree.row_of_call.items()}
        self._merged: dict[int, list[int]] = defaultdict(list)  # by call: nodes of others that do its work too
        for at, scope in enumerate(report.attribution.scopes):
            for call in scope.also:
                self._merged[call].append(at)
        self._initializers: dict[str, list[str]] = defaultdict(list)
        for name, path in report.parameter_names.items():
            self._initializers[path].append(f'"{name}"')
        self._siblings: dict[str, list[Traced]] = defaultdict(list)  # functions and methods by the call they stand in
        for node in traced:
            if node.kind in ("call_function", "call_method"):
                self._siblings[node.call].append(node)

    def match(self, node: Traced) -> FxMatch:
        if node.kind == "placeholder":
            return _known(node, "an input, not a node")
        if node.kind == "output":
            return _known(node, "an output, not a node")
        if node.kind == "get_attr":
            return self._attribute(node)
        # the report must have seen the same calls of the module, or their numbers mean nothing
        seen, traced = self._report.attribution.calls.count(node.path), self._calls.get(node.path, 0)
        if seen != traced:
            return _unknown(node, f"calls of its module in the report: {seen}, in the trace: {traced}")
        return self._module(node) if node.kind == "call_module" else self._function(node)

    def _attribute(self, node: Traced) -> FxMatch:
        names = self._initializers.get(node.target)
        if not names:
            return _unknown(node, "no initializer is known to hold it")
        return _known(node, f"not a node: the initializer {', '.join(names)}")

    def _module(self, node: Traced) -> FxMatch:
        """All nodes of the call, those of calls inside it included: a leaf hides what it calls."""
        row = self._report.row(node.call)
        nodes = self._report.tree.region(row)
        merged = sorted({at for call in self._calls_inside(row) for at in self._merged[call]} - set(nodes))
        why = "the nodes of its call" if nodes else row.reason or "it made no node"
        return _known(node, why, nodes, merged)

    def _calls_inside(self, row: TreeRow) -> list[int]:
        rows = self._report.tree.rows
        inside = [row.index]
        for at in inside:
            inside.extend(rows[at].children)
        return [self._call_of_row[at] for at in inside if at in self._call_of_row]

    def _function(self, node: Traced) -> FxMatch:
        """A function has no call of its own: it shares the nodes of the one that it stands in with the others there."""
        row = self._report.row(node.call)
        own, merged = row.nodes, self._merged[self._call_of_row[row.index]]
        siblings = self._siblings[node.call]
        if len(siblings) == 1 and own + merged:
            return _known(node, "the only function in its call", own, merged)
        if not own + merged:
            return _known(node, "its call has no node of its own")
        scopes = self._report.attribution.scopes
        here = [at for at in own if node.source and scopes[at].source == node.source]
        if not here:
            return _unknown(node, "no node of its call is known to come from its line of code")
        rivals = [other for other in siblings if other.source == node.source]
        if len(rivals) == 1:
            return _known(node, "the only function on its line of code", here)
        alike = len({rival.target for rival in rivals}) == 1 and len({self._ops[at] for at in here}) == 1
        if alike and len(rivals) == len(here):
            return _known(node, "by order: all on its line of code are alike", [here[rivals.index(node)]])
        return _unknown(node, f"functions on its line of code: {len(rivals)}, nodes from there: {len(here)}")


def _known(node: Traced, why: str, nodes: Sequence[int] = (), merged: Sequence[int] = ()) -> FxMatch:
    return FxMatch(node.index, tuple(nodes), tuple(merged), False, why)


def _unknown(node: Traced, why: str) -> FxMatch:
    return FxMatch(node.index, (), (), True, why)
