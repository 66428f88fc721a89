/** What differs from the baseline: which rows, and one by one in the order of the tree. */
import { type Kept, within } from "../tree";
import { isOnlyInOne, type Pair } from "./pairs";
import type { Comparison } from "./payload";

/** One difference: a node that a column gives to another call, or a call that is unlike the baseline's. */
export interface Difference {
  column: number;
  /** The baseline's call. */
  row: number;
  /** Number of the node in the baseline's graph, or -1 where nodes cannot be compared one by one. */
  node: number;
}

export interface Differences {
  /** By column: what it does not have in common with the baseline; null for the baseline and for a failed one. */
  columns: (Pair | null)[];
  steps: Difference[];
  /** The rows inside which something differs. */
  kept: Kept;
}

export function differencesFrom(
  comparison: Comparison,
  pair: (a: number, b: number) => Pair | null,
  baseline: number,
): Differences {
  const { tree, columns } = comparison;
  const base = columns[baseline];
  const pairs = columns.map((_, number) => (number === baseline ? null : pair(baseline, number)));
  const differs = new Uint8Array(tree.size);
  const steps: Difference[] = [];
  pairs.forEach((found, column) => {
    if (!found || !base.scopes) return;
    const scope = base.scopes.row;
    for (const node of found.moved) steps.push({ column, row: scope[node], node });
    const changed = new Set(found.rows);
    for (let row = 0; row < tree.size; row++) {
      const only = isOnlyInOne(comparison, base, columns[column], row);
      if (found.inside[row] > 0 || only) differs[row] = 1;
      // A call with nodes that is only in one column is told by its nodes.
      if (changed.has(row) || (only && found.inside[row] === 0)) steps.push({ column, row, node: -1 });
    }
  });
  steps.sort((a, b) => a.row - b.row || a.node - b.node || a.column - b.column);
  const upTo = new Int32Array(tree.size + 1);
  for (let row = 0; row < tree.size; row++) upTo[row + 1] = upTo[row] + differs[row];
  return { columns: pairs, steps, kept: { upTo } };
}

/** How many rows have nothing in them that differs. */
export function equalCount(end: Int32Array, kept: Kept): number {
  let count = 0;
  for (let row = 0; row < end.length; row++) if (!within(kept, row, end[row])) count++;
  return count;
}

/** Rows that both leave; null leaves everything. */
export function both(one: Kept | null, two: Kept | null): Kept | null {
  if (!one || !two) return one ?? two;
  const upTo = new Int32Array(one.upTo.length);
  for (let row = 0; row + 1 < upTo.length; row++) {
    upTo[row + 1] = upTo[row] + Number(within(one, row, row + 1) && within(two, row, row + 1));
  }
  return { upTo };
}

/** The place of the difference that follows on a row (`by` 1), or comes before it; round and round. */
export function stepFrom(steps: Difference[], at: number, row: number, by: 1 | -1): number {
  if (steps.length === 0) return -1;
  // Whoever stands on a difference goes on from there; whoever has gone elsewhere, from there.
  if (steps[at]?.row === row) return (at + by + steps.length) % steps.length;
  const next = steps.findIndex((step) => step.row >= row);
  if (by === 1) return next < 0 ? 0 : next;
  return next <= 0 ? steps.length - 1 : next - 1;
}
