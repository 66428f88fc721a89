/** Plain-text search over module paths, classes and operators. */
import type { Tree } from "./payload";
import type { Kept } from "./tree";

export interface Matches extends Kept {
  /** Matching rows, top to bottom. */
  rows: Int32Array;
  /** 1 for every row whose own forward made a node with a matching operator. */
  byNode: Uint8Array;
  /** 1 for every operator whose name holds the text. */
  ops: Uint8Array;
}

/**
 * A row matches by the end of its path (so "encoder" is one row and not everything inside it), by its class,
 * or because its own forward made a node with such an operator.
 */
export function find(tree: Tree, query: string): Matches {
  const needle = query.toLowerCase();
  const classes = tree.classes.map((name) => name.toLowerCase().includes(needle));
  const ops = Uint8Array.from(tree.ops, (name) => (name.toLowerCase().includes(needle) ? 1 : 0));
  const byNode = new Uint8Array(tree.size);
  for (let node = 0; node < tree.nodes.count; node++) if (ops[tree.nodes.op[node]]) byNode[tree.nodes.row[node]] = 1;

  const upTo = new Int32Array(tree.size + 1);
  const rows: number[] = [];
  for (let row = 0; row < tree.size; row++) {
    const hit = byNode[row] === 1 || classes[tree.cls[row]] || matchesPath(tree, row, needle);
    if (hit) rows.push(row);
    upTo[row + 1] = rows.length;
  }
  return { rows: Int32Array.from(rows), byNode, ops, upTo };
}

function matchesPath(tree: Tree, row: number, needle: string): boolean {
  const at = tree.key[row].toLowerCase().lastIndexOf(needle);
  return at >= 0 && at + needle.length >= tree.ownFrom[row];
}

/** The stretch of a row's name that matched, as [from, to), or null when it matched by something else. */
export function markedName(tree: Tree, row: number, query: string): [number, number] | null {
  const name = tree.name[row];
  if (row === 0) return markedText(name, query);
  const at = tree.key[row].toLowerCase().lastIndexOf(query.toLowerCase());
  if (query === "" || at < 0) return null;
  const from = Math.max(0, at - tree.ownFrom[row]);
  const to = Math.min(name.length, at + query.length - tree.ownFrom[row]);
  return to > from ? [from, to] : null;
}

export function markedText(text: string, query: string): [number, number] | null {
  if (query === "") return null;
  const at = text.toLowerCase().indexOf(query.toLowerCase());
  return at < 0 ? null : [at, at + query.length];
}

/** The class or operator that a mistyped search most likely meant, at most two letters away. */
export function suggestion(tree: Tree, query: string): string | null {
  let best: string | null = null;
  let least = Math.min(3, query.length - 1);
  for (const name of [...tree.ops, ...tree.classes]) {
    const apart = distance(name.toLowerCase(), query.toLowerCase(), least);
    if (apart < least) {
      least = apart;
      best = name;
    }
  }
  return best;
}

/** Edits between two words, given up once it cannot be below `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const line = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      line[j] = Math.min(change, above[j] + 1, line[j - 1] + 1);
    }
    above = line;
  }
  return above[b.length];
}
