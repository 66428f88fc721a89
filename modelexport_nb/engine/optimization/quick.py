"""All short cuts that are allowed and known to be safe here, for one block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from .options import OptimizationOptions
from .patching import is_known


@contextmanager
def quick_exporters(options: OptimizationOptions) -> Iterator[None]:
    """Let torch's and onnxscript's exporters take short cuts while the block runs.

    Where the installed torch or onnxscript is another than those whose insides we know, they go their own way.
    """
    with ExitStack() as cuts:
        if is_known("onnxscript"):
            _enter_onnxscript(cuts, options)
        if is_known("torch"):
            _enter_torch(cuts, options)
        yield


def _enter_onnxscript(cuts: ExitStack, options: OptimizationOptions) -> None:
    from .inference import inference_once  # what they replace exists in known versions only
    from .rewriting import linear_rewrites

    if options.linear_rewrites:
        cuts.enter_context(linear_rewrites())
    if options.inference_once:
        cuts.enter_context(inference_once())


def _enter_torch(cuts: ExitStack, options: OptimizationOptions) -> None:
    from .decomposition import decomposing_what_needs_it
    from .tables import kept_tables
    from .tracing import code_on_demand, frames_once, values_as_noted
    from .unwatched import unwatched_bookkeeping

    if options.keep_tables:
        cuts.enter_context(kept_tables())
    if options.decompose_what_needs_it:
        cuts.enter_context(decomposing_what_needs_it())
    if options.values_as_noted:
        cuts.enter_context(values_as_noted())
    if options.frames_once:
        cuts.enter_context(frames_once())
    if options.code_on_demand:
        cuts.enter_context(code_on_demand())
    if options.unwatched_bookkeeping:
        cuts.enter_context(unwatched_bookkeeping())
