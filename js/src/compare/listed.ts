/** Which rows are shown: what is open, and with `kept` only what it leaves. */
import { type Folded, type Openings, standing } from "../openings";
import type { Kept, Shown } from "../tree";

/** Rows that both leave; null leaves everything. */
export function both(one: Kept | null, two: Kept | null): Kept | null {
  if (!one || !two) return one ?? two;
  const upTo = new Int32Array(one.upTo.length);
  for (let row = 0; row + 1 < upTo.length; row++) {
    const kept = one.upTo[row + 1] > one.upTo[row] && two.upTo[row + 1] > two.upTo[row];
    upTo[row + 1] = upTo[row] + Number(kept);
  }
  return { upTo };
}

export const isKept = ({ upTo }: Kept, row: number, end: Int32Array) => upTo[end[row]] > upTo[row];

/** As `flatten`, but equal copies that are kept stay folded into one unless a search wants to show its matches. */
export function listRows(folded: Folded, openings: Openings, kept: Kept | null, folding: boolean): Shown {
  const { tree } = folded;
  const rows = new Int32Array(tree.size);
  const places = new Int32Array(tree.size).fill(-1);
  const position = new Int32Array(tree.size);
  const children = new Int32Array(tree.size);
  const waiting = kept && !isKept(kept, 0, tree.end) ? [] : [0];
  position[0] = 1;
  let count = 0;
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    places[row] = count;
    rows[count++] = row;
    if (!openings.open[row]) continue;
    const below: number[] = [];
    for (let child = row + 1; child < tree.end[row]; child = tree.end[child]) {
      const stands = !folding || standing(folded, openings, child) === child;
      if (stands && (!kept || isKept(kept, child, tree.end))) below.push(child);
    }
    children[row] = below.length;
    for (let i = below.length - 1; i >= 0; i--) {
      position[below[i]] = i + 1;
      waiting.push(below[i]);
    }
  }
  return { rows: rows.subarray(0, count), places, position, children };
}
