/**
 * The table of nodes as text for a spreadsheet or for pandas (RFC 4180).
 *
 * Nothing is put before a text that begins with `=`: a name that reads `'=x` would be another name. A program that
 * runs what it is given as data should be told not to.
 */
import type { NodeDetail, Port } from "../../ask";
import type { Tree } from "../../payload";
import { nodeName } from "../../tree";

/** What the kernel knows of the nodes. */
export function detailedTable(tree: Tree, nodes: Int32Array, details: NodeDetail[]): string[][] {
  const head = [
    "node",
    "name",
    "operator",
    "module",
    "inputs",
    "outputs",
    "attributes",
    "evidence",
    "confidence",
    "also",
    "source",
  ];
  const rows = details.map((detail, at) => [
    String(nodes[at]),
    detail.name,
    detail.domain === "" ? detail.op : `${detail.domain}::${detail.op}`,
    tree.key[tree.nodes.row[nodes[at]]],
    ports(detail.inputs),
    ports(detail.outputs),
    detail.attributes.map(({ name, value }) => `${name}=${value}`).join("; "),
    detail.evidence,
    String(detail.confidence),
    detail.also.join("; "),
    detail.source ?? "",
  ]);
  return [head, ...rows];
}

/** What the payload knows: no inputs, no attributes, and of several outputs the types. */
export function knownTable(tree: Tree, nodes: Int32Array): string[][] {
  const head = ["node", "name", "operator", "module", "outputs", "evidence", "also", "source"];
  const { op, row, type, more, evidence, also, file, line } = tree.nodes;
  const rows = Array.from(nodes, (node) => {
    const outputs = more.get(node) ?? [type[node]];
    return [
      String(node),
      nodeName(tree, node),
      tree.ops[op[node]],
      tree.key[row[node]],
      outputs.map((index) => tree.types[index] ?? "").join("; "),
      tree.evidence[evidence[node]] ?? "",
      (also.get(node) ?? []).map((other) => tree.key[other]).join("; "),
      file[node] < 0 ? "" : tree.files[file[node]] + (line[node] > 0 ? `:${line[node]}` : ""),
    ];
  });
  return [head, ...rows];
}

const ports = (list: Port[]) =>
  list.map(({ name, type, parameter }) => [parameter ?? name, type].filter((text) => text !== "").join(" ")).join("; ");

export function csv(table: string[][]): string {
  return table.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
