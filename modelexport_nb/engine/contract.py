"""Does a file keep the contract on disk (DESIGN section 4)? What its tags say is held against each other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import onnx_ir as ir

from .attribution import Attribution, Evidence
from .findings import Check, Finding
from .graph import all_nodes
from .hierarchy import REFUSED, Hierarchy
from .hierarchy_sources import plain
from .metadata import PREFIX, node_props
from .report import ExportReport

NAMESPACE = "namespace"
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


def contract_checks(hierarchy: Hierarchy, report: ExportReport | None) -> list[Check]:
    """What can be said of the tags without the model; `report` is the one that the file belongs to, if any."""
    if hierarchy.attribution is None:
        return [Check("tags", Finding.WRONG, _why_none(hierarchy, report))]
    nodes = all_nodes(hierarchy.graph)
    return [
        _tags(hierarchy, nodes),
        _judged("agreement of the tags", list(_contradictions(hierarchy, hierarchy.attribution, nodes)), "each node"),
        _judged("node names", list(_bad_names(nodes)), "unique"),
        _judged("source lines", list(_absolute_sources(hierarchy.attribution)), "none names this machine's folders"),
        *([] if report is None else [_as_reported(hierarchy.attribution, report)]),
    ]


def _why_none(hierarchy: Hierarchy, report: ExportReport | None) -> str:
    if report is not None and report.metadata == "none":
        return "it was exported without any"
    refused, _, why = hierarchy.note.partition(". ")[0].partition(": ")
    return f"not used: {why}" if refused == REFUSED else "there are none"


def _judged(name: str, faults: list[str], fine: str) -> Check:
    if not faults:
        return Check(name, Finding.FINE, fine)
    more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
    return Check(name, Finding.WRONG, f"{faults[0]}{more}")


def _tags(hierarchy: Hierarchy, nodes: list[ir.Node]) -> Check:
    tagged = sum(is_tagged(node) for node in nodes)
    written = hierarchy.graph.metadata_props
    missing = [key for key in ("version", "strategy") if PREFIX + key not in written]
    if missing:
        return Check("tags", Finding.WRONG, f"the file does not tell the {' and the '.join(missing)} that made them")
    by = f"modelexport {plain(written[PREFIX + 'version'])}, strategy {plain(written[PREFIX + 'strategy'])}"
    finding = Finding.FINE if tagged == len(nodes) else Finding.WRONG
    return Check("tags", finding, f"{tagged} of {len(nodes)} nodes, by {by}")


def is_tagged(node: ir.Node) -> bool:
    """Whether a node carries our tags."""
    return PREFIX + "scope" in node.metadata_props


def _contradictions(hierarchy: Hierarchy, attribution: Attribution, nodes: list[ir.Node]) -> Iterator[str]:
    """Tags that are not what the scope and the hierarchy make them."""
    for number, (node, scope) in enumerate(zip(nodes, attribution.scopes, strict=True)):
        if not is_tagged(node):
            continue
        expected = node_props(attribution.calls, hierarchy.tree, scope)
        found = {key: value for key, value in node.metadata_props.items() if key.startswith(PREFIX) or key == NAMESPACE}
        for key in sorted(expected.keys() | found.keys()):
            if expected.get(key) != found.get(key):
                told, meant = (plain(str(side.get(key))) for side in (found, expected))
                yield f"{key} of node {number} is {told}, by its scope {meant}"


def _bad_names(nodes: list[ir.Node]) -> Iterator[str]:
    for name, count in Counter(node.name or "" for node in nodes).items():
        if not name:
            yield "a node has no name" if count == 1 else f"{count} nodes have no name"
        elif count > 1:
            yield f"{count} nodes are called {plain(name)}"


def _absolute_sources(attribution: Attribution) -> Iterator[str]:
    for number, scope in enumerate(attribution.scopes):
        if scope.source and _ABSOLUTE.match(scope.source):
            yield f"node {number} names {plain(scope.source)}"


def _as_reported(attribution: Attribution, report: ExportReport) -> Check:
    """Whether the file is still the one that the report tells of."""
    name = "agreement with the report"
    found, told = _claims(attribution), _claims(report.attribution)
    anew = "the file was written anew"
    if len(found) != len(told):
        return Check(name, Finding.WRONG, f"nodes: {len(found)} in the file, {len(told)} in the report; {anew}")
    if differing := sum(one != two for one, two in zip(found, told, strict=True)):
        return Check(name, Finding.WRONG, f"other tags on {differing} of {len(found)} nodes; {anew}")
    return Check(name, Finding.FINE, "the same tags")


def _claims(attribution: Attribution) -> list[tuple[str, Evidence]]:
    return [(attribution.calls[scope.call].key, scope.evidence) for scope in attribution.scopes]
