"""One thread at a time: what torch and we change while a model is looked at is the whole process's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch

_turn = threading.RLock()  # the thread whose turn it is may begin more: a comparison makes inputs, say


@contextmanager
def in_turn() -> Iterator[None]:
    """Wait until no other thread is in such a block. What is left to a process of its own needs no turn.

    Around a line that runs models users often have torch's inference mode, in which no graph can be captured: it is off
    in the block.
    """
    with _turn, torch.inference_mode(False) if torch.is_inference_mode_enabled() else nullcontext():
        yield
