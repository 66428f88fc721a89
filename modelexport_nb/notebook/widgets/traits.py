"""What of the widget's state Python can read, set and observe; a wrong value is refused in one line that helps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from traitlets import Any as AnyValue
from traitlets import HasTraits, Int, List, TraitError, Unicode, validate

from modelexport_nb.engine.errors import did_you_mean

COLUMNS = ("nodes", "parameters", "bytes", "error", "evidence", "share")
CHOSEN = ["nodes", "parameters", "bytes", "error"]
COLOURS = ("none", "kind", "evidence", "error", "parameters", "operator")
TABS = ("nodes", "graph", "source", "about")
# Longer keys are shown shortened in an error.
LONGEST = 200


class TreeTraits(HasTraits):
    """What every tree of module calls has, of one export or of several beside each other.

    Attributes:
        query: what stands in the find box.
        depth: setting it opens the tree to that depth (0 is the root); None leaves it as it is.
    """

    query = Unicode("").tag(sync=True)
    depth = Int(None, allow_none=True).tag(sync=True)

    _deepest = 0  # level of the deepest module
    _below = ""  # what one level more shows, where there is such a thing

    def expand(self, depth: int | None = None) -> None:
        """Open the tree to a depth, 0 being the root; without one, every module. Rows opened by hand follow too."""
        self.depth = None  # the same depth again is a wish, too
        self.depth = self._deepest if depth is None else depth

    def find(self, query: str) -> None:
        """Search as the find box does: `find("op:Gemm")`, `find("")` to end it."""
        self.query = query

    @validate("depth")
    def _check_depth(self, proposal: dict[str, Any]) -> int | None:
        depth, last = proposal["value"], self._deepest + bool(self._below)
        if depth is not None and not 0 <= depth <= last:
            raise TraitError(f"There is no depth {depth}: 0 is the root, {last} shows {self._below or 'every module'}.")
        return depth


class ViewTraits(TreeTraits):
    """The state that all views of one widget share.

    Attributes:
        selected: key of the selected module call (`path`, or `path#n` for later calls; "" is the root), a list of
            keys where several are selected, or None.
        color_by: what colours tell: `none`, `kind`, `evidence`, `error`, `parameters` or `operator`.
        columns: columns beside the module, any of `nodes`, `parameters`, `bytes`, `error`, `evidence`, `share`.
        sort: a column (largest first), "-" and a column (smallest first), or "" for execution order; siblings are
            sorted within their parent.
        tab: `nodes`, `graph`, `source` or `about`.
        query, depth: as in `TreeTraits`; one more than the deepest module shows operators as rows.
    """

    selected = AnyValue(None, allow_none=True).tag(sync=True)
    color_by = Unicode("none").tag(sync=True)
    columns = List(Unicode(), CHOSEN).tag(sync=True)
    sort = Unicode("").tag(sync=True)
    tab = Unicode("nodes").tag(sync=True)

    _keys: Collection[str] = ()
    _below = "operators as rows"

    @validate("selected")
    def _check_selected(self, proposal: dict[str, Any]) -> str | list[str] | None:
        value = proposal["value"]
        if value is None:
            return None
        keys = [value] if isinstance(value, str) else value
        if not isinstance(keys, Sequence | set | frozenset) or not all(isinstance(key, str) for key in keys):
            raise TraitError(f"selected is a key, a list of keys or None, not {_short(value)}.")
        for key in keys:
            if key not in self._keys:
                raise TraitError(f"There is no module call {_short(key)}" + self._hint(key))
        keys = list(dict.fromkeys(keys))
        return keys if len(keys) > 1 else (keys[0] if keys else None)

    @validate("color_by", "tab")
    def _check_choice(self, proposal: dict[str, Any]) -> str:
        name = proposal["trait"].name
        return _one_of(proposal["value"], {"color_by": COLOURS, "tab": TABS}[name], name)

    @validate("columns")
    def _check_columns(self, proposal: dict[str, Any]) -> list[str]:
        return list(dict.fromkeys(_one_of(name, COLUMNS, "column") for name in proposal["value"]))

    @validate("sort")
    def _check_sort(self, proposal: dict[str, Any]) -> str:
        if column := proposal["value"].removeprefix("-"):
            _one_of(column, COLUMNS, "column")
            return proposal["value"]
        return ""

    def _hint(self, key: str) -> str:
        near = did_you_mean(key, sorted(self._keys)) if len(key) <= LONGEST else ""
        return near if near.startswith(". Did") else '. The keys are module paths such as "encoder.layer.0".'


def _one_of(value: str, known: Sequence[str], what: str) -> str:
    if value not in known:
        raise TraitError(f"There is no {what} {_short(value)}" + did_you_mean(value, known))
    return value


def _short(value: object) -> str:
    """A value on one line: text in quotes, the middle of what is long left out."""
    shown = ascii(value) if not isinstance(value, str) else f'"{value}"' if value.isprintable() else ascii(value)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST // 2]}…{shown[-20:]}"
