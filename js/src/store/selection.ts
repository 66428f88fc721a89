/** What is selected: one row that the pane is about, and any number beside it. */
import { batch } from "@preact/signals";
import { copyNumber, openAbove } from "../openings";
import { NONE, type State } from "./state";

export function selectionActions(state: State) {
  const { tree, folded, selected, also, regions, node, reveal, opened, openedInMatches, kept, onlyMatches, action } =
    state;
  const isSelected = (at: number) => {
    const owner = tree.nodes.row[at];
    return regions.peek().some((row) => owner >= row && owner < tree.end[row]);
  };
  const filteredOut = (row: number) => {
    const upTo = kept.peek()?.upTo;
    return upTo !== undefined && upTo[tree.end[row]] === upTo[row];
  };
  const put = (row: number, others: ReadonlySet<number>) => {
    selected.value = row;
    also.value = others;
    action.value = "select";
    if (node.peek() !== NONE && !isSelected(node.peek())) node.value = NONE;
  };
  const show = (row: number) => {
    if (filteredOut(row)) onlyMatches.value = false;
    opened.value = openAbove(folded, opened.peek(), row);
    openedInMatches.value = openAbove(folded, openedInMatches.peek(), row);
    reveal.value = { row };
  };
  const selectAll = (rows: number[]) => {
    batch(() => {
      const [row = NONE, ...others] = rows;
      put(row, new Set(others.filter((other) => other !== row)));
      if (row !== NONE) show(row);
    });
  };
  const select = (row: number) => selectAll(row === NONE ? [] : [row]);
  return {
    /** Selects a row alone and shows it; NONE selects nothing. A docked node stays while its region does. */
    select,
    /** Selects several rows; the pane is about the first. */
    selectAll,
    /** Adds a row to the selection, where the pane follows it, or takes it out. */
    toggle(row: number) {
      const others = new Set(also.peek());
      batch(() => {
        if (selected.peek() === row) {
          const [next = NONE] = others;
          others.delete(next);
          put(next, others);
        } else if (others.delete(row)) put(selected.peek(), others);
        else {
          if (selected.peek() !== NONE) others.add(selected.peek());
          put(row, others);
        }
      });
    },
    /** Docks a node's detail, and selects the module that made it unless a selected one holds it. */
    selectNode(at: number) {
      batch(() => {
        if (selected.peek() === NONE || !isSelected(at)) {
          select(tree.nodes.row[at]);
          reveal.value = { row: tree.size + at };
        }
        node.value = at;
      });
    },
    /** The next (1) or previous (-1) equal copy of the selected row, or of the nearest row above that has copies. */
    stepCopy(by: 1 | -1): number {
      const { runs } = folded;
      const row = Math.max(selected.peek(), 0);
      let copy = row;
      while (copy > 0 && runs.copies[copy] === 1) copy = tree.parent[copy];
      if (runs.copies[copy] === 1) return NONE;
      const size = tree.end[copy] - copy;
      const count = runs.copies[copy];
      const next = runs.head[copy] + ((copyNumber(folded, copy) + by + count) % count) * size;
      const to = next + (row - copy);
      select(to);
      return to;
    },
  };
}
