"""What a case of the matrix is: a small random model, and inputs only where they cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ..unit.engine.zoo import perturb, transformers_model

Sizes = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One architecture. `make` builds the model; `inputs` are made by hand, where `make_inputs` cannot."""

    name: str
    family: str
    make: Callable[[], nn.Module]
    inputs: Callable[[], Any] | None = None

    def build(self) -> nn.Module:
        """The model, seeded, and with no two parameters equal."""
        torch.manual_seed(0)
        return perturb(self.make())


def pretrained(name: str, family: str, model: str, config: str, sizes: Sizes) -> Case:
    """A model of transformers with random weights."""
    return Case(name, family, lambda: transformers_model(model, config, **sizes))
