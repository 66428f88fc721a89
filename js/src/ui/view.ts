/** What belongs to one view and not to the model: where its focus is, what it says aloud, what hangs open. */
import { type Signal, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { Store } from "../store";
import { NONE } from "../store";

export interface View {
  store: Store;
  /** The row, and the place in the node list, that hold the tab stop. */
  active: Signal<number>;
  activeNode: Signal<number>;
  /** The list whose tab stop takes the focus after the next drawing. */
  focus: Signal<"tree" | "nodes" | null>;
  keysOpen: Signal<boolean>;
  /** Said by the screen reader. */
  said: Signal<string>;
}

export function createView(store: Store): View {
  return {
    store,
    active: signal(Math.max(store.selected.peek(), 0)),
    activeNode: signal(0),
    focus: signal(null),
    keysOpen: signal(false),
    said: signal(""),
  };
}

/** Shows or hides a node's detail. */
export function dock(store: Store, node: number): void {
  store.node.value = store.node.peek() === node ? NONE : node;
}

/** Goes to another match and selects it, so that the pane and Python follow. */
export function stepMatch({ store, active }: View, by: 1 | -1): void {
  const row = store.step(by);
  if (row === NONE) return;
  active.value = row;
  store.select(row);
}

/** Focuses the tab stop of a list once it is drawn; a list that has just appeared has no rows yet. */
export function useAskedFocus(
  view: View,
  list: "tree" | "nodes",
  scroller: RefObject<HTMLElement | null>,
  scroll: () => void,
) {
  const asked = view.focus.value === list;
  useLayoutEffect(() => {
    const row = asked && scroller.current?.querySelector<HTMLElement>('[role="row"][tabindex="0"]');
    if (!row) return;
    view.focus.value = null;
    row.focus({ preventScroll: true });
    scroll();
  });
}

/** On every element that can take the focus: keeps JupyterLab's command-mode keys from it. */
export const quiet = { "data-lm-suppress-shortcuts": "true" } as const;
