/** What one row consists of before anything is drawn: straight runs of own operators, child modules, bodies, groups. */
import { ensure } from "../known";
import type { Tree } from "../payload";
import { childrenOf } from "../tree";
import { fanRow, readersOf, valueFrom, type Wiring } from "./wiring";

/** So many parts side by side can still be read; beyond that, operators between modules are put together. */
export const MANY = 320;

export type Part =
  /** Own operators, each reading only the one before. */
  | { kind: "run"; nodes: number[] }
  | { kind: "module"; row: number }
  /** An operator with bodies of its own (If, Loop, Scan), and what stands in them. */
  | { kind: "body"; node: number; parts: Part[] }
  /** Parts that follow each other, put together because there are too many. */
  | { kind: "group"; parts: Part[] };

/** Place of a part in execution order. */
export function beginOf(tree: Tree, part: Part): number {
  switch (part.kind) {
    case "run":
      return part.nodes[0];
    case "module":
      return tree.begin[part.row];
    case "body":
      return part.node;
    case "group":
      return beginOf(tree, part.parts[0]);
  }
}

/** How many ONNX nodes a part holds. */
export function sizeOf(tree: Tree, part: Part): number {
  switch (part.kind) {
    case "run":
      return part.nodes.length;
    case "module":
      return tree.total[part.row];
    default:
      return part.parts.reduce((sum, inner) => sum + sizeOf(tree, inner), 0);
  }
}

/** The parts of a row in execution order, at most about `MANY` of them. */
export function partsOf(wiring: Wiring, row: number): Part[] {
  return few(inBody(wiring, row, -1, unitsOf(wiring, row)));
}

interface Units {
  /** Own nodes and child rows by the operator whose body holds them, -1 for none. */
  nodes: Map<number, number[]>;
  rows: Map<number, number[]>;
}

function unitsOf(wiring: Wiring, row: number): Units {
  const { tree } = wiring;
  const units: Units = { nodes: new Map(), rows: new Map() };
  const put = (map: Map<number, number[]>, at: number, item: number) => ensure(map, at, () => []).push(item);
  for (let at = tree.ownFirst[row]; at < tree.ownFirst[row + 1]; at++) {
    const node = tree.ownNodes[at];
    put(units.nodes, holderOf(wiring, row, node), node);
  }
  for (const child of childrenOf(tree, row)) {
    if (tree.total[child] > 0) put(units.rows, commonHolder(wiring, row, child), child);
  }
  return units;
}

/** The operator of this row whose body holds the node, however deep. */
function holderOf({ tree, body }: Wiring, row: number, node: number): number {
  let holder = body.get(node) ?? -1;
  while (holder >= 0 && tree.nodes.row[holder] !== row) holder = body.get(holder) ?? -1;
  return holder;
}

/** The body in which all of a child's nodes stand, -1 when there is no single one. */
function commonHolder(wiring: Wiring, row: number, child: number): number {
  const { tree, body } = wiring;
  if (body.size === 0) return -1;
  const holder = holderOf(wiring, row, tree.begin[child]);
  for (let at = tree.ownFirst[child]; at < tree.ownFirst[tree.end[child]]; at++) {
    if (holderOf(wiring, row, tree.ownNodes[at]) !== holder) return -1;
  }
  return holder;
}

function inBody(wiring: Wiring, row: number, holder: number, units: Units): Part[] {
  const { tree } = wiring;
  const parts: Part[] = [];
  const plain: number[] = [];
  for (const node of units.nodes.get(holder) ?? []) {
    if (node !== holder && (units.nodes.has(node) || units.rows.has(node))) {
      const held = inBody(wiring, row, node, units);
      parts.push({ kind: "body", node, parts: [{ kind: "run", nodes: [node] }, ...held] });
    } else plain.push(node);
  }
  for (const nodes of runs(wiring, plain)) parts.push({ kind: "run", nodes });
  for (const child of units.rows.get(holder) ?? []) parts.push({ kind: "module", row: child });
  return parts.sort((a, b) => beginOf(tree, a) - beginOf(tree, b));
}

