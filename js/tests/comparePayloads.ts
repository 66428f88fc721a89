/** Builds a comparison from modules, and from what each column says of their nodes. */
import { type Module, payloadOf } from "./payloadOf";

export interface Side {
  name: string;
  strategy?: string;
  capture?: string;
  /** Nodes that this column gives to another row than the modules do. */
  moves?: Record<number, number>;
  /** A graph of its own instead: operator and row of each node. */
  graph?: [op: string, row: number][];
  /** Kind of evidence of all nodes; null where none is stated. */
  evidence?: string | null;
  /** Rows that this column does not have. */
  absent?: number[];
  renamed?: Record<number, string>;
  failed?: { stage: string; reason: string };
  head?: Record<string, unknown>;
}

const KINDS = ["trace", "parameter", "value", "dataflow", "rewrite", "root"];

/** `fx` alone by default: what follows is compared with it. */
export function comparisonOf(root: Module, sides: Side[], head: Record<string, unknown> = {}) {
  const { rows, nodes, classes, reasons, ops, types, title } = payloadOf(root);
  const graphs: { op: number[]; type: number[]; columns: unknown[] }[] = [];
  const common = () => {
    const found = graphs.findIndex(({ op }) => op === nodes.op);
    return found >= 0 ? found : graphs.push({ op: nodes.op, type: nodes.type, columns: [] }) - 1;
  };
  const own = (side: Side) => {
    const op = (side.graph ?? []).map(([name]) => (ops.includes(name) ? ops.indexOf(name) : ops.push(name) - 1));
    return graphs.push({ op, type: op.map(() => 0), columns: [] }) - 1;
  };
  const cells: unknown[] = [];
  const columns = sides.map((side, column) => {
    const common_ = { seconds: [], measures: [], bytes: -1, peak: -1, opset: 20, model: title };
    const what = { name: side.name, strategy: side.strategy ?? side.name, capture: side.capture ?? "torch.export" };
    if (side.failed) {
      cells.push(null);
      const none = { nodes: 0, graph: -1, same: -1, differs: -1, opset: -1, failed: side.failed };
      return { ...common_, ...what, parity: { status: "none", text: "not verified" }, ...none, ...side.head };
    }
    const graph = side.graph ? own(side) : common();
    const scope = side.graph ? side.graph.map(([, row]) => row) : nodes.row.map((row, n) => side.moves?.[n] ?? row);
    const kind = side.evidence === undefined ? "trace" : side.evidence;
    const evidence = kind === null ? [] : scope.map(() => KINDS.indexOf(kind));
    graphs[graph].columns.push({ column, row: scope, evidence });
    cells.push(cellsOf(rows, scope, side));
    return {
      ...common_,
      ...what,
      nodes: scope.length,
      graph,
      same: -1,
      differs: 0,
      parity: { status: "ok", text: "max |Δ| 5.3e-05" },
      failed: null,
      ...side.head,
    };
  });
  return {
    version: 1,
    title,
    variable: "c",
    baseline: Math.max(
      0,
      sides.findIndex(({ failed }) => !failed),
    ),
    notes: [] as string[],
    agreement: null,
    confidence: [1, 0.95, 0.95, 0.6, 0.95, 0],
    columns,
    rows: {
      parent: rows.parent,
      name: rows.name,
      absolute: rows.absolute,
      call: rows.call,
      calls: {},
      cls: rows.cls,
      columns: cells,
    },
    graphs,
    classes,
    reasons,
    ops,
    types: types.length > 0 ? types : ["f32 1"],
    evidence: KINDS,
    ...head,
  };
}

type Rows = ReturnType<typeof payloadOf>["rows"];

function cellsOf(rows: Rows, scope: number[], { absent = [], renamed = {} }: Side) {
  const own = rows.parent.map((_, row) => (absent.includes(row) ? -1 : 0));
  for (const row of scope) own[row]++;
  const total = own.slice();
  for (let row = total.length - 1; row > 0; row--) {
    if (total[row] > 0) total[rows.parent[row]] += total[row];
  }
  const reason = Object.fromEntries(rows.reason.flatMap((at, row) => (at < 0 ? [] : [[String(row), at]])));
  return { own, total, error: rows.error, differs: own.map(() => 0), reason, renamed };
}

/** Nodes by number: 0 Cast in the root; 1 MatMul, 2 Add in a; 3 Relu in a.act; 4 MatMul in b; `drop` has none. */
export const net = (name = "a"): Module => ({
  name: "",
  cls: "Net",
  ops: [["Cast", "f32 1"]],
  children: [
    {
      name,
      cls: "Linear",
      ops: [
        ["MatMul", "f32 2×3"],
        ["Add", "f32 2×3"],
      ],
      children: [{ name: "act", cls: "ReLU", ops: [["Relu", "f32 2×3"]] }],
    },
    { name: "b", cls: "Linear", ops: [["MatMul", "f32 3"]] },
    { name: "drop", cls: "Dropout", reason: "identity in eval mode" },
  ],
});
export const [ROOT, A, ACT, B, DROP] = [0, 1, 2, 3, 4];

/** So many layers of linear modules, ten nodes for every four rows; each column after the first moves every 50th node. */
export function largeComparison(nodes: number, columns: number) {
  const layers = Math.ceil(nodes / 10);
  const layer = (i: number): Module => ({
    name: `layer.${i}`,
    cls: "Layer",
    ops: [
      ["Add", "f32 2×10×384", 1],
      ["Mul", "f32 2×10×384", 2],
    ],
    children: ["query", "key", "dense"].map((name, at) => ({
      name,
      cls: "Linear",
      ops: [
        ["MatMul", "f32 2×10×384", 3],
        ["Add", "f32 2×10×384", 4],
        ...((at === 0 || i % 7 > 0 ? [["Relu", "f32 2×10×384", 5]] : []) as [string, string, number][]),
      ].slice(0, at === 2 ? 2 : 3) as [string, string, number][],
    })),
  });
  const root: Module = { name: "", cls: "Large", children: Array.from({ length: layers }, (_, i) => layer(i)) };
  const { rows, nodes: found } = payloadOf(root);
  const side = (_: unknown, at: number): Side => ({
    name: `column_${at}`,
    moves: Object.fromEntries(
      at === 0 ? [] : found.row.flatMap((row, n) => (n % 50 === at ? [[n, Math.max(0, rows.parent[row])]] : [])),
    ),
    evidence: at === 0 ? "trace" : "dataflow",
  });
  return comparisonOf(root, Array.from({ length: columns }, side));
}
