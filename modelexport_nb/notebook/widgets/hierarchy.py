"""The live module tree: an anywidget that sends the tree once and answers for one node at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
from traitlets import Dict, TraitError, Unicode, validate

from modelexport_nb import text
from modelexport_nb.engine.errors import ModelExportError, did_you_mean, one_line
from modelexport_nb.engine.report import ExportReport, NodeRecord
from modelexport_nb.notebook.static_html import fragment

from .payload import build_payload
from .selection import Selection

STATIC = Path(__file__).parents[1] / "static"

if not (STATIC / "widget.js").is_file():
    raise ModelExportError("The widget's bundle is not built. Run `make setup`, or `npm run build` in js/.")


class HierarchyWidget(anywidget.AnyWidget):
    """The module tree of an export, with the ONNX nodes that each module made.

    Args:
        report: what to show. Without one, `payload` is shown and nothing can be asked of its nodes.
        payload: what the browser draws; made from the report by default.
        variable: what Python calls the report, for the lines that the widget offers.

    `selected` is the key of the selected module call (`path`, or `path#n` for later calls; "" is the root) or
    None. It can be read, set and observed; an unknown key raises a TraitError.
    """

    _esm = STATIC / "widget.js"
    _css = STATIC / "widget.css"

    _report: ExportReport | None = None  # also there when __init__ has failed: closing reads it

    payload = Dict().tag(sync=True)
    selected = Unicode(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        report: ExportReport | None = None,
        *,
        payload: dict[str, Any] | None = None,
        variable: str = "r",
        **traits: Any,
    ) -> None:
        if payload is None:
            if report is None:
                raise ModelExportError("A HierarchyWidget needs a report or a payload.")
            payload = build_payload(report, variable)
        self._report = report
        self._keys = frozenset(_keys(payload["rows"]))
        super().__init__(payload=payload, **traits)
        self.on_msg(self._answer)

    def select(self, key: str | None) -> None:
        """Select a module call, in every view of this widget; None selects nothing."""
        self.selected = key

    @property
    def selection(self) -> Selection | None:
        """The selected module call with its ONNX nodes; None when nothing is selected."""
        if self.selected is None:
            return None
        if self._report is None:
            raise ModelExportError("This widget shows a payload: the nodes are with the report that it was made from.")
        return Selection.of(self._report, self.selected)

    @validate("selected")
    def _known(self, proposal: dict[str, Any]) -> str | None:
        key = proposal["value"]
        if key is not None and key not in self._keys:
            raise TraitError(f'There is no module call "{key}"' + _hint(key, self._keys))
        return key

    def _answer(self, _: object, content: Any, buffers: object) -> None:
        """Answer the browser; whatever fails becomes a line in the pane that asked."""
        if not isinstance(content, dict) or content.get("kind") != "node":
            return
        question = {"id": content.get("id"), "index": content.get("index")}
        try:
            answer = {"kind": "node", **question, "detail": self._detail(question["index"])}
        except Exception as error:
            answer = {"kind": "error", "id": question["id"], "message": one_line(error)}
        self.send(answer)

    def _detail(self, index: Any) -> dict[str, Any]:
        if self._report is None:
            raise ModelExportError("Only the payload is here, not the report that it was made from.")
        if type(index) is not int or not 0 <= index < len(self._report.attribution.scopes):
            raise ModelExportError(f"There is no node {index}.")
        return detail(self._report.node(index))

    def close(self) -> None:
        """Close every view. The report makes a new widget when it is shown again."""
        if self._report is not None and self._report._widget is self:
            self._report._widget = None
        super().close()

    def __repr__(self) -> str:
        totals = self.payload["totals"]
        nodes = text.plural(totals["nodes"], "node")
        return f"HierarchyWidget({text.printable(self.payload['title'])}, {nodes}, selected={self.selected!r})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        if self._report is not None:
            data["text/html"] = fragment(self._report)
            data["text/plain"] = text.render(self._report)
        return data, metadata


def detail(node: NodeRecord) -> dict[str, Any]:
    """A node as the browser gets it."""
    return {
        "name": node.name,
        "op": node.op,
        "domain": node.domain,
        "inputs": [{"name": name, "type": kind, "parameter": owner} for name, kind, owner in node.inputs],
        "outputs": [{"name": name, "type": kind} for name, kind in node.outputs],
        "attributes": [{"name": name, "value": value, "type": kind} for name, value, kind in node.attributes],
        "evidence": node.evidence,
        "confidence": node.confidence,
        "source": node.source,
        "also": list(node.also),
    }


def _keys(rows: dict[str, Any]) -> list[str]:
    """The key of every row, from what the browser derives it from."""
    paths: list[str] = []
    keys: list[str] = []
    absolute = set(rows["absolute"])
    for index, (parent, name, call) in enumerate(zip(rows["parent"], rows["name"], rows["call"], strict=True)):
        above = paths[parent] if parent >= 0 and index not in absolute else ""
        paths.append(f"{above}.{name}" if above else name)
        keys.append(f"{paths[-1]}#{call}" if call > 0 else paths[-1])
    return keys


def _hint(key: str, keys: frozenset[str]) -> str:
    near = did_you_mean(key, sorted(keys))
    return near if near.startswith(". Did") else '. The keys are module paths such as "encoder.layer.0".'
