/** What belongs to one view and not to the model: where its focus is, what it says aloud, what hangs open. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { createTypeAhead } from "../keyboard";
import { NONE, type Store, type Tab } from "../store";

/** What the frame and what hangs open in it need of a view, whatever it shows. */
export interface Shell {
  store: { python: ReadonlySignal<string> };
  /** Unlike that of any other view on the page. */
  id: string;
  /** The list or panel whose tab stop takes the focus after the next drawing. */
  focus: Signal<"tree" | Tab | null>;
  /** The popover that hangs open, by name: one at a time. */
  popover: Signal<string | null>;
  /** Said by the screen reader. */
  said: Signal<string>;
}

export interface View extends Shell {
  store: Store;
  /** The row, and the place in the node list, that hold the tab stop. */
  active: Signal<number>;
  activeNode: Signal<number>;
  /** Where a selection that is extended began. */
  anchor: Signal<number>;
  /** Letters typed in the tree; keys that are letters wait until nobody is typing a name. */
  typed: ReturnType<typeof createTypeAhead>;
}

export function createView(store: Store, id: string): View {
  return {
    store,
    id,
    active: signal(Math.max(store.selected.peek(), 0)),
    activeNode: signal(0),
    anchor: signal(Math.max(store.selected.peek(), 0)),
    focus: signal(null),
    typed: createTypeAhead(),
    popover: signal(null),
    said: signal(""),
  };
}

/** Shows or hides a node's detail. */
export function dock(store: Store, node: number): void {
  store.node.value = store.node.peek() === node ? NONE : node;
}

/** Goes to another match and selects it, so that the pane and Python follow. */
export function stepMatch({ store, active, focus }: View, by: 1 | -1): void {
  const row = store.step(by);
  if (row === NONE) return;
  active.value = row;
  // A key pressed in the tree keeps the focus there: the row is another one.
  if (isInTree()) focus.value = "tree";
  store.select(row);
}

const isInTree = () => document.activeElement?.closest('[role="treegrid"]') != null;

/** Goes to the next or previous equal copy and says which it is. */
export function stepCopy({ store, active, said, focus }: View, by: 1 | -1): void {
  const row = store.stepCopy(by);
  if (row === NONE) return;
  active.value = row;
  if (isInTree()) focus.value = "tree";
  said.value = store.tree.key[row];
}

/** Focuses the tab stop of a list once it is drawn; a list that has just appeared has no rows yet. */
export function useAskedFocus(
  view: View,
  list: "tree" | Tab,
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
