/** Which rows and which nodes a find query is for. */
import { once } from "../known";
import type { Tree } from "../payload";
import { type Kept, pathOf } from "../tree";
import { isWanted, type Wanted } from "./glob";
import { parse, type Term } from "./grammar";
import { findFlow } from "./pattern";
import type { NameField, Sign } from "./words";

export interface Matches extends Kept {
  /** Matching rows, top to bottom. */
  rows: Int32Array;
  /** 1 for every row whose own forward made a matching node. */
  byNode: Uint8Array;
  /** 1 for every operator that the query names. */
  ops: Uint8Array;
  /** 1 for every matching node, and how many they are. */
  nodes: Uint8Array;
  count: number;
}

/** The names of a tree in lower case. */
const lower = once((tree: Tree) => {
  const all = (texts: string[]) => texts.map((text) => text.toLowerCase());
  return { ops: all(tree.ops), classes: all(tree.classes), evidence: all(tree.evidence), keys: all(tree.key) };
});

/** How a term holds for a row: not at all, by what stands around the row, or by the row itself. */
const NOT = 0;
const AROUND = 1;
const ITSELF = 2;

/** What one term says: of rows, of nodes, or of both. */
export interface Finding {
  rows: Uint8Array | null;
  nodes: Uint8Array | null;
  ops: Uint8Array | null;
}

/**
 * Rows and nodes for which every term holds; null for an empty query, or one that is not understood.
 *
 * A plain text holds for a row by the end of its path (so "encoder" is one row and not everything inside it) or by
 * its class, and for a node by its operator. Beside other terms it may also stand anywhere in the path: `encoder
 * softmax`. A row also matches when its own forward made a matching node.
 */
export function find(tree: Tree, query: string): Matches | null {
  const { terms } = parse(query);
  if (terms.length === 0) return null;
  const findings = terms.map((term) => findTerm(tree, term));
  const nodes = matchNodes(tree, findings);
  const byNode = new Uint8Array(tree.size);
  let count = 0;
  for (let node = 0; node < nodes.length; node++) {
    if (nodes[node] === 0) continue;
    byNode[tree.nodes.row[node]] = 1;
    count++;
  }
  return { ...matchRows(tree, findings, byNode), byNode, nodes, count, ops: namedOps(tree, findings) };
}

function matchRows(tree: Tree, findings: Finding[], byNode: Uint8Array) {
  const upTo = new Int32Array(tree.size + 1);
  const rows = new Int32Array(tree.size);
  const columns = findings.map((finding) => finding.rows);
  let count = 0;
  for (let row = 0; row < tree.size; row++) {
    let least = ITSELF;
    let most = NOT;
    for (const column of columns) {
      const holds = column === null ? NOT : column[row];
      if (holds < least) least = holds;
      if (holds > most) most = holds;
    }
    if (byNode[row] || (least > NOT && most === ITSELF)) rows[count++] = row;
    upTo[row + 1] = count;
  }
  return { rows: rows.slice(0, count), upTo };
}

/** A node matches when each term holds for it or for the row that made it, and one for itself. */
function matchNodes(tree: Tree, findings: Finding[]): Uint8Array {
  const { count, row } = tree.nodes;
  const matching = new Uint8Array(count);
  if (findings.every((finding) => finding.nodes === null)) return matching;
  for (let node = 0; node < count; node++) {
    let all = 1;
    let itself = 0;
    for (const { rows, nodes } of findings) {
      if (nodes !== null && nodes[node] === 1) itself = 1;
      else if (rows === null || rows[row[node]] === NOT) {
        all = 0;
        break;
      }
    }
    matching[node] = all & itself;
  }
  return matching;
}

function namedOps(tree: Tree, findings: Finding[]): Uint8Array {
  return Uint8Array.from(tree.ops, (_, op) => (findings.some(({ ops }) => ops?.[op] === 1) ? 1 : 0));
}

export function findTerm(tree: Tree, term: Term): Finding {
  switch (term.kind) {
    case "text":
      return findText(tree, term.text);
    case "name":
      return findName(tree, term.field, term.wanted);
    case "amount":
      return { rows: findAmount(tree, term), nodes: null, ops: null };
    case "flow":
      return { rows: null, nodes: findFlow(tree.nodes, lower(tree).ops, term.steps), ops: null };
  }
}

function findText(tree: Tree, text: string): Finding {
  const { ops, classes, keys } = lower(tree);
  const named = Uint8Array.from(ops, (name) => (name.includes(text) ? 1 : 0));
  const ofClass = classes.map((name) => name.includes(text));
  const rows = new Uint8Array(tree.size);
  for (let row = 0; row < tree.size; row++) {
    const at = keys[row].lastIndexOf(text);
    if (ofClass[tree.cls[row]] || (at >= 0 && at + text.length >= tree.ownFrom[row])) rows[row] = ITSELF;
    else if (at >= 0) rows[row] = AROUND;
  }
  return { rows, nodes: byOp(tree, named), ops: named };
}

function findName(tree: Tree, field: NameField, wanted: Wanted): Finding {
  const { ops, classes, evidence, keys } = lower(tree);
  const chosen = (names: string[]) => Uint8Array.from(names, (name) => (isWanted(wanted, name) ? 1 : 0));
  if (field === "op") {
    const named = chosen(ops);
    return { rows: null, nodes: byOp(tree, named), ops: named };
  }
  if (field === "evidence") {
    const kinds = chosen(evidence);
    return { rows: null, nodes: Uint8Array.from(tree.nodes.evidence, (kind) => kinds[kind] ?? 0), ops: null };
  }
  if (field === "class") {
    const named = chosen(classes);
    return { rows: Uint8Array.from(tree.cls, (cls) => (named[cls] ? ITSELF : NOT)), nodes: null, ops: null };
  }
  const rows = Uint8Array.from(keys, (key, row) =>
    isWanted(wanted, key) || (tree.call[row] > 0 && isWanted(wanted, key.slice(0, pathOf(tree, row).length)))
      ? ITSELF
      : NOT,
  );
  return { rows, nodes: null, ops: null };
}

const byOp = (tree: Tree, chosen: Uint8Array) => Uint8Array.from(tree.nodes.op, (op) => chosen[op]);

const COMPARE: Record<Sign, (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "=": (a, b) => a === b,
};

/** What was never compared has NaN for an error, which is neither more nor less than anything. */
function findAmount(tree: Tree, { field, sign, than }: Term & { kind: "amount" }): Uint8Array {
  const { error, parameters, bytes, total: nodes } = tree;
  const column: ArrayLike<number> = { error, parameters, bytes, nodes }[field];
  const holds = COMPARE[sign];
  return Uint8Array.from(column, (n) => (holds(n, than) ? ITSELF : NOT));
}
