"""Types and shapes of a node's outputs, inferred once for all nodes that are alike.

onnxscript's optimiser writes every node out as a message for ONNX and reads the answer back; the layers of a deep model
ask the same again and again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import onnx_ir as ir
from onnxscript.optimizer import _constant_folding as folding

from .patching import replaced

Inferred = list[tuple[ir.Shape | None, ir.DataType | None]]  # of each output; no type where nothing was inferred

_PLAIN = {
    ir.AttributeType.INT,
    ir.AttributeType.FLOAT,
    ir.AttributeType.STRING,
    ir.AttributeType.INTS,
    ir.AttributeType.FLOATS,
    ir.AttributeType.STRINGS,
}
_SMALL = 20  # numbers up to which the optimiser tells ONNX what a constant holds


@contextmanager
def inference_once() -> Iterator[None]:
    """Let the optimiser ask ONNX once for each kind of node while the block runs."""
    known: dict[Hashable, Inferred | None] = {}
    ask = folding.FoldConstantsPass._do_inference

    def infer(optimiser: Any, node: ir.Node) -> None:
        kind = _kind(node, optimiser._opset_imports.get(node.domain))
        if kind is not None and kind not in known:
            known[kind] = _asked(ask, optimiser, node)
        if kind is None or (inferred := known[kind]) is None:
            ask(optimiser, node)
        else:
            _note(node, inferred)

    with replaced(folding.FoldConstantsPass, "_do_inference", infer):
        yield


def _kind(node: ir.Node, opset: int | None) -> Hashable | None:
    """All that ONNX infers from; None where that cannot be compared."""
    attributes = [(name, each.type, each.value) for name, each in node.attributes.items()]
    if any(each.is_ref() or each.type not in _PLAIN for each in node.attributes.values()):
        return None
    inputs: list[Hashable] = []
    for value in node.inputs:
        if value is None:
            inputs.append(None)
            continue
        if value.type is not None and type(value.type) is not ir.TensorType:
            return None
        shape = None if value.shape is None else tuple(value.shape)
        known = folding._get_numpy_value(value, size_limit=_SMALL)
        numbers = None if known is None else (known.dtype, known.shape, known.tobytes())
        inputs.append((value.dtype, shape, numbers))
    return node.op_identifier(), opset, len(node.outputs), tuple(attributes), tuple(inputs)


def _asked(ask: Callable[[Any, ir.Node], None], optimiser: Any, node: ir.Node) -> Inferred | None:
    """What ONNX says of the node's outputs, which stay as they are; None where one is no tensor."""
    before = [(output.shape, output.type) for output in node.outputs]
    for output in node.outputs:
        output.shape = output.type = None
    ask(optimiser, node)
    found = [(output.shape, output.type) for output in node.outputs]
    for output, (shape, kind) in zip(node.outputs, before, strict=True):
        output.shape, output.type = shape, kind
    if not all(kind is None or type(kind) is ir.TensorType for _, kind in found):
        return None
    return [(shape, None if kind is None else kind.dtype) for shape, kind in found]


def _note(node: ir.Node, inferred: Inferred) -> None:
    """Note at the outputs what was inferred, as the optimiser does: what is known of a shape goes first."""
    for output, (shape, dtype) in zip(node.outputs, inferred, strict=True):
        if dtype is None:
            continue
        try:
            output.shape = folding._merge_shapes(output.shape, None if shape is None else shape.copy())
        except ValueError:  # of another rank
            return
        output.type = ir.TensorType(dtype)
