"""What an export asks of a model and of an opset before anything runs."""

from __future__ import annotations

import onnx
import torch
from torch import nn

from .errors import InputError, OptionError

LOWEST_OPSET = 18  # below it torch's exporter converts with a tool that drops every node's metadata


def check_model(model: nn.Module) -> None:
    """Raise an `InputError` for what is no exportable module."""
    if isinstance(model, torch.jit.ScriptModule):
        raise InputError(
            "The model is a TorchScript module: its Python modules are gone. Export the nn.Module it was made from."
        )
    if not isinstance(model, nn.Module):
        kind = model.__name__ + " itself, not an instance" if isinstance(model, type) else f"a {type(model).__name__}"
        raise InputError(f"The model is {kind}. Pass an instance of torch.nn.Module.")


def check_opset(opset: int | None) -> None:
    newest = onnx.defs.onnx_opset_version()
    if opset is None:
        return
    if not isinstance(opset, int) or isinstance(opset, bool):
        raise OptionError(f"The opset is {opset!r}. Pass a whole number such as 18.")
    if opset < LOWEST_OPSET:
        raise OptionError(
            f"Opset {opset} is too low: torch's exporter loses all tags when it converts below {LOWEST_OPSET}. "
            f"Use {LOWEST_OPSET} or later."
        )
    if opset > newest:
        raise OptionError(f"Opset {opset} does not exist: the installed onnx knows up to {newest}.")
