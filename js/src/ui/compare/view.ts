/** What belongs to one view of a comparison. */

import type { CompareStore } from "../../compare/store";
import { announced } from "../../compare/words";
import { NONE } from "../../store";
import { createView, type View } from "../view";
import { createSideways } from "./sideways";

export interface CompareView extends View {
  store: CompareStore;
  /** Keeps header, rows and drawer at one place sideways. */
  sideways: ReturnType<typeof createSideways>;
}

export const createCompareView = (store: CompareStore, id: string): CompareView => ({
  ...createView(store, id),
  store,
  sideways: createSideways(),
});

/** Goes to another difference, opens the way to it and says it. */
export function stepDifference({ store, active, said, focus }: CompareView, by: 1 | -1): void {
  const at = store.stepDifference(by);
  if (at === NONE) {
    said.value = "no differences";
    return;
  }
  active.value = store.selected.peek();
  if (document.activeElement?.closest('[role="treegrid"]')) focus.value = "tree";
  said.value = announced(store.comparison, store.differences.peek(), at);
}

/** Closes the drawer and gives the focus back to the row that it was about. */
export function closeDrawer({ store, focus }: CompareView): void {
  store.select(NONE);
  focus.value = "tree";
}
