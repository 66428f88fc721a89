"""What a report and an opened file have in common: a tree of module calls, the nodes below it, one live view."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import onnx_ir as ir

from .errors import ModelExportError, did_you_mean
from .graph import all_nodes
from .tree import Tree, TreeRow

# Set by the notebook part when it is loaded: the engine itself knows no widget. Given what is to be shown.
widget_factory: Callable[[Any], Any] | None = None


def make_widget(shown: Any) -> Any:
    """The live view of a report, an opened file or a comparison; a ModelExportError where there is no notebook."""
    if widget_factory is None:
        raise ModelExportError("The widget lives in Jupyter: run %load_ext modelexport_nb there first.")
    return widget_factory(shown)


@dataclass(frozen=True)
class NodeRecord:
    """One ONNX node for a table: plain strings and numbers only."""

    number: int
    name: str
    op: str
    domain: str
    scope: str
    also: tuple[str, ...]
    evidence: str
    confidence: float
    source: str | None
    inputs: tuple[tuple[str, str, str | None], ...]  # name, dtype and shape, model parameter that it holds
    outputs: tuple[tuple[str, str], ...]  # name, dtype and shape
    attributes: tuple[tuple[str, str, str], ...]  # name, value, type


class Shown(ABC):
    """A graph with the tree of the module calls that made it."""

    tree: Tree
    graph: ir.Model
    _widget: Any

    @abstractmethod
    def node(self, number: int) -> NodeRecord:
        """Everything known about node `number`."""

    def nodes(self, key: str | None = None) -> list[NodeRecord]:
        """The ONNX nodes of a module call (`path` or `path#n`, calls inside it included), or of the whole graph."""
        numbers = range(len(self._nodes)) if key is None else self.tree.region(self.row(key))
        return [self.node(number) for number in numbers]

    def row(self, key: str) -> TreeRow:
        """The tree's row of a module call; an unknown key raises with the nearest known one."""
        row = self.tree.find(key)
        if row is None:
            known = [row.key for row in self.tree if row.key]
            raise ModelExportError(f'No module call "{key}"' + did_you_mean(key, known).replace("Known: ", "Such as: "))
        return row

    @property
    def widget(self) -> Any:
        """The live tree (one for each). Needs Jupyter: `%load_ext modelexport_nb`."""
        if self._widget is None:
            self._widget = make_widget(self)
        return self._widget

    @functools.cached_property
    def _nodes(self) -> list[ir.Node]:
        return all_nodes(self.graph)
