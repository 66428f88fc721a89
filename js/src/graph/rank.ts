/** Layers of a graph: which items stand beside each other, so that edges lead from one layer to a later one. */

type Arc = readonly [from: number, to: number];

interface Ranks {
  rank: Int32Array;
  /** Arcs that lead back, because the items go round in a circle. */
  back: Uint8Array;
  /** Successors and predecessors without them. */
  next: number[][];
  previous: number[][];
}

/**
 * Items `0 … count - 1`; `ends` pins some to the first layer (-1) or the last (1). Of a circle, the arc that leads
 * to the item that comes first by number is the one that goes back.
 */
export function rankItems(count: number, arcs: Arc[], ends: Int8Array): Ranks {
  const back = backArcs(count, arcs);
  const next: number[][] = Array.from({ length: count }, () => []);
  const previous: number[][] = Array.from({ length: count }, () => []);
  arcs.forEach(([from, to], arc) => {
    if (back[arc]) return;
    next[from].push(to);
    previous[to].push(from);
  });
  const order = sorted(count, next, previous);
  const rank = new Int32Array(count);
  const least = ends.includes(-1) ? 1 : 0;
  for (const item of order) {
    rank[item] = ends[item] < 0 ? 0 : previous[item].reduce((most, from) => Math.max(most, rank[from] + 1), least);
  }
  // What leads to more than it comes from stands close to where it leads: it draws shorter lines.
  for (let i = count - 1; i >= 0; i--) {
    const item = order[i];
    if (ends[item] !== 0 || next[item].length <= previous[item].length) continue;
    rank[item] = next[item].reduce((low, to) => Math.min(low, rank[to] - 1), Number.MAX_SAFE_INTEGER);
  }
  const last = rank.reduce((most, n, item) => (ends[item] > 0 ? most : Math.max(most, n)), -1) + 1;
  for (let item = 0; item < count; item++) if (ends[item] > 0) rank[item] = last;
  return { rank: dense(rank), back, next, previous };
}

/** Depth-first from each item in turn: an arc to an item still under way closes a circle. */
function backArcs(count: number, arcs: Arc[]): Uint8Array {
  const out: number[][] = Array.from({ length: count }, () => []);
  arcs.forEach(([from], arc) => {
    out[from].push(arc);
  });
  const back = new Uint8Array(arcs.length);
  const state = new Uint8Array(count); // 1 under way, 2 done
  const at = new Int32Array(count);
  for (let start = 0; start < count; start++) {
    if (state[start]) continue;
    const path = [start];
    state[start] = 1;
    while (path.length > 0) {
      const item = path[path.length - 1];
      const arc = out[item][at[item]++];
      if (arc === undefined) {
        state[item] = 2;
        path.pop();
        continue;
      }
      const to = arcs[arc][1];
      if (state[to] === 1) back[arc] = 1;
      else if (state[to] === 0) {
        state[to] = 1;
        path.push(to);
      }
    }
  }
  return back;
}

function sorted(count: number, next: number[][], previous: number[][]): number[] {
  const waiting = Int32Array.from(previous, (list) => list.length);
  const order: number[] = [];
  for (let item = 0; item < count; item++) if (waiting[item] === 0) order.push(item);
  for (let i = 0; i < order.length; i++) {
    for (const to of next[order[i]]) if (--waiting[to] === 0) order.push(to);
  }
  return order;
}

/** The same layers without empty ones between them. */
function dense(rank: Int32Array): Int32Array {
  const used = [...new Set(rank)].sort((a, b) => a - b);
  const place = new Map(used.map((n, i) => [n, i]));
  return rank.map((n) => place.get(n) as number);
}

/** Whether another way leads from one item to the other, through an item that `counts`. */
export function passes({ next, rank }: Ranks, from: number, to: number, counts: (item: number) => boolean): boolean {
  // An item may be reached without passing one that counts, and again after passing one: two states each.
  const seen = new Set<number>();
  const open: number[] = [];
  const visit = (item: number, passed: boolean) => {
    const key = 2 * item + Number(passed);
    if (rank[item] > rank[to] || seen.has(key)) return;
    seen.add(key);
    open.push(key);
  };
  for (const item of next[from]) if (item !== to) visit(item, counts(item));
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    const item = key >> 1;
    const passed = key % 2 === 1;
    if (item === to) {
      if (passed) return true;
      continue;
    }
    for (const other of next[item]) visit(other, passed || (other !== to && counts(other)));
  }
  return false;
}
