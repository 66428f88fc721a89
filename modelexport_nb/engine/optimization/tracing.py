"""What torch prepares for every graph and every node while it traces, done once or when it is asked for."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import fx
from torch.fx.graph import _PyTreeCodeGen
from torch.onnx._internal.fx.passes.type_promotion import _TypePromotionInterpreter, get_type_promotion_rule
from torch.utils import _traceback

from .patching import replaced


@contextmanager
def frames_once() -> Iterator[None]:
    """Look up each line of a stack trace once in the block; torch looks it up anew for every node that it makes."""
    frame = functools.cache(traceback.FrameSummary)

    def extract(symbolized: list[dict[str, Any]], skip: int) -> traceback.StackSummary:
        frames = reversed(symbolized[skip:])
        return traceback.StackSummary([frame(one["filename"], one["line"], one["name"]) for one in frames])

    with replaced(_traceback, "_extract_symbolized_tb", extract):
        yield


@contextmanager
def values_as_noted() -> Iterator[None]:
    """Take what a node returns from its own note while torch looks for implicit casts; it runs every node for that,
    with fake tensors, and has them all already. A node that it changes is run."""
    run_node = _TypePromotionInterpreter.run_node

    def look(interpreter: Any, node: fx.Node) -> Any:
        if node.op != "call_function" or "val" not in node.meta:
            return run_node(interpreter, node)
        before = node.target, node.args, node.kwargs
        with interpreter._set_current_node(node):
            if rule := get_type_promotion_rule(node, interpreter.type_promotion_table):
                interpreter._maybe_promote_node(node, rule)
        if (node.target, node.args, node.kwargs) != before:
            return fx.Interpreter.run_node(interpreter, node)
        return node.meta["val"]

    with replaced(_TypePromotionInterpreter, "run_node", look):
        yield


@contextmanager
def code_on_demand() -> Iterator[None]:
    """Write a graph out as Python code when it is run; torch does so whenever one is made or changed, and exporters run
    few of them."""
    with replaced(fx.GraphModule, "recompile", _mark):
        yield


_write_code = fx.GraphModule.recompile  # as torch has it


def _mark(module: fx.GraphModule) -> None:
    graph_code = module.graph._codegen
    if isinstance(graph_code, _PyTreeCodeGen):  # these are read without a run
        module._in_spec, module._out_spec = graph_code.pytree_info.in_spec, graph_code.pytree_info.out_spec
    kind: Any = type(module)  # each graph module has a class of its own
    kind.forward = _Unwritten()


class _Unwritten:
    """Stands for `forward` until somebody asks for it, to run it or to read its signature."""

    def __get__(self, module: fx.GraphModule | None, kind: type | None = None) -> Any:
        if module is None:
            return self
        _write_code(module)
        return module.forward
