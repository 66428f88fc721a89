"""How a report, the reports of a model that generates, an opened file, a comparison or a sweep show themselves: the
live view, HTML without script, plain text, in one bundle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from modelexport_nb import generation_views, sweep_views, text
from modelexport_nb.engine import shown as engine_shown
from modelexport_nb.engine.comparison import Comparison
from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.generation import GenerationReport
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.report import ExportReport
from modelexport_nb.engine.sweeps.board import Sweep

from .static_html import escaped, fragment, parts_fragment

Shown = ExportReport | GenerationReport | Hierarchy | Comparison | Sweep
SHOWN = (ExportReport, GenerationReport, Hierarchy, Comparison, Sweep)
# Lines of each table that the plain text of a comparison shows, and models that the one of a sweep does.
ROWS, MODELS = 20, 60


def connect(shell: InteractiveShell) -> None:
    """Let reports, opened files and comparisons show themselves in this shell, and have a `widget`."""
    bundle, plain = _formatters(shell)
    for kind in SHOWN:
        bundle.for_type(kind, lambda shown: mimebundle(shown, shell))
        plain.for_type(kind, _pretty)
    engine_shown.widget_factory = lambda shown: _make_widget(shown, variable_name(shown, shell.user_ns))


@contextmanager
def displaying(shell: InteractiveShell) -> Iterator[None]:
    """`connect` while this lasts; then everything is as before."""
    entries = [(table, kind) for table in _formatters(shell) for kind in SHOWN]
    before = [table.type_printers.get(kind) for table, kind in entries]
    factory = engine_shown.widget_factory
    connect(shell)
    try:
        yield
    finally:
        engine_shown.widget_factory = factory
        for (table, kind), printer in zip(entries, before, strict=True):
            table.pop(kind, None)
            if printer is not None:
                table.for_type(kind, printer)


def _formatters(shell: InteractiveShell) -> tuple[Any, Any]:
    formatter: Any = shell.display_formatter
    return formatter.mimebundle_formatter, formatter.formatters["text/plain"]


def mimebundle(shown: Shown, shell: InteractiveShell) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The live tree and the HTML; the plain text comes from its own formatter."""
    formatter: Any = shell.display_formatter
    if "text/html" not in formatter.active_types:
        return None  # a terminal: no widget is made there
    try:
        return shown.widget._repr_mimebundle_()
    except ModelExportError as error:  # the bundle is not built: the static view says so
        return {"text/html": _static(shown, f"No live view: {error}")}, {}


def _static(shown: Shown, problem: str) -> str:
    if isinstance(shown, Comparison | Sweep):
        return f"{shown.to_html()}<p>{escaped(problem, 1_000)}</p>"
    if isinstance(shown, GenerationReport):
        return parts_fragment(shown, problem)
    return fragment(shown, problem)


def _make_widget(shown: Shown, variable: str) -> Any:
    if isinstance(shown, Comparison):
        from .widgets.comparison import ComparisonWidget

        return ComparisonWidget.of(shown, variable)
    if isinstance(shown, Sweep):
        from .widgets.sweep import SweepWidget

        return SweepWidget(shown, variable=variable)
    if isinstance(shown, GenerationReport):
        from .widgets.generation import GenerationView

        return GenerationView(shown, variable)
    from .widgets.hierarchy import HierarchyWidget

    return HierarchyWidget(shown, variable=variable)


def variable_name(shown: Shown, namespace: dict[str, Any]) -> str:
    """The name of the variable that holds it; `_`, the last result, when there is none."""
    return next((name for name, value in namespace.items() if value is shown and not name.startswith("_")), "_")


def _pretty(shown: Shown, printer: Any, cycle: bool) -> None:
    # Inside a list or a dict a whole tree would drown the rest.
    alone = len(printer.stack) == 1
    if isinstance(shown, Comparison):
        printer.text(shown.to_markdown(limit=ROWS).rstrip() if alone else repr(shown))
    elif isinstance(shown, Sweep):
        printer.text(sweep_views.render(shown, rows=MODELS) if alone else repr(shown))
    elif isinstance(shown, GenerationReport):
        printer.text(generation_views.render(shown) if alone else repr(shown))
    else:
        printer.text(text.render(shown) if alone else text.short(shown))
