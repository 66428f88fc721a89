/** What the columns say of one module call: how many of each operator, of each evidence, and which nodes differ. */
import { ensure } from "../known";
import { isInside } from "../tree";
import type { Comparison } from "./payload";

export interface OperatorLine {
  op: number;
  /** By column; -1 where it failed or has no such call. */
  counts: Int32Array;
  /** By column: the one row where the nodes are that the baseline has more of, or -1. */
  gone: Int32Array;
}

export interface Region {
  operators: OperatorLine[];
  /** By column the number of nodes of each kind of evidence; empty where a column states none. */
  evidence: Int32Array[];
  /** Nodes of the baseline's graph that some column gives to another call than the baseline does. */
  nodes: Int32Array;
  /** Nodes of the baseline's graph that any of its columns has in here. */
  count: number;
}

const SEVERAL = -2;

export function regionOf(comparison: Comparison, baseline: number, row: number): Region {
  const { tree, columns } = comparison;
  const kinds = tree.evidence.length;
  const lines = new Map<number, OperatorLine>();
  const line = (op: number) =>
    ensure(lines, op, () => {
      const counts = Int32Array.from(columns, ({ cells }) => (cells && cells.total[row] >= 0 ? 0 : -1));
      return { op, counts, gone: new Int32Array(columns.length).fill(-1) };
    });
  const order = [baseline, ...columns.keys()].filter((column, i) => i === 0 || column !== baseline);
  const evidence = columns.map(() => new Int32Array(0));
  for (const column of order) {
    eachInside(comparison, column, row, (op, kind) => {
      const { counts } = line(op);
      counts[column] = Math.max(counts[column], 0) + 1;
      if (kind < 0) return;
      if (evidence[column].length === 0) evidence[column] = new Int32Array(kinds);
      evidence[column][kind]++;
    });
  }
  return { operators: [...lines.values()], evidence, ...differing(comparison, baseline, row, line) };
}

function eachInside(
  { tree, columns, graphs }: Comparison,
  column: number,
  row: number,
  visit: (op: number, kind: number) => void,
): void {
  const { scopes, graph } = columns[column];
  if (!scopes) return;
  const { op } = graphs[graph];
  for (let node = 0; node < op.length; node++) {
    if (isInside(tree, scopes.row[node], row)) visit(op[node], scopes.evidence[node]);
  }
}

/** The columns that are about the graph of the baseline. */
export const onGraph = ({ columns }: Comparison, baseline: number): number[] =>
  [...columns.keys()].filter(
    (column) => columns[column].graph >= 0 && columns[column].graph === columns[baseline].graph,
  );

function differing(comparison: Comparison, baseline: number, row: number, line: (op: number) => OperatorLine) {
  const { tree, columns, graphs } = comparison;
  const base = columns[baseline].scopes?.row;
  if (!base) return { nodes: new Int32Array(0), count: 0 };
  const { op } = graphs[columns[baseline].graph];
  const others = onGraph(comparison, baseline);
  const claims = others.map((column) => columns[column].scopes?.row ?? base);
  const nodes: number[] = [];
  let count = 0;
  for (let node = 0; node < op.length; node++) {
    const scopes = claims.map((row) => row[node]);
    if (!scopes.some((at) => isInside(tree, at, row))) continue;
    count++;
    if (scopes.every((at) => at === base[node])) continue;
    nodes.push(node);
    if (!isInside(tree, base[node], row)) continue;
    others.forEach((column, i) => {
      if (isInside(tree, scopes[i], row)) return;
      const { gone } = line(op[node]);
      gone[column] = gone[column] === -1 || gone[column] === scopes[i] ? scopes[i] : SEVERAL;
    });
  }
  return { nodes: Int32Array.from(nodes), count };
}
