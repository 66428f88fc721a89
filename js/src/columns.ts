/** The columns of the tree: what may be chosen, what a row has in each, how rows are sorted by one. */
import { type Folded, isFolded, type Openings, standing } from "./openings";
import type { Rank } from "./tree";

export const COLUMNS = ["nodes", "parameters", "bytes", "error", "evidence", "share"] as const;
export type Column = (typeof COLUMNS)[number];

export const CHOSEN: Column[] = ["nodes", "parameters", "bytes", "error"];

export const isColumn = (name: unknown): name is Column => COLUMNS.includes(name as Column);

interface Sorting {
  column: Column;
  ascending: boolean;
}

/** "bytes" is largest first, "-bytes" smallest first, "" and all else the order of execution. */
export function parseSort(text: string): Sorting | null {
  const ascending = text.startsWith("-");
  const column = ascending ? text.slice(1) : text;
  return isColumn(column) ? { column, ascending } : null;
}

/** What a click on a header leads to: largest first, smallest first, as executed. */
export function nextSort(sort: string, column: Column): string {
  if (sort === column) return `-${column}`;
  return sort === `-${column}` ? "" : column;
}

/** How many copies a row's numbers stand for: calls of one module have their parameters in common. */
export function factor({ tree, runs }: Folded, row: number, column: Column): number {
  const shared = tree.repeated[row] === 1 && (column === "parameters" || column === "bytes");
  return shared ? 1 : runs.copies[row];
}

/** The largest error of all copies that a row stands for; NaN where none was compared. */
export function worstError({ tree, runs }: Folded, row: number): number {
  const head = runs.head[row];
  const step = tree.end[head] - head;
  let worst = Number.NaN;
  for (let i = 0; i < runs.copies[head]; i++) {
    const error = tree.error[head + i * step];
    if (!(error <= worst)) worst = Number.isNaN(error) ? worst : error;
  }
  return worst;
}

/** The order of siblings; null is the order of execution. Rows without a value stand last either way. */
export function ranking(
  folded: Folded,
  openings: Openings,
  sort: string,
  certainty: (row: number) => number,
): Rank | null {
  const sorting = parseSort(sort);
  if (!sorting) return null;
  const { column, ascending } = sorting;
  const { tree } = folded;
  const one = (row: number): number => {
    if (column === "error") return isFolded(folded, openings, row) ? worstError(folded, row) : tree.error[row];
    if (tree.total[row] === 0) return Number.NaN;
    if (column === "evidence") return -certainty(row);
    const times =
      isFolded(folded, openings, row) && standing(folded, openings, row) === row ? factor(folded, row, column) : 1;
    if (column === "parameters") return times * tree.parameters[row];
    if (column === "bytes") return times * tree.bytes[row];
    return times * tree.total[row];
  };
  return ascending ? one : (row) => -one(row);
}