/**
 * Straight runs: each operator reads nothing but the one before it, which nothing else reads. What reads nothing
 * itself (a constant) and has one reader stands right before that.
 */
function runs(wiring: Wiring, nodes: number[]): number[][] {
  const here = new Set(nodes);
  const readerOf = new Map(nodes.map((node) => [node, onlyReader(wiring, node)]));
  const feeders = new Map<number, number[]>();
  for (const node of nodes) {
    const reader = readerOf.get(node) as number;
    if (feeds(wiring.tree, node) && here.has(reader)) ensure(feeders, reader, () => []).push(node);
  }
  const runOf = new Map<number, number[]>();
  const out: number[][] = [];
  for (const node of nodes) {
    if (feeds(wiring.tree, node) && here.has(readerOf.get(node) as number)) continue;
    const before = onlySource(wiring, node, feeders.get(node) ?? []);
    const run = readerOf.get(before) === node ? runOf.get(before) : undefined;
    const fed = [...(feeders.get(node) ?? []), node];
    if (run && run[run.length - 1] === before) {
      run.push(...fed);
      runOf.set(node, run);
    } else {
      runOf.set(node, fed);
      out.push(fed);
    }
  }
  return out;
}

const feeds = ({ nodes }: Tree, node: number) => nodes.first[node] === nodes.first[node + 1];

/** Whether an operator in a run does not continue it but feeds the next one, which reads something else too. */
export function isFeeder(tree: Tree, run: number[], place: number): boolean {
  if (!feeds(tree, run[place]) || place === run.length - 1) return false;
  const reader = run.slice(place + 1).find((node) => !feeds(tree, node)) as number;
  return tree.nodes.reads
    .subarray(tree.nodes.first[reader], tree.nodes.first[reader + 1])
    .some((maker) => maker !== run[place]);
}

/** The maker of all that a node reads, labels and feeders apart; NaN when there are several or none. */
function onlySource(wiring: Wiring, node: number, feeders: number[]): number {
  const { first, reads } = wiring.tree.nodes;
  let only = Number.NaN;
  for (let edge = first[node]; edge < first[node + 1]; edge++) {
    if (feeders.includes(reads[edge]) || fanRow(wiring, edge) >= 0) continue;
    if (!Number.isNaN(only) && only !== reads[edge]) return Number.NaN;
    only = reads[edge];
  }
  return only;
}

/** The node that alone reads what a node makes, labels apart; NaN when there are several, none, or the graph does. */
function onlyReader(wiring: Wiring, node: number): number {
  const { tree } = wiring;
  const slots = 1 + (tree.nodes.more.get(node)?.length ?? 0);
  let only = Number.NaN;
  for (let slot = 0; slot < slots; slot++) {
    const value = valueFrom(tree, node, slot);
    if (wiring.outputs.has(value)) return Number.NaN;
    for (const edge of readersOf(wiring, value)) {
      if (fanRow(wiring, edge) >= 0) continue;
      const reader = wiring.reader[edge];
      if (only >= 0 && only !== reader) return Number.NaN;
      only = reader;
    }
  }
  return only;
}

/** Puts parts together until there are few enough: first the operators between modules, then whatever follows. */
export function few(parts: Part[]): Part[] {
  if (parts.length <= MANY) return parts;
  const operators = join(parts, (part, group) => part.kind === "run" && group[0].kind === "run");
  if (operators.length > 1 && operators.length <= MANY) return operators;
  const each = Math.max(Math.ceil(parts.length / MANY), Math.min(40, Math.ceil(Math.sqrt(parts.length))));
  return join(parts, (_, group) => group.length < each);
}

function join(parts: Part[], fits: (part: Part, group: Part[]) => boolean): Part[] {
  const groups: Part[][] = [];
  for (const part of parts) {
    const group = groups[groups.length - 1];
    if (group && fits(part, group)) group.push(part);
    else groups.push([part]);
  }
  return groups.map((group) => (group.length === 1 ? group[0] : { kind: "group", parts: group }));
}
