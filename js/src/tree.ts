/** Pure questions about a tree: which rows are shown, where a row is, what a row is called. */
import { type Folded, hasRows, type Openings, standing } from "./openings";
import type { Tree } from "./payload";

export interface Shown {
  /** What is shown from top to bottom: rows, and from `tree.size` on operators (`tree.size + node`). */
  rows: Int32Array;
  /** By row or operator: its place in `rows` or -1, and its number among the shown siblings, counted from 1. */
  places: Int32Array;
  position: Int32Array;
  /** By row: how many siblings are shown below it. */
  children: Int32Array;
}

/** Which rows a search leaves: `upTo[r]` counts the matches above row `r`. */
export interface Kept {
  upTo: Int32Array;
  /** By node: 1 for a match. Absent where the search says nothing about nodes. */
  nodes?: Uint8Array;
}

/** By what siblings are ordered: least first, NaN last. */
export type Rank = (row: number) => number;

export const within = (kept: Kept, from: number, to: number) => kept.upTo[to] > kept.upTo[from];

/**
 * What to draw: what is inside opened rows only and, with `kept`, only matches and the rows above them. With `folding`
 * a run of copies is one row; a search wants to show its matches one by one.
 */
export function flatten(
  folded: Folded,
  openings: Openings,
  kept: Kept | null,
  rank: Rank | null = null,
  folding = kept === null,
): Shown {
  const { tree } = folded;
  const size = tree.size + (openings.operators ? tree.nodes.count : 0);
  const rows = new Int32Array(size);
  const places = new Int32Array(size).fill(-1);
  const position = new Int32Array(size);
  const children = new Int32Array(tree.size);
  const waiting = kept && !within(kept, 0, tree.size) ? [] : [0];
  position[0] = 1;
  let count = 0;
  for (let row = waiting.pop(); row !== undefined; row = waiting.pop()) {
    places[row] = count;
    rows[count++] = row;
    if (row >= tree.size || !openings.open[row]) continue;
    const below = shownBelow(folded, openings, kept, rank, row, folding);
    children[row] = below.length;
    for (let i = below.length - 1; i >= 0; i--) {
      position[below[i]] = i + 1;
      waiting.push(below[i]);
    }
  }
  return { rows: rows.subarray(0, count), places, position, children };
}

function shownBelow(
  folded: Folded,
  openings: Openings,
  kept: Kept | null,
  rank: Rank | null,
  row: number,
  folding: boolean,
): number[] {
  const { tree } = folded;
  const modules = childrenOf(tree, row).filter(
    (child) =>
      (!kept || within(kept, child, tree.end[child])) && (!folding || standing(folded, openings, child) === child),
  );
  if (rank) order(modules, rank);
  if (!openings.operators || tree.own[row] === 0) return modules;
  return rank ? [...modules, ...operators(tree, row, kept)] : merge(tree, modules, operators(tree, row, kept));
}

function order(rows: number[], rank: Rank): void {
  const ranks = new Map(rows.map((row) => [row, rank(row)]));
  const last = (row: number) => Number.isNaN(ranks.get(row));
  rows.sort((a, b) => Number(last(a)) - Number(last(b)) || (ranks.get(a) as number) - (ranks.get(b) as number) || 0);
}

function operators(tree: Tree, row: number, kept: Kept | null): number[] {
  const own = [...tree.ownNodes.subarray(tree.ownFirst[row], tree.ownFirst[row + 1])];
  return (kept ? own.filter((node) => kept.nodes?.[node]) : own).map((node) => tree.size + node);
}

/** Operators between the modules, where they run; a module runs when its first node does. */
function merge(tree: Tree, modules: number[], own: number[]): number[] {
  const out: number[] = [];
  let at = 0;
  for (const module of modules) {
    while (at < own.length && own[at] - tree.size < tree.begin[module]) out.push(own[at++]);
    out.push(module);
  }
  return [...out, ...own.slice(at)];
}

/** Whether there is anything to open below a row. */
export function hasChildren(tree: Tree, { operators }: Openings, row: number, kept: Kept | null): boolean {
  if (!kept) return hasRows(tree, row) || (operators && tree.own[row] > 0);
  if (within(kept, row + 1, tree.end[row])) return true;
  if (!operators || !kept.nodes) return false;
  for (let at = tree.ownFirst[row]; at < tree.ownFirst[row + 1]; at++) if (kept.nodes[tree.ownNodes[at]]) return true;
  return false;
}

/** The place of a row or operator; what is hidden has the place of the nearest shown row above it. */
export function placeOf(folded: Folded, openings: Openings, { rows, places }: Shown, row: number): number {
  const { tree } = folded;
  if (row < places.length && places[row] >= 0) return places[row];
  for (let at = row < tree.size ? row : tree.nodes.row[row - tree.size]; at >= 0; at = tree.parent[at]) {
    if (places[at] >= 0) return places[at];
    const other = places[standing(folded, openings, at)];
    if (other >= 0) return other;
  }
  return rows.length > 0 ? 0 : -1;
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

/** A row by its key, the root by what the model is called. */
export const titleOf = ({ title, key }: Tree, row: number) => (row === 0 ? title : key[row]);

/** The path of a row's module: its key without the number of the call. */
export const pathOf = ({ key, call }: Tree, row: number) =>
  call[row] > 0 ? key[row].slice(0, -`#${call[row]}`.length) : key[row];

export const isInside = ({ end }: Tree, row: number, above: number) => row >= above && row < end[above];

/** The innermost row around both; what stands outside of all (-1) is taken for the root. */
export function common(tree: Tree, a: number, b: number): number {
  let at = Math.max(Math.min(a, b), 0);
  while (!isInside(tree, Math.max(a, b), at)) at = tree.parent[at];
  return at;
}

/** The rows right below a row. */
export function childrenOf({ end }: Tree, row: number): number[] {
  const children: number[] = [];
  for (let child = row + 1; child < end[row]; child = end[child]) children.push(child);
  return children;
}

/** The nodes of a row's region, in execution order. */
export function nodesOf(tree: Tree, row: number): Int32Array {
  return tree.ownNodes.slice(tree.ownFirst[row], tree.ownFirst[tree.end[row]]).sort();
}
