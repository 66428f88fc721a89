/** Small wired models for the tests of the graph, by way of the payload. */
import { decode, type Tree } from "../src/payload";
import { payloadOf } from "./payloads";

export interface WiredNode {
  op?: string;
  row: number;
  /** Makers: a node's number, `-1 - i` for graph input `i`, or [maker, slot]. */
  reads?: (number | [number, number])[];
  body?: number;
  outputs?: number;
}

export interface Wired {
  /** Parent and name by row; the first is the root. */
  rows: [parent: number, name: string][];
  nodes: WiredNode[];
  inputs?: string[];
  outputs?: number[];
}

export function wired({ rows, nodes, inputs = ["x"], outputs = [nodes.length - 1] }: Wired): Tree {
  return decode(wiredPayload({ rows, nodes, inputs, outputs }));
}

export function wiredPayload({ rows, nodes, inputs = ["x"], outputs = [nodes.length - 1] }: Wired) {
  const payload = payloadOf({ name: "", cls: "Net" });
  const ops = [...new Set(nodes.map(({ op = "Relu" }) => op))];
  const slot: Record<string, number> = {};
  const reads: number[] = [];
  nodes.forEach((node, n) => {
    for (const read of node.reads ?? []) {
      const [maker, at] = Array.isArray(read) ? read : [read, 0];
      if (at > 0) slot[reads.length] = at;
      reads.push(n - maker);
    }
  });
  const each = <T>(value: T) => rows.map(() => value);
  const sparse = <T>(value: (node: WiredNode) => T | undefined) =>
    Object.fromEntries(nodes.flatMap((node, n) => (value(node) === undefined ? [] : [[n, value(node)]])));
  return {
    ...payload,
    totals: { ...payload.totals, nodes: nodes.length, modules: rows.length },
    classes: rows.map(([, name]) => `Class_${name}`),
    ops,
    types: ["f32 2×3"],
    rows: {
      ...payload.rows,
      parent: rows.map(([parent]) => parent),
      name: rows.map(([, name]) => name),
      call: each(0),
      cls: rows.map((_, row) => row),
      params: each(0),
      bytes: each(0),
      reason: each(-1),
      error: each(null),
      verdict: each(-1),
      same: rows.map((_, row) => row),
    },
    nodes: {
      ...payload.nodes,
      op: nodes.map(({ op = "Relu" }) => ops.indexOf(op)),
      row: nodes.map(({ row }) => row),
      type: nodes.map(() => 0),
      file: nodes.map(() => -1),
      line: nodes.map(() => 0),
      evidence: nodes.map(() => 0),
      degree: nodes.map((node) => node.reads?.length ?? 0),
      reads,
      slot,
      body: sparse(({ body }) => body),
      more: sparse(({ outputs: count = 1 }) => (count > 1 ? Array.from({ length: count - 1 }, () => 0) : undefined)),
    },
    graph: {
      inputs: inputs.map((name) => ({ name, type: 0 })),
      outputs: outputs.map((node, i) => ({ name: `out${i}`, type: 0, node, slot: 0 })),
    },
  };
}

/** A model with random modules, edges, hubs and bodies, the same for the same seed. */
export function random(seed: number, size = 60): Tree {
  let state = seed * 7919 + 17;
  const next = (below: number) => {
    state = (state * 16807) % 2147483647;
    return state % below;
  };
  const rows: Wired["rows"] = [[-1, "net"]];
  const build = (parent: number, depth: number) => {
    const count = next(4);
    for (let i = 0; i < count && rows.length < 25; i++) {
      const row = rows.push([parent, `part${rows.length}`]) - 1;
      if (depth < 3) build(row, depth + 1);
    }
  };
  build(0, 0);
  const nodes: WiredNode[] = [];
  for (let n = 0; n < size; n++) {
    const reads = Array.from({ length: next(4) }, () =>
      next(6) === 0 ? -1 - next(2) : n === 0 ? -1 : next(5) === 0 ? next(Math.min(n, 3)) : n - 1 - next(Math.min(n, 6)),
    );
    const body = n > 2 && next(7) === 0 ? next(n) : undefined;
    nodes.push({ op: ["MatMul", "Reshape", "Add", "If"][next(4)], row: next(rows.length), reads, body });
  }
  // A node in a body is owned by the module of its holder, or by one inside it.
  for (const node of nodes) if (node.body !== undefined) node.row = nodes[node.body].row;
  return wired({ rows, nodes, inputs: ["x", "y"], outputs: [size - 1, -1] });
}
