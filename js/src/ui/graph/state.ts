/** What one view's graph shows: which module, what is open in it, from where it is seen. Outlives a change of tab. */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { calmly, isPlain } from "../../graph/calm";
import { type Camera, reveal, type Size } from "../../graph/camera";
import type { Direction } from "../../graph/layout";
import { sizeOf } from "../../graph/marks";
import { estimate, type Measure } from "../../graph/measure";
import { type Model, modelOf } from "../../graph/model";
import { type Scene, sceneOf } from "../../graph/scene";
import { once } from "../../known";
import { NONE } from "../../store";
import type { View } from "../view";

/** More boxes than this are not drawn at once. */
const MOST = 1500;

export interface GraphState {
  /** The row that is drawn. */
  drawn: Signal<number>;
  direction: Signal<Direction>;
  measure: Signal<Measure | null>;
  scene: ReadonlySignal<Scene>;
  /** The size of the drawing with its legend. */
  size: ReadonlySignal<Size>;
  camera: Signal<Camera>;
  canvas: Signal<Size>;
  /** Key of the box that has the tab stop. */
  active: Signal<string>;
  /** The box that takes the focus after the next drawing. */
  focus: Signal<boolean>;
  /** A value whose uses are all lit, and what the mouse is over. */
  lit: Signal<number | null>;
  over: Signal<Over | null>;
  /** Why something was not done. */
  note: Signal<string>;
  /** Not drawn anew when it changes. */
  hand: {
    /** Whether the camera was moved by hand. */
    moved: boolean;
    /** A box that stays where it is while the drawing around it changes. */
    anchor: { key: string; x: number; y: number } | null;
    /** The row that was selected by a click in the drawing. */
    row: number;
    svg: Element | null;
  };
  toggle(box: number): boolean;
  opened(key: string): boolean;
}

interface Over {
  values: number[];
  /** Place on the canvas. */
  x: number;
  y: number;
}

export const graphState = once(createGraphState);

function createGraphState({ store }: View): GraphState {
  const { tree } = store;
  const drawn = signal(drawnFor(Math.max(0, store.selected.peek()), tree, null));
  const chosen = signal<ReadonlyMap<string, boolean>>(new Map());
  const direction = signal<Direction>("down");
  const measure = signal<Measure | null>(null);
  const calm = computed(() => calmly(tree, drawn.value));
  const isOpen = (key: string, by: ReadonlyMap<string, boolean>) => by.get(key) ?? calm.value.has(key);
  const model = computed<Model>(() => modelOf(tree, drawn.value, (key) => isOpen(key, chosen.value)));
  const scene = computed(() =>
    sceneOf(model.value, {
      direction: direction.value,
      measure: measure.value ?? estimate,
      marked: store.colours.value !== null,
    }),
  );
  return {
    drawn,
    direction,
    measure,
    scene,
    size: computed(() => sizeOf(scene.value, store.colours.value)),
    camera: signal({ x: 0, y: 0, zoom: 1 }),
    canvas: signal({ width: 0, height: 0 }),
    active: signal(""),
    focus: signal(false),
    lit: signal(null),
    over: signal(null),
    note: signal(""),
    hand: { moved: false, anchor: null, row: NONE, svg: null },
    opened: (key) => isOpen(key, chosen.peek()),
    /** Opens or closes a box; false when there would be too much to draw. */
    toggle(box) {
      const { key } = model.peek().boxes[box];
      const next = new Map(chosen.peek()).set(key, !isOpen(key, chosen.peek()));
      if (modelOf(tree, drawn.peek(), (other) => isOpen(other, next)).boxes.length > MOST) return false;
      chosen.value = next;
      return true;
    },
  };
}

/**
 * The row to draw for a selected one: the row itself, or what is around it when it is a straight run of operators.
 * A run that is seen in the present drawing leaves that as it is.
 */
function drawnFor(row: number, tree: View["store"]["tree"], present: Scene | null): number {
  if (row === 0 || tree.total[row] === 0 || !isPlain(tree, row)) return row;
  return present?.model.boxOf.has(row) ? present.model.row : tree.parent[row];
}

/** Draws what was selected elsewhere. */
export function follow({ store, focus }: View, state: GraphState): void {
  const row = Math.max(0, store.selected.peek());
  const { hand, scene, camera, canvas } = state;
  if (hand.row === row) return;
  hand.row = NONE;
  // The box that has the focus, or is about to get it, may not be there any more.
  if (focus.peek() === "graph" || hand.svg?.contains(document.activeElement)) state.focus.value = true;
  drawModule(state, drawnFor(row, store.tree, scene.peek()));
  const { model, shapeOf } = scene.peek();
  const shape = shapeOf.get(model.boxOf.get(row) ?? NONE);
  if (shape && canvas.peek().width > 0) camera.value = reveal(camera.peek(), canvas.peek(), shape);
}

export function drawModule({ drawn, over, note, hand }: GraphState, row: number): void {
  if (drawn.peek() === row) return;
  batch(() => {
    hand.moved = false;
    over.value = null;
    note.value = "";
    drawn.value = row;
  });
}
