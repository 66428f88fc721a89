/** The forward of a module with the nodes that each of its lines made. */
import type { SourceText } from "./ask";
import { lastPart } from "./format";
import { ensure } from "./known";
import type { Tree } from "./payload";
import { callLine, codeOf } from "./source/calls";
import { type Fold, foldLines, type Part } from "./source/folds";
import { readPython, type Token } from "./source/tokens";
import { childrenOf, nodesOf, pathOf } from "./tree";

/** What a line made: through a child module (round), or by an operator of its own (square). */
export interface Chip {
  kind: "child" | "op";
  label: string;
  /** The child modules that the chip stands for; none for an operator. */
  rows: number[];
  nodes: number[];
}

export interface Elsewhere {
  /** `file:line` as far as it is known. */
  place: string;
  chips: Chip[];
}

export interface Listing {
  tokens: Token[][];
  parts: Part[];
  /** By line, counted from 0. */
  chips: Chip[][];
  /** What was made, but not at a line of this text. */
  elsewhere: Elsewhere[];
  /** How many lines made how many nodes. */
  lines: number;
  nodes: number;
}

/** As many neighbours that are numbered in turn stand as one chip. */
const FEWEST = 3;

export function listing(tree: Tree, row: number, source: SourceText): Listing {
  const read = readPython(source.lines);
  const chips: Chip[][] = source.lines.map(() => []);
  const elsewhere = new Map<string, Chip[]>();
  const at = (line: number, place: string) => (line >= 0 ? chips[line] : ensure(elsewhere, place, (): Chip[] => []));

  const lineOf = lineInside(tree, source);
  const code = codeOf(read);
  const children = childrenOf(tree, row).filter((child) => tree.total[child] > 0);
  for (const child of children) {
    const line =
      recordedLine(tree, row, child, lineOf) ?? (isOwnChild(tree, row, child) ? callLine(code, tree.name[child]) : -1);
    addChild(tree, at(line, ""), child);
  }
  for (let i = tree.ownFirst[row]; i < tree.ownFirst[row + 1]; i++) {
    const node = tree.ownNodes[i];
    addNode(tree, at(lineOf(node), placeOf(tree, node)), node);
  }

  const sorted = chips.map((list) => joinChildren(tree, list));
  const made = sorted.map((list) => list.length > 0);
  const lines = made.filter(Boolean).length;
  return {
    tokens: read.tokens,
    parts: foldLines(source.lines, read, made, elsewhere.size === 0),
    chips: sorted,
    elsewhere: [...elsewhere].map(([place, list]) => ({ place, chips: joinChildren(tree, list) })),
    lines,
    nodes: sorted.reduce((sum, list) => sum + list.reduce((all, { nodes }) => all + nodes.length, 0), 0),
  };
}

/** The line of the text that made a node, counted from 0, or -1. */
function lineInside({ nodes, files }: Tree, { file, first, lines }: SourceText) {
  const number = files.indexOf(file);
  return (node: number) => {
    const line = nodes.line[node] - first;
    return number >= 0 && nodes.file[node] === number && line >= 0 && line < lines.length ? line : -1;
  };
}

/**
 * What was recorded of the nodes that a child made: the innermost line outside of torch, which is a line of this
 * forward when all below it is torch's. A child of the same class has the same forward, and its lines are its own.
 */
function recordedLine(tree: Tree, row: number, child: number, lineOf: (node: number) => number): number | null {
  let recorded: number | null = null;
  for (let owner = child; owner < tree.end[child]; owner++) {
    if (tree.own[owner] === 0 || hasTwin(tree, row, owner)) continue;
    for (let i = tree.ownFirst[owner]; i < tree.ownFirst[owner + 1]; i++) {
      const line = lineOf(tree.ownNodes[i]);
      if (line < 0) continue;
      if (recorded !== null && recorded !== line) return null;
      recorded = line;
    }
  }
  return recorded;
}

function hasTwin({ parent, cls }: Tree, row: number, below: number): boolean {
  for (let at = below; at > row; at = parent[at]) if (cls[at] === cls[row]) return true;
  return false;
}

