/**
 * Decodes a comparison: one tree of module calls, and columns of numbers beside it. What is odd in it raises a
 * PayloadError. The tree is a common one, so that opening, finding and selecting work on it as on any other.
 */
import {
  amount,
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
} from "../checks";
import {
  decode,
  decodeMeasures,
  decodeStatus,
  type Measure,
  type Parity,
  VERSION as TREE_VERSION,
  type Tree,
} from "../payload";

/** The newest comparison this widget reads. */
export const VERSION = 1;

interface Failed {
  stage: string;
  reason: string;
}

export interface Column {
  name: string;
  strategy: string;
  capture: string;
  /** -1 where not known; so with `bytes` and `peak`. */
  opset: number;
  bytes: number;
  peak: number;
  nodes: number;
  /** Stages with their seconds, in order. */
  seconds: [stage: string, seconds: number][];
  parity: Pick<Parity, "status" | "text">;
  measures: Measure[];
  /** Place in `graphs`; -1 where the export failed, and with it `cells` and `scopes` are null. */
  graph: number;
  failed: Failed | null;
  cells: Cells | null;
  scopes: Scopes | null;
}

/** What a column says of each row; -1 nodes where it has no such call. */
interface Cells {
  own: Int32Array;
  total: Int32Array;
  error: Float64Array;
  reason: Map<number, number>;
  renamed: Map<number, string>;
}

/** What a column says of each node of its graph. */
export interface Scopes {
  row: Int32Array;
  /** Index into `tree.evidence`, -1 throughout where the column states none. */
  evidence: Int32Array;
  /** Number of the column's first node among `tree.nodes`, which holds those of all columns. */
  first: number;
}

export interface Graph {
  count: number;
  op: Int32Array;
  type: Int32Array;
}

export interface Comparison {
  tree: Tree;
  columns: Column[];
  graphs: Graph[];
  /** The column that the others are compared with at first. */
  baseline: number;
  reasons: string[];
  /** How sure each kind of evidence is, 0 to 1; NaN where that is not said. */
  confidence: number[];
}

export const isComparison = (payload: unknown): boolean =>
  typeof payload === "object" && payload !== null && "columns" in payload && !("nodes" in payload);

export function decodeComparison(value: unknown): Comparison {
  const payload = object(value, "it");
  checkVersion(payload, "comparison", VERSION);
  const rows = decodeRows(object(payload.rows, "rows"));
  const tables = {
    ops: texts(payload.ops, "ops"),
    types: texts(payload.types, "types"),
    evidence: texts(payload.evidence, "evidence"),
  };
  const reasons = texts(payload.reasons, "reasons");
  const graphs = list(payload.graphs, "graphs").map((item, i) => decodeGraph(item, `graphs[${i}]`, tables));
  const cells = list(rows.columns, "rows.columns");
  const columns = list(payload.columns, "columns").map((item, i): Column => {
    const head = decodeHead(item, `columns[${i}]`, graphs.length);
    const here = cells[i] === null ? null : decodeCells(cells[i], `rows.columns[${i}]`, rows.size, reasons.length);
    if ((here === null) !== head.graph < 0) damaged(`columns[${i}].graph is ${head.graph}`);
    return { ...head, cells: here, scopes: null };
  });
  if (columns.length === 0) damaged("it has no columns");
  readScopes(list(payload.graphs, "graphs"), columns, graphs, rows.size, tables.evidence.length);
  const confidence = tables.evidence.map((_, i) => {
    const known = payload.confidence === undefined ? null : list(payload.confidence, "confidence")[i];
    return known === null ? Number.NaN : amount(known, `confidence[${i}]`);
  });
  return {
    tree: asTree(payload, rows, columns, graphs, tables),
    columns,
    graphs,
    baseline: index(payload.baseline, "baseline", 0, columns.length),
    reasons,
    confidence,
  };
}

/** Where every export failed there is no tree: its place is taken by a root without nodes. */
function decodeRows(rows: Json): Json & { size: number } {
  const size = list(rows.parent, "rows.parent").length;
  return size > 0
    ? { ...rows, size }
    : { ...rows, parent: [-1], name: [""], absolute: [], call: [0], cls: [-1], size: 1 };
}

function decodeHead(value: unknown, name: string, graphs: number) {
  const head = object(value, name);
  return {
    name: text(head.name, `${name}.name`),
    strategy: text(head.strategy, `${name}.strategy`),
    capture: text(head.capture, `${name}.capture`),
    opset: index(head.opset, `${name}.opset`, -1, MANY),
    bytes: index(head.bytes, `${name}.bytes`, -1, Number.MAX_SAFE_INTEGER),
    peak: index(head.peak, `${name}.peak`, -1, Number.MAX_SAFE_INTEGER),
    nodes: index(head.nodes, `${name}.nodes`, 0, MANY),
    seconds: list(head.seconds, `${name}.seconds`).map((item, i): [string, number] => {
      const [stage, seconds] = list(item, `${name}.seconds[${i}]`);
      return [text(stage, `${name}.seconds[${i}][0]`), amount(seconds, `${name}.seconds[${i}][1]`)];
    }),
    parity: decodeStatus(head.parity, `${name}.parity`),
    measures: decodeMeasures(head.measures, `${name}.measures`),
    graph: index(head.graph, `${name}.graph`, -1, graphs),
    failed: head.failed === null ? null : decodeFailed(object(head.failed, `${name}.failed`), `${name}.failed`),
  };
}

