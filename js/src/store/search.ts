/** The find box: what matches, and which match is shown. */
import { batch } from "@preact/signals";
import { type Openings, openAbove, openTo } from "../openings";
import { NONE, type State } from "./state";

export function searchActions(state: State) {
  const { tree, folded, query, match, matches, onlyMatches, reveal, opened, openedInMatches, action } = state;
  /** What was open before the search opened the way to a match: the search leaves one way open, not all. */
  let before: Openings | null = null;
  let after: Openings | null = null;

  const show = (place: number) => {
    const row = matches.peek()?.rows[place];
    if (row === undefined) return;
    // Rows opened or closed by hand since the last step are kept as the new state to return to.
    if (before === null || opened.peek() !== after) before = opened.peek();
    after = openAbove(folded, before, row);
    match.value = place;
    opened.value = after;
    openedInMatches.value = openAbove(folded, openedInMatches.peek(), row);
    reveal.value = { row };
  };
  return {
    /** Searches as the user types and shows the first match. */
    setQuery(text: string) {
      batch(() => {
        query.value = text;
        match.value = 0;
        action.value = "find";
        openedInMatches.value = openTo(folded, opened.peek(), tree.deepest + Number(opened.peek().operators));
        if (text === "") {
          before = null;
          onlyMatches.value = false;
        } else show(0);
      });
    },
    /** Goes to the next (1) or previous (-1) match and returns its row, or NONE. */
    step(by: 1 | -1): number {
      const rows = matches.peek()?.rows;
      if (!rows || rows.length === 0) return NONE;
      const place = (match.peek() + by + rows.length) % rows.length;
      batch(() => show(place));
      return rows[place];
    },
  };
}
