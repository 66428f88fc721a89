"""What torch generates on the way to a graph does not outlive the capture."""

from __future__ import annotations

import linecache
from collections.abc import Iterator
from contextlib import contextmanager

from torch.fx import graph_module
from torch.fx.experimental import proxy_tensor


@contextmanager
def forgetting_generated_code() -> Iterator[None]:
    """Drop the texts of the functions that torch generates in the block, and its hold on the graph that it traced last.

    It keeps the texts for the lines of a traceback, and never lets go of them: every export would make the process
    larger. The nodes of a graph it keeps until it traces another one.
    """
    loader = getattr(graph_module, "_loader", None)  # torch's own affair: another version may not have it
    texts: dict[str, str] = getattr(loader, "eval_cache", {})
    before = set(texts)
    try:
        yield
    finally:
        for name in texts.keys() - before:
            del texts[name]
            linecache.cache.pop(name, None)
        getattr(proxy_tensor, "_FAKE_TENSOR_ID_TO_PROXY_MAP_FOR_EXPORT", {}).clear()
