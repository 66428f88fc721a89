/** What mouse and keyboard do to the tree. */
import { plural } from "../format";
import { type createTypeAhead, isLetter, modified, moved, taken, typeAhead } from "../keyboard";
import { stepMatch, type View } from "./view";

const rowOf = (event: Event): number | null => {
  const element = (event.target as Element).closest<HTMLElement>("[data-row]");
  return element === null ? null : Number(element.dataset.row);
};

const onCaret = (event: Event) => (event.target as Element).closest(".car") !== null;

function focusRow(view: View, row: number): void {
  view.active.value = row;
  view.focus.value = "tree";
}

/** The caret opens; anywhere else selects. Both take the focus. */
export function rowClick(event: MouseEvent, view: View): void {
  const row = rowOf(event);
  if (row === null) return;
  if (onCaret(event) && view.store.openable(row)) toggle(view, row);
  else view.store.select(row);
  focusRow(view, row);
}

export function rowDoubleClick(event: MouseEvent, view: View): void {
  const row = rowOf(event);
  if (row !== null && !onCaret(event)) toggle(view, row);
}

function toggle(view: View, row: number): void {
  setOpen(view, row, !view.store.open.peek()[row]);
}

function setOpen(view: View, row: number, open: boolean): void {
  const { store } = view;
  store.setOpen(row, open);
  const name = store.tree.name[row];
  view.said.value = open ? `${name} open, ${plural(store.shown.peek().children[row], "row")}` : `${name} closed`;
}

interface TreeContext {
  view: View;
  /** Place of the row with the focus among the shown rows. */
  place: number;
  page: number;
  typed: ReturnType<typeof createTypeAhead>;
}

export function treeKey(event: KeyboardEvent, context: TreeContext): void {
  if (modified(event) || context.place < 0) return;
  const { view, place, page } = context;
  const rows = view.store.shown.peek().rows;
  const to = moved(event.key, place, rows.length, page);
  if (to !== null) focusRow(view, rows[to]);
  else if (!act(event, context, rows[place]) && !letter(event, context)) return;
  taken(event);
}

/** Keys that act on the row with the focus; false for another key. */
function act(event: KeyboardEvent, { view, place }: TreeContext, row: number): boolean {
  const { store } = view;
  const { tree } = store;
  const isOpen = store.openable(row) && store.open.peek()[row] === 1;
  switch (event.key) {
    case "ArrowRight":
      if (isOpen) focusRow(view, store.shown.peek().rows[place + 1]);
      else if (store.openable(row)) setOpen(view, row, true);
      return true;
    case "ArrowLeft":
      if (isOpen) setOpen(view, row, false);
      else if (row > 0) focusRow(view, tree.parent[row]);
      return true;
    case "Enter":
      store.select(row);
      view.activeNode.value = 0;
      if (tree.total[row] > 0) view.focus.value = "nodes";
      return true;
    case " ":
      store.select(row);
      return true;
    case "*":
      view.said.value = `${plural(store.openSiblings(row), "row")} opened`;
      return true;
    default:
      return false;
  }
}

/** `n` steps through matches unless somebody is typing a name; other letters go to the next such name. */
function letter(event: KeyboardEvent, { view, place, typed }: TreeContext): boolean {
  const { store } = view;
  if (!isLetter(event) || event.key === "/" || event.key === "?") return false;
  if (event.key.toLowerCase() === "n" && store.matches.peek() && !typed.running()) {
    stepMatch(view, event.shiftKey ? -1 : 1);
    view.focus.value = "tree";
    return true;
  }
  const rows = store.shown.peek().rows;
  const to = typeAhead((at) => store.tree.name[rows[at]], rows.length, place, typed.push(event.key));
  if (to !== null) focusRow(view, rows[to]);
  return true;
}
