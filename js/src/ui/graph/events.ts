/** What mouse and keyboard do to the drawing. */
import { batch } from "@preact/signals";
import { plural } from "../../format";
import { canOpen } from "../../graph/boxes";
import { reveal, zoomAt } from "../../graph/camera";
import { move, stepOf } from "../../graph/move";
import { portsOf, valueWords } from "../../graph/words";
import { modified, taken } from "../../keyboard";
import { NONE } from "../../store";
import type { View } from "../view";
import { drawModule, type GraphState } from "./state";

/** Opens or closes a box; it stays where it is. */
export function toggleBox(view: View, state: GraphState, box: number): void {
  const { scene, camera, hand, focus, active } = state;
  const { model, shapeOf } = scene.peek();
  const { key, open } = model.boxes[box];
  const shape = shapeOf.get(box);
  if (!canOpen(model.boxes[box]) || !shape) return;
  const { x, y, zoom } = camera.peek();
  hand.anchor = { key, x: x + (shape.x + shape.width / 2) * zoom, y: y + shape.y * zoom };
  const name = scene.peek().sheet.looks[box].name;
  batch(() => {
    active.value = key;
    focus.value = true;
    const done = state.toggle(box);
    state.note.value = done ? "" : "Too much to draw at once: close other boxes first.";
    if (!done) {
      view.said.value = `${name} stays closed. ${state.note.value}`;
      return;
    }
    const now = scene.value.model;
    const inside = now.boxes[now.byKey.get(key) as number].inner.length;
    view.said.value = open ? `${name} closed` : `${name} open, ${plural(inside, "part")}`;
  });
}

/** Selects what a box stands for, without drawing anything else. */
export function selectBox(view: View, state: GraphState, box: number, node: number): void {
  const { store } = view;
  const one = state.scene.peek().model.boxes[box];
  const at = node >= 0 ? node : one.kind === "run" || one.kind === "body" ? one.nodes[0] : -1;
  batch(() => {
    state.active.value = one.key;
    if (at >= 0) {
      state.hand.row = store.tree.nodes.row[at];
      store.select(state.hand.row);
      store.node.value = at;
      // The docked detail takes room from the canvas; what is drawn stays where it is.
      state.hand.moved = true;
    } else if (one.kind === "module") {
      state.hand.row = one.row;
      store.select(one.row);
    } else if (one.values.length > 0) light(state, one.values[0]);
  });
}

/** Lights all uses of a value, or no longer. */
export function light({ lit, over }: GraphState, value: number): void {
  lit.value = lit.peek() === value ? null : value;
  if (lit.peek() === null) over.value = null;
}

/** The module around the drawn one, with the focus on the box of what was drawn. */
export function goOut(view: View, state: GraphState): void {
  const { tree } = view.store;
  const row = state.drawn.peek();
  if (row === 0) return;
  const parent = tree.parent[row];
  batch(() => {
    state.active.value = `m${row}`;
    state.focus.value = true;
    state.hand.row = parent;
    view.store.select(parent);
    drawModule(state, parent);
    view.said.value = `${tree.name[parent]}, ${plural(state.scene.value.model.top.length, "part")}`;
  });
}

export function zoomBy({ camera, canvas, hand }: GraphState, factor: number): void {
  hand.moved = true;
  const { width, height } = canvas.peek();
  camera.value = zoomAt(camera.peek(), factor, width / 2, height / 2);
}

export function graphKey(event: KeyboardEvent, view: View, state: GraphState, fitAll: () => void): void {
  if (modified(event)) return;
  const { scene, active, lit } = state;
  const now = scene.peek();
  const box = now.model.byKey.get(active.peek()) ?? now.model.top[0];
  if (box === undefined) return;
  const step = stepOf(event.key, now.direction);
  if (step) {
    const to = move(now, box, step);
    if (to !== null) focusBox(state, to);
    taken(event);
    return;
  }
  const one = now.model.boxes[box];
  switch (event.key) {
    case "Enter":
      if (canOpen(one)) toggleBox(view, state, box);
      else selectBox(view, state, box, NONE);
      break;
    case " ":
      selectBox(view, state, box, NONE);
      break;
    case "Backspace":
      if (one.parent >= 0) focusBox(state, one.parent);
      else goOut(view, state);
      break;
    case "Home":
    case "End":
      focusBox(
        state,
        endOf(
          now.shapes.map(({ box: id, y, x }) => ({ id, at: now.direction === "down" ? y : x })),
          event.key,
        ),
      );
      break;
    case "+":
    case "=":
      zoomBy(state, 1.25);
      break;
    case "-":
      zoomBy(state, 0.8);
      break;
    case "0":
      fitAll();
      break;
    case "u":
      nextValue(view, state, box);
      break;
    case "Escape":
      if (lit.peek() === null) return;
      batch(() => {
        lit.value = null;
        state.over.value = null;
      });
      break;
    default:
      return;
  }
  taken(event);
}

/** Lights the values that enter and leave a box one after the other, and tells of each what the mouse would. */
function nextValue(view: View, { scene, lit }: GraphState, box: number): void {
  const { model } = scene.peek();
  const { ins, outs } = portsOf(model);
  const values = [...new Set([...ins[box], ...outs[box]])];
  const value = values[values.indexOf(lit.peek() ?? -1) + 1] ?? null;
  lit.value = value;
  if (value === null) return;
  const { name, type, maker, readers } = valueWords(model, value);
  view.said.value = `${name}, ${type}, made by ${maker}, read by ${readers}`;
}

function endOf(boxes: { id: number; at: number }[], key: string): number {
  return boxes.reduce((best, box) => ((key === "Home" ? box.at < best.at : box.at > best.at) ? box : best)).id;
}

function focusBox(state: GraphState, box: number): void {
  const { scene, active, focus, camera, canvas, hand } = state;
  const { model, shapeOf } = scene.peek();
  const shape = shapeOf.get(box);
  batch(() => {
    active.value = model.boxes[box].key;
    focus.value = true;
    if (!shape) return;
    const next = reveal(camera.peek(), canvas.peek(), shape);
    if (next !== camera.peek()) hand.moved = true;
    camera.value = next;
  });
}
