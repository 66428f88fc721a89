/** Numbers rows so that those that are equal in every column, and differ alike, have equal numbers. */
import type { Tree } from "../payload";
import type { Pair } from "./pairs";
import type { Comparison } from "./payload";

export function equalRows(
  { tree, columns, graphs }: Comparison,
  pair: (a: number, b: number) => Pair | null,
): Int32Array {
  const marks: string[] = Array.from(tree.cls, (cls) => `${cls}`);
  const add = (text: (row: number) => string | number) => {
    for (let row = 0; row < tree.size; row++) marks[row] += `,${text(row)}`;
  };
  columns.forEach(({ cells, scopes, graph }, one) => {
    if (!cells || !scopes) return;
    const operators = new Array<string>(tree.size).fill("");
    const { op, type } = graphs[graph];
    for (let node = 0; node < op.length; node++) operators[scopes.row[node]] += ` ${op[node]}:${type[node]}`;
    add((row) => cells.total[row]);
    add((row) => operators[row]);
    for (let two = one + 1; two < columns.length; two++) {
      const found = pair(one, two);
      if (found) add((row) => found.inside[row]);
    }
  });
  return numbered(tree, marks);
}

/** Children have their numbers before their parents: a row is its mark and its children with their names. */
function numbered(tree: Tree, marks: string[]): Int32Array {
  const numbers = new Int32Array(tree.size);
  const known = new Map<string, number>();
  const inner = new Array<string>(tree.size).fill("");
  for (let row = tree.size - 1; row >= 0; row--) {
    const text = `${marks[row]}|${inner[row]}`;
    const number = known.get(text) ?? known.size;
    known.set(text, number);
    numbers[row] = number;
    if (row > 0) inner[tree.parent[row]] += `${tree.name[row]}\n${number};`;
  }
  return numbers;
}
