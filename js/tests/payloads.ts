/** Payloads for tests and for the development page. */
import { type Module, payloadOf } from "./payloadOf";

export { type Module, payloadOf, withReads } from "./payloadOf";

const linear = (name: string, inner: number, outer: number, line: number): Module => ({
  name,
  cls: "Linear",
  params: inner * outer + outer,
  ops: [
    ["MatMul", `f32 2×10×${outer}`, line],
    ["Add", `f32 2×10×${outer}`, line],
  ],
});

const layerNorm = (line: number): Module => ({
  name: "LayerNorm",
  cls: "LayerNorm",
  params: 768,
  ops: [["LayerNormalization", "f32 2×10×384", line]],
});

const dropout = (reason = "identity in eval mode"): Module => ({ name: "dropout", cls: "Dropout", reason });

/** Prepared once, in the first layer, for all of them. */
const mask: [string, string, number][] = [
  ["Cast", "f32 2×1×10×10", 192],
  ["Not", "bool 2×1×10×10", 192],
  ["Mul", "f32 2×1×10×10", 192],
];

function selfAttention(first: boolean): Module {
  const heads = (line: number): [string, string, number][] => [
    ["Reshape", "f32 2×10×12×32", line],
    ["Transpose", "f32 2×12×10×32", line],
  ];
  return {
    name: "self",
    cls: "BertSelfAttention",
    ops: [
      ...heads(175),
      ...heads(176),
      ...heads(177),
      ...(first ? mask : []),
      ["Transpose", "f32 2×12×32×10", 192],
      ["MatMul", "f32 2×12×10×10", 192],
      ["Softmax", "f32 2×12×10×10", 192],
      ["MatMul", "f32 2×12×10×32", 192],
      ["Transpose", "f32 2×10×12×32", 202],
      ["Reshape", "f32 2×10×384", 202],
    ],
    children: [
      linear("query", 384, 384, 175),
      linear("key", 384, 384, 176),
      linear("value", 384, 384, 177),
      dropout("never called"),
    ],
  };
}

const residual = (name: string, cls: string, inner: number, line: number): Module => ({
  name,
  cls,
  ops: [["Add", "f32 2×10×384", line]],
  children: [linear("dense", inner, 384, line - 2), layerNorm(line), dropout()],
});

const layer = (n: number): Module => ({
  name: `layer.${n}`,
  cls: "BertLayer",
  children: [
    {
      name: "attention",
      cls: "BertAttention",
      children: [selfAttention(n === 0), residual("output", "BertSelfOutput", 384, 292)],
    },
    {
      name: "intermediate",
      cls: "BertIntermediate",
      children: [
        linear("dense", 384, 1536, 334),
        { name: "intermediate_act_fn", cls: "GELUActivation", ops: [["Gelu", "f32 2×10×1536", 335]] },
      ],
    },
    residual("output", "BertOutput", 1536, 349),
  ],
});

const embedding = (name: string, rows: number): Module => ({
  name,
  cls: "Embedding",
  params: rows * 384,
  ops: [["Gather", "f32 2×10×384", 103]],
});

/** A tree in the shape of all-MiniLM-L6-v2. */
export function miniLM() {
  const payload = payloadOf(
    {
      name: "",
      cls: "BertModel",
      ops: [
        ["Unsqueeze", "i64 2×1×1×10"],
        ["Cast", "bool 2×1×1×10"],
      ],
      children: [
        {
          name: "embeddings",
          cls: "BertEmbeddings",
          ops: [["Add", "f32 2×10×384", 105]],
          children: [
            embedding("word_embeddings", 30522),
            embedding("position_embeddings", 512),
            embedding("token_type_embeddings", 2),
            layerNorm(113),
            dropout(),
          ],
        },
        {
          name: "encoder",
          cls: "BertEncoder",
          ops: [["And", "bool 2×1×10×10", 430]],
          children: [0, 1, 2, 3, 4, 5].map(layer),
        },
        {
          name: "pooler",
          cls: "BertPooler",
          ops: [["Gather", "f32 2×384", 459]],
          children: [
            { name: "dense", cls: "Linear", params: 147840, ops: [["Gemm", "f32 2×384", 460]] },
            { name: "activation", cls: "Tanh", ops: [["Tanh", "f32 2×384", 461]] },
          ],
        },
      ],
    },
    { notes: ["The model was in training mode; it was exported in eval mode and restored."] },
  );
  shareMask(payload);
  return payload;
}

function shareMask(payload: ReturnType<typeof payloadOf>) {
  const selves = payload.rows.name.flatMap((name, row) => (name === "self" ? [row] : []));
  const kinds = mask.map(([op]) => payload.ops.indexOf(op));
  payload.nodes.row.forEach((row, node) => {
    if (row === selves[0] && kinds.includes(payload.nodes.op[node])) payload.nodes.also[node] = selves.slice(1);
  });
}

/** A regular tree of about `rows` rows, four to a parent and no two alike, with `nodes` nodes spread over all of them. */
export function synthetic(rows: number, nodes: number) {
  const build = (name: string, size: number): Module => {
    const left = size - 1;
    const each = Math.max(1, Math.ceil(left / 4));
    const children: Module[] = [];
    for (let given = 0; given < left; given += each) {
      children.push(build(`part_${children.length}`, Math.min(each, left - given)));
    }
    return { name, cls: `Block${size % 7}`, params: size, children };
  };
  const payload = payloadOf(build("", rows));
  payload.rows.same = payload.rows.same.map((_, row) => row);
  const kinds = ["MatMul", "Add", "Reshape", "Transpose", "Softmax"];
  const column = (value: (node: number) => number) => Array.from({ length: nodes }, (_, node) => value(node));
  return {
    ...payload,
    totals: { ...payload.totals, nodes },
    ops: kinds,
    types: ["f32 2×10×384"],
    nodes: {
      op: column((node) => node % kinds.length),
      row: column((node) => Math.floor((node * rows) / nodes)),
      type: column(() => 0),
      file: column(() => 0),
      line: column((node) => 1 + (node % 300)),
      evidence: column((node) => node % 6),
      also: {},
      degree: column(() => 1),
      reads: column(() => 1),
      slot: {},
      body: {},
      more: {},
    },
    graph: { inputs: payload.graph.inputs, outputs: [] },
  };
}
