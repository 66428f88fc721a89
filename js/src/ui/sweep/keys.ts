/** Keys of the matrix: a grid of cells, each of which can have the focus. */
import { isLetter, modified, moved, taken } from "../../keyboard";
import { NONE } from "../../store";
import type { KeyList } from "../Keys";
import { closePopover } from "../Popover";
import { isField, leaveToCell, nextZone } from "../widgetKeys";
import { cellOf, closeDrawer, columnCount, jobAt, type SweepView, toggle } from "./view";

export const SWEEP_KEYS: KeyList = [
  ["↑ ↓ ← → PgUp PgDn", "move"],
  ["Home, End", "first, last column"],
  ["Ctrl+Home, Ctrl+End", "first, last model"],
  ["↑ on the first row", "column heads, Enter sorts"],
  ["Enter, Space", "show the job, or no longer"],
  ["/", "find a model"],
  ["F6", "matrix, job, foot"],
  ["?", "this list"],
  ["Esc", "close; then leave to the cell"],
];

/** Keys of the cells. */
export function cellKey(event: KeyboardEvent, view: SweepView, page: number): void {
  const { store, active, focus } = view;
  const on = cellOf(event);
  if (!on) return;
  const { model, column } = on;
  const rows = store.rows.peek();
  const place = rows.indexOf(model);
  const last = columnCount(store) - 1;
  const inRow = { ArrowLeft: column - 1, ArrowRight: column + 1, Home: 0, End: last }[event.key];
  const ends = event.ctrlKey && (event.key === "Home" || event.key === "End");
  if (modified(event) && !ends) return;
  if (event.key === "Enter" || event.key === " ") toggle(view, jobAt(store, model, column));
  else if (event.key === "ArrowUp" && place === 0) toHeads(event);
  else {
    const to = inRow !== undefined && !ends ? place : moved(event.key, place, rows.length, page);
    if (to === null) return;
    const at = inRow === undefined || ends ? column : Math.max(0, Math.min(last, inRow));
    active.value = { model: rows[to], column: at };
    focus.value = "tree";
  }
  taken(event);
}

function toHeads(event: KeyboardEvent): void {
  const grid = (event.currentTarget as HTMLElement).closest('[role="grid"]');
  grid?.querySelector<HTMLElement>('[role="columnheader"] button')?.focus();
}

/** Keys that work anywhere in the widget. */
export function sweepKey(event: KeyboardEvent, view: SweepView, root: HTMLElement): void {
  if (modified(event) || (isField(event) && isLetter(event))) return;
  const { popover } = view;
  if (event.key === "/") root.querySelector<HTMLElement>(".find input")?.focus();
  else if (event.key === "?") popover.value = popover.peek() === "keys" ? null : "keys";
  else if (event.key === "F6") nextZone(root, event.shiftKey ? -1 : 1);
  else if (event.key === "Escape") leave(view, root);
  else if (!isLetter(event)) return; // letters are kept from the notebook
  taken(event);
}

/** Closes what is open, one thing at a time. */
function leave(view: SweepView, root: HTMLElement): void {
  const { store } = view;
  if (closePopover(view, root)) return;
  if (store.selected.peek() !== NONE) closeDrawer(view);
  else if (store.query.peek() !== "") store.setQuery("");
  else leaveToCell(root);
}
