"""torch watches what a model calls while it traces; its own looks at tensors in between need no watching."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.export import _trace
from torch.fx.experimental import proxy_tensor

from .patching import replaced


@contextmanager
def unwatched_bookkeeping() -> Iterator[None]:
    """Let torch note what a traced call returned, and look through the traced graph, without its own watchers.

    These stand for the model's calls (a gradient mode that is set, an index that is rewritten). Each property of a
    tensor that torch itself reads meanwhile goes through three of them, some hundred for every node.
    """
    with (
        replaced(proxy_tensor, "track_tensor_tree", _unwatched(proxy_tensor.track_tensor_tree)),
        replaced(_trace, "_produce_aten_artifact", _unwatched(_trace._produce_aten_artifact)),
    ):
        yield


def _unwatched(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with no mode around it; what stands for tensors, such as a node's proxy, is asked as ever."""

    def call(*args: Any, **kwargs: Any) -> Any:
        modes = [torch._C._pop_torch_function_stack() for _ in range(torch._C._len_torch_function_stack())]
        try:
            return function(*args, **kwargs)
        finally:
            for mode in reversed(modes):
                torch._C._push_on_torch_function_stack(mode)

    return call
