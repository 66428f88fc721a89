/** Keys of the compare widget: those of any widget, and n for the next difference where nothing is searched for. */
import { modified, taken } from "../../keyboard";
import { NONE } from "../../store";
import { treeKey } from "../treeEvents";
import { isField, widgetKey } from "../widgetKeys";
import { type CompareView, closeDrawer, stepDifference } from "./view";

const DIGIT = /^\d$/;

export function compareKey(event: KeyboardEvent, view: CompareView, root: HTMLElement): void {
  if (modified(event)) return;
  const { store, popover, typed } = view;
  const closes = event.key === "Escape" && popover.peek() === null && store.query.peek() === "";
  const steps = event.key.toLowerCase() === "n" && !isField(event) && !typed.running() && !store.matches.peek();
  if (closes && store.selected.peek() !== NONE) closeDrawer(view);
  else if (steps) stepDifference(view, event.shiftKey ? -1 : 1);
  // Digits choose a tab elsewhere; here there is none.
  else if (isField(event) || !DIGIT.test(event.key)) {
    widgetKey(event, view, root);
    return;
  }
  taken(event);
}

/** Keys of the rows; n is a letter of a name only while one is being typed. */
export function rowKey(event: KeyboardEvent, context: { view: CompareView; place: number; page: number }): void {
  const steps = event.key.toLowerCase() === "n" && !context.view.typed.running();
  if (!steps || modified(event)) treeKey(event, context);
}
