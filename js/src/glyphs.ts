/** Shapes that carry a meaning, as SVG paths in a box of 10 × 10: an outline, and what of it is filled. */
export interface Glyph {
  line: string;
  /** The empty text where nothing is filled. */
  fill: string;
}

const SQUARE = "M1.2 1.2h7.6v7.6h-7.6z";
const CIRCLE = "M8.8 5a3.8 3.8 0 1 1-7.6 0a3.8 3.8 0 0 1 7.6 0";
const DISC = "M8.6 5a3.6 3.6 0 1 1-7.2 0a3.6 3.6 0 0 1 7.2 0";
const DIAMOND = "M5 .9L9.1 5 5 9.1.9 5z";
const TILE = "M1.8 1.8h6.4v6.4h-6.4z";
const DOT = "M5 3.2a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 1 0 0-3.6z";

/** Evidence: filled is witnessed, half is derived, hollow is inferred. */
export const EVIDENCE: Record<string, Glyph> = {
  trace: { line: DISC, fill: DISC },
  parameter: { line: TILE, fill: TILE },
  value: { line: DIAMOND, fill: DIAMOND },
  rewrite: { line: DISC, fill: "M5 1.4a3.6 3.6 0 000 7.2z" },
  dataflow: { line: "M2 1.4L8.6 5 2 8.6z", fill: "" },
  root: { line: DISC, fill: "" },
};

/** Categories without an order. */
export const CATEGORIES: Glyph[] = [
  { line: SQUARE, fill: SQUARE },
  { line: SQUARE, fill: "M1.2 8.8L8.8 1.2v7.6z" },
  { line: SQUARE, fill: DOT },
  { line: SQUARE, fill: "M1.2 1.2h3.8v7.6h-3.8z" },
  { line: SQUARE, fill: "M1.2 5h7.6v3.8h-7.6z" },
  { line: CIRCLE, fill: CIRCLE },
  { line: CIRCLE, fill: "M5 1.2a3.8 3.8 0 0 1 0 7.6z" },
  { line: CIRCLE, fill: DOT },
  { line: CIRCLE, fill: "M5 1.2a3.8 3.8 0 0 0 0 7.6z" },
  { line: CIRCLE, fill: "M1.2 5a3.8 3.8 0 0 0 7.6 0z" },
];

/** Everything that has no category of its own. */
export const REST: Glyph = { line: SQUARE, fill: "" };

/** A square that is the fuller, the more there is: 0 < part <= 1. */
export function level(part: number): Glyph {
  const height = Number((7.6 * part).toFixed(2));
  return { line: SQUARE, fill: `M1.2 ${(8.8 - height).toFixed(2)}h7.6v${height}h-7.6z` };
}
