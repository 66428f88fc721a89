"""The live trees of a model that generates: each part under its name, one below the other."""

from __future__ import annotations

from html import escape
from typing import Any

from ipywidgets import HTML, VBox

from modelexport_nb import generation_views, text
from modelexport_nb.engine.generation import GenerationReport
from modelexport_nb.notebook.static_html import parts_fragment

from .hierarchy import HierarchyWidget


class GenerationView(VBox):
    """What `generate()` made of the files, the notes, and the tree of each part, which is that of its report.

    Args:
        shown: the reports.
        variable: what Python calls them, for the lines that the trees offer.
    """

    def __init__(self, shown: GenerationReport, variable: str = "r") -> None:
        self._shown = shown
        lines = [f"{generation_views.headline(shown)}.", *(f"Note: {note}" for note in shown.notes)]
        children: list[Any] = [HTML("".join(f"<p>{escape(text.printable(line, 1_000))}</p>" for line in lines))]
        for name, part in shown.items():
            if part._widget is None:
                part._widget = HierarchyWidget(part, variable=f'{variable}["{text.printable(name)}"]')
            children += [HTML(f"<h3>{escape(text.printable(name))}</h3>"), part._widget]
        super().__init__(children)

    def __repr__(self) -> str:
        return f"GenerationView({', '.join(text.printable(name) for name in self._shown)})"

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data = super()._repr_mimebundle_(**options)
        plain = generation_views.render(self._shown)
        return {**data, "text/html": parts_fragment(self._shown), "text/plain": plain}, {}
