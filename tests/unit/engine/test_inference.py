"""Types and shapes that are inferred once for nodes that are alike are those that each would get by itself."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import onnx
import onnx_ir as ir
import pytest
from onnxscript import optimizer

from modelexport_nb.engine.optimization.inference import inference_once

HEAD = '<ir_version: 8, opset_import: ["" : 18, "somebody" : 1]>'

GRAPHS = {
    "alike, with sizes that vary": """
        g (float[n, 4] x, float[n, 4] y) => (float[n, 4] z) {
            a = Relu(x)  b = Relu(y)  c = Relu(a)  d = Add(b, c)  z = Add(d, a)
        }""",
    "the numbers of a small constant decide the shape": """
        g (float[2, 6] x) => (float[?, ?] y, float[?, ?] z)
        <int64[2] first = {3, 4}, int64[2] second = {4, 3}> {
            a = Relu(x)  y = Reshape(a, first)  z = Reshape(a, second)
        }""",
    "attributes decide it": """
        g (float[2, 3, 4] x) => (float[?, ?, ?] y, float[?, ?, ?] z) {
            a = Relu(x)  b = Transpose<perm = [1, 0, 2]>(a)  c = Transpose<perm = [2, 1, 0]>(a)
            y = Sin(b)  z = Sin(c)
        }""",
    "how many outputs are asked for": """
        g (float[4] x) => (float[4] y, float[4] z, float[4] k) {
            a = Relu(x)  b = Dropout(a)  y = Sin(b)  c, d = Dropout(a)  z = Sin(c)  k = Cast<to = 1>(d)
        }""",
    "one value twice, and two values": """
        g (float[n, m] x, float[k, l] y) => (float[?, ?] a, float[?, ?] b, float[?, ?] c) {
            p = Relu(x)  q = Relu(y)  a = Add(p, p)  b = Add(p, q)  c = Add(q, q)
        }""",
    "a sequence": """
        g (float[4, 4] x) => (float[?, ?] y, float[?, ?] z) <int64 at = {0}> {
            a = Relu(x)  s = SplitToSequence<axis = 0>(a)  t = SplitToSequence<axis = 0>(a)
            y = SequenceAt(s, at)  z = SequenceAt(t, at)
        }""",
    "operators that nobody knows": """
        g (float[4] x) => (float[4] y) { a = somebody.Op(x)  b = somebody.Op(x)  y = Add(a, b) }""",
    "another type of number": """
        g (float[4] x, double[4] y) => (int64[4] p, int64[4] q) {
            a = Relu(x)  b = Relu(y)  p = Cast<to = 7>(a)  q = Cast<to = 7>(b)
        }""",
    "optional inputs": """
        g (float[4] x, float top) => (float[4] y, float[4] z) { a = Relu(x) y = Clip(a, "", top)  z = Clip(a, top) }""",
}


def folded(text: str, way: AbstractContextManager[None]) -> tuple[str, int]:
    """The graph as the optimiser leaves it, and how often ONNX was asked."""
    asked = 0
    infer = onnx.shape_inference.infer_node_outputs

    def counted(*args: object, **options: object) -> object:
        nonlocal asked
        asked += 1
        return infer(*args, **options)  # type: ignore[arg-type]

    model = ir.from_proto(onnx.parser.parse_model(HEAD + text))
    with pytest.MonkeyPatch.context() as patch, way:
        patch.setattr(onnx.shape_inference, "infer_node_outputs", counted)
        optimizer.optimize_ir(model)
    return onnx.printer.to_text(ir.to_proto(model)), asked


@pytest.mark.parametrize("text", GRAPHS.values(), ids=GRAPHS)
def test_every_value_has_the_type_that_it_would_have(text: str) -> None:
    slow, often = folded(text, nullcontext())
    quick, rarely = folded(text, inference_once())
    assert quick == slow
    assert rarely <= often


def test_nodes_that_are_alike_are_asked_for_once() -> None:
    text = "g (float[4] x) => (float[4] y) { a = Relu(x) " + "".join(
        f"a{n} = Sin(a{n - 1 if n else ''}) " for n in range(20)
    )
    text += "y = Relu(a19) }"
    often, rarely = folded(text, nullcontext())[1], folded(text, inference_once())[1]
    assert often >= 22 > 5 >= rarely


def test_what_is_noted_of_a_shape_goes_first_and_another_rank_changes_nothing() -> None:
    text = GRAPHS["alike, with sizes that vary"]
    found = []
    for way in (nullcontext(), inference_once()):
        model = ir.from_proto(onnx.parser.parse_model(HEAD + text))
        nodes = [*model.graph]
        nodes[0].outputs[0].shape = ir.Shape([7, 4])  # Relu(x), before Relu(y) is asked for
        nodes[1].outputs[0].shape = ir.Shape([3])
        with way:
            optimizer.optimize_ir(model)
        found.append([(value.name, value.dtype, value.shape) for node in model.graph for value in node.outputs])
    assert found[0] == found[1]


def test_no_two_values_share_a_shape_or_a_type() -> None:
    """Who changes one of them would change the other."""
    model = ir.from_proto(onnx.parser.parse_model(HEAD + GRAPHS["alike, with sizes that vary"]))
    with inference_once():
        optimizer.optimize_ir(model, num_iterations=1)
    values = [value for node in model.graph for value in node.outputs]
    assert len({id(value.shape) for value in values}) == len({id(value.type) for value in values}) == len(values)
