/** What opens and closes rows of the tree. */
import { openTo, setOpen, setUnfolded, standing } from "../openings";
import { hasChildren } from "../tree";
import type { State } from "./state";

export function openingActions({ tree, folded, kept, opened, openedInMatches, openings, action }: State) {
  const current = () => (kept.peek() ? openedInMatches : opened);
  const openable = (row: number) => hasChildren(tree, openings.peek(), row, kept.peek());
  return {
    openable,
    setOpen(row: number, value: boolean) {
      if (!openable(row)) return;
      current().value = setOpen(current().peek(), row, value);
    },
    /** Opens every row beside `row`, and tells how many it opened. */
    openSiblings(row: number): number {
      const now = current().peek();
      const open = now.open.slice();
      let count = 0;
      const parent = tree.parent[row];
      const [from, to] = parent < 0 ? [0, 1] : [parent + 1, tree.end[parent]];
      for (let at = from; at < to; at = tree.end[at]) {
        if (open[at] || !openable(at)) continue;
        open[at] = 1;
        if (standing(folded, now, at) === at) count++;
      }
      current().value = { ...now, open };
      return count;
    },
    /** Opens everything down to a depth; one more than the deepest shows operators as rows. */
    setDepth(depth: number) {
      current().value = openTo(folded, current().peek(), Math.max(0, Math.min(tree.deepest + 1, depth)));
      action.value = "depth";
    },
    /** Shows the copies of a run as rows of their own, or folds them into one. */
    setUnfolded(row: number, value: boolean) {
      const head = folded.runs.head[row];
      if (folded.runs.copies[head] > 1) opened.value = setUnfolded(opened.peek(), head, value);
    },
  };
}
