"""The random number generators that all code of a process shares: whether a run drew from them, and their state."""

from __future__ import annotations

import pickle
import random
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True)
class RandomState:
    """Where torch's generators (one for each CUDA device in use), Python's and NumPy's stand; equal when none was
    drawn from in between."""

    torch: bytes
    cuda: tuple[bytes, ...]
    python: object
    numpy: bytes


def random_state() -> RandomState:
    """The state now."""
    return RandomState(
        torch=torch.get_rng_state().numpy().tobytes(),
        cuda=tuple(state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()) if _uses_cuda() else (),
        python=random.getstate(),
        numpy=pickle.dumps(np.random.get_state(legacy=False)),
    )


def restore_random(state: RandomState) -> None:
    """Go back to a state."""
    torch.set_rng_state(_tensor(state.torch))
    if state.cuda:
        torch.cuda.set_rng_state_all([_tensor(one) for one in state.cuda])
    random.setstate(state.python)  # type: ignore[arg-type]
    np.random.set_state(pickle.loads(state.numpy))


def move_on() -> None:
    """Go to another state, the same one whenever it starts from the same."""
    seed = int(torch.randint(2**31, ()))
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would touch devices that are not in use
    if _uses_cuda():
        torch.cuda.manual_seed_all(seed)
    random.seed(seed)
    np.random.seed(seed)


def _uses_cuda() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_initialized()


def _tensor(state: bytes) -> torch.Tensor:
    return torch.from_numpy(np.frombuffer(state, dtype=np.uint8).copy())
