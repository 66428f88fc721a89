/** Who reads whom: the data edges of one node, both ways; and the calls that it was made for. */
import { read, typeOf, wiringOf } from "./graph/wiring";
import type { Tree } from "./payload";

/** A value that a node reads: of another node, or an input of the graph. */
export interface Made {
  /** The node that made it, or -1. */
  node: number;
  /** The name of the graph's input; empty for a node. */
  input: string;
  type: string;
}

export function madeFor(tree: Tree, node: number): Made[] {
  const { first, reads } = tree.nodes;
  return Array.from(reads.subarray(first[node], first[node + 1]), (maker, i) => ({
    node: Math.max(maker, -1),
    input: maker < 0 ? tree.inputs[-1 - maker].name : "",
    type: typeOf(tree, read(tree, first[node] + i)),
  }));
}

/** The nodes that made what a node reads, each once. */
export function makersOf({ nodes: { first, reads } }: Tree, node: number): number[] {
  return [...new Set(reads.subarray(first[node], first[node + 1]))].filter((maker) => maker >= 0);
}

/** The nodes that read a node's values, each once, and the graph's outputs that are such values. */
export function readersOf(tree: Tree, node: number) {
  const { first, edges, reader } = wiringOf(tree);
  const at = node + tree.inputs.length;
  return {
    readers: [...new Set(edges.subarray(first[at], first[at + 1]).map((edge) => reader[edge]))],
    outputs: tree.outputs.filter((output) => output.node === node).map(({ name }) => name),
  };
}

export interface Run {
  first: string;
  last: string;
  count: number;
}

/** Keys that differ in one number only, which counts up, as first and last. */
export function runsOf(keys: string[]): Run[] {
  const runs: Run[] = [];
  for (const key of keys) {
    const run = runs[runs.length - 1];
    if (run && isNext(run.last, key)) {
      run.last = key;
      run.count++;
    } else runs.push({ first: key, last: key, count: 1 });
  }
  // Two are read as fast as what would stand for them.
  return runs.flatMap((run) =>
    run.count === 2 ? [run.first, run.last].map((key) => ({ first: key, last: key, count: 1 })) : [run],
  );
}

function isNext(before: string, key: string): boolean {
  const [a, b] = [before, key].map((text) => text.split(/(\d+)/));
  if (a.length !== b.length) return false;
  const unlike = a.flatMap((part, at) => (part === b[at] ? [] : [at]));
  return unlike.length === 1 && unlike[0] % 2 === 1 && Number(b[unlike[0]]) === Number(a[unlike[0]]) + 1;
}
