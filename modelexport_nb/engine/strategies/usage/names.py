"""Which module calls a node's name speaks of, where an exporter left names such as `/encoder/layer.0/attention/MatMul`.

Such a name lists one segment for each call around the node. Segments are compared with the calls that an eager run
saw, level by level; a name that fits no chain of calls says nothing. Containers' names repeat or are dropped there, so
a segment may be any ending of a module's path, and a later call of a module carries its number: `query_1`.
"""

from __future__ import annotations

import onnx_ir as ir

from .timeline import Claim, Timeline


def claims_of_names(nodes: list[ir.Node], timeline: Timeline) -> dict[int, Claim]:
    """For the positions of nodes with a scoped name: the calls that it can mean."""
    known: dict[str, Claim] = {"": (0,)}
    claims: dict[int, Claim] = {}
    for position, node in enumerate(nodes):
        if node.name and node.name.startswith("/"):
            claim = _calls_at(node.name.rpartition("/")[0], known, timeline)
            if claim:
                claims[position] = claim
    return claims


def _calls_at(scope: str, known: dict[str, Claim], timeline: Timeline) -> Claim:
    if scope not in known:
        outer, _, segment = scope.rpartition("/")
        around = _calls_at(outer, known, timeline)
        inside = [child for call in around for child in timeline.children[call]]
        named = [call for call in inside if _ends_with(timeline.calls[call].path, segment)]
        if not named:
            module, _, number = segment.rpartition("_")
            again = [call for call in inside if number.isdecimal() and _ends_with(timeline.calls[call].path, module)]
            named = again[int(number) : int(number) + 1] if number.isdecimal() else []
        known[scope] = tuple(named)
    return known[scope]


def _ends_with(path: str, ending: str) -> bool:
    return path == ending or path.endswith(f".{ending}")
