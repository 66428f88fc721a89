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

const within = (kept: Kept, from: number, to: number) => kept.upTo[to] > kept.upTo[from];

/** What to draw: what is inside opened rows only and, with `kept`, only matches and the rows above them. */
export function flatten(folded: Folded, openings: Openings, kept: Kept | null, rank: Rank | null = null): Shown {
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
    const below = childrenOf(folded, openings, kept, rank, row);
    children[row] = below.length;
    for (let i = below.length - 1; i >= 0; i--) {
      position[below[i]] = i + 1;
      waiting.push(below[i]);
    }
  }
  return { rows: rows.subarray(0, count), places, position, children };
}

/** A run of copies is one child, unless a search wants to show its matches one by one. */
function childrenOf(folded: Folded, openings: Openings, kept: Kept | null, rank: Rank | null, row: number): number[] {
  const { tree } = folded;
  const modules: number[] = [];
  for (let child = row + 1; child < tree.end[row]; child = tree.end[child]) {
    if (kept ? within(kept, child, tree.end[child]) : standing(folded, openings, child) === child) modules.push(child);
  }
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

/** The nodes of a row's region, in execution order. */
export function nodesOf(tree: Tree, row: number): Int32Array {
  return tree.ownNodes.slice(tree.ownFirst[row], tree.ownFirst[tree.end[row]]).sort();
}
