/**
 * Colour by kind of module, evidence, error, parameters or operator. No colour stands alone: each comes with a shape,
 * and with words in the legend.
 */
import { mainEvidence } from "./evidence";
import { plain, count as short } from "./format";
import { CATEGORIES, EVIDENCE, type Glyph, level, REST } from "./glyphs";
import { mostFrequent } from "./numbers";
import type { Tree } from "./payload";

export interface Legend {
  label: string;
  /** How many modules or nodes have it. */
  count: number;
  /** A CSS colour. */
  hue: string;
  glyph: Glyph;
}

export interface Colours {
  counted: "module" | "node";
  legend: Legend[];
  /** Places in the legend; -1 for what has no colour. */
  ofRow(row: number): number;
  ofNode(node: number): number;
}

const HUES = ["trace", "rewrite", "parameter", "value", "dataflow"].map((name) => `var(--c-${name})`);
const GREY = "var(--c-root)";

/** Steps of a scale; more cannot be told apart in a square of 10 px. */
const STEPS = 5;

export function coloursOf(tree: Tree, by: string): Colours | null {
  switch (by) {
    case "kind":
      return byKind(tree);
    case "operator":
      return byOperator(tree);
    case "evidence":
      return byEvidence(tree);
    case "error":
      return byScale(tree, tree.error, "var(--c-rewrite)", (n) => n.toExponential(0));
    case "parameters":
      return byScale(tree, tree.parameters, "var(--c-trace)", (n) => plain(short(n)).replace(/\.0+(?= |$)/, ""));
    default:
      return null;
  }
}

function byKind(tree: Tree): Colours {
  const { legend, places } = categories(tree.classes, tree.cls);
  const ofRow = (row: number) => places[tree.cls[row]];
  return { counted: "module", legend, ofRow, ofNode: (node) => ofRow(tree.nodes.row[node]) };
}

/** A module has the operator that its own forward made most of; one that made none has no colour. */
function byOperator(tree: Tree): Colours {
  const { legend, places } = categories(tree.ops, tree.nodes.op);
  const ofRow = (row: number) => {
    const op = mostFrequent(
      tree.ownNodes.subarray(tree.ownFirst[row], tree.ownFirst[row + 1]).map((node) => tree.nodes.op[node]),
    );
    return op === null ? -1 : places[op];
  };
  return { counted: "node", legend, ofRow, ofNode: (node) => places[tree.nodes.op[node]] };
}

function byEvidence(tree: Tree): Colours {
  const counts = tally(tree.nodes.evidence, tree.evidence.length);
  const legend = tree.evidence.map((kind, i) => ({
    label: kind,
    count: counts[i],
    hue: kind in EVIDENCE ? `var(--c-${kind})` : GREY,
    glyph: EVIDENCE[kind] ?? REST,
  }));
  return {
    counted: "node",
    legend,
    ofRow: (row) => mainEvidence(tree, row)?.kind ?? -1,
    ofNode: (node) => tree.nodes.evidence[node],
  };
}

/** The most frequent values get a hue and a shape each, the others share one. `places` is by value. */
function categories(names: string[], column: Int32Array) {
  const counts = tally(column, names.length);
  const order = [...counts.keys()].filter((i) => counts[i] > 0).sort((a, b) => counts[b] - counts[a]);
  const shown = order.length > CATEGORIES.length ? CATEGORIES.length - 1 : order.length;
  const places = new Int32Array(names.length).fill(-1);
  const legend: Legend[] = order.slice(0, shown).map((i, place) => {
    places[i] = place;
    return { label: names[i], count: counts[i], hue: HUES[place % HUES.length], glyph: CATEGORIES[place] };
  });
  const others = order.slice(shown);
  for (const i of others) places[i] = shown;
  if (others.length > 0) {
    const count = others.reduce((sum, i) => sum + counts[i], 0);
    legend.push({ label: `${others.length} others`, count, hue: GREY, glyph: REST });
  }
  return { legend, places };
}

function tally(column: Int32Array, size: number): Int32Array {
  const counts = new Int32Array(size);
  for (const value of column) if (value >= 0) counts[value]++;
  return counts;
}

/** Whole powers of ten in at most five steps; nothing and zero have no colour. */
function byScale(tree: Tree, column: Float64Array, hue: string, write: (n: number) => string): Colours {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const n of column) {
    if (!(n > 0) || n === Number.POSITIVE_INFINITY) continue;
    low = Math.min(low, n);
    high = Math.max(high, n);
  }
  const from = Math.floor(Math.log10(low));
  const wide = Math.max(1, Math.ceil((Math.floor(Math.log10(high)) - from + 1) / STEPS));
  const steps = low > high ? 0 : Math.ceil((Math.floor(Math.log10(high)) - from + 1) / wide);
  const ofRow = (row: number) => {
    const n = column[row];
    return n > 0 ? Math.min(steps - 1, Math.floor((Math.floor(Math.log10(n)) - from) / wide)) : -1;
  };
  const legend = Array.from({ length: steps }, (_, i) => ({
    label: `${write(10 ** (from + i * wide))} to ${write(10 ** (from + (i + 1) * wide))}`,
    count: 0,
    hue: `color-mix(in srgb, ${hue} ${Math.round(40 + (60 * (i + 1)) / steps)}%, var(--paper))`,
    glyph: level((i + 1) / steps),
  }));
  for (let row = 0; row < tree.size; row++) if (ofRow(row) >= 0) legend[ofRow(row)].count++;
  return { counted: "module", legend, ofRow, ofNode: (node) => ofRow(tree.nodes.row[node]) };
}
