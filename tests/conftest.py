"""Every test, for whatever it is: what an export changes for the whole process is as before."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.fx import traceback
from torch.nn.modules import module as hooks


def process_state() -> dict[str, Any]:
    """What torch keeps once a process, and an export touches."""
    return {
        "metadata is preserved": traceback.has_preserved_node_meta(),
        "current metadata": dict(traceback.current_meta),
        "hooks before every forward": list(hooks._global_forward_pre_hooks),
        "hooks after every forward": list(hooks._global_forward_hooks),
        "gradients": torch.is_grad_enabled(),
        "default dtype": torch.get_default_dtype(),
        "garbage collection": (gc.isenabled(), gc.get_threshold()),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


@pytest.fixture(autouse=True)
def nothing_stays_in_the_process() -> Iterator[None]:
    before = process_state()
    yield
    after = process_state()
    assert after == before
