/** What mouse and keyboard do to the tree. What is called a row here may be an operator: `tree.size + node`. */
import { plural } from "../format";
import { isLetter, modified, moved, taken, typeAhead } from "../keyboard";
import { isFolded, standing } from "../openings";
import { NONE } from "../store";
import { placeOf } from "../tree";
import { numberAt } from "./listEvents";
import type { View } from "./view";

const isOn = (event: Event, part: string) => (event.target as Element).closest(part) !== null;

function focusRow(view: View, row: number): void {
  view.active.value = row;
  view.focus.value = "tree";
}

/** The caret opens, ×5 shows the copies, anywhere else selects: Ctrl adds, Shift extends. All take the focus. */
export function rowClick(event: MouseEvent, view: View): void {
  const row = numberAt(event, "row");
  if (row === null) return;
  if (isOn(event, ".car") && isModule(view, row) && view.store.openable(row)) toggle(view, row);
  else if (isOn(event, ".times")) unfold(view, row, isAsRun(view, row));
  else if (event.shiftKey) extend(view, row);
  else if (event.ctrlKey || event.metaKey) add(view, row);
  else select(view, row);
  focusRow(view, row);
}

export function rowDoubleClick(event: MouseEvent, view: View): void {
  const row = numberAt(event, "row");
  if (row !== null && isModule(view, row) && !isOn(event, ".car, .times")) toggle(view, row);
}

/** Lights up in graph, source and nodes what the mouse is over here. */
export function rowOver(event: MouseEvent, { store }: View): void {
  const row = numberAt(event, "row");
  const { linked, tree } = store;
  if (row === null) linked.value = null;
  else linked.value = row < tree.size ? { row } : { node: row - tree.size };
}

const isModule = ({ store }: View, row: number) => row < store.tree.size;

const isAsRun = ({ store }: View, row: number) =>
  store.kept.peek() === null && isFolded(store.folded, store.openings.peek(), row);

function select(view: View, row: number): void {
  view.anchor.value = row;
  if (isModule(view, row)) view.store.select(row);
  else view.store.selectNode(row - view.store.tree.size);
}

/** Adds a module to the selection or takes it out; an operator is docked or undocked. */
function add(view: View, row: number): void {
  const { store } = view;
  view.anchor.value = row;
  if (isModule(view, row)) {
    store.toggle(row);
    const count = store.also.peek().size + Number(store.selected.peek() !== NONE);
    view.said.value = `${plural(count, "row")} selected`;
  } else if (store.node.peek() === row - store.tree.size) store.node.value = NONE;
  else store.selectNode(row - store.tree.size);
}

/** Selects all modules from where the selection began to a row, which the pane is then about. */
function extend(view: View, row: number): void {
  const { store } = view;
  const shown = store.shown.peek();
  const place = (at: number) => placeOf(store.folded, store.openings.peek(), shown, at);
  const [from, to] = [place(view.anchor.peek()), place(row)];
  const between = [...shown.rows.subarray(Math.min(from, to), Math.max(from, to) + 1)];
  const modules = between.filter((at) => isModule(view, at));
  if (modules.length === 0) return;
  store.selectAll([...modules.filter((at) => at === row), ...modules.filter((at) => at !== row)]);
  view.said.value = `${plural(modules.length, "row")} selected`;
}

function toggle(view: View, row: number): void {
  setOpen(view, row, !view.store.openings.peek().open[row]);
}

function setOpen(view: View, row: number, open: boolean): void {
  const { store } = view;
  store.setOpen(row, open);
  const name = store.tree.name[row];
  view.said.value = open ? `${name} open, ${plural(store.shown.peek().children[row], "row")}` : `${name} closed`;
}

/** Shows the copies of a run as rows, or folds them; the focus stays on the run. */
function unfold(view: View, row: number, value: boolean): void {
  const { store } = view;
  const { runs } = store.folded;
  if (!isModule(view, row) || runs.copies[row] === 1) return;
  store.setUnfolded(row, value);
  view.said.value = `${runs.copies[row]} equal copies ${value ? "shown" : "folded"}`;
  focusRow(view, standing(store.folded, store.openings.peek(), row));
}

interface TreeContext {
  view: View;
  /** Place of the row with the focus among the shown rows. */
  place: number;
  page: number;
}

export function treeKey(event: KeyboardEvent, context: TreeContext): void {
  if (modified(event) || context.place < 0) return;
  const { view, place, page } = context;
  const { rows } = view.store.shown.peek();
  const to = moved(event.key, place, rows.length, page);
  if (event.key === "ArrowUp" && place === 0 && !event.shiftKey) focusHeader(event);
  else if (to !== null) move(event, view, rows[place], rows[to]);
  else if (!act(event, context, rows[place]) && !letter(event, context)) return;
  taken(event);
}

function move(event: KeyboardEvent, view: View, from: number, to: number): void {
  if (event.shiftKey && event.key.startsWith("Arrow")) {
    const { selected, also } = view.store;
    if (from !== selected.peek() && !also.peek().has(from)) view.anchor.value = from;
    extend(view, to);
  }
  focusRow(view, to);
}

function focusHeader(event: Event): void {
  (event.currentTarget as Element).closest('[role="treegrid"]')?.querySelector<HTMLElement>(".th button")?.focus();
}

/** Keys that act on the row with the focus; false for another key. */
function act(event: KeyboardEvent, { view, place }: TreeContext, row: number): boolean {
  const { store } = view;
  const { tree } = store;
  const isOpen = isModule(view, row) && store.openable(row) && store.openings.peek().open[row] === 1;
  switch (event.key) {
    case "ArrowRight":
      if (event.shiftKey) unfold(view, row, true);
      else if (isOpen) focusRow(view, store.shown.peek().rows[place + 1]);
      else if (isModule(view, row)) setOpen(view, row, true);
      return true;
    case "ArrowLeft":
      if (event.shiftKey) unfold(view, row, false);
      else if (isOpen) setOpen(view, row, false);
      else if (row > 0) focusRow(view, isModule(view, row) ? tree.parent[row] : tree.nodes.row[row - tree.size]);
      return true;
    case "Enter":
      select(view, row);
      view.activeNode.value = 0;
      view.focus.value = store.tab.peek();
      return true;
    case " ":
      if (event.shiftKey) add(view, row);
      else select(view, row);
      return true;
    case "*":
      if (isModule(view, row)) view.said.value = `${plural(store.openSiblings(row), "row")} opened`;
      return true;
    default:
      return false;
  }
}

/** Letters go to the next such name; the widget has its own meaning for some while nobody is typing a name. */
function letter(event: KeyboardEvent, { view, place }: TreeContext): boolean {
  const { store, typed } = view;
  const { tree } = store;
  if (!isLetter(event) || event.key === "/" || event.key === "?") return false;
  const steps = event.key.toLowerCase() === "n" && store.matches.peek() !== null;
  if (!typed.running() && (steps || "1234[]".includes(event.key))) return false;
  const { rows } = store.shown.peek();
  const name = (row: number) => tree.name[row] ?? tree.ops[tree.nodes.op[row - tree.size]];
  const to = typeAhead((at) => name(rows[at]), rows.length, place, typed.push(event.key));
  if (to !== null) focusRow(view, rows[to]);
  return true;
}