/** Whether the child's name is an attribute of the row's module, and not one of a module elsewhere. */
function isOwnChild(tree: Tree, row: number, child: number): boolean {
  const path = pathOf(tree, row);
  return tree.ownFrom[child] === (path === "" ? 0 : path.length + 1);
}

function placeOf({ nodes, files }: Tree, node: number): string {
  const file = files[nodes.file[node]];
  if (file === undefined) return "";
  const line = nodes.line[node];
  return lastPart(file) + (line > 0 ? `:${line}` : "");
}

function addChild(tree: Tree, chips: Chip[], row: number): void {
  chips.push({ kind: "child", label: childLabel(tree, row), rows: [row], nodes: [...nodesOf(tree, row)] });
}

function addNode({ ops, nodes: { op } }: Tree, chips: Chip[], node: number): void {
  const label = ops[op[node]];
  const same = chips.find((chip) => chip.kind === "op" && chip.label === label);
  if (same) same.nodes.push(node);
  else chips.push({ kind: "op", label, rows: [], nodes: [node] });
}

const childLabel = ({ name, call, repeated }: Tree, row: number) =>
  repeated[row] === 1 ? `${name[row]}#${call[row]}` : name[row];

/** `layer.0`, `layer.1` … `layer.5` as one chip `layer.0 … layer.5`. */
function joinChildren(tree: Tree, chips: Chip[]): Chip[] {
  const joined: Chip[] = [];
  for (let at = 0; at < chips.length; ) {
    let next = at + 1;
    while (next < chips.length && follows(tree, chips[next - 1], chips[next])) next++;
    const run = chips.slice(at, next);
    if (run.length < FEWEST) joined.push(...run);
    else {
      const [first] = run;
      const label = `${first.label} … ${run[run.length - 1].label}`;
      joined.push({ ...first, label, rows: run.flatMap(({ rows }) => rows), nodes: run.flatMap(({ nodes }) => nodes) });
    }
    at = next;
  }
  return joined;
}

function follows({ name, call }: Tree, before: Chip, after: Chip): boolean {
  if (before.kind !== "child" || after.kind !== "child") return false;
  const [[one], [other]] = [before.rows, after.rows];
  if (name[one] === name[other]) return call[other] === call[one] + 1;
  const [a, b] = [name[one], name[other]].map((text) => /^(.*?)(\d+)$/.exec(text));
  return a !== null && b !== null && a[1] === b[1] && Number(b[2]) === Number(a[2]) + 1;
}

/** The lines of a listing from top to bottom, each with its chips, and how many rows below it they may use too. */
export type Line =
  | { kind: "line"; line: number; chips: Chip[] | null; span: number }
  | { kind: "fold"; part: Part & Fold; shown: boolean };

/** What is drawn once the folds of `shown` are opened (by their first line). */
export function drawnLines({ parts, chips }: Listing, shown: ReadonlySet<number>): Line[] {
  const drawn: Line[] = [];
  let gutter: (Line & { kind: "line" }) | null = null;
  for (const part of parts) {
    if (part.fold) {
      const open = shown.has(part.from);
      drawn.push({ kind: "fold", part, shown: open });
      gutter = null;
      if (!open) continue;
    }
    for (let line = part.from; line < part.to; line++) {
      const made = chips[line].length > 0;
      // One cell of the gutter reaches down to the next line with chips: long lists of chips use its room.
      if (gutter && !made) {
        gutter.span++;
        drawn.push({ kind: "line", line, chips: null, span: 0 });
      } else {
        gutter = { kind: "line", line, chips: chips[line], span: 1 };
        drawn.push(gutter);
      }
    }
  }
  return drawn;
}

/** By how much every drawn line is indented: with the head folded, the body begins at the edge. */
export function indentOf({ tokens }: Listing, drawn: Line[]): number {
  let indent = Number.POSITIVE_INFINITY;
  for (const one of drawn) {
    if (one.kind === "fold") continue;
    const text = tokens[one.line].map((token) => token.text).join("");
    if (text.trim() !== "") indent = Math.min(indent, text.length - text.trimStart().length);
  }
  return Number.isFinite(indent) ? indent : 0;
}
