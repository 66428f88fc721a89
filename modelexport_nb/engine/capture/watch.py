"""Watch the exporter's graph at the two moments that nobody else offers: as translated, and before it is optimised."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import onnx_ir as ir
import onnxscript.optimizer
import onnxscript.version_converter

from ..graph import forget_numberless
from ..lineage import trace_lineage
from ..snapshot import Snapshot


@dataclass
class Watch:
    """`translated` is the graph with calls of local functions, `before` the same with functions put in their place."""

    translated: Snapshot | None = None
    before: Snapshot | None = None

    def see_translated(self, model: ir.Model) -> None:
        """The exporter is about to convert the opset, which inlines functions."""
        if self.translated is None:
            forget_numberless(model)
            self.translated = Snapshot.of(model)

    def see_before(self, model: ir.Model) -> None:
        """The exporter is about to optimise."""
        if self.before is None:
            forget_numberless(model)
            self.before = Snapshot.of(model)
            self._name_inlined(self.before)

    def _name_inlined(self, before: Snapshot) -> None:
        """Nodes of a function's body know nothing of the operator; the call that they replaced does."""
        if self.translated is None or all(frozen.fx_node is not None for frozen in before.nodes):
            return
        lineage = trace_lineage(self.translated, [frozen.node for frozen in before.nodes], before.initializers)
        for at, sources in enumerate(lineage.made_from):
            if before.nodes[at].fx_node is None and sources:
                before.nodes[at] = replace(before.nodes[at], fx_node=self.translated.nodes[sources[0]].fx_node)


@contextmanager
def watched_passes() -> Iterator[Watch]:
    """Wrap the two functions of onnxscript that every torch exporter goes through, for the block only."""
    watch = Watch()
    modules = {onnxscript.version_converter: "convert_version", onnxscript.optimizer: "optimize_ir"}
    originals = {module: getattr(module, name) for module, name in modules.items()}
    looks = {onnxscript.version_converter: watch.see_translated, onnxscript.optimizer: watch.see_before}

    def looking(original: Any, look: Any) -> Any:
        @functools.wraps(original)
        def wrapper(model: ir.Model, *args: Any, **kwargs: Any) -> Any:
            look(model)
            return original(model, *args, **kwargs)

        return wrapper

    for module, name in modules.items():
        setattr(module, name, looking(originals[module], looks[module]))
    try:
        yield watch
    finally:
        for module, name in modules.items():
            setattr(module, name, originals[module])
