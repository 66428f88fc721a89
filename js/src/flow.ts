/** Who reads whom: the data edges of one node, both ways; and the calls that it was made for. */
import type { Tree } from "./payload";

/** A value that a node reads: of another node, or an input of the graph. */
export interface Made {
  /** The node that made it, or -1. */
  node: number;
  /** The name of the graph's input; empty for a node. */
  input: string;
  type: string;
}

export function madeFor({ nodes, inputs, types }: Tree, node: number): Made[] {
  const { first, reads, slot, more, type } = nodes;
  return Array.from({ length: first[node + 1] - first[node] }, (_, i) => {
    const at = first[node] + i;
    const maker = reads[at];
    if (maker < 0) {
      const input = inputs[-1 - maker];
      return { node: -1, input: input.name, type: types[input.type] ?? "" };
    }
    const output = slot.get(at) ?? 0;
    const kind = output === 0 ? type[maker] : more.get(maker)?.[output - 1];
    return { node: maker, input: "", type: types[kind ?? -1] ?? "" };
  });
}

/** The nodes that made what a node reads, each once. */
export function makersOf({ nodes: { first, reads } }: Tree, node: number): number[] {
  return [...new Set(reads.subarray(first[node], first[node + 1]))].filter((maker) => maker >= 0);
}

/** The nodes that read a node's values, each once, and the graph's outputs that are such values. */
export function readersOf({ nodes: { count, first, reads }, outputs }: Tree, node: number) {
  const readers: number[] = [];
  for (let reader = 0; reader < count; reader++) {
    for (let at = first[reader]; at < first[reader + 1]; at++) {
      if (reads[at] !== node) continue;
      readers.push(reader);
      break;
    }
  }
  return { readers, outputs: outputs.filter((output) => output.node === node).map(({ name }) => name) };
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
