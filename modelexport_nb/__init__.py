"""Export PyTorch models to ONNX in a notebook, and see which module made which node.

    from modelexport_nb import export_model

    report = export_model(model, inputs, "model.onnx")

In a notebook, `%load_ext modelexport_nb` adds `%modelexport`. Importing this package is quick: PyTorch is
loaded with the first use of a public name.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine.agreement import agreement
    from .engine.automatic import make_inputs
    from .engine.compare import compare
    from .engine.comparison import Comparison
    from .engine.errors import ModelExportError
    from .engine.export import export_model
    from .engine.generation import GenerationReport, export_generation
    from .engine.hierarchy import read_hierarchy
    from .engine.optimization import OptimizationOptions
    from .engine.pretrained import load_pretrained
    from .engine.report import ExportReport
    from .engine.sweeps import Job, JobResult, Limits, Sweep, sweep
    from .engine.symbolic import trace_symbolically
    from .engine.tagging import tag_onnx
    from .engine.validation import validate

__version__ = "0.1.0"

__all__ = [
    "Comparison",
    "ExportReport",
    "GenerationReport",
    "Job",
    "JobResult",
    "Limits",
    "ModelExportError",
    "OptimizationOptions",
    "Sweep",
    "__version__",
    "agreement",
    "compare",
    "export_generation",
    "export_model",
    "load_ipython_extension",
    "load_pretrained",
    "make_inputs",
    "read_hierarchy",
    "sweep",
    "tag_onnx",
    "trace_symbolically",
    "unload_ipython_extension",
    "validate",
]

_HOME = {
    "Comparison": "comparison",
    "ExportReport": "report",
    "GenerationReport": "generation",
    "Job": "sweeps",
    "JobResult": "sweeps",
    "Limits": "sweeps",
    "ModelExportError": "errors",
    "OptimizationOptions": "optimization",
    "Sweep": "sweeps",
    "agreement": "agreement",
    "compare": "compare",
    "export_generation": "generation",
    "export_model": "export",
    "load_pretrained": "pretrained",
    "make_inputs": "automatic",
    "read_hierarchy": "hierarchy",
    "sweep": "sweeps",
    "tag_onnx": "tagging",
    "trace_symbolically": "symbolic",
    "validate": "validation",
}


def load_ipython_extension(shell: Any) -> None:
    """Add `%modelexport`, its completion, its defaults and the live view: `%load_ext modelexport_nb`.

    Args:
        shell: the running IPython shell. Loading twice is loading once.
    """
    from .notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Put everything back as it was before `load_ipython_extension`: `%unload_ext modelexport_nb`.

    Args:
        shell: the running IPython shell.
    """
    from .notebook.extension import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".engine.{_HOME[name]}", __name__), name)
    globals()[name] = value
    _show_results_live()
    return value


def _show_results_live() -> None:
    """Inside IPython a report shows itself as the live tree, with or without `%load_ext`."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        from .notebook.display import connect

        connect(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
