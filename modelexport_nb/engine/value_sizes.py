"""How many bytes the values of an ONNX graph take: as the file states them, else as one run of the graph shows."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnx

from .runtime import open_session, run_session

_MARK = "modelexport_node_"


def value_sizes(
    proto: onnx.ModelProto, folder: Path, inputs: dict[str, np.ndarray], names: Iterable[str]
) -> dict[str, int]:
    """Bytes of each value of the main graph. Where the file does not state the shape of one of `names`, the graph runs
    once; what cannot be known even so (not a tensor, the inside of a function) is left out.

    Args:
        proto: the model, whose nodes may get other names; external data need not be loaded.
        folder: where external data lies.
        inputs: an array for each graph input.
    """
    stated = stated_sizes(proto)
    if all(name in stated for name in names):
        return stated
    return _measured(proto, folder, inputs) | stated


def stated_sizes(proto: onnx.ModelProto) -> dict[str, int]:
    """Bytes of each value whose shape the file states."""
    sizes = {}
    for value in (*proto.graph.value_info, *proto.graph.output, *proto.graph.input):
        tensor = value.type.tensor_type
        dims = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in tensor.shape.dim]
        if tensor.elem_type and tensor.HasField("shape") and min(dims, default=0) >= 0:
            sizes[value.name] = _bytes(tensor.elem_type, dims)
    for node in proto.graph.node:
        held = [attribute.t for attribute in node.attribute if attribute.type == onnx.AttributeProto.TENSOR]
        if held and not node.input:  # it hands on what it holds
            sizes.update(dict.fromkeys(node.output, sum(_bytes(tensor.data_type, tensor.dims) for tensor in held)))
    return sizes


def _bytes(kind: int, dims: Iterable[int]) -> int:
    try:
        return math.prod(dims) * onnx.helper.tensor_dtype_to_np_dtype(kind).itemsize
    except KeyError:  # no type that ONNX knows: the runtime will say so
        return 0


def _measured(proto: onnx.ModelProto, folder: Path, inputs: dict[str, np.ndarray]) -> dict[str, int]:
    """What ONNX Runtime's profile of one run says. It knows nodes, not values: of a node with several outputs each
    counts as large as all."""
    for number, node in enumerate(proto.graph.node):
        node.name = f"{_MARK}{number}"  # a stranger's nodes need not have names of their own
    with tempfile.TemporaryDirectory(prefix="modelexport-") as scratch:
        session = open_session(proto.SerializeToString(), folder, profile=Path(scratch) / "profile")
        run_session(session, None, inputs)
        events = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    sizes = {}
    for event in events:
        name, size = event.get("name", ""), event.get("args", {}).get("output_size")
        if size is not None and name.startswith(_MARK):
            node = proto.graph.node[int(name.removeprefix(_MARK).partition("_")[0])]
            sizes.update(dict.fromkeys(node.output, int(size)))
    return sizes
