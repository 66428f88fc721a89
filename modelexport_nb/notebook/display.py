"""How a report shows itself: the live tree, HTML without script, plain text; all three in one bundle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from modelexport_nb import text
from modelexport_nb.engine import report as engine_report
from modelexport_nb.engine.errors import ModelExportError
from modelexport_nb.engine.report import ExportReport

from .static_html import fragment


def connect(shell: InteractiveShell) -> None:
    """Let reports show themselves in this shell, and have a `widget`."""
    bundle, plain = _formatters(shell)
    bundle.for_type(ExportReport, lambda report: mimebundle(report, shell))
    plain.for_type(ExportReport, _pretty)
    engine_report.widget_factory = lambda report: _make_widget(report, variable_name(report, shell.user_ns))


@contextmanager
def displaying(shell: InteractiveShell) -> Iterator[None]:
    """`connect` while this lasts; then everything is as before."""
    tables = _formatters(shell)
    before = [table.type_printers.get(ExportReport) for table in tables]
    factory = engine_report.widget_factory
    connect(shell)
    try:
        yield
    finally:
        engine_report.widget_factory = factory
        for table, printer in zip(tables, before, strict=True):
            table.pop(ExportReport, None)
            if printer is not None:
                table.for_type(ExportReport, printer)


def _formatters(shell: InteractiveShell) -> tuple[Any, Any]:
    formatter: Any = shell.display_formatter
    return formatter.mimebundle_formatter, formatter.formatters["text/plain"]


def mimebundle(report: ExportReport, shell: InteractiveShell) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The live tree and the HTML; the plain text comes from its own formatter."""
    formatter: Any = shell.display_formatter
    if "text/html" not in formatter.active_types:
        return None  # a terminal: no widget is made there
    try:
        return report.widget._repr_mimebundle_()
    except ModelExportError as error:  # the bundle is not built: the static view says so
        return {"text/html": fragment(report, f"No live view: {error}")}, {}


def _make_widget(report: ExportReport, variable: str) -> Any:
    from .widgets.hierarchy import HierarchyWidget

    return HierarchyWidget(report, variable=variable)


def variable_name(report: ExportReport, namespace: dict[str, Any]) -> str:
    """The name of the variable that holds the report; `_`, the last result, when there is none."""
    return next((name for name, value in namespace.items() if value is report and not name.startswith("_")), "_")


def _pretty(report: ExportReport, printer: Any, cycle: bool) -> None:
    # Inside a list or a dict a whole tree would drown the rest.
    alone = len(printer.stack) == 1
    printer.text(text.render(report) if alone else text.short(report))
