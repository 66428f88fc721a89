"""`transformers.exporters.OnnxExporter`: the patches and lowerings that transformers ships for its own models."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import onnx_ir as ir
import torch
from torch.utils._pytree import tree_leaves, tree_map

from ..graph import all_nodes
from ..inputs import named_arguments
from .base import FreeAxis, Request
from .one_export import one_export


class TransformersOnnx:
    """Capture of a `PreTrainedModel` with keyword inputs."""

    name = "OnnxExporter"
    keeps_record = True

    def accepts(self, request: Request) -> bool:
        """A `PreTrainedModel` all of whose arguments have names."""
        modeling = sys.modules.get("transformers.modeling_utils")  # not imported: then nothing can be one
        if modeling is None or not isinstance(request.model, modeling.PreTrainedModel):
            return False
        return named_arguments(request.model, request.args, request.kwargs) is not None

    def export(self, request: Request) -> ir.Model:
        """Run `OnnxExporter` on a copy of the inputs: it edits the mapping it is given."""
        from transformers.exporters.exporter_onnx import OnnxConfig, OnnxExporter

        config = OnnxConfig(opset_version=request.opset, dynamic_shapes=without_names(request.dynamic_shapes))
        with one_export():
            model, _ = OnnxExporter().export_program(request.model, self._named(request), config)
        _name_axes(model, axes_by_path(request.dynamic_shapes, self._named(request)))
        return model

    def input_tensors(self, request: Request, names: list[str]) -> dict[str, torch.Tensor]:
        """Tensors by the exporter's own naming of nested inputs."""
        from transformers.exporters.utils import onnx_inputs

        return onnx_inputs(names, self._named(request))

    def output_tensors(self, outputs: Any) -> Iterable[torch.Tensor]:
        """Tensors in the exporter's own order."""
        from transformers.exporters.utils import get_leaf_tensors

        return list(get_leaf_tensors(outputs).values())

    def _named(self, request: Request) -> dict[str, Any]:
        return named_arguments(request.model, request.args, request.kwargs) or {}


def without_names(shapes: Any) -> Any:
    """torch.onnx takes the name of an axis in dynamic shapes, torch.export knows none."""

    def without(axis: Any) -> Any:
        if isinstance(axis, FreeAxis):
            return torch.export.Dim.AUTO
        return torch.export.Dim.DYNAMIC if isinstance(axis, str) else axis

    return tree_map(without, shapes)


def axes_by_path(shapes: Any, inputs: dict[str, Any]) -> dict[str, Any]:
    """The dynamic axes of every tensor, those inside caches and other containers too, by the exporter's name for it."""
    from transformers.exporters.utils import get_leaf_tensors

    paths = {id(tensor): path for path, tensor in get_leaf_tensors(inputs).items()}
    found: dict[str, Any] = {}
    for name, axes in shapes.items() if isinstance(shapes, Mapping) else ():
        leaves, given = tree_leaves(inputs.get(name)), tree_leaves(axes, is_leaf=_is_axes)
        if len(leaves) == len(given):
            found.update((paths.get(id(leaf), ""), one) for leaf, one in zip(leaves, given, strict=True))
    return found


def _is_axes(shapes: Any) -> bool:
    return isinstance(shapes, Mapping) and all(isinstance(axis, int) for axis in shapes)


def _name_axes(model: ir.Model, shapes: Mapping[str, Any]) -> None:
    """Give the axes of the graph the names that dynamic shapes have for those of the inputs."""
    if not shapes:
        return
    outputs = [output for node in all_nodes(model) for output in node.outputs]
    for value in (*model.graph.inputs, *outputs):
        if value.shape is not None:
            value.shape = ir.Shape([_number(dim) for dim in value.shape])
    names: dict[str, str] = {}
    for value in model.graph.inputs:
        axes = shapes.get((value.name or "").removeprefix("input."))
        if not isinstance(axes, Mapping) or value.shape is None:
            continue
        for axis, name in axes.items():
            if isinstance(name, str) and isinstance(dim := value.shape[axis], ir.SymbolicDim) and dim.value:
                names.setdefault(dim.value, name)
    for value in (*model.graph.inputs, *outputs) if names else ():
        if value.shape is not None:
            value.shape = ir.Shape([_named(dim, names) for dim in value.shape])


def _number(dim: int | ir.SymbolicDim) -> int | ir.SymbolicDim:
    """An axis that was to be dynamic and turned out fixed is left as a symbol called "6"."""
    name = dim.value if isinstance(dim, ir.SymbolicDim) else None
    return int(name) if name is not None and name.isdigit() else dim


def _named(dim: int | ir.SymbolicDim, names: dict[str, str]) -> int | ir.SymbolicDim:
    """A size in the given names; it may be computed from several: `s1 + s2`."""
    if isinstance(dim, int) or dim.value is None:
        return dim
    return ir.SymbolicDim(re.sub(r"\w+", lambda word: names.get(word[0], word[0]), dim.value))
