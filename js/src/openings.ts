/** What of a tree is open: which rows, which runs of equal copies, and whether operators are rows too. */
import type { Tree } from "./payload";
import type { Runs } from "./runs";

/** How many rows a tree may show before anybody has opened anything. */
const CALM = 25;

/** Never changed in place: every change makes another one. */
export interface Openings {
  /** By row. A row without anything below it counts as closed. */
  open: Uint8Array<ArrayBuffer>;
  /** By first copy of a run: whether its copies stand as rows of their own. */
  unfolded: Uint8Array<ArrayBuffer>;
  /** By first copy of a run: the copy that stands for all while they are folded, counted from 0. */
  copy: Int32Array<ArrayBuffer>;
  /** Whether a row shows the operators of its own forward. */
  operators: boolean;
}

/** A tree with what was derived from it once. */
export interface Folded {
  tree: Tree;
  runs: Runs;
}

export const hasRows = (tree: Tree, row: number) => tree.end[row] > row + 1;

/** The row that stands for a whole run: for a row alone and for copies shown as rows, the row itself. */
export function standing({ tree, runs }: Folded, { unfolded, copy }: Openings, row: number): number {
  const head = runs.head[row];
  if (runs.copies[head] === 1 || unfolded[head]) return row;
  return head + copy[head] * (tree.end[head] - head);
}

export const isFolded = ({ runs }: Folded, { unfolded }: Openings, row: number) =>
  runs.copies[row] > 1 && unfolded[runs.head[row]] === 0;

/** Which copy of its run a row is, counted from 0. */
export const copyNumber = ({ tree, runs }: Folded, row: number) => (row - runs.head[row]) / (tree.end[row] - row);

export function closed(size: number): Openings {
  return { open: new Uint8Array(size), unfolded: new Uint8Array(size), copy: new Int32Array(size), operators: false };
}

/** Everything open down to `depth`; one more than the deepest row shows the operators too. */
export function openTo({ tree }: Folded, from: Openings, depth: number): Openings {
  const operators = depth > tree.deepest;
  const open = Uint8Array.from(tree.level, (level, row) =>
    level < depth && (hasRows(tree, row) || (operators && tree.own[row] > 0)) ? 1 : 0,
  );
  return { ...from, open, operators };
}

/** The depth that is open, and whether not everything is open down to it. Hidden copies do not count. */
export function depthOf(folded: Folded, openings: Openings): { depth: number; mixed: boolean } {
  const { tree } = folded;
  let depth = 0;
  eachStanding(folded, openings, (row) => {
    if (openings.open[row] && hasRows(tree, row)) depth = Math.max(depth, tree.level[row] + 1);
  });
  if (openings.operators) depth = tree.deepest + 1;
  const even = openTo(folded, openings, depth).open;
  let mixed = false;
  eachStanding(folded, openings, (row) => {
    if (openings.open[row] !== even[row]) mixed = true;
  });
  return { depth, mixed };
}

/** The deepest level that keeps the first sight calm; at least the root's children. */
export function calmDepth(folded: Folded): number {
  const { tree } = folded;
  const rowsAt = new Array<number>(tree.deepest + 1).fill(0);
  eachStanding(folded, closed(tree.size), (row) => {
    rowsAt[tree.level[row]]++;
  });
  let depth = 0;
  let rows = 1;
  while (depth < tree.deepest && (depth === 0 || rows + rowsAt[depth + 1] <= CALM)) rows += rowsAt[++depth];
  return depth;
}

/** Every row but those inside copies that another one stands for. */
function eachStanding(folded: Folded, openings: Openings, visit: (row: number) => void): void {
  const { tree } = folded;
  for (let row = 0; row < tree.size; ) {
    if (standing(folded, openings, row) !== row) row = tree.end[row];
    else visit(row++);
  }
}

export function setOpen(openings: Openings, row: number, value: boolean): Openings {
  const open = openings.open.slice();
  open[row] = value ? 1 : 0;
  return { ...openings, open };
}

export function setUnfolded(openings: Openings, head: number, value: boolean): Openings {
  const unfolded = openings.unfolded.slice();
  unfolded[head] = value ? 1 : 0;
  return { ...openings, unfolded };
}

/** The same openings with the rows above `row` opened and its copies standing for theirs; itself when they were. */
export function openAbove(folded: Folded, openings: Openings, row: number): Openings {
  const { tree } = folded;
  const way: number[] = [];
  for (let at = row; at >= 0; at = tree.parent[at]) way.push(at);
  let next = openings;
  for (const at of way.reverse()) {
    if (standing(folded, next, at) !== at) {
      if (next === openings) next = copied(openings);
      switchCopy(folded, next, standing(folded, next, at), at);
    }
    if (at === row || next.open[at]) continue;
    if (next === openings) next = copied(openings);
    next.open[at] = 1;
  }
  return next;
}

/** Lets another copy stand for its run. Copies are alike row by row: what is open in one opens in the other. */
function switchCopy(folded: Folded, { open, unfolded, copy }: Openings, from: number, to: number): void {
  for (const column of [open, unfolded, copy]) column.copyWithin(to, from, folded.tree.end[from]);
  copy[folded.runs.head[to]] = copyNumber(folded, to);
}

const copied = ({ open, unfolded, copy, operators }: Openings): Openings => ({
  open: open.slice(),
  unfolded: unfolded.slice(),
  copy: copy.slice(),
  operators,
});
