/** Who reads which value, for a whole tree: found once, asked by every drawing. */
import { ensure, once } from "../known";
import type { Tree } from "../payload";
import { common } from "../tree";

/** A value that so many boxes side by side read is no edge any more but a label at each of them. */
const FAN = 5;

const SLOTS = 4096;

export interface Wiring {
  tree: Tree;
  /** The edges that read a maker's values: `edges[first[m + inputs]]` …; graph input `i` is the maker `-1 - i`. */
  first: Int32Array;
  edges: Int32Array;
  /** The node that reads, by edge. */
  reader: Int32Array;
  /** Values that leave the graph, with their places among its outputs. */
  outputs: Map<number, number[]>;
  /** The operator that holds a node in its body, without those that a damaged file has holding each other. */
  body: Map<number, number>;
  /** Where a value fans out, and into how many boxes there; found when first asked. */
  fans: Map<number, Map<number, number>>;
}

export const wiringOf = once(wire);

function wire(tree: Tree): Wiring {
  const { nodes, inputs } = tree;
  const first = new Int32Array(inputs.length + nodes.count + 1);
  for (const maker of nodes.reads) first[maker + inputs.length + 1]++;
  for (let at = 1; at < first.length; at++) first[at] += first[at - 1];
  const edges = new Int32Array(nodes.reads.length);
  const reader = new Int32Array(nodes.reads.length);
  const next = first.slice();
  for (let node = 0; node < nodes.count; node++) {
    for (let edge = nodes.first[node]; edge < nodes.first[node + 1]; edge++) {
      reader[edge] = node;
      edges[next[nodes.reads[edge] + inputs.length]++] = edge;
    }
  }
  const outputs = new Map<number, number[]>();
  tree.outputs.forEach(({ node, slot }, place) => {
    if (node < -inputs.length) return;
    const value = valueFrom(tree, node, slot);
    ensure(outputs, value, () => []).push(place);
  });
  return { tree, first, edges, reader, outputs, body: bodies(tree), fans: new Map() };
}

function bodies(tree: Tree): Map<number, number> {
  const { body } = tree.nodes;
  const ends = (node: number) => {
    let at: number | undefined = node;
    for (let steps = 0; at !== undefined && steps <= body.size; steps++) at = body.get(at);
    return at === undefined;
  };
  return new Map([...body].filter(([node]) => ends(node)));
}

/** A value as one number: its maker and the maker's output slot. */
export const valueFrom = (tree: Tree, maker: number, slot: number) => (maker + tree.inputs.length) * SLOTS + slot;
export const makerOf = (tree: Tree, value: number) => Math.floor(value / SLOTS) - tree.inputs.length;
const slotOf = (value: number) => value % SLOTS;
export const read = (tree: Tree, edge: number) =>
  valueFrom(tree, tree.nodes.reads[edge], tree.nodes.slot.get(edge) ?? 0);

/** The edges that read a value. */
export function readersOf({ tree, first, edges }: Wiring, value: number): number[] {
  const maker = makerOf(tree, value);
  const at = maker + tree.inputs.length;
  const slot = slotOf(value);
  const out: number[] = [];
  for (let i = first[at]; i < first[at + 1]; i++) {
    if ((tree.nodes.slot.get(edges[i]) ?? 0) === slot) out.push(edges[i]);
  }
  return out;
}

/** The type of a value, `f32 2×10×384`; the empty text where it is not known. */
export function typeOf(tree: Tree, value: number): string {
  const maker = makerOf(tree, value);
  if (maker < 0) return tree.types[tree.inputs[-1 - maker].type] ?? "";
  const slot = slotOf(value);
  return tree.types[slot === 0 ? tree.nodes.type[maker] : (tree.nodes.more.get(maker)?.[slot - 1] ?? -1)] ?? "";
}

/** By row: how many of its child modules and own nodes read the value. Only values with many readers have any. */
const fansOf = (wiring: Wiring, value: number) => ensure(wiring.fans, value, () => countFans(wiring, value));

function countFans(wiring: Wiring, value: number): Map<number, number> {
  const { tree, reader } = wiring;
  const counts = new Map<number, number>();
  const seen = new Set<number>();
  for (const edge of readersOf(wiring, value)) {
    const node = reader[edge];
    // Rows and nodes share one numbering here: nodes stand below zero.
    let child = -1 - node;
    let row = tree.nodes.row[node];
    while (!seen.has(child)) {
      seen.add(child);
      counts.set(row, (counts.get(row) ?? 0) + 1);
      child = row;
      row = tree.parent[row];
      if (row < 0) break;
    }
  }
  return counts;
}

/** How many boxes of a row read the value. */
export const fan = (wiring: Wiring, value: number, row: number) => fansOf(wiring, value).get(row) ?? 0;

/** The outermost row, of those that an edge enters, in which the edge's value fans out; -1 when it never does. */
export function fanRow(wiring: Wiring, edge: number): number {
  const { tree, first, reader } = wiring;
  const maker = tree.nodes.reads[edge];
  const at = maker + tree.inputs.length;
  if (first[at + 1] - first[at] < FAN) return -1;
  const counts = fansOf(wiring, read(tree, edge));
  const bottom = tree.nodes.row[reader[edge]];
  const top = common(tree, maker < 0 ? 0 : tree.nodes.row[maker], bottom);
  let found = -1;
  for (let row = bottom; row >= top; row = tree.parent[row]) {
    if ((counts.get(row) ?? 0) >= FAN) found = row;
  }
  return found;
}
