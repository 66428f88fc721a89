/**
 * Decodes the columnar payload into a typed tree. Whatever is odd in it raises a PayloadError that says what
 * and what to do next, so that the view can show a sentence instead of a blank.
 */
import {
  amount,
  amounts,
  checkVersion,
  damaged,
  index,
  indexes,
  type Json,
  list,
  MANY,
  object,
  someAmounts,
  sparse,
  text,
  texts,
} from "./checks";
import { countNodes, decodeNodes, type GraphInput, type GraphOutput, type Nodes } from "./payloadNodes";

export { PayloadError } from "./checks";
export type { GraphInput, GraphOutput, Nodes } from "./payloadNodes";
export { INITIALIZER } from "./payloadNodes";

/** The newest payload this widget reads. */
export const VERSION = 2;

export interface Measure {
  name: string;
  value: string;
  help: string;
}

export interface Parity {
  status: "ok" | "bad" | "none";
  text: string;
  help: string;
  /** Row of the first divergence, or -1. */
  row: number;
}

const SOURCES = ["report", "modelexport", "torch", "names", "flat"] as const;

/** Where the tree comes from: an export of ours, or a file with tags of some kind or none. */
export interface Origin {
  kind: (typeof SOURCES)[number];
  note: string;
}

export interface Fact {
  name: string;
  value: string;
}

/** What a saved page brings along, because it has no kernel to ask: by row, and by node. */
interface Answers {
  source: Map<number, unknown>;
  detail: Map<number, unknown>;
}

/** One entry per module call, in pre-order: the rows inside row `r` are `r + 1` to `end[r] - 1`. */
export interface Tree {
  title: string;
  strategy: string;
  strategyHelp: string;
  source: Origin;
  totals: { nodes: number; modules: number; parameters: number; bytes: number };
  measures: Measure[];
  parity: Parity;
  about: Fact[];
  notes: string[];
  variable: string;
  answers: Answers | null;

  size: number;
  parent: Int32Array;
  end: Int32Array;
  level: Int32Array;
  deepest: number;
  name: string[];
  /** The key of a row, `path` or `path#call`: what Python calls it. */
  key: string[];
  /** Where the row's own part begins in its key; what stands before belongs to the rows above. */
  ownFrom: Int32Array;
  rowOf: Map<string, number>;
  call: Int32Array;
  /** 1 where the module has more than one call. */
  repeated: Uint8Array;
  cls: Int32Array;
  parameters: Float64Array;
  bytes: Float64Array;
  reason: Int32Array;
  /** Largest absolute difference of the call to PyTorch's; NaN where it was not compared. */
  error: Float64Array;
  verdict: Int32Array;
  /** Rows with equal numbers are equal copies, down to the last operator. */
  same: Int32Array;
  /** Nodes made by the row's own forward, and by it with everything inside. */
  own: Int32Array;
  total: Int32Array;
  /** The row's own nodes, in execution order: `ownNodes[ownFirst[r]]` to `ownNodes[ownFirst[r + 1] - 1]`. */
  ownFirst: Int32Array;
  ownNodes: Int32Array;
  /** First node of the row's region, or -1. */
  begin: Int32Array;

  nodes: Nodes;
  inputs: GraphInput[];
  outputs: GraphOutput[];
  classes: string[];
  reasons: string[];
  verdicts: string[];
  ops: string[];
  types: string[];
  files: string[];
  evidence: string[];
}

export function decode(value: unknown): Tree {
  const payload = object(value, "it");
  checkVersion(payload, "payload", VERSION);
  const tables = {
    classes: texts(payload.classes, "classes"),
    reasons: texts(payload.reasons, "reasons"),
    verdicts: texts(payload.verdicts, "verdicts"),
    ops: texts(payload.ops, "ops"),
    types: texts(payload.types, "types"),
    files: texts(payload.files, "files"),
    evidence: texts(payload.evidence, "evidence"),
  };
  const title = text(payload.title, "title");
  const rows = decodeRows(object(payload.rows, "rows"), title, tables);
  const graph = decodeNodes(object(payload.nodes, "nodes"), object(payload.graph, "graph"), rows.size, tables);
  return {
    ...decodeHead(payload, rows.size),
    title,
    answers: decodeAnswers(payload.answers, rows.size, graph.nodes.count),
    ...tables,
    ...rows,
    ...graph,
    ...countNodes(rows, graph.nodes),
  };
}

function decodeHead(payload: Json, rows: number) {
  const totals = object(payload.totals, "totals");
  return {
    strategy: text(payload.strategy, "strategy"),
    strategyHelp: text(payload.strategy_help, "strategy_help"),
    source: decodeOrigin(object(payload.source, "source")),
    totals: {
      nodes: amount(totals.nodes, "totals.nodes"),
      modules: amount(totals.modules, "totals.modules"),
      parameters: amount(totals.parameters, "totals.parameters"),
      bytes: amount(totals.bytes, "totals.bytes"),
    },
    measures: decodeMeasures(payload.measures, "measures"),
    parity: decodeParity(object(payload.parity, "parity"), rows),
    about: list(payload.about, "about").map((item, i) => decodeFact(item, `about[${i}]`)),
    notes: texts(payload.notes, "notes"),
    variable: text(payload.variable ?? "r", "variable"),
  };
}

