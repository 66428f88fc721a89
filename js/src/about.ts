/** What is known about a module call or about the whole, in the words of the About tab. */

import { lastCopy } from "./format";
import type { Folded } from "./openings";
import type { Fact, Tree } from "./payload";
import { nodesOf, pathOf } from "./tree";

/** What a verdict on a call's results means. */
const MEANING: Record<string, string> = {
  equal: "Its results are in the graph, with equal numbers.",
  differs: "Its results are in the graph, and their numbers differ.",
  identity: "It hands an input through.",
  folded: "Its work is merged into a node of another call; its result does not exist on its own.",
  removed: "Constant, unused or without effect: no node is left of it.",
  rearranged: "Computed otherwise, inside a call whose own result is equal.",
  unseen: "Inside a branch, or as large as no tensor at its boundary: there is nothing to compare.",
  "not finite": "Its results hold no finite number, in PyTorch and in the graph: agreement there proves nothing.",
};

export const meaning = (verdict: string): string => MEANING[verdict] ?? "";

/** `/BertModel/BertEncoder/BertLayer.0/…`: classes for people, with the index of a numbered sibling. */
export function tag(tree: Tree, row: number): string {
  const { parent, classes, cls } = tree;
  const parts: string[] = [];
  for (let at = row; at >= 0; at = parent[at]) {
    const last = /(?:^|\.)(\d+)$/.exec(pathOf(tree, at))?.[1];
    parts.unshift(classes[cls[at]] + (last === undefined ? "" : `.${last}`));
  }
  return `/${parts.join("/")}`;
}

/** All calls of the row's module, in execution order. */
export function callsOf(tree: Tree, row: number): number[] {
  const { repeated, rowOf, size } = tree;
  if (!repeated[row]) return [row];
  const path = pathOf(tree, row);
  const calls: number[] = [];
  for (let number = 0; number < size; number++) {
    const found = rowOf.get(number === 0 ? path : `${path}#${number}`);
    if (found === undefined) break;
    calls.push(found);
  }
  return calls;
}

/** How many module calls elsewhere are equal to the row, down to operators, attributes and shapes. */
export function equals({ same }: Tree, row: number): number {
  return same.reduce((count, other) => count + Number(other === same[row]), 0) - 1;
}

/** First and last copy of the row's run; null where it stands alone. */
export function run(folded: Folded, row: number): { first: number; last: number; copies: number } | null {
  const copies = folded.runs.copies[row];
  return copies === 1 ? null : { first: folded.runs.head[row], last: lastCopy(folded, row), copies };
}

export interface Operator {
  name: string;
  /** Made by the row's own forward, and by it with everything inside. */
  own: number;
  total: number;
}

/** The operators of a row's region, the most frequent first. */
export function operatorsOf(tree: Tree, row: number): Operator[] {
  const found = new Map<number, Operator>();
  for (const node of nodesOf(tree, row)) {
    const op = tree.nodes.op[node];
    const one = found.get(op) ?? { name: tree.ops[op], own: 0, total: 0 };
    one.total++;
    if (tree.nodes.row[node] === row) one.own++;
    found.set(op, one);
  }
  return [...found.values()].sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
}

/** Facts with the same name stand under it together. */
export function grouped(facts: Fact[]): { name: string; values: string[] }[] {
  const groups: { name: string; values: string[] }[] = [];
  for (const { name, value } of facts) {
    const last = groups[groups.length - 1];
    if (last?.name === name) last.values.push(value);
    else groups.push({ name, values: [value] });
  }
  return groups;
}
