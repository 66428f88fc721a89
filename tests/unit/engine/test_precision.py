"""The coarsest type on the way to each value of a graph."""

from __future__ import annotations

import onnx_ir as ir

from modelexport_nb.engine.precision import coarser, coarsest_types

GRAPH = """
<ir_version: 10, opset_import: ["" : 20]>
g (float[2] x, bool c) => (float[2] y, float[2] z, float[2] w) {
  h = Cast <to = 10> (x)
  y = Cast <to = 1> (h)
  z = Relu (x)
  w = If (c) <
    then_branch = a () => (float[2] p) { b = Cast <to = 16> (x)  p = Cast <to = 1> (b) },
    else_branch = d () => (float[2] q) { q = Add (y, y) }
  >
}
"""


def test_what_was_rounded_stays_so_without_any_recorded_types() -> None:
    found = coarsest_types(ir.from_onnx_text(GRAPH))
    assert {name: found.get(name) for name in ("x", "h", "y", "z", "w", "q")} == {
        "x": None,
        "h": "float16",
        "y": "float16",
        "z": None,
        "w": "bfloat16",
        "q": "float16",
    }


def test_the_wider_tolerance_is_the_coarser_type() -> None:
    assert coarser(["float32", "bfloat16", "float16", ""]) == "bfloat16" and coarser([]) == ""
