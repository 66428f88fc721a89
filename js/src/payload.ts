/**
 * Decodes the columnar payload into a typed tree. Whatever is odd in it raises a PayloadError that says what
 * and what to do next, so that the view can show a sentence instead of a blank.
 */

/** The newest payload this widget reads. */
export const VERSION = 1;

export class PayloadError extends Error {
  constructor(
    message: string,
    readonly next: string,
  ) {
    super(message);
  }
}

export interface Measure {
  name: string;
  value: string;
  help: string;
}

export interface Parity {
  status: "ok" | "bad" | "none";
  text: string;
  help: string;
}

/** One entry per ONNX node, in execution order. Table columns hold indexes, or -1 for "not known". */
export interface Nodes {
  count: number;
  op: Int32Array;
  row: Int32Array;
  type: Int32Array;
  file: Int32Array;
  line: Int32Array;
  evidence: Int32Array;
  also: Map<number, number[]>;
}

/** One entry per module call, in pre-order: the rows inside row `r` are `r + 1` to `end[r] - 1`. */
export interface Tree {
  title: string;
  strategy: string;
  strategyHelp: string;
  totals: { nodes: number; modules: number; parameters: number; bytes: number };
  measures: Measure[];
  parity: Parity;
  notes: string[];
  variable: string;

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
  /** Nodes made by the row's own forward, and by it with everything inside. */
  own: Int32Array;
  total: Int32Array;

  nodes: Nodes;
  classes: string[];
  reasons: string[];
  ops: string[];
  types: string[];
  files: string[];
  evidence: string[];
}

type Json = Record<string, unknown>;

function damaged(what: string): never {
  throw new PayloadError(`The payload is damaged: ${what}.`, "Run the cell again.");
}

function object(value: unknown, name: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) damaged(`${name} is not an object`);
  return value as Json;
}

function list(value: unknown, name: string): unknown[] {
  if (!Array.isArray(value)) damaged(`${name} is not a list`);
  return value;
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string") damaged(`${name} is not a text`);
  return value;
}

function texts(value: unknown, name: string): string[] {
  return list(value, name).map((item, i) => text(item, `${name}[${i}]`));
}

function amount(value: unknown, name: string): number {
  if (typeof value !== "number" || !(value >= 0)) damaged(`${name} is not a count`);
  return value;
}

/** A column of whole numbers, each of `low <= n < high`. */
function indexes(value: unknown, name: string, length: number, low: number, high: number): Int32Array {
  const column = list(value, name);
  if (column.length !== length) damaged(`${name} has ${column.length} entries, not ${length}`);
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    const n = column[i];
    if (!Number.isInteger(n) || (n as number) < low || (n as number) >= high) damaged(`${name}[${i}] is ${String(n)}`);
    out[i] = n as number;
  }
  return out;
}

function amounts(value: unknown, name: string, length: number): Float64Array {
  const column = list(value, name);
  if (column.length !== length) damaged(`${name} has ${column.length} entries, not ${length}`);
  return Float64Array.from(column, (n, i) => amount(n, `${name}[${i}]`));
}

const MANY = 2 ** 31 - 1;

export function decode(value: unknown): Tree {
  const payload = object(value, "it");
  if (payload.version !== VERSION) {
    const version = typeof payload.version === "number" ? payload.version : "unknown";
    throw new PayloadError(
      `The payload is of version ${version}, this widget reads up to ${VERSION}.`,
      "Update modelexport_nb and run the cell again.",
    );
  }
  const tables = {
    classes: texts(payload.classes, "classes"),
    reasons: texts(payload.reasons, "reasons"),
    ops: texts(payload.ops, "ops"),
    types: texts(payload.types, "types"),
    files: texts(payload.files, "files"),
    evidence: texts(payload.evidence, "evidence"),
  };
  const title = text(payload.title, "title");
  const rows = decodeRows(object(payload.rows, "rows"), title, tables);
  const nodes = decodeNodes(object(payload.nodes, "nodes"), rows.size, tables);
  return { ...decodeHead(payload), title, ...tables, ...rows, nodes, ...countNodes(rows, nodes) };
}

