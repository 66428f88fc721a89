"""`transformers.exporters.OnnxExporter`: the patches and lowerings that transformers ships for its own models."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import onnx_ir as ir
import torch
from torch.utils._pytree import tree_map

from ..graph import all_nodes
from ..inputs import named_arguments
from .base import Request
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
        with one_export(), _flags_in_parts(request):
            model, _ = OnnxExporter().export_program(request.model, self._named(request), config)
        _name_axes(model, request.dynamic_shapes)
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


@contextmanager
def _flags_in_parts(request: Request) -> Iterator[None]:
    """The exporter turns flags among the inputs into options of the model's config; its parts have configs as well."""
    flags = {name: value for name, value in request.kwargs.items() if isinstance(value, bool)}
    held = (getattr(module, "config", None) for module in request.model.modules())
    configs = {id(config): vars(config) for config in held if config is not None}
    before = [(options, name, options[name]) for options in configs.values() for name in flags.keys() & options]
    for options, name, _ in before:
        options[name] = flags[name]
    try:
        yield
    finally:
        for options, name, value in before:
            options[name] = value


def without_names(shapes: Any) -> Any:
    """torch.onnx takes the name of an axis in dynamic shapes, torch.export knows none."""
    return tree_map(lambda axis: torch.export.Dim.DYNAMIC if isinstance(axis, str) else axis, shapes)


def _name_axes(model: ir.Model, shapes: Any) -> None:
    """Give the axes of the graph the names that dynamic shapes have for those of the inputs."""
    names: dict[str, str] = {}
    for value in model.graph.inputs:
        axes = shapes.get(value.name) if isinstance(shapes, Mapping) else None
        if not isinstance(axes, Mapping) or value.shape is None:
            continue
        for axis, name in axes.items():
            if isinstance(name, str) and isinstance(dim := value.shape[axis], ir.SymbolicDim) and dim.value:
                names.setdefault(dim.value, name)
    outputs = [output for node in all_nodes(model) for output in node.outputs]
    for value in (*model.graph.inputs, *outputs) if names else ():
        if value.shape is not None:
            value.shape = ir.Shape([_named(dim, names) for dim in value.shape])


def _named(dim: int | ir.SymbolicDim, names: dict[str, str]) -> int | ir.SymbolicDim:
    """A size in the given names; it may be computed from several: `s1 + s2`."""
    if isinstance(dim, int) or dim.value is None:
        return dim
    return ir.SymbolicDim(re.sub(r"\w+", lambda word: names.get(word[0], word[0]), dim.value))
