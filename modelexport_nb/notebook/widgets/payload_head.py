"""The part of the payload that is about the whole: title, counts, measures, parity, where it all comes from."""

from __future__ import annotations

from typing import Any

from modelexport_nb import text
from modelexport_nb.engine.hierarchy import Hierarchy
from modelexport_nb.engine.report import ExportReport

Facts = list[tuple[str, str]]


def head(shown: ExportReport | Hierarchy) -> dict[str, Any]:
    """Everything of the payload that is not a column."""
    root = shown.modules.root
    return {
        "title": root.class_name,
        "totals": {
            "nodes": shown.tree.rows[0].total,
            "modules": len(shown.modules.modules),
            "parameters": root.parameters,
            "bytes": root.bytes,
        },
        **(_of_file(shown) if isinstance(shown, Hierarchy) else _of_report(shown)),
    }


def _of_report(report: ExportReport) -> dict[str, Any]:
    return {
        "source": {"kind": "report", "note": ""},
        "strategy": report.strategy,
        "strategy_help": f"Strategy {report.strategy}. Capture: {report.capture}, opset {report.opset}",
        "measures": [
            {"name": name, "value": value, "help": meaning} for name, value, meaning in report.measures.rows()
        ],
        "parity": _parity(report),
        "notes": list(report.notes),
        "about": _listed(
            [
                ("capture", report.capture),
                ("opset", str(report.opset)),
                ("file", ", ".join(text.printable(file.name) for file in report.files or (report.path,))),
                ("size", text.size(report.bytes)),
                ("metadata", report.metadata),
                *(("tried", line) for line in report.tried),
            ]
        ),
    }


def _of_file(hierarchy: Hierarchy) -> dict[str, Any]:
    model = hierarchy.graph
    opsets = (f"{domain or 'ai.onnx'} {version}" for domain, version in model.opset_imports.items())
    producer = " ".join(filter(None, (model.producer_name, model.producer_version)))
    return {
        "source": {"kind": hierarchy.source, "note": text.file_note(hierarchy)},
        "strategy": "",
        "strategy_help": "",
        "measures": [],
        "parity": {"status": "none", "text": "", "help": "Only the file is here, not the model.", "row": -1},
        "notes": [],
        "about": _listed(
            [
                ("file", text.printable(hierarchy.path.name)),
                ("size", text.size(_size(hierarchy))),
                ("opset", text.printable(", ".join(opsets))),
                ("IR version", str(model.ir_version)),
                ("producer", text.printable(producer)),
            ]
        ),
    }


def _size(hierarchy: Hierarchy) -> int:
    """Bytes of the file, as far as it is still there."""
    try:
        return hierarchy.path.stat().st_size
    except OSError:
        return 0


def _listed(facts: Facts) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in facts if value not in ("", "0 B")]


def _parity(report: ExportReport) -> dict[str, Any]:
    parity = report.parity
    if parity is None or parity.problem is not None:
        reason = (parity and parity.problem) or "The export was asked not to compare the file with PyTorch"
        return {"status": "none", "text": "not verified", "help": reason, "row": -1}
    outputs = ", ".join(f"{output.name} {output.max_abs:.1e}" for output in parity.outputs)
    return {
        "status": "ok" if parity.ok else "bad",
        "text": parity.headline,
        "help": f"{parity.text}. Largest difference between ONNX Runtime and PyTorch, by output: {outputs}",
        "row": _first_divergence(report),
    }


def _first_divergence(report: ExportReport) -> int:
    """The row of the first module call whose numbers differ; -1 when there is none, or none was compared."""
    modules = report.parity.modules if report.parity is not None else None
    first = modules.first_divergence if modules is not None else None
    row = report.tree.find(first.key) if first is not None else None
    return -1 if row is None else row.index
