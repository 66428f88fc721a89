"""A payload in the shape of a large transformer: as many nodes as asked, about 0.4 module calls a node."""

from typing import Any

OPS = ["MatMul", "Add", "Reshape", "Transpose", "Mul", "Softmax", "Cast", "Div", "Sub", "Pow", "Sqrt"]
TYPES = [f"f32 2×{length}×{width}" for length in (10, 128) for width in (384, 768, 1024, 3072)]
EVIDENCE = ["trace", "parameter", "value", "dataflow", "rewrite", "root"]
# What one layer holds: name, class, depth below the layer.
LAYER = [
    ("attention", "BertAttention", 1),
    *[(f"self.{i}" if i else "self", "BertSelfAttention", 2) for i in range(4)],
    *[(name, "Linear", 3) for name in ("query", "key", "value", "rotary", "scale", "gate", "merge", "split")],
    ("output", "BertSelfOutput", 2),
    *[(name, "Linear", 3) for name in ("dense", "LayerNorm", "dropout", "residual")],
    ("intermediate", "BertIntermediate", 1),
    *[(f"expert_{i}", "Linear", 2) for i in range(20)],
]


def payload(layers: int, nodes: int) -> dict[str, Any]:
    names, parents, classes = [""], [-1], ["BigModel"]

    def row(name: str, cls: str, parent: int) -> int:
        names.append(name)
        parents.append(parent)
        classes.append(cls)
        return len(names) - 1

    encoder = row("encoder", "BertEncoder", 0)
    for number in range(layers):
        above = [row(f"layer.{number}", "BertLayer", encoder)]
        for name, cls, depth in LAYER:
            above[depth:] = [row(name, cls, above[depth - 1])]
    table = sorted(set(classes))
    count = len(names)
    return {
        "version": 2,
        "title": "BigModel",
        "strategy": "fx",
        "strategy_help": "A synthetic payload",
        "totals": {"nodes": nodes, "modules": count, "parameters": 7_000_000_000, "bytes": 28_000_000_000},
        "measures": [{"name": "coverage", "value": f"{nodes}/{nodes}", "help": "Nodes with a scope, of all"}],
        "parity": {"status": "none", "text": "not verified", "help": "Nothing was run", "row": -1},
        "source": {"kind": "report", "note": ""},
        "about": [{"name": "file", "value": "big.onnx"}],
        "notes": [],
        "classes": table,
        "reasons": ["identity in eval mode"],
        "verdicts": ["equal"],
        "ops": OPS,
        "types": TYPES,
        "files": ["big/modeling_big.py"],
        "evidence": EVIDENCE,
        "rows": {
            "parent": parents,
            "name": names,
            "absolute": [],
            "call": [0] * count,
            "cls": [table.index(cls) for cls in classes],
            "params": [1_234_567] * count,
            "bytes": [4_938_268] * count,
            "reason": [-1] * count,
            "error": [1.2e-06] * count,
            "verdict": [0] * count,
            "same": list(range(count)),  # no two rows are equal: nothing folds, every row is drawn
        },
        "nodes": {
            "op": [i % len(OPS) for i in range(nodes)],
            # In execution order, every module call gets its share.
            "row": [i * count // nodes for i in range(nodes)],
            "type": [i % len(TYPES) for i in range(nodes)],
            "file": [0] * nodes,
            "line": [100 + i % 900 for i in range(nodes)],
            "evidence": [0 if i % 7 else 4 for i in range(nodes)],
            "also": {str(i): [i * count // nodes - 1] for i in range(0, nodes, 7) if i * count // nodes > 1},
            # Each node reads the one before it, the first the input; every fifth the one five before too.
            "degree": [2 if i % 5 == 0 and i else 1 for i in range(nodes)],
            "reads": [delta for i in range(nodes) for delta in ((1, 5) if i % 5 == 0 and i else (1,))],
            "slot": {},
            "body": {},
            "more": {},
        },
        "graph": {
            "inputs": [{"name": "input_ids", "type": 0}],
            "outputs": [{"name": "output", "type": 0, "node": nodes - 1, "slot": 0}],
        },
    }
