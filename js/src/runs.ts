/** Equal neighbours: numbered siblings, or calls of one module, that are equal down to the last operator. */
import type { Tree } from "./payload";

/** Two equal neighbours are read as fast as one row that stands for two. */
const FEWEST_COPIES = 3;

export interface Difference {
  /** First row of the run that the row differs from, and how many nodes more it has. */
  from: number;
  nodes: number;
}

export interface Runs {
  /** By row: the first copy of its run, the row itself where it stands alone. */
  head: Int32Array;
  /** By row: how many copies its run has, 1 where it stands alone. */
  copies: Int32Array;
  /** Rows (of a run: the first) that stand in a numbered sequence beside a longer run of the same class. */
  differs: Map<number, Difference>;
}

export function findRuns(tree: Tree): Runs {
  const runs: Runs = {
    head: Int32Array.from({ length: tree.size }, (_, row) => row),
    copies: new Int32Array(tree.size).fill(1),
    differs: new Map(),
  };
  for (let parent = 0; parent < tree.size; parent++) {
    let sequence: number[] = [];
    for (let row = parent + 1; row < tree.end[parent]; row = tree.end[row]) {
      if (sequence.length > 0 && !follows(tree, sequence[sequence.length - 1], row)) {
        fold(tree, sequence, runs);
        sequence = [];
      }
      sequence.push(row);
    }
    fold(tree, sequence, runs);
  }
  return runs;
}

/** Parts a numbered sequence into runs of equal rows. */
function fold(tree: Tree, sequence: number[], runs: Runs): void {
  if (sequence.length < FEWEST_COPIES) return;
  const units: number[] = [];
  for (let at = 0; at < sequence.length; ) {
    let next = at + 1;
    while (next < sequence.length && equal(tree, sequence[at], sequence[next])) next++;
    const folded = next - at >= FEWEST_COPIES;
    for (let i = at; i < next; i++) {
      if (folded) {
        runs.head[sequence[i]] = sequence[at];
        runs.copies[sequence[i]] = next - at;
      }
      if (!folded || i === at) units.push(sequence[i]);
    }
    at = next;
  }
  compare(tree, units, runs);
}

/** What is unlike the longest run of its class beside it. */
function compare(tree: Tree, units: number[], { copies, differs }: Runs): void {
  const longest = units.reduce((best, row) => (copies[row] > copies[best] ? row : best), units[0]);
  if (copies[longest] === 1) return;
  for (const row of units) {
    if (tree.same[row] === tree.same[longest] || tree.cls[row] !== tree.cls[longest]) continue;
    differs.set(row, { from: longest, nodes: tree.total[row] - tree.total[longest] });
  }
}

/** Equal by what Python says, and as large: what is shown of one copy is looked up by place in another. */
const equal = (tree: Tree, a: number, b: number) =>
  tree.same[a] === tree.same[b] && tree.end[a] - a === tree.end[b] - b;

/** Whether `row` is the next call of the same module, or the next in a numbered sequence of modules. */
function follows(tree: Tree, before: number, row: number): boolean {
  if (tree.name[before] === tree.name[row] && tree.repeated[row]) return tree.call[row] === tree.call[before] + 1;
  if (tree.call[before] !== tree.call[row]) return false;
  const one = numbered(tree.name[before]);
  const two = numbered(tree.name[row]);
  return one !== null && two !== null && one.head === two.head && two.number === one.number + 1;
}

function numbered(name: string): { head: string; number: number } | null {
  let from = name.length;
  while (from > 0 && name.length - from < 9 && isDigit(name.charCodeAt(from - 1))) from--;
  return from === name.length ? null : { head: name.slice(0, from), number: Number(name.slice(from)) };
}

const isDigit = (code: number) => code >= 48 && code <= 57;
