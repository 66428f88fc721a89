"""An eager run on shapes alone: it shows the same calls, and who reads which parameter, in a fraction of the time.

Where that is not sure there is no such run: the model looks at numbers that are not there, draws random ones, keeps
state, or uses operators that are not torch's own.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from .eager import EagerRun, run_eagerly
from .errors import EagerRunError
from .quiet import quiet
from .shapes import Shapes
from .state import preserved
from .values import PLAIN


def run_on_shapes(model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> EagerRun | None:
    """What an eager run shows, without its outputs; None where it takes one with numbers.

    The model is as before, in any case.
    """
    if not _all_plain(model, (args, kwargs)):
        return None
    shapes, run = Shapes(), None
    with preserved(model) as changed, suppress(EagerRunError), quiet():
        run = run_eagerly(model, args, kwargs, shapes=shapes)
        run.outputs = None
    kept = shapes.forget()
    if run is None or run.random or changed or kept or shapes.unsure:
        return None
    return run


def _all_plain(model: nn.Module, inputs: Any) -> bool:
    """Whether tensors are blocks of memory and nothing more, and inputs are tensors and plain values: an object might
    keep what the run makes."""
    leaves = tree_leaves(inputs)
    tensors = [*model.parameters(), *model.buffers(), *(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))]
    others = (leaf for leaf in leaves if not isinstance(leaf, torch.Tensor))
    return all(map(_is_plain, tensors)) and all(type(leaf) in PLAIN for leaf in others)


def _is_plain(tensor: torch.Tensor) -> bool:
    known = type(tensor) in (torch.Tensor, nn.Parameter)
    return known and tensor.layout is torch.strided and not tensor.is_quantized and not tensor.is_inference()
