"""`torch.onnx.export(dynamo=False)`: the TorchScript exporter, where it is faster or the only one that works.

It takes tensors in a row and nothing else, so the model is called through a small module that puts its arguments
together; that module's name is taken out of the graph again. The names that remain say in which module a node arose.
"""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import onnx_ir as ir
import torch
from torch import nn
from torch.utils._pytree import keystr, tree_flatten_with_path, tree_leaves, tree_unflatten

from ..graph import all_nodes
from ..modules import holds_numbers
from .base import Request

_WRAPPED = "modelexport_wrapped"  # like no name of a model's own
_PLAIN = (torch.Tensor, int, float, str, type(None))  # what stands in a result by itself


class TorchScriptOnnx:
    """Capture through `torch.jit.trace` and torch's older ONNX translation."""

    name = "torchscript"
    keeps_record = False

    def accepts(self, request: Request) -> bool:
        """Any module whose shapes may be fixed (dynamic shapes are described in the terms of torch.export) and that
        can run: it has weights."""
        return request.dynamic_shapes is None and all(map(holds_numbers, request.model.parameters()))

    def export(self, request: Request) -> ir.Model:
        """Run `torch.onnx.export(dynamo=False)`; names are as if the model itself had been exported."""
        wrapper = _Flat(request)
        with tempfile.TemporaryDirectory() as folder, _no_fused_attention(), _silent():
            path = Path(folder) / "graph.onnx"  # a file, because torch puts weights beyond 2 GB beside it
            torch.onnx.export(
                wrapper.eval(),
                tuple(wrapper.tensors.values()),
                path,
                dynamo=False,
                opset_version=request.opset,
                input_names=list(wrapper.tensors),
                verbose=False,
            )
            model = ir.load(path)
            ir.external_data.load_to_model(model)
        _remove_prefix(model)
        return model

    def input_tensors(self, request: Request, names: list[str]) -> dict[str, torch.Tensor]:
        """Tensors by argument name; the graph leaves out those that the model does not use."""
        tensors = _named_tensors(request)
        return {name: tensors[name] for name in names if name in tensors}

    def output_tensors(self, outputs: Any) -> Iterable[torch.Tensor]:
        """Tensors in pytree order."""
        return [leaf for leaf in tree_leaves(outputs) if isinstance(leaf, torch.Tensor)]


@contextmanager
def _no_fused_attention() -> Iterator[None]:
    """In eval mode torch's own attention takes a shortcut past its submodules that ONNX has no words for."""
    enabled = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(enabled)


@contextmanager
def _silent() -> Iterator[None]:
    """When it fails, torch prints the whole graph, past Python's own output."""
    printer = torch._C._jit_onnx_log  # its switch is turned on by torch itself
    torch._C._jit_onnx_log = lambda *_: None
    try:
        yield
    finally:
        torch._C._jit_onnx_log = printer


class _Flat(nn.Module):
    """Calls the model with its own arguments; takes and returns tensors in a row."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self.add_module(_WRAPPED, request.model)
        self.tensors = _named_tensors(request)
        leaves, self._layout = tree_flatten_with_path((request.args, request.kwargs))
        self._leaves = [leaf for _, leaf in leaves]

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        fresh = iter(tensors)
        leaves = [next(fresh) if isinstance(leaf, torch.Tensor) else leaf for leaf in self._leaves]
        args, kwargs = tree_unflatten(leaves, self._layout)
        outputs = self.get_submodule(_WRAPPED)(*args, **kwargs)
        leaves = tree_leaves(outputs)
        if (strange := next((leaf for leaf in leaves if not isinstance(leaf, _PLAIN)), None)) is not None:
            raise TypeError(f"the model returns a {type(strange).__name__}, in which tensors are not found")
        return tuple(leaf for leaf in leaves if isinstance(leaf, torch.Tensor))


def _named_tensors(request: Request) -> dict[str, torch.Tensor]:
    """The request's tensors in order, by the argument that holds them: `input_ids`, `cache[0]['key']`."""
    parameters = list(inspect.signature(request.model.forward).parameters.values())
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    positional += [f"input_{index}" for index in range(len(positional), len(request.args))]
    arguments = dict(zip(positional, request.args, strict=False)) | request.kwargs
    leaves, _ = tree_flatten_with_path(arguments)
    return {
        f"{path[0].key}{keystr(path[1:])}": leaf  # type: ignore[attr-defined]
        for path, leaf in leaves
        if isinstance(leaf, torch.Tensor)
    }


def _remove_prefix(model: ir.Model) -> None:
    """Take the wrapper's name out of all names of nodes, values and weights."""
    values = list(model.graph.initializers.values())
    for node in all_nodes(model):
        node.name = _shorter(node.name)
        values.extend(node.outputs)
    taken = {value.name for value in (*values, *model.graph.inputs)}
    for value in values:
        name = _shorter(value.name)
        if name not in taken:  # a parameter of the root may be called like one of the inputs
            taken.add(name)
            value.name = name


def _shorter(name: str | None) -> str | None:
    """Without the wrapper: a level of its own in scopes, and repeated by the children of a container that it holds."""
    return name and name.replace(f"/{_WRAPPED}/", "/").replace(f"{_WRAPPED}.", "")
