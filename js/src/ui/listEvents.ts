/** Mouse and keys in the lists of the pane, and in the heads of columns. */
import { isLetter, modified, moved, taken } from "../keyboard";
import type { Shell, View } from "./view";

/** The number that the nearest element bears in `data-name`, or null. */
export function numberAt(event: Event, name: string): number | null {
  const element = (event.target as Element).closest<HTMLElement>(`[data-${name}]`);
  return element && Number(element.dataset[name]);
}

/** The entry at a place of the list takes the focus. */
export function focusEntry({ activeNode, focus }: View, place: number): void {
  activeNode.value = place;
  focus.value = "nodes";
}

interface ListContext {
  view: View;
  /** Place of the entry with the focus. */
  place: number;
  count: number;
  page: number;
  choose(): void;
}

/** Arrows move, Enter and Space choose, ← goes back to the rows; letters are the widget's. */
export function listKey(event: KeyboardEvent, { view, place, count, page, choose }: ListContext): void {
  if (modified(event) || isLetter(event)) return;
  const to = moved(event.key, place, count, page);
  if (to !== null) focusEntry(view, to);
  else if ((event.key === "Enter" || event.key === " ") && place >= 0) choose();
  else if (event.key === "ArrowLeft") view.focus.value = "tree";
  else return;
  taken(event);
}

/** ← and → walk the heads of the columns, ↓ goes back to the rows. */
export function headerKey(event: KeyboardEvent, view: Shell): void {
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll("button")];
  const at = buttons.indexOf(event.target as HTMLButtonElement);
  if (event.key === "ArrowDown") view.focus.value = "tree";
  else if (event.key === "ArrowRight") buttons[Math.min(at + 1, buttons.length - 1)].focus();
  else if (event.key === "ArrowLeft") buttons[Math.max(at - 1, 0)].focus();
  else return;
  taken(event);
}
