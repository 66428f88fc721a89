"""Keep the stamps of operators that torch runs under a switch of its own: autocast, gradients on or off.

`torch.export` moves such a region into a graph of its own, which the graph around it calls as one operator. When torch
then takes the whole apart, it goes through the outer graph node by node and hands the metadata of each on, but it runs
the inner one as a plain function: all that comes of it has the metadata of that one call. Here it goes through the
inner graph node by node, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch._higher_order_ops import wrap

from ..optimization.patching import replaced

_OPERATORS = ("WrapWithAutocast", "WrapWithSetGradEnabled")


@contextmanager
def regions_node_by_node() -> Iterator[None]:
    """Let regions hand on what is known of their nodes, for the block only."""
    with ExitStack() as stack:
        for name in _OPERATORS:
            if (operator := getattr(wrap, name, None)) is not None:  # another torch may do it in another way
                stack.enter_context(replaced(operator, "__call__", _node_by_node(operator.__call__)))
        yield


def _node_by_node(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        graphs = (torch.fx.Interpreter(arg).run if isinstance(arg, torch.fx.GraphModule) else arg for arg in args)
        return call(*graphs, **kwargs)

    return wrapper
