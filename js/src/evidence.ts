/** How sure the scopes of a row's nodes are. */
import { once } from "./known";
import type { Tree } from "./payload";

/** By kind: 2 is witnessed, 1 derived from what was witnessed, 0 inferred. Drawn as filled, half and hollow. */
const STRENGTH: Record<string, number> = { trace: 2, parameter: 2, value: 2, rewrite: 1 };

const strength = (kind: string): number => STRENGTH[kind] ?? 0;

/** Nodes by row and kind of evidence, with everything inside; counted once, when first asked for. */
export function evidenceOf(tree: Tree, row: number): Int32Array {
  const kinds = tree.evidence.length;
  return tally(tree).subarray(row * kinds, (row + 1) * kinds);
}

const tally = once(({ size, parent, nodes, evidence }: Tree): Int32Array => {
  const kinds = evidence.length;
  const counts = new Int32Array(size * kinds);
  for (let node = 0; node < nodes.count; node++) {
    if (nodes.evidence[node] >= 0) counts[nodes.row[node] * kinds + nodes.evidence[node]]++;
  }
  for (let row = size - 1; row > 0; row--) {
    for (let kind = 0; kind < kinds; kind++) counts[parent[row] * kinds + kind] += counts[row * kinds + kind];
  }
  return counts;
});

/** The kind that most of a row's nodes have, and its share of them; null without nodes. */
export function mainEvidence(tree: Tree, row: number): { kind: number; share: number } | null {
  const counts = evidenceOf(tree, row);
  let kind = 0;
  for (let other = 1; other < counts.length; other++) if (counts[other] > counts[kind]) kind = other;
  return counts.length > 0 && counts[kind] > 0 ? { kind, share: counts[kind] / tree.total[row] } : null;
}

/** Mean strength of the evidence of a row's nodes; NaN without nodes. */
export function certainty(tree: Tree, row: number): number {
  const counts = evidenceOf(tree, row);
  let sum = 0;
  for (let kind = 0; kind < counts.length; kind++) sum += counts[kind] * strength(tree.evidence[kind]);
  return sum / tree.total[row];
}
