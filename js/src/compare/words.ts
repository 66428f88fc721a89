/** What the comparison says in words: counts, scopes, and why a node stands where it stands. */
import type { NodeDetail } from "../ask";
import { error, lastPart, listed, plural, rowName } from "../format";
import type { Folded } from "../openings";
import { common, isInside, labelFrom, titleOf } from "../tree";
import type { Difference, Differences } from "./differences";
import { statesEvidence } from "./pairs";
import type { Column, Comparison } from "./payload";

/** What a head says of its name: the capture has a line of its own. */
export const shortName = ({ name, strategy, capture }: Column) => (name === `${strategy}/${capture}` ? strategy : name);

/** A row by its key, the root by what the model is called, if anything. */
const called = ({ tree }: Comparison, row: number) => titleOf(tree, row) || "the root";

/** A scope as seen from the selected row: short where it is near. */
export function scopeName(comparison: Comparison, selected: number, row: number): string {
  const { tree } = comparison;
  if (row === 0) return called(comparison, 0);
  const above = isInside(tree, row, selected) ? selected : common(tree, selected, row);
  return labelFrom(tree, above, row) || labelFrom(tree, tree.parent[row], row);
}

/** By how many nodes a column's call differs from the baseline's; a call that is not there has none. */
export function countDelta(comparison: Comparison, baseline: number, column: number, row: number): number {
  const count = (at: number) => Math.max(comparison.columns[at].cells?.total[row] ?? 0, 0);
  return comparison.columns[column].cells ? count(column) - count(baseline) : 0;
}

/** A row in one sentence, for a screen reader. */
export function sentence(
  { tree, columns }: Comparison,
  folded: Folded,
  { columns: pairs }: Differences,
  row: number,
  asRun: boolean,
): string {
  const parts = [rowName(folded, row, asRun).replace(" … ", " to ") || '""'];
  if (asRun) parts.push(`${folded.runs.copies[row]} equal copies`);
  parts.push(row === 0 ? "root" : tree.classes[tree.cls[row]]);
  columns.forEach(({ name, cells }, column) => {
    if (!cells) parts.push(`${name} failed`);
    else if (cells.total[row] < 0) parts.push(`${name} has no such call`);
    else {
      const differing = pairs[column]?.inside[row] ?? 0;
      const unlike = differing > 0 ? `, ${differing} unlike the baseline` : "";
      parts.push(`${name} ${plural(cells.total[row], "node")}${unlike}`);
    }
  });
  return listed(parts);
}

/** "difference 9 of 65: Add 16, usage_based says stages.0". */
export function announced(comparison: Comparison, { steps }: Differences, at: number): string {
  return `difference ${at + 1} of ${steps.length}: ${described(comparison, steps[at])}`;
}

function described(comparison: Comparison, { column, row, node }: Difference): string {
  const { tree, columns, graphs } = comparison;
  const { name, graph, scopes, cells } = columns[column];
  if (node >= 0 && scopes) {
    return `${tree.ops[graphs[graph].op[node]]} ${node}, ${name} says ${scopeName(comparison, row, scopes.row[node])}`;
  }
  const total = cells?.total[row] ?? -1;
  const module = called(comparison, row);
  return total < 0 ? `${module}, ${name} has no such call` : `${module}, ${name} has ${plural(total, "node")}`;
}

const WHY: Record<string, string> = {
  trace: "the capture recorded this operator inside",
  parameter: "it reads a parameter of",
  value: "its output equals what PyTorch computed in",
  rewrite: "an optimiser made it out of recorded operators of",
  dataflow: "no record and no parameter: inferred from the nodes around it as",
  root: "nothing better is known than",
};

/** Words, and what is to be set apart as code behind them; either may be empty. */
export interface Part {
  words: string;
  code: string;
}

/** One sentence of one witness; `detail` is what the kernel adds, where there is one. */
export function why(comparison: Comparison, column: Column, node: number, detail: NodeDetail | null): Part[] {
  const { tree } = comparison;
  const { scopes, cells } = column;
  const row = scopes?.row[node] ?? 0;
  const kind = tree.evidence[scopes?.evidence[node] ?? -1] ?? "";
  const parts = [{ words: WHY[kind] ?? "the file says", code: called(comparison, row) }];
  if (kind === "parameter") {
    const read = detail?.inputs.flatMap(({ parameter }) => parameter ?? []) ?? [];
    parts.push(...read.map((code) => ({ words: "", code })));
  }
  const off = cells?.error[row] ?? Number.NaN;
  if (kind === "value" && !Number.isNaN(off)) parts.push({ words: "max |Δ| of the call", code: error(off) });
  if (detail?.source) parts.push({ words: "", code: lastPart(detail.source) });
  if (detail && detail.also.length > 0) {
    parts.push({ words: `also made for ${plural(detail.also.length, "other call")}`, code: "" });
  }
  return parts;
}

const FEW = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

const inWords = (n: number) => FEW[n] ?? String(n);

/** "one capture, 122 nodes, opset 20": what all columns have in common, and how far they do not. */
export function facts({ columns }: Comparison): string[] {
  const made = columns.filter(({ cells }) => cells !== null);
  if (made.length === 0) return [];
  const range = (values: number[]) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? String(least) : `${least} to ${most}`;
  };
  const graphs = new Set(made.map(({ graph }) => graph)).size;
  const nodes = range(made.map((column) => column.nodes));
  const opsets = made.map(({ opset }) => opset).filter((opset) => opset >= 0);
  return [
    `${inWords(graphs)} graph${graphs === 1 ? "" : "s"}`,
    `${nodes} node${nodes === "1" ? "" : "s"}`,
    ...(opsets.length > 0 ? [`opset ${range(opsets)}`] : []),
  ];
}

/** On how many nodes of the baseline's graph all witnesses agree; null where there are not two. */
export function agreement({ columns }: Comparison, baseline: number): { agreeing: number; nodes: number } | null {
  const witnesses = columns.filter((column) => column.graph === columns[baseline].graph && statesEvidence(column));
  if (witnesses.length < 2) return null;
  const [first, ...others] = witnesses.map(({ scopes }) => scopes?.row as Int32Array);
  let agreeing = 0;
  for (let node = 0; node < first.length; node++) if (others.every((row) => row[node] === first[node])) agreeing++;
  return { agreeing, nodes: first.length };
}
