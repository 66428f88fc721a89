"""Where strategies that looked at the same graph name the same module call, and where they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Protocol

import onnx_ir as ir

from .attribution import Attribution, Evidence, NodeScope
from .errors import InputError
from .graph import all_nodes
from .markdown import table
from .modules import CallTree


class Witness(Protocol):
    """What `agreement()` reads of a report: an `ExportReport` fits, and so does a file read by `read_hierarchy()`."""

    @property
    def attribution(self) -> Attribution | None: ...

    @property
    def graph(self) -> ir.Model: ...


class Kind(StrEnum):
    """How the scopes of one node differ."""

    ALSO = "also"  # one strategy's scope stands in the other's `also`: they differ in which of the calls comes first
    ANCESTOR = "ancestor"  # one names a call around the other's
    SIBLING = "sibling call"  # the same module, another call
    OTHER = "other"


@dataclass(frozen=True)
class Disagreement:
    """One node on which not all name the same scope; `scopes` and `evidence` in the order of the reports."""

    number: int
    name: str
    op: str
    scopes: tuple[str, ...]
    evidence: tuple[str, ...]
    kind: Kind


@dataclass(frozen=True)
class CallAgreement:
    """One module call: how many nodes any of the reports gives it, and how many of those all of them do."""

    key: str
    nodes: int
    agreeing: int


@dataclass(frozen=True, repr=False)
class Agreement:
    """Result of `agreement()`.

    Attributes:
        strategies: names of what was compared, in order; a second report of one strategy is `fx (2)`.
        nodes: nodes of the graph.
        agreeing: nodes for which all name the same scope.
        hollow: those of `agreeing` at the root for which nobody knows anything better: no evidence for each other.
        calls: the module calls that any report gives a node, in execution order.
        pairs: for each report and each other, the nodes on which these two agree.
        disagreements: the nodes on which not all agree, by number.
    """

    strategies: tuple[str, ...]
    nodes: int
    agreeing: int
    hollow: int
    calls: tuple[CallAgreement, ...]
    pairs: tuple[tuple[int, ...], ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def share(self) -> float:
        """Agreeing nodes of all nodes, 0 to 1; 1 for an empty graph."""
        return self.agreeing / self.nodes if self.nodes else 1.0

    @property
    def kinds(self) -> dict[str, int]:
        """How many disagreements there are of each kind; all kinds, in a fixed order."""
        counts = Counter(found.kind for found in self.disagreements)
        return {str(kind): counts[kind] for kind in Kind}

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, value and meaning of each figure, in the order in which they are shown."""
        rows = [
            ("agreement", f"{self.agreeing}/{self.nodes}", "Nodes on which all name the same module call"),
            ("of these hollow", str(self.hollow), "Nodes that all leave at the root for want of anything better"),
        ]
        for a, b in combinations(range(len(self.strategies)), 2):
            pair = f"{self.strategies[a]} and {self.strategies[b]}"
            rows.append((pair, f"{self.pairs[a][b]}/{self.nodes}", "Nodes on which these two agree"))
        return rows + [(kind, str(self.kinds[kind]), _MEANING[Kind(kind)]) for kind in self.kinds]

    def to_markdown(self, limit: int = 50) -> str:
        """Tables of the figures, of the module calls on which there is dispute, and of the first `limit` nodes."""
        disputed = [call for call in self.calls if call.agreeing < call.nodes]
        shown = self.disagreements[:limit]
        parts = [table(("measure", "value", "meaning"), self.rows())]
        if disputed:
            calls = [(call.key or "(root)", str(call.agreeing), str(call.nodes)) for call in disputed]
            parts.append(table(("module call", "agreeing", "nodes"), calls))
            nodes = [(str(d.number), d.op, d.kind, *_claims(d)) for d in shown]
            parts.append(table(("node", "op", "kind", *self.strategies), nodes))
        if len(shown) < len(self.disagreements):
            parts.append(f"… and {len(self.disagreements) - len(shown)} more nodes.")
        return "\n\n".join(parts) + "\n"

    def __repr__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items() if count)
        names = ", ".join(self.strategies)
        return f"<Agreement {names}: {self.agreeing} of {self.nodes} nodes{f'; {kinds}' if kinds else ''}>"


_MEANING = {
    Kind.ALSO: "Disagreements where one's call is in the other's `also`",
    Kind.ANCESTOR: "Disagreements where one names a call around the other's",
    Kind.SIBLING: "Disagreements about which call of the same module it is",
    Kind.OTHER: "All other disagreements",
}


def agreement(*reports: Witness | Attribution) -> Agreement:
    """Compare what two or more strategies say about the same graph, node by node.

    Args:
        reports: `ExportReport`s, or bare `Attribution`s, of which only the number of nodes can be checked.

    Returns:
        How many nodes all agree on, each pair apart, and the nodes on which they do not.

    Raises:
        InputError: fewer than two, one without an attribution, or they are of different graphs; names the first
            node that differs.
    """
    if len(reports) < 2:
        raise InputError("An agreement needs at least two reports.")
    claims = [_attribution(report) for report in reports]
    names = unique_names([claim.strategy for claim in claims])
    nodes = _common_nodes(reports, claims, names)
    keys = [[claim.calls[scope.call].key for scope in claim.scopes] for claim in claims]
    total = len(claims[0].scopes)
    agreeing = [len({key[at] for key in keys}) == 1 for at in range(total)]
    return Agreement(
        strategies=names,
        nodes=total,
        agreeing=sum(agreeing),
        hollow=sum(all(c.scopes[at].evidence is Evidence.ROOT for c in claims) for at in range(total) if agreeing[at]),
        calls=_by_call(claims, keys),
        pairs=tuple(tuple(sum(a == b for a, b in zip(one, two, strict=True)) for two in keys) for one in keys),
        disagreements=tuple(
            _disagreement(at, nodes[at] if nodes else None, claims, [key[at] for key in keys])
            for at in range(total)
            if not agreeing[at]
        ),
    )


