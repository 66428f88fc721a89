"""The live module tree: an anywidget that sends the tree once and answers what the browser asks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Dict

from modelexport_nb import text
from modelexport_nb.engine.errors import ModelExportError, one_line
from modelexport_nb.engine.files import check_destination, staged
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.shown import NodeRecord
from modelexport_nb.notebook.static_html import fragment

from .answers import answer
from .payload import build_payload
from .save_html import page
from .selection import Selection, to_frame
from .traits import ViewTraits

STATIC = Path(__file__).parents[1] / "static"

if not (STATIC / "widget.js").is_file():
    raise ModelExportError("The widget's bundle is not built. Run `make setup`, or `npm run build` in js/.")


class HierarchyWidget(ViewTraits, anywidget.AnyWidget):
    """The module tree of an export or of an opened file, with the ONNX nodes that each module made.

    Args:
        shown: what to show: an `ExportReport`, or a `Hierarchy` as `read_hierarchy` gives it. Without one, `payload`
            is shown and nothing can be asked of its nodes.
        payload: what the browser draws; made from `shown` by default.
        variable: what Python calls `shown`, for the lines that the widget offers.

    All state can be read, set and observed: `selected`, `query`, `color_by`, `columns`, `sort`, `tab`, `depth`
    (see `ViewTraits`). A value that cannot be raises a TraitError.
    """

    # As text: a path would be watched for changes, and the watch would keep every widget alive.
    _esm = (STATIC / "widget.js").read_text(encoding="utf-8")
    _css = (STATIC / "widget.css").read_text(encoding="utf-8")

    _shown: ExportReport | Hierarchy | None = None  # also there when __init__ has failed: closing reads it

    payload = Dict().tag(sync=True)

    def __init__(
        self,
        shown: ExportReport | Hierarchy | None = None,
        *,
        payload: dict[str, Any] | None = None,
        variable: str = "r",
        **traits: Any,
    ) -> None:
        if payload is None:
            if shown is None:
                raise ModelExportError("A HierarchyWidget needs a report or a payload.")
            payload = build_payload(shown, variable)
        self._shown = shown
        self._keys, self._deepest = _keys(payload["rows"])
        super().__init__(payload=payload, **traits)
        self.on_msg(self._hear)

    # ---- what a reader does with the mouse, from Python ----

    def select(self, key: str | Sequence[str] | None) -> None:
        """Select a module call or several, in every view of this widget; None selects nothing."""
        self.selected = key

    # ---- what is selected ----

    @property
    def selection(self) -> Selection | None:
        """The selected module calls with their ONNX nodes; None when nothing is selected."""
        return None if self.selected is None else Selection.of(self._source(), self.selected)

    @property
    def nodes(self) -> Any:
        """The nodes of the selection, or of the whole graph when nothing is selected: a pandas DataFrame, or a list
        of `NodeRecord` where pandas is not installed."""
        selection = self.selection
        nodes: list[NodeRecord] = self._source().nodes() if selection is None else selection.nodes
        try:
            import pandas  # noqa: F401
        except ImportError:
            return nodes
        return to_frame(nodes)

    def _source(self) -> ExportReport | Hierarchy:
        if self._shown is None:
            raise ModelExportError("This widget shows a payload: the nodes are with the report that it was made from.")
        return self._shown

    # ---- files ----

    def save_html(self, path: str | Path) -> Path:
        """Write the view as one file that works offline and without Python, in the state that it has now.

        The file holds the tree, the text of each module's `forward` where it is on this machine, and the details of
        all nodes unless there are more than 5,000. An existing file is replaced only when all is written.

        Raises:
            PathError: it cannot be written there.
        """
        return _write(path, self._html())

    def _html(self) -> str:
        state = {name: getattr(self, name) for name in ViewTraits.class_traits()}
        return page(self.payload, state, self._shown, STATIC)

    def to_json(self) -> str:
        """The tree as JSON, in columns; `HierarchyWidget(payload=json.loads(text))` shows it again."""
        return json.dumps(self.payload, ensure_ascii=False, separators=(",", ":"))

    def save_json(self, path: str | Path) -> Path:
        """Write `to_json()` to a file; an existing one is replaced only when all is written."""
        return _write(path, self.to_json())

    # ---- the other side ----

    def _hear(self, _: object, content: Any, buffers: object) -> None:
        """Answer the browser; whatever fails becomes a line in the pane that asked."""
        if not isinstance(content, dict):
            return
        try:
            found = self._page(content) if content.get("kind") == "page" else answer(self._shown, content)
        except Exception as error:
            found = {"kind": "error", "message": one_line(error)}
        if found is not None:
            self.send({**found, "id": content.get("id")})

    def _page(self, question: dict[str, Any]) -> dict[str, Any]:
        """The view as a file's text, for the browser's downloads."""
        return {"kind": "page", "text": self.to_json() if question.get("format") == "json" else self._html()}

    def close(self) -> None:
        """Close every view. What it shows makes a new widget when it is shown again."""
        if self._shown is not None and self._shown._widget is self:
            self._shown._widget = None
        super().close()

    def __repr__(self) -> str:
        totals = self.payload["totals"]
        nodes = text.plural(totals["nodes"], "node")
        return f"HierarchyWidget({text.printable(self.payload['title'])}, {nodes}, selected={self.selected!r})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        if self._shown is not None:
            data["text/html"] = fragment(self._shown)
            data["text/plain"] = text.render(self._shown)
        return data, metadata


def _write(path: str | Path, content: str) -> Path:
    path = check_destination(Path(path))
    with staged(path) as draft:
        draft.write_text(content, encoding="utf-8", errors="backslashreplace", newline="\n")
    return path


def _keys(rows: dict[str, Any]) -> tuple[frozenset[str], int]:
    """The key of every row, from what the browser derives it from; and the level of the deepest row."""
    paths: list[str] = []
    keys: list[str] = []
    levels: list[int] = []
    absolute = set(rows["absolute"])
    for index, (parent, name, call) in enumerate(zip(rows["parent"], rows["name"], rows["call"], strict=True)):
        above = paths[parent] if parent >= 0 and index not in absolute else ""
        paths.append(f"{above}.{name}" if above else name)
        keys.append(f"{paths[-1]}#{call}" if call > 0 else paths[-1])
        levels.append(levels[parent] + 1 if parent >= 0 else 0)
    return frozenset(keys), max(levels)
