"""The result: inputs that the model was seen to run on, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class MadeInputs:
    """Inputs that were made for a model.

    Attributes:
        args, kwargs: positional and keyword arguments of its `forward`.
        source: in words, where they come from: `sizes in the model's config`.
        names: names of all arguments, positional ones first.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    source: str
    names: tuple[str, ...]

    @property
    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What `export_model` takes as `inputs`."""
        return self.args, self.kwargs

    def without(self, prefix: str) -> MadeInputs:
        """The same without the arguments whose names begin so, all by name."""
        values = dict(zip(self.names, (*self.args, *self.kwargs.values()), strict=True))
        kept = {name: value for name, value in values.items() if not name.startswith(prefix)}
        return MadeInputs((), kept, self.source, tuple(kept))

    @property
    def described(self) -> str:
        """One line such as `input_ids int64 [1, 8], attention_mask int64 [1, 8]`."""
        return described(dict(zip(self.names, (*self.args, *self.kwargs.values()), strict=True)))

    @property
    def note(self) -> str:
        """What the reader of a report should know of them."""
        return f"No inputs were given; made from {self.source}, seed 0: {self.described}."


def described(inputs: Mapping[str, Any]) -> str:
    """Each input with its dtype and shape."""
    return ", ".join(f"{name} {_kind(value)}" for name, value in inputs.items())


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
    return repr(value) if isinstance(value, (bool, int, float, str, type(None))) else type(value).__name__