def _attribution(report: Witness | Attribution) -> Attribution:
    found = report if isinstance(report, Attribution) else getattr(report, "attribution", None)
    if not isinstance(found, Attribution):
        raise InputError(f"A {type(report).__name__} without an attribution says nothing about its nodes.")
    return found


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names with a number behind those that were there before: `fx`, `fx (2)`."""
    taken: dict[str, None] = {}
    for name in names:
        number, unique = 1, name
        while unique in taken:
            number += 1
            unique = f"{name} ({number})"
        taken[unique] = None
    return tuple(taken)


def _common_nodes(
    reports: tuple[Witness | Attribution, ...], claims: list[Attribution], names: tuple[str, ...]
) -> list[ir.Node]:
    """The nodes of the first report that has a graph, after all were found to be of the same one."""
    graphs = [
        (name, all_nodes(report.graph))
        for name, report in zip(names, reports, strict=True)
        if not isinstance(report, Attribution)
    ]
    for name, nodes in graphs[1:]:
        _check_same(graphs[0], (name, nodes))
    for name, claim in zip(names, claims, strict=True):
        if len(claim.scopes) != len(claims[0].scopes):
            raise InputError(
                f"The reports are of different graphs: {names[0]} has {len(claims[0].scopes)} nodes, "
                f"{name} has {len(claim.scopes)}."
            )
    return graphs[0][1] if graphs else []


def _check_same(one: tuple[str, list[ir.Node]], two: tuple[str, list[ir.Node]]) -> None:
    """Same operators in the same order, each reading the same results. Names may differ: they hold the scope."""
    for at, (a, b) in enumerate(zip(signatures(one[1]), signatures(two[1]), strict=False)):
        if a != b:
            what = f"is {a[0]} in {one[0]}, {b[0]} in {two[0]}" if a[0] != b[0] else f"({a[0]}) reads other results"
            raise InputError(f"The reports are of different graphs: node {at} {what}.")
    if len(one[1]) != len(two[1]):
        raise InputError(
            f"The reports are of different graphs: {one[0]} has {len(one[1])} nodes, {two[0]} has {len(two[1])}."
        )


def signatures(nodes: list[ir.Node]) -> Iterator[tuple[str, tuple[tuple[int, int] | None, ...]]]:
    """What makes two graphs the same one: each node's operator and whose results it reads (node, output)."""
    position = {id(node): at for at, node in enumerate(nodes)}
    for node in nodes:
        makers = [(value.producer(), value.index()) if value is not None else (None, None) for value in node.inputs]
        reads = tuple((position[id(maker)], index or 0) if maker is not None else None for maker, index in makers)
        yield f"{node.domain}::{node.op_type}" if node.domain else node.op_type, reads


def _by_call(claims: list[Attribution], keys: list[list[str]]) -> tuple[CallAgreement, ...]:
    named: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    for at_node in zip(*keys, strict=True):
        distinct = set(at_node)
        named.update(distinct)
        if len(distinct) == 1:
            agreed.update(distinct)
    order = dict.fromkeys(call.key for claim in claims for call in claim.calls.calls)
    return tuple(CallAgreement(key, named[key], agreed[key]) for key in order if named[key])


def _disagreement(at: int, node: ir.Node | None, claims: list[Attribution], keys: list[str]) -> Disagreement:
    kinds = {
        _kind((claims[a], claims[a].scopes[at]), (claims[b], claims[b].scopes[at]))
        for a, b in combinations(range(len(claims)), 2)
        if keys[a] != keys[b]
    }
    return Disagreement(
        number=at,
        name=(node.name or "") if node is not None else "",
        op=node.op_type if node is not None else "",
        scopes=tuple(keys),
        evidence=tuple(str(claim.scopes[at].evidence) for claim in claims),
        kind=kinds.pop() if len(kinds) == 1 else Kind.OTHER,
    )


def _kind(one: tuple[Attribution, NodeScope], two: tuple[Attribution, NodeScope]) -> Kind:
    (a, in_a), (b, in_b) = one, two
    key_a, key_b = a.calls[in_a.call].key, b.calls[in_b.call].key
    if key_b in _keys(a.calls, in_a.also) or key_a in _keys(b.calls, in_b.also):
        return Kind.ALSO
    if key_b in _keys(a.calls, a.calls.chain(in_a.call)) or key_a in _keys(b.calls, b.calls.chain(in_b.call)):
        return Kind.ANCESTOR
    return Kind.SIBLING if a.calls[in_a.call].path == b.calls[in_b.call].path else Kind.OTHER


def _keys(calls: CallTree, indices: tuple[int, ...] | list[int]) -> set[str]:
    return {calls[index].key for index in indices}


def _claims(found: Disagreement) -> list[str]:
    return [f"{scope or '(root)'} · {why}" for scope, why in zip(found.scopes, found.evidence, strict=True)]