const decodeFailed = ({ stage, reason }: Json, name: string): Failed => ({
  stage: text(stage, `${name}.stage`),
  reason: text(reason, `${name}.reason`),
});

function decodeCells(value: unknown, name: string, size: number, reasons: number): Cells {
  const cells = object(value, name);
  return {
    own: indexes(cells.own, `${name}.own`, size, -1, MANY),
    total: indexes(cells.total, `${name}.total`, size, -1, MANY),
    error: someAmounts(cells.error, `${name}.error`, size),
    reason: sparse(cells.reason, `${name}.reason`, size, (item, where) => index(item, where, 0, reasons)),
    renamed: sparse(cells.renamed, `${name}.renamed`, size, text),
  };
}

function decodeGraph(value: unknown, name: string, { ops, types }: { ops: string[]; types: string[] }): Graph {
  const graph = object(value, name);
  const count = list(graph.op, `${name}.op`).length;
  return {
    count,
    op: indexes(graph.op, `${name}.op`, count, 0, ops.length),
    type: indexes(graph.type, `${name}.type`, count, 0, types.length),
  };
}

/** Hands each column what its graph says about it. */
function readScopes(values: unknown[], columns: Column[], graphs: Graph[], rows: number, kinds: number): void {
  for (let g = 0; g < graphs.length; g++) {
    const { count } = graphs[g];
    list(object(values[g], `graphs[${g}]`).columns, `graphs[${g}].columns`).forEach((item, i) => {
      const name = `graphs[${g}].columns[${i}]`;
      const scopes = object(item, name);
      const column = columns[index(scopes.column, `${name}.column`, 0, columns.length)];
      if (column.graph !== g) damaged(`${name}.column is ${String(scopes.column)}`);
      const stated = list(scopes.evidence, `${name}.evidence`).length > 0;
      column.scopes = {
        row: indexes(scopes.row, `${name}.row`, count, 0, rows),
        evidence: stated
          ? indexes(scopes.evidence, `${name}.evidence`, count, 0, kinds)
          : new Int32Array(count).fill(-1),
        first: 0,
      };
    });
  }
  let first = 0;
  columns.forEach(({ graph, scopes }, i) => {
    if (graph < 0) return;
    if (scopes === null) damaged(`graphs[${graph}] does not tell of column ${i}`);
    scopes.first = first;
    first += graphs[graph].count;
  });
}

/** The tree with the nodes of all columns one after the other: what is found in any of them is found. */
function asTree(
  payload: Json,
  rows: Json & { size: number },
  columns: Column[],
  graphs: Graph[],
  tables: { ops: string[]; types: string[]; evidence: string[] },
): Tree {
  const { size } = rows;
  const classes = texts(payload.classes, "classes");
  const cls = [...indexes(rows.cls, "rows.cls", size, -1, classes.length)];
  const own = new Int32Array(size);
  const total = new Int32Array(size);
  const error = new Array<number | null>(size).fill(null);
  for (const { cells } of columns) {
    for (let row = 0; cells && row < size; row++) {
      own[row] = Math.max(own[row], cells.own[row]);
      total[row] = Math.max(total[row], cells.total[row]);
      if (cells.error[row] >= (error[row] ?? 0)) error[row] = cells.error[row];
    }
  }
  const all = (read: (column: Column, graph: Graph) => ArrayLike<number>) =>
    columns.flatMap((column) => (column.graph < 0 ? [] : Array.from(read(column, graphs[column.graph]))));
  const op = all((_, graph) => graph.op);
  const same = <T>(count: number, value: T) => new Array<T>(count).fill(value);
  const tree = decode({
    version: TREE_VERSION,
    title: payload.title,
    notes: payload.notes,
    variable: payload.variable ?? "c",
    strategy: "",
    strategy_help: "",
    source: { kind: "report", note: "" },
    totals: { nodes: total[0], modules: size, parameters: 0, bytes: 0 },
    parity: { status: "none", text: "", help: "", row: -1 },
    measures: [],
    about: [],
    ...tables,
    classes: [...classes, ""],
    reasons: [],
    verdicts: [],
    files: [],
    rows: {
      ...rows,
      cls: cls.map((at) => (at < 0 ? classes.length : at)),
      params: same(size, 0),
      bytes: same(size, 0),
      reason: same(size, -1),
      verdict: same(size, -1),
      same: same(size, 0),
      error,
    },
    nodes: {
      op,
      row: all(({ scopes }) => scopes?.row ?? []),
      type: all((_, graph) => graph.type),
      evidence: all(({ scopes }) => scopes?.evidence ?? []),
      file: same(op.length, -1),
      line: same(op.length, 0),
      degree: same(op.length, 0),
      reads: [],
    },
    graph: { inputs: [], outputs: [] },
  });
  return { ...tree, own, total };
}
