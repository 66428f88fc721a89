/** The part of the payload that is about nodes: their columns, what they read, what goes in and out of the graph. */
import { damaged, index, indexes, type Json, list, MANY, object, sparse, text } from "./checks";
import { summed } from "./numbers";

/** One entry per ONNX node, in execution order. Table columns hold indexes, or -1 for "not known". */
export interface Nodes {
  count: number;
  op: Int32Array;
  row: Int32Array;
  /** Type of the first output; `more` has the others, from output 1 on. */
  type: Int32Array;
  file: Int32Array;
  line: Int32Array;
  evidence: Int32Array;
  also: Map<number, number[]>;
  /** The data edges of node n are `reads[first[n]]` to `reads[first[n + 1] - 1]`. */
  first: Int32Array;
  /** Number of the producer, or -1-i for graph input i. */
  reads: Int32Array;
  /** Output slot of the producer by position in `reads`, where it is not 0. */
  slot: Map<number, number>;
  /** The If, Loop or Scan node that holds a node. */
  body: Map<number, number>;
  more: Map<number, number[]>;
}

export interface GraphInput {
  name: string;
  type: number;
}

/** `node` is the producer, -1-i for graph input i handed through, or INITIALIZER. */
export interface GraphOutput extends GraphInput {
  node: number;
  slot: number;
}

export const INITIALIZER = -(10 ** 9);

interface Tables {
  ops: string[];
  types: string[];
  files: string[];
  evidence: string[];
}

export function decodeNodes(columns: Json, graph: Json, rows: number, tables: Tables) {
  const count = list(columns.op, "nodes.op").length;
  const types = tables.types.length;
  const inputs = decodeInputs(graph, types);
  const listed = (low: number, high: number) => (item: unknown, name: string) => [
    ...indexes(item, name, list(item, name).length, low, high),
  ];
  const edges = decodeReads(columns, count, inputs.length);
  const nodes: Nodes = {
    count,
    op: indexes(columns.op, "nodes.op", count, 0, tables.ops.length),
    row: indexes(columns.row, "nodes.row", count, 0, rows),
    type: indexes(columns.type, "nodes.type", count, -1, types),
    file: indexes(columns.file, "nodes.file", count, -1, tables.files.length),
    line: indexes(columns.line, "nodes.line", count, 0, MANY),
    evidence: indexes(columns.evidence, "nodes.evidence", count, -1, tables.evidence.length),
    also: sparse(columns.also, "nodes.also", count, listed(0, rows)),
    ...edges,
    slot: sparse(columns.slot, "nodes.slot", edges.reads.length, (item, name) => index(item, name, 0, MANY)),
    body: sparse(columns.body, "nodes.body", count, (item, name) => index(item, name, 0, count)),
    more: sparse(columns.more, "nodes.more", count, listed(-1, types)),
  };
  return { nodes, inputs, outputs: decodeOutputs(graph, types, count, inputs.length) };
}

/** An edge is sent as node minus producer, which is small and packs well. */
function decodeReads(columns: Json, count: number, inputs: number) {
  const degree = indexes(columns.degree, "nodes.degree", count, 0, MANY);
  const first = new Int32Array(count + 1);
  for (let node = 0; node < count; node++) first[node + 1] = first[node] + degree[node];
  const reads = indexes(columns.reads, "nodes.reads", first[count], -MANY, MANY);
  for (let node = 0; node < count; node++) {
    for (let at = first[node]; at < first[node + 1]; at++) {
      const producer = node - reads[at];
      if (producer >= count || producer < -inputs) damaged(`nodes.reads[${at}] is ${reads[at]}`);
      reads[at] = producer;
    }
  }
  return { first, reads };
}

function decodeInputs(graph: Json, types: number): GraphInput[] {
  return list(graph.inputs, "graph.inputs").map((item, i) => value(item, `graph.inputs[${i}]`, types));
}

function decodeOutputs(graph: Json, types: number, nodes: number, inputs: number): GraphOutput[] {
  return list(graph.outputs, "graph.outputs").map((item, i) => {
    const name = `graph.outputs[${i}]`;
    const { node, slot } = object(item, name);
    const producer = node === INITIALIZER ? INITIALIZER : index(node, `${name}.node`, -inputs, nodes);
    return { ...value(item, name, types), node: producer, slot: index(slot ?? 0, `${name}.slot`, 0, MANY) };
  });
}

function value(item: unknown, name: string, types: number): GraphInput {
  const { name: called, type } = object(item, name);
  return { name: text(called, `${name}.name`), type: index(type, `${name}.type`, -1, types) };
}

/** Which nodes are whose. */
export function countNodes(rows: { size: number; parent: Int32Array }, nodes: Nodes) {
  const own = new Int32Array(rows.size);
  for (const row of nodes.row) own[row]++;
  const total = summed(rows.parent, own);
  const ownFirst = new Int32Array(rows.size + 1);
  for (let row = 0; row < rows.size; row++) ownFirst[row + 1] = ownFirst[row] + own[row];
  const next = ownFirst.slice();
  const ownNodes = new Int32Array(nodes.count);
  const begin = new Int32Array(rows.size).fill(-1);
  for (let node = nodes.count - 1; node >= 0; node--) begin[nodes.row[node]] = node;
  for (let node = 0; node < nodes.count; node++) ownNodes[next[nodes.row[node]]++] = node;
  for (let row = rows.size - 1; row > 0; row--) {
    const above = rows.parent[row];
    if (begin[row] >= 0 && (begin[above] < 0 || begin[row] < begin[above])) begin[above] = begin[row];
  }
  return { own, total, ownFirst, ownNodes, begin };
}
