"""`transformers.exporters.OnnxExporter`: the patches and lowerings that transformers ships for its own models."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import onnx_ir as ir
import torch

from ..dynamic_spec import without_names
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

        named = self._named(request)
        config = OnnxConfig(opset_version=request.opset, dynamic_shapes=_shapes(request.dynamic_shapes, named))
        with one_export(), _flags_in_parts(request):
            model, _ = OnnxExporter().export_program(request.model, named, config)
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


def _shapes(shapes: Any, named: Mapping[str, Any]) -> Any:
    """Dynamic shapes as the exporter takes them: hints in place of the names of axes, which only torch.onnx knows, and
    no level for arguments that `forward` takes as `**kwargs`."""
    hints = without_names(shapes)
    if not isinstance(hints, dict):
        return hints
    nested = [value for name, value in hints.items() if name not in named and isinstance(value, dict)]
    flat = {name: shape for level in (*nested, hints) for name, shape in level.items()}
    return {name: flat.get(name) for name in named}


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
