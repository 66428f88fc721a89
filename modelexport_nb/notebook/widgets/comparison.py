"""The live comparison: an anywidget that sends all columns once and answers what the browser asks of a node."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import anywidget
from traitlets import Bool, Dict, Int, TraitError, Unicode, validate

from modelexport_nb import text
from modelexport_nb.engine.attribution import CONFIDENCE, Evidence
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import ModelExportError, one_line

from .answers import answer
from .comparison_payload import comparison_payload
from .hierarchy import STATIC
from .traits import TreeTraits

# The widget of each comparison that was shown, until it is closed.
_widgets: WeakKeyDictionary[Comparison, ComparisonWidget] = WeakKeyDictionary()


class ComparisonWidget(TreeTraits, anywidget.AnyWidget):
    """Exports of a model beside each other, in one tree of module calls.

    Args:
        shown: the comparison.
        variable: what Python calls it, for the lines that the widget offers.

    All state can be read, set and observed; a value that cannot be raises a TraitError.

    Attributes:
        selected: key of the selected module call (`path`, or `path#n` for later calls; "" is the root), or None.
        only_differences: whether modules in which nothing differs from the baseline are left out.
        baseline: number of the column that the others are compared with.
        query, depth: as in `TreeTraits`.
    """

    # As text: a path would be watched for changes, and the watch would keep every widget alive.
    _esm = (STATIC / "widget.js").read_text(encoding="utf-8")
    _css = (STATIC / "widget.css").read_text(encoding="utf-8")

    _shown: Comparison

    payload = Dict().tag(sync=True)
    selected = Unicode(None, allow_none=True).tag(sync=True)
    only_differences = Bool(False).tag(sync=True)
    baseline = Int().tag(sync=True)

    def __init__(self, shown: Comparison, *, variable: str = "c", **traits: Any) -> None:
        self._shown = shown
        self._keys = {row.key for row in shown.rows}
        self._deepest = max((row.depth for row in shown.rows), default=0)
        payload = {
            **comparison_payload(shown),
            "variable": variable,
            "confidence": [CONFIDENCE[kind] for kind in Evidence],
        }
        super().__init__(**{"payload": payload, "baseline": shown.baseline, **traits})
        self.on_msg(self._hear)

    @classmethod
    def of(cls, shown: Comparison, variable: str = "c") -> ComparisonWidget:
        """The widget of a comparison: one, however often it is shown."""
        if shown not in _widgets:
            _widgets[shown] = cls(shown, variable=variable)
        return _widgets[shown]

    # ---- what a reader does with the mouse, from Python ----

    def select(self, key: str | None) -> None:
        """Select a module call by its key in any of the columns, in every view; None selects nothing."""
        self.selected = key

    @validate("selected")
    def _check_selected(self, proposal: dict[str, Any]) -> str | None:
        key = proposal["value"]
        if key is None or key in self._keys:
            return key
        try:
            return self._shown.row(key).key  # what a column calls it that is not the first to have it
        except ModelExportError as error:
            raise TraitError(text.printable(str(error), 1_000)) from None

    @validate("baseline")
    def _check_baseline(self, proposal: dict[str, Any]) -> int:
        number, columns = proposal["value"], self._shown.columns
        if not 0 <= number < len(columns):
            raise TraitError(f"There is no column {number}: the first is 0, the last {len(columns) - 1}.")
        if columns[number].report is None and number != self._shown.baseline:
            raise TraitError(f"{text.printable(columns[number].name)} failed: there is nothing to compare with.")
        return number

    # ---- the other side ----

    def _hear(self, _: object, content: Any, buffers: object) -> None:
        """Answer the browser; whatever fails becomes a line where it was asked."""
        if not isinstance(content, dict) or content.get("kind") != "node":
            return
        try:
            found = answer(self._report(content.get("column")), content) or {}
        except Exception as error:
            found = {"kind": "error", "message": one_line(error)}
        self.send({**found, "column": content.get("column"), "id": content.get("id")})

    def _report(self, number: Any) -> Any:
        columns = self._shown.columns
        if type(number) is not int or not 0 <= number < len(columns) or columns[number].report is None:
            raise ModelExportError(f"There is no column {number} with nodes.")
        return columns[number].report

    def close(self) -> None:
        """Close every view. The comparison makes a new widget when it is shown again."""
        shown = getattr(self, "_shown", None)  # it is not there when __init__ has failed
        if shown is not None and _widgets.get(shown) is self:
            del _widgets[shown]
        super().close()

    def __repr__(self) -> str:
        names = ", ".join(text.printable(column.name) for column in self._shown.columns)
        return f"ComparisonWidget({names}, selected={self.selected!r})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        data["text/html"] = self._shown.to_html()
        data["text/plain"] = repr(self._shown)
        return data, metadata
