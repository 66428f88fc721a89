/** Numbers and words as they are drawn. */
import { factor, worstError } from "./columns";
import type { Folded } from "./openings";
import type { Tree } from "./payload";
import type { Difference } from "./runs";

const UNITS = ["", "k", "M", "G", "T", "P"];
const SPOKEN = ["", " thousand", " million", " billion", " trillion", " quadrillion"];

/** Three significant digits and the step of the unit (0, 1 = thousands, 2 = millions …). */
function scaled(n: number): [digits: string, step: number] {
  let step = 0;
  let value = n;
  while (Number(value.toPrecision(3)) >= 1000 && step < UNITS.length - 1) {
    value /= 1000;
    step++;
  }
  return [step === 0 ? String(value) : value.toPrecision(3), step];
}

export interface Quantity {
  digits: string;
  unit: string;
}

/** 444000 → 444 k; digits and unit apart, so that a column can align them. */
export function count(n: number): Quantity {
  const [digits, step] = scaled(n);
  return { digits, unit: UNITS[step] };
}

/** 91000000 → 91.0 MB. */
export function size(n: number): Quantity {
  const [digits, step] = scaled(n);
  return { digits, unit: `${UNITS[step]}B` };
}

export const plain = ({ digits, unit }: Quantity) => (unit === "" ? digits : `${digits} ${unit}`);

/** 444000 → "444 thousand", for a screen reader. */
export function spoken(n: number): string {
  const [digits, step] = scaled(n);
  return digits + SPOKEN[step];
}

export const plural = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;

/** 1.2e-06; exactly nothing is 0, and what was not compared has no number. */
export function error(n: number): string {
  if (Number.isNaN(n)) return "–";
  if (n === 0 || !Number.isFinite(n)) return String(n);
  return n.toExponential(1).replace(/e([+-])(\d)$/, "e$10$2");
}

/** A part of a whole: 93.5 of a hundred. */
export const percent = (part: number, whole: number): string => (whole === 0 ? "–" : ((100 * part) / whole).toFixed(1));

/** The two parts of a row's bar, in percent of the parent's nodes: made by the row itself, and inside it. */
export function share(tree: Tree, row: number, copies = 1): { own: number; inner: number } {
  const whole = tree.total[Math.max(tree.parent[row], 0)] / copies;
  if (whole === 0) return { own: 0, inner: 0 };
  return { own: (100 * tree.own[row]) / whole, inner: (100 * (tree.total[row] - tree.own[row])) / whole };
}

/** "24 own, 6 in children". */
export function ownership(own: number, total: number): string {
  return total === own ? `${own} own` : `${own} own, ${total - own} in children`;
}

export function noNodes(tree: Tree, row: number): string {
  const reason = tree.reasons[tree.reason[row]];
  return reason === undefined ? "no nodes" : `no nodes: ${reason}`;
}

/** `layer.1`, and of a run of copies `layer.1 … layer.5`; calls of one module have one name. */
export function rowName({ tree, runs }: Folded, row: number, asRun: boolean): string {
  const head = runs.head[row];
  const last = lastCopy({ tree, runs }, row);
  if (!asRun || tree.name[head] === tree.name[last]) return tree.name[row];
  return `${tree.name[head]} … ${tree.name[last]}`;
}

/** "call 3" of a module that has several; of a run of calls "call 1 … 11". */
export function callName({ tree, runs }: Folded, row: number, asRun: boolean): string {
  if (!tree.repeated[row]) return "";
  const [first, last] = [tree.call[runs.head[row]], tree.call[lastCopy({ tree, runs }, row)]];
  return asRun && first !== last ? `call ${first} … ${last}` : `call ${tree.call[row]}`;
}

/** What tells a copy from its neighbours. */
export const copyName = (tree: Tree, row: number) => (tree.repeated[row] ? `call ${tree.call[row]}` : tree.name[row]);

export function lastCopy({ tree, runs }: Folded, row: number): number {
  const head = runs.head[row];
  return head + (runs.copies[head] - 1) * (tree.end[head] - head);
}

/** `−1`, `+6`; empty where nothing differs. */
export const signed = (n: number) => (n === 0 ? "" : n > 0 ? `+${n}` : `−${-n}`);

/** "≠ layer.1, +6": what is unlike the copies beside it, and how many nodes more it has. */
export function difference(tree: Tree, { from, nodes }: Difference): string {
  return listed([`≠ ${copyName(tree, from)}`, signed(nodes)]);
}

/** A row in one sentence, for a screen reader. */
export function sentence(folded: Folded, row: number, asRun = false): string {
  const { tree, runs } = folded;
  const copies = asRun ? runs.copies[row] : 1;
  const each = copies > 1 ? " each" : "";
  const parts = [rowName(folded, row, asRun).replace(" … ", " to ")];
  const call = callName(folded, row, asRun);
  if (call !== "") parts.push(call.replace(" … ", " to "));
  if (copies > 1) parts.push(`${copies} equal copies`);
  parts.push(row === 0 ? "root" : tree.classes[tree.cls[row]]);
  if (tree.total[row] === 0) return [...parts, noNodes(tree, row)].join(", ");
  parts.push(plural(tree.total[row], "node") + each);
  if (tree.parameters[row] > 0) {
    const own = factor(folded, row, "parameters") > 1 ? each : "";
    parts.push(`${spoken(tree.parameters[row])} parameters${own}`);
  }
  const worst = asRun ? worstError(folded, row) : tree.error[row];
  if (!Number.isNaN(worst)) parts.push(`difference ${copies > 1 ? "at most " : ""}${error(worst)}`);
  return parts.join(", ");
}

/** The file's last part is enough to recognise it. */
export const lastPart = (path: string) => path.slice(path.lastIndexOf("/") + 1);

/** Those of some words that say anything, one after the other. */
export const listed = (words: string[]) => words.filter((word) => word !== "").join(", ");

/** Marks that turn the direction of text; inside a line of code they would lie about what it says. */
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A Python literal: JSON's escapes are Python's too. */
export const python = (value: string | null) => (value === null ? "None" : undirected(JSON.stringify(value)));

/** Shows them as escapes. */
export const undirected = (text: string) =>
  text.replace(DIRECTION_MARKS, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