function decodeHead(payload: Json) {
  const totals = object(payload.totals, "totals");
  const parity = object(payload.parity, "parity");
  const status = parity.status;
  if (status !== "ok" && status !== "bad" && status !== "none") damaged("parity.status is unknown");
  return {
    strategy: text(payload.strategy, "strategy"),
    strategyHelp: text(payload.strategy_help, "strategy_help"),
    totals: {
      nodes: amount(totals.nodes, "totals.nodes"),
      modules: amount(totals.modules, "totals.modules"),
      parameters: amount(totals.parameters, "totals.parameters"),
      bytes: amount(totals.bytes, "totals.bytes"),
    },
    measures: list(payload.measures, "measures").map((item, i) => {
      const measure = object(item, `measures[${i}]`);
      return {
        name: text(measure.name, `measures[${i}].name`),
        value: text(measure.value, `measures[${i}].value`),
        help: text(measure.help ?? "", `measures[${i}].help`),
      };
    }),
    parity: { status, text: text(parity.text, "parity.text"), help: text(parity.help ?? "", "parity.help") } as Parity,
    notes: texts(payload.notes, "notes"),
    variable: text(payload.variable ?? "r", "variable"),
  };
}

function decodeRows(columns: Json, title: string, tables: { classes: string[]; reasons: string[] }) {
  const name = texts(columns.name, "rows.name");
  const size = name.length;
  if (size === 0) damaged("it has no rows");
  const parent = indexes(columns.parent, "rows.parent", size, -1, size);
  const call = indexes(columns.call, "rows.call", size, -1, MANY);
  const absolute = new Set(list(columns.absolute ?? [], "rows.absolute"));
  const { end, level } = nest(parent);

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
  name[0] = title;

  return {
    size,
    parent,
    end,
    level,
    deepest: level.reduce((most, n) => Math.max(most, n), 0),
    name,
    key,
    ownFrom,
    rowOf,
    call,
    repeated,
    cls: indexes(columns.cls, "rows.cls", size, 0, tables.classes.length),
    parameters: amounts(columns.params, "rows.params", size),
    bytes: amounts(columns.bytes, "rows.bytes", size),
    reason: indexes(columns.reason, "rows.reason", size, -1, tables.reasons.length),
  };
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

function decodeNodes(
  columns: Json,
  rows: number,
  tables: { ops: string[]; types: string[]; files: string[]; evidence: string[] },
): Nodes {
  const count = list(columns.op, "nodes.op").length;
  const also = new Map<number, number[]>();
  for (const [node, others] of Object.entries(object(columns.also ?? {}, "nodes.also"))) {
    const where = `nodes.also[${node}]`;
    also.set(Number(node), [...indexes(others, where, list(others, where).length, 0, rows)]);
  }
  return {
    count,
    op: indexes(columns.op, "nodes.op", count, 0, tables.ops.length),
    row: indexes(columns.row, "nodes.row", count, 0, rows),
    type: indexes(columns.type, "nodes.type", count, -1, tables.types.length),
    file: indexes(columns.file, "nodes.file", count, -1, tables.files.length),
    line: indexes(columns.line, "nodes.line", count, 0, MANY),
    evidence: indexes(columns.evidence, "nodes.evidence", count, -1, tables.evidence.length),
    also,
  };
}

function countNodes(rows: { size: number; parent: Int32Array }, nodes: Nodes) {
  const own = new Int32Array(rows.size);
  for (const row of nodes.row) own[row]++;
  const total = own.slice();
  // Children stand after their parents, so one pass from the end adds everything up.
  for (let row = rows.size - 1; row > 0; row--) total[rows.parent[row]] += total[row];
  return { own, total };
}
