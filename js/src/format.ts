/** Numbers and words as they are drawn. */
import type { Tree } from "./payload";

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

/** The two parts of a row's bar, in percent of the parent's nodes: made by the row itself, and inside it. */
export function share(tree: Tree, row: number): { own: number; inner: number } {
  const whole = tree.total[Math.max(tree.parent[row], 0)];
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

/** A row in one sentence, for a screen reader. */
export function sentence(tree: Tree, row: number): string {
  const parts = [tree.name[row], row === 0 ? "root" : tree.classes[tree.cls[row]]];
  if (tree.repeated[row]) parts.push(`call ${tree.call[row]}`);
  if (tree.total[row] === 0) parts.push(noNodes(tree, row));
  else {
    parts.push(plural(tree.total[row], "node"));
    if (tree.parameters[row] > 0) parts.push(`${spoken(tree.parameters[row])} parameters`);
  }
  return parts.join(", ");
}

/** Marks that turn the direction of text; inside a line of code they would lie about what it says. */
const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A Python literal: JSON's escapes are Python's too. */
export function python(value: string | null): string {
  if (value === null) return "None";
  return JSON.stringify(value).replace(
    DIRECTION_MARKS,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
