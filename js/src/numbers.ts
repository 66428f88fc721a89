/** Questions about columns of numbers. */

/** Null where there are none. */
export function mostFrequent(column: Int32Array): number | null {
  const counts = new Map<number, number>();
  let best: number | null = null;
  for (const item of column) {
    const count = (counts.get(item) ?? 0) + 1;
    counts.set(item, count);
    if (best === null || count > (counts.get(best) ?? 0)) best = item;
  }
  return best;
}

/** The last of 0 to `last` for which something holds that holds for 0 and up to there. */
export function lastWhere(last: number, holds: (n: number) => boolean): number {
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What rows have of their own, with what is inside them. Children stand after parents: one pass from the end does. */
export function summed(parent: Int32Array, own: Int32Array): Int32Array {
  const sum = own.slice();
  for (let row = sum.length - 1; row > 0; row--) sum[parent[row]] += sum[row];
  return sum;
}
