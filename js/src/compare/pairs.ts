/** What two columns do not have in common: node by node on one graph, else operator by operator in each call. */
import { ensure } from "../known";
import { summed } from "../numbers";
import type { Tree } from "../payload";
import { common } from "../tree";
import type { Column, Comparison, Scopes } from "./payload";

export interface Pair {
  /** Whether both are about the same graph, so that nodes can be compared one by one. */
  sameGraph: boolean;
  /** On one graph the nodes with another scope, by number. */
  moved: Int32Array;
  /** On two graphs the rows whose own operators differ. */
  rows: number[];
  /** By row: nodes that differ in the call and the calls inside it, each once. */
  inside: Int32Array;
}

/** All pairs of columns; each is looked at when it is first asked for. */
export function createPairs({ tree, columns, graphs }: Comparison): (one: number, two: number) => Pair | null {
  const known = new Map<number, Pair>();
  const counts = new Map<number, Map<number, number>>();
  const count = (at: number) => {
    const { graph, scopes } = columns[at];
    return ensure(counts, at, () => ownOperators(scopes as Scopes, graphs[graph].op, tree.ops.length));
  };
  return (a, b) => {
    const [one, two] = [Math.min(a, b), Math.max(a, b)];
    const [first, second] = [columns[one].scopes, columns[two].scopes];
    if (first === null || second === null) return null;
    return ensure(known, one * columns.length + two, () =>
      columns[one].graph === columns[two].graph
        ? onOneGraph(tree, first, second)
        : onTwoGraphs(tree, count(one), count(two)),
    );
  };
}

function onOneGraph(tree: Tree, one: Scopes, two: Scopes): Pair {
  const inside = new Int32Array(tree.size);
  const moved: number[] = [];
  for (let node = 0; node < one.row.length; node++) {
    const [a, b] = [one.row[node], two.row[node]];
    if (a === b) continue;
    moved.push(node);
    inside[a]++;
    inside[b]++;
    inside[common(tree, a, b)]--; // a call that holds the node in both columns holds one difference
  }
  return { sameGraph: true, moved: Int32Array.from(moved), rows: [], inside: summed(tree.parent, inside) };
}

function onTwoGraphs(tree: Tree, one: Map<number, number>, two: Map<number, number>): Pair {
  const more = new Int32Array(tree.size);
  const fewer = new Int32Array(tree.size);
  const kinds = tree.ops.length;
  for (const key of new Set([...one.keys(), ...two.keys()])) {
    const by = (two.get(key) ?? 0) - (one.get(key) ?? 0);
    if (by > 0) more[Math.floor(key / kinds)] += by;
    else fewer[Math.floor(key / kinds)] -= by;
  }
  // A replaced node is one difference, not two.
  const own = more.map((count, row) => Math.max(count, fewer[row]));
  const rows = [...own.keys()].filter((row) => own[row] > 0);
  return { sameGraph: false, moved: new Int32Array(0), rows, inside: summed(tree.parent, own) };
}

/** How often each row itself has each operator, by `row * kinds + operator`. */
function ownOperators({ row }: Scopes, op: Int32Array, kinds: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let node = 0; node < op.length; node++) {
    const key = row[node] * kinds + op[node];
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Whether a column states evidence; one that does tells of all modules, those without nodes included. */
export const statesEvidence = ({ scopes }: Column): boolean => scopes !== null && scopes.evidence[0] >= 0;

/**
 * Whether only one of two columns has a call. A module that was never called is no call; and one without nodes is not
 * missed where not all modules are told of.
 */
export function isOnlyInOne({ tree }: Comparison, one: Column, two: Column, row: number): boolean {
  if (!one.cells || !two.cells || tree.call[row] < 0) return false;
  const [a, b] = [one.cells.total[row], two.cells.total[row]];
  return a < 0 !== b < 0 && (Math.max(a, b) > 0 || (statesEvidence(one) && statesEvidence(two)));
}
