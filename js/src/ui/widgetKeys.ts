/** Keys that work anywhere in the widget: / ? F6 Esc. */
import { modified, taken } from "../keyboard";
import { NONE } from "../store";
import { closeDetail } from "./Nodes";
import type { View } from "./view";

const STOPS = '[tabindex="0"], button:not([tabindex="-1"]):not([disabled])';

export function widgetKey(event: KeyboardEvent, view: View, root: HTMLElement): void {
  if (modified(event)) return;
  switch (event.key) {
    case "/":
      root.querySelector<HTMLElement>(".find input")?.focus();
      break;
    case "?":
      view.keysOpen.value = !view.keysOpen.peek();
      break;
    case "F6":
      nextZone(root, event.shiftKey ? -1 : 1);
      break;
    case "Escape":
      leave(view, root);
      break;
    default:
      return;
  }
  taken(event);
}

/** Tree → pane → foot → tree; elsewhere the first. */
function nextZone(root: HTMLElement, by: 1 | -1): void {
  const zones = [...root.querySelectorAll<HTMLElement>("[data-zone]")];
  const at = zones.indexOf(document.activeElement?.closest("[data-zone]") as HTMLElement);
  const zone = zones[at < 0 ? 0 : (at + by + zones.length) % zones.length];
  const list = zone.querySelector<HTMLElement>('[role="row"][tabindex="0"]');
  (list ?? zone.querySelector<HTMLElement>(STOPS))?.focus();
}

/** Closes what hangs open, one thing at a time; with nothing open, leaves to the cell around the widget. */
function leave(view: View, root: HTMLElement): void {
  const { store } = view;
  if (view.keysOpen.peek()) {
    view.keysOpen.value = false;
    root.querySelector<HTMLElement>(".btn.keys")?.focus();
  } else if (store.query.peek() !== "") store.setQuery("");
  else if (store.node.peek() !== NONE) closeDetail(view);
  else {
    const outside = root.parentElement?.closest<HTMLElement>("[tabindex]");
    if (outside) outside.focus();
    else (document.activeElement as HTMLElement | null)?.blur();
  }
}
