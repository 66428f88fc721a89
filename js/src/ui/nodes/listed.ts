/** Which nodes the table lists: those of the selected modules, less what its filter leaves out. */

import { parse } from "../../find";
import { type Finding, findTerm } from "../../find/match";
import type { Tree } from "../../payload";
import { nodeName, nodesOf } from "../../tree";

/** The nodes of several rows and everything inside, in execution order, each once. */
export function nodesOfAll(tree: Tree, rows: number[]): Int32Array {
  if (rows.length === 1) return nodesOf(tree, rows[0]);
  const chosen = new Uint8Array(tree.size);
  for (const row of rows) chosen.fill(1, row, tree.end[row]);
  const nodes: number[] = [];
  for (let node = 0; node < tree.nodes.count; node++) if (chosen[tree.nodes.row[node]]) nodes.push(node);
  return Int32Array.from(nodes);
}

/**
 * A filter is a find query, read more generously: a plain text may stand in anything that the table shows, and a query
 * that is not understood is a plain text.
 */
export function filtered(tree: Tree, nodes: Int32Array, query: string): Int32Array {
  const { terms, problem } = parse(query);
  const tests = problem
    ? [holdsText(tree, query.trim().toLowerCase())]
    : terms.map((term) => (term.kind === "text" ? holdsText(tree, term.text) : holds(tree, findTerm(tree, term))));
  return tests.length === 0 ? nodes : nodes.filter((node) => tests.every((test) => test(node)));
}

function holds({ nodes: { row } }: Tree, found: Finding): (node: number) => boolean {
  return (node) =>
    (found.nodes !== null && found.nodes[node] === 1) || (found.rows !== null && found.rows[row[node]] > 0);
}

function holdsText(tree: Tree, text: string): (node: number) => boolean {
  const { op, type, evidence, file, line } = tree.nodes;
  const hit = (names: string[]) => names.map((name) => name.toLowerCase().includes(text));
  const [ops, types, kinds, files] = [hit(tree.ops), hit(tree.types), hit(tree.evidence), hit(tree.files)];
  return (node) =>
    ops[op[node]] ||
    types[type[node]] ||
    kinds[evidence[node]] ||
    files[file[node]] ||
    (line[node] > 0 && String(line[node]) === text) ||
    nodeName(tree, node).toLowerCase().includes(text);
}
