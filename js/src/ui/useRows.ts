/** The rows of a tree that are in sight, and which of them has the focus. */
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { isFolded } from "../openings";
import { placeOf } from "../tree";
import { useVirtual, type Window } from "./useVirtual";
import { useAskedFocus, type View } from "./view";

export function useRows(view: View, scroller: RefObject<HTMLElement | null>): { sight: Window; place: number } {
  const { store, active } = view;
  const shown = store.shown.value;
  const place = placeOf(store.folded, store.openings.value, shown, active.value);
  const sight = useVirtual(scroller, shown.rows.length, place);
  useReveal(view, sight);
  useAskedFocus(view, "tree", scroller, () => sight.scrollTo(place));
  return { sight, place };
}

/** What the row at a place is told about where it stands. */
export function standingAt({ store }: View, place: number) {
  const { tree } = store;
  const { rows, position, children } = store.shown.value;
  const row = rows[place];
  const parent = row < tree.size ? tree.parent[row] : tree.nodes.row[row - tree.size];
  return { place, position: position[row], siblings: parent < 0 ? 1 : children[parent] };
}

/** What the row of a module call is told about itself. */
export function moduleAt({ store }: View, row: number) {
  const { folded, openings, kept, selected, also } = store;
  return {
    row,
    openable: store.openable(row),
    open: openings.value.open[row] === 1,
    selected: row === selected.value || also.value.has(row),
    asRun: kept.value === null && isFolded(folded, openings.value, row),
  };
}

/** Follows the store to a row that was selected or found, here or in another view. */
function useReveal(view: View, sight: Window): void {
  const done = useRef<{ row: number } | null>(null);
  const reveal = view.store.reveal.value;
  useLayoutEffect(() => {
    if (!sight.ready || done.current === reveal) return;
    done.current = reveal;
    view.active.value = reveal.row;
    const { folded, openings, shown } = view.store;
    sight.scrollTo(placeOf(folded, openings.peek(), shown.peek(), reveal.row));
  });
}
