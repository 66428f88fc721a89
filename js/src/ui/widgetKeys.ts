/** Keys that work anywhere in the widget: / ? F6 Esc, 1 to 4, [ ], n. */
import { isLetter, modified, taken } from "../keyboard";
import { NONE, TABS } from "../store";
import { closeDetail } from "./Nodes";
import { closePopover } from "./Popover";
import { stepCopy, stepMatch, type View } from "./view";

const STOPS = '[tabindex="0"], button:not([tabindex="-1"]):not([disabled])';

export const isField = (event: Event) => (event.target as Element).closest("input, textarea, select") !== null;

export function widgetKey(event: KeyboardEvent, view: View, root: HTMLElement): void {
  if (modified(event) || (isField(event) && isLetter(event))) return;
  switch (event.key) {
    case "/":
      root.querySelector<HTMLElement>(".find input")?.focus();
      break;
    case "?":
      view.popover.value = view.popover.peek() === "keys" ? null : "keys";
      break;
    case "F6":
      nextZone(root, event.shiftKey ? -1 : 1);
      break;
    case "Escape":
      leave(view, root);
      break;
    default:
      if (!isLetter(event)) return;
      letter(event, view);
  }
  taken(event);
}

/** Digits, brackets and n; every other letter is kept from the notebook all the same. */
function letter(event: KeyboardEvent, view: View): void {
  const { store } = view;
  if (view.typed.running()) return;
  const tab = TABS[Number(event.key) - 1];
  if (tab) store.setTab(tab);
  else if (event.key === "[") stepCopy(view, -1);
  else if (event.key === "]") stepCopy(view, 1);
  else if (event.key.toLowerCase() === "n" && store.matches.peek()) stepMatch(view, event.shiftKey ? -1 : 1);
}

/** Tree → pane → foot → tree; elsewhere the first. */
export function nextZone(root: HTMLElement, by: 1 | -1): void {
  const zones = [...root.querySelectorAll<HTMLElement>("[data-zone]")];
  const at = zones.indexOf(document.activeElement?.closest("[data-zone]") as HTMLElement);
  const zone = zones[at < 0 ? 0 : (at + by + zones.length) % zones.length];
  const list = zone.querySelector<HTMLElement>('[role="row"][tabindex="0"]');
  (list ?? zone.querySelector<HTMLElement>(STOPS))?.focus();
}

/** Closes what hangs open, one thing at a time; with nothing open, leaves to the cell around the widget. */
function leave(view: View, root: HTMLElement): void {
  const { store } = view;
  if (closePopover(view, root)) return;
  if (store.query.peek() !== "") store.setQuery("");
  else if (store.node.peek() !== NONE) closeDetail(view);
  else leaveToCell(root);
}

export function leaveToCell(root: HTMLElement): void {
  const outside = root.parentElement?.closest<HTMLElement>("[tabindex]");
  if (outside) outside.focus();
  else (document.activeElement as HTMLElement | null)?.blur();
}