export function decodeMeasures(value: unknown, name: string): Measure[] {
  return list(value, name).map((item, i) => {
    const where = `${name}[${i}]`;
    return { ...decodeFact(item, where), help: text(object(item, where).help ?? "", `${where}.help`) };
  });
}

function decodeOrigin({ kind, note }: Json): Origin {
  const known = SOURCES.find((name) => name === kind) ?? damaged("source.kind is unknown");
  return { kind: known, note: text(note, "source.note") };
}

function decodeFact(item: unknown, where: string): Fact {
  const { name, value } = object(item, where);
  return { name: text(name, `${where}.name`), value: text(value, `${where}.value`) };
}

/** What a file's numbers are like, in short. */
export function decodeStatus(value: unknown, name: string): Pick<Parity, "status" | "text"> {
  const { status, text: words } = object(value, name);
  if (status !== "ok" && status !== "bad" && status !== "none") damaged(`${name}.status is unknown`);
  return { status, text: text(words, `${name}.text`) };
}

function decodeParity(parity: Json, rows: number): Parity {
  return {
    ...decodeStatus(parity, "parity"),
    help: text(parity.help ?? "", "parity.help"),
    row: index(parity.row, "parity.row", -1, rows),
  };
}

function decodeAnswers(value: unknown, rows: number, nodes: number): Answers | null {
  if (value === undefined || value === null) return null;
  const answers = object(value, "answers");
  return {
    source: sparse(answers.source, "answers.source", rows, object),
    detail: sparse(answers.detail, "answers.detail", nodes, object),
  };
}

function decodeRows(
  columns: Json,
  title: string,
  tables: { classes: string[]; reasons: string[]; verdicts: string[] },
) {
  const name = texts(columns.name, "rows.name");
  const size = name.length;
  if (size === 0) damaged("it has no rows");
  const parent = indexes(columns.parent, "rows.parent", size, -1, size);
  const call = indexes(columns.call, "rows.call", size, -1, MANY);
  const { end, level } = nest(parent);
  const keys = nameRows(name, parent, call, new Set(list(columns.absolute ?? [], "rows.absolute")));
  name[0] = title;
  return {
    size,
    parent,
    end,
    level,
    deepest: level.reduce((most, n) => Math.max(most, n), 0),
    name,
    ...keys,
    call,
    cls: indexes(columns.cls, "rows.cls", size, 0, tables.classes.length),
    parameters: amounts(columns.params, "rows.params", size),
    bytes: amounts(columns.bytes, "rows.bytes", size),
    reason: indexes(columns.reason, "rows.reason", size, -1, tables.reasons.length),
    error: someAmounts(columns.error, "rows.error", size),
    verdict: indexes(columns.verdict, "rows.verdict", size, -1, tables.verdicts.length),
    same: indexes(columns.same, "rows.same", size, 0, MANY),
  };
}

function nameRows(name: string[], parent: Int32Array, call: Int32Array, absolute: Set<unknown>) {
  const size = name.length;
  const path: string[] = new Array(size);
  const key: string[] = new Array(size);
  const ownFrom = new Int32Array(size);
  const rowOf = new Map<string, number>();
  const calls = new Map<string, number>();
  for (let row = 0; row < size; row++) {
    const above = row === 0 || absolute.has(row) ? "" : path[parent[row]];
    const prefix = above === "" ? "" : `${above}.`;
    path[row] = prefix + name[row];
    key[row] = call[row] > 0 ? `${path[row]}#${call[row]}` : path[row];
    ownFrom[row] = prefix.length;
    if (!rowOf.has(key[row])) rowOf.set(key[row], row);
    if (call[row] >= 0) calls.set(path[row], (calls.get(path[row]) ?? 0) + 1);
  }
  const repeated = Uint8Array.from(path, (p, row) => (call[row] >= 0 && (calls.get(p) as number) > 1 ? 1 : 0));
  return { key, ownFrom, rowOf, repeated };
}

/** Checks that the rows stand in pre-order under one root, and finds each row's level and end. */
function nest(parent: Int32Array) {
  const size = parent.length;
  const end = new Int32Array(size).fill(size);
  const level = new Int32Array(size);
  const open: number[] = [];
  for (let row = 0; row < size; row++) {
    while (open.length > 0 && open[open.length - 1] !== parent[row]) end[open.pop() as number] = row;
    if ((row === 0) !== (parent[row] === -1) || (row > 0 && open.length === 0)) {
      damaged(`rows.parent[${row}] is ${parent[row]}`);
    }
    level[row] = open.length;
    open.push(row);
  }
  return { end, level };
}
