/** Pure questions about a tree: which rows are shown, how deep it is open, what a row is called. */
import type { Tree } from "./payload";

/** How many rows a tree may show before anybody has opened anything. */
const CALM = 25;

export interface Shown {
  /** Shown rows from top to bottom; ascending, because rows are in pre-order. */
  rows: Int32Array;
  /** Place among the shown siblings, counted from 1, and how many rows are shown below a row: by row. */
  position: Int32Array;
  children: Int32Array;
}

/** Which rows a search leaves: `upTo[r]` counts the matches above row `r`. */
export interface Kept {
  upTo: Int32Array;
}

const within = (kept: Kept, from: number, to: number) => kept.upTo[to] > kept.upTo[from];

/** The rows to draw: inside opened rows only and, with `kept`, only matches and the rows above them. */
export function flatten(tree: Tree, open: Uint8Array, kept: Kept | null): Shown {
  const rows = new Int32Array(tree.size);
  const position = new Int32Array(tree.size);
  const children = new Int32Array(tree.size);
  let count = 0;
  let row = 0;
  while (row < tree.size) {
    if (kept && !within(kept, row, tree.end[row])) {
      row = tree.end[row];
      continue;
    }
    position[row] = row === 0 ? 1 : ++children[tree.parent[row]];
    rows[count++] = row;
    row = open[row] ? row + 1 : tree.end[row];
  }
  return { rows: rows.subarray(0, count), position, children };
}

/** Whether there is anything to open below a row. */
export function hasChildren(tree: Tree, row: number, kept: Kept | null): boolean {
  return kept ? within(kept, row + 1, tree.end[row]) : tree.end[row] > row + 1;
}

/** The place of a row in a list of shown rows; a hidden row has the place of the nearest shown row above it. */
export function placeOf(tree: Tree, rows: Int32Array, row: number): number {
  for (let at = row; at >= 0; at = tree.parent[at]) {
    const place = search(rows, at);
    if (place >= 0) return place;
  }
  return rows.length > 0 ? 0 : -1;
}

function search(rows: Int32Array, row: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (rows[middle] === row) return middle;
    if (rows[middle] < row) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/** The opened rows that show every row down to `depth`. A leaf counts as closed: it has nothing to open. */
export function openTo(tree: Tree, depth: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(tree.level, (level, row) => (level < depth && tree.end[row] > row + 1 ? 1 : 0));
}

/** The depth that a set of opened rows reaches, and whether not everything is open down to it. */
export function depthOf(tree: Tree, open: Uint8Array): { depth: number; mixed: boolean } {
  let depth = 0;
  for (let row = 0; row < tree.size; row++) {
    if (open[row] && tree.end[row] > row + 1) depth = Math.max(depth, tree.level[row] + 1);
  }
  const even = openTo(tree, depth);
  return { depth, mixed: open.some((flag, row) => flag !== even[row] && tree.end[row] > row + 1) };
}

/** The deepest level that keeps the first sight calm; at least the root's children. */
export function calmDepth(tree: Tree): number {
  const rowsAt = new Array<number>(tree.deepest + 1).fill(0);
  for (const level of tree.level) rowsAt[level]++;
  let depth = 0;
  let rows = 1;
  while (depth < tree.deepest && (depth === 0 || rows + rowsAt[depth + 1] <= CALM)) rows += rowsAt[++depth];
  return depth;
}

/** The same openings with the rows above `row` opened too; the very same array when they were. */
export function openAbove(tree: Tree, open: Uint8Array<ArrayBuffer>, row: number): Uint8Array<ArrayBuffer> {
  let next = open;
  for (let above = tree.parent[row]; above >= 0; above = tree.parent[above]) {
    if (next[above]) continue;
    if (next === open) next = open.slice();
    next[above] = 1;
  }
  return next;
}

const callMark = (tree: Tree, row: number) => (tree.call[row] > 0 ? `#${tree.call[row]}` : "");

/** A row as seen from a row above it: `attention.self#1`; the empty text for the row itself. */
export function labelFrom(tree: Tree, above: number, row: number): string {
  const parts: string[] = [];
  for (let at = row; at > above; at = tree.parent[at]) parts.unshift(tree.name[at] + callMark(tree, at));
  return parts.join(".");
}

/** The name of a node in the ONNX file: `/encoder/layer.0/attention/self/Cast_24`. */
export function nodeName(tree: Tree, node: number): string {
  const parts = [`${tree.ops[tree.nodes.op[node]]}_${node}`];
  for (let row = tree.nodes.row[node]; row > 0; row = tree.parent[row]) {
    parts.unshift(tree.name[row] + callMark(tree, row));
  }
  return `/${parts.join("/")}`;
}

/** The nodes of a row's region, in execution order. */
export function nodesOf(tree: Tree, row: number): Int32Array {
  const nodes = new Int32Array(tree.total[row]);
  let count = 0;
  for (let node = 0; node < tree.nodes.count; node++) {
    const owner = tree.nodes.row[node];
    if (owner >= row && owner < tree.end[row]) nodes[count++] = node;
  }
  return nodes;
}
