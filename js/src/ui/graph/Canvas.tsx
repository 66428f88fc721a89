/** The drawing on its canvas: moved, zoomed, walked through. */

import { batch } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { canOpen } from "../../graph/boxes";
import { begin, fitted, reveal } from "../../graph/camera";
import { ENTRY, legendOf, marksOf } from "../../graph/marks";
import type { Scene } from "../../graph/scene";
import { boxWords, portsOf } from "../../graph/words";
import { NONE } from "../../store";
import { titleOf } from "../../tree";
import type { View } from "../view";
import { graphKey, light, selectBox, toggleBox } from "./events";
import { type Lit, litOf } from "./lit";
import { BoxGroup, LineGroup, MarkGroup, TagGroup } from "./Shapes";
import type { GraphState } from "./state";
import { usePan } from "./usePan";

interface CanvasProps {
  view: View;
  state: GraphState;
  canvas: RefObject<HTMLDivElement | null>;
}

export function Canvas({ view, state, canvas }: CanvasProps) {
  const { store } = view;
  const { tree } = store;
  const svg = useRef<SVGSVGElement>(null);
  const { dragged, ...pan } = usePan(canvas, state);
  const scene = state.scene.value;
  const { model, direction } = scene;
  const lit = litOf(scene, store.linked.value, [
    ...(state.lit.value === null ? [] : [state.lit.value]),
    ...(state.over.value?.values ?? []),
  ]);
  useCamera(state, scene);
  useFocus(state, svg);
  const name = titleOf(tree, model.row);

  const click = (event: MouseEvent) => {
    if (dragged()) return;
    const { box, op, tag, caret } = hitOf(event);
    if (tag >= 0) return light(state, scene.tags[tag].look.values[0]);
    if (box < 0) return light(state, state.lit.peek() ?? NONE_VALUE);
    if (caret) toggleBox(view, state, box);
    else {
      state.focus.value = true;
      selectBox(view, state, box, op);
    }
  };
  return (
    <svg
      ref={svg}
      class="g"
      role="application"
      aria-roledescription="graph"
      aria-label={`Graph of ${name}, ${direction === "down" ? "from top to bottom" : "from left to right"}. Arrow keys follow the edges, Enter opens a box, Backspace goes out.`}
      {...pan}
      onClick={click}
      onDblClick={(event) => {
        const { box, caret } = hitOf(event);
        if (box >= 0 && !caret && !dragged()) toggleBox(view, state, box);
      }}
      onPointerOver={(event) => hover(event, view, state)}
      onPointerLeave={() => {
        store.linked.value = null;
        state.over.value = null;
      }}
      onKeyDown={(event) => graphKey(event, view, state, () => fitAll(state))}
    >
      <Seen state={state}>
        <Drawing view={view} state={state} scene={scene} lit={lit} />
      </Seen>
    </svg>
  );
}

const NONE_VALUE = Number.NaN;

/** Moves what is drawn without drawing it anew. */
function Seen({ state, children }: { state: GraphState; children: ComponentChildren }) {
  const { x, y, zoom } = state.camera.value;
  return <g transform={`translate(${x} ${y}) scale(${zoom})`}>{children}</g>;
}

function Drawing({ view, state, scene, lit }: { view: View; state: GraphState; scene: Scene; lit: Lit }) {
  const { selected, also, node, matches, colours } = view.store;
  const { model, sheet, shapes, lines, tags } = scene;
  const words = useMemo(() => {
    const ports = portsOf(model);
    return model.boxes.map((box) => boxWords(model, box, sheet.looks[box.id], ports));
  }, [model, sheet]);
  const marks = useMemo(() => marksOf(scene, colours.value), [scene, colours.value]);
  const active = model.byKey.get(state.active.value) ?? shapes[0]?.box;
  const found = matches.value;
  const docked = model.leafOf(node.value);

  const group = ({ box: id, ...place }: Scene["shapes"][0]) => {
    const box = model.boxes[id];
    const current =
      box.kind === "module" && box.row !== model.row && (selected.value === box.row || also.value.has(box.row));
    const hit = found !== null && box.kind === "module" && found.upTo[model.tree.end[box.row]] > found.upTo[box.row];
    const state = `${current ? " sel" : ""}${id === lit.box ? " linked" : ""}${lit.boxes.has(id) ? " hot" : ""}${hit ? " hit" : ""}`;
    const line = id === lit.box && lit.node >= 0 ? lit.node : id === docked ? node.value : NONE;
    return (
      <BoxGroup
        key={box.key}
        box={box}
        shape={scene.shapeOf.get(id) ?? { box: id, ...place }}
        look={sheet.looks[id]}
        state={state}
        node={line}
        matches={found?.nodes ?? null}
        active={id === active}
        label={words[id]}
        current={current || (docked === id && box.kind === "run")}
      />
    );
  };
  const open = shapes.filter(({ box }) => model.boxes[box].open);
  const closed = shapes.filter(({ box }) => !model.boxes[box].open);
  return (
    <>
      {open.map(({ box, x, y, width, height }) => (
        <rect key={model.boxes[box].key} class="o" x={x} y={y} width={width} height={height} rx={6} data-box={box} />
      ))}
      {lines.map((line, i) => (
        <LineGroup key={i} line={line} place={i} hot={line.edges.some((edge) => lit.edges.has(edge))} />
      ))}
      {tags.map((tag, i) => (
        <TagGroup key={i} tag={tag} place={i} hot={tag.look.values.some((v) => lit.values.has(v))} />
      ))}
      {open.map(group)}
      {closed.map(group)}
      {marks.map((mark) => (
        <MarkGroup key={`${mark.x} ${mark.y}`} mark={mark} />
      ))}
      {legendOf(marks).map((entry, i) => (
        <g key={entry.label}>
          <MarkGroup mark={{ x: 2, y: scene.height + 8 + ENTRY * i, entry }} />
          <text class="s q" x={18} y={scene.height + 17 + ENTRY * i}>
            {entry.label}
          </text>
        </g>
      ))}
    </>
  );
}

interface Hit {
  box: number;
  op: number;
  line: number;
  tag: number;
  caret: boolean;
}

function hitOf(event: Event): Hit {
  const target = event.target as Element;
  const number = (name: string) => {
    const found = target.closest<SVGElement>(`[data-${name}]`)?.dataset[name];
    return found === undefined ? -1 : Number(found);
  };
  const caret = target.closest("[data-caret]") !== null;
  return { box: number("box"), op: number("op"), line: number("line"), tag: number("tag"), caret };
}

/** Tells the other views what the mouse is over, and shows what an edge carries. */
function hover(event: PointerEvent, view: View, state: GraphState): void {
  const { scene, over } = state;
  const { model, lines, tags } = scene.peek();
  const { box, op, line, tag } = hitOf(event);
  const area = (event.currentTarget as Element).getBoundingClientRect();
  const at = { x: event.clientX - area.left, y: event.clientY - area.top };
  const one = model.boxes[box];
  const { edges } = model;
  batch(() => {
    view.store.linked.value =
      op >= 0
        ? { node: op }
        : one?.kind === "module"
          ? { row: one.row }
          : one?.kind === "body"
            ? { node: one.nodes[0] }
            : null;
    const values =
      tag >= 0
        ? tags[tag].look.values
        : line >= 0
          ? [...new Set(lines[line].edges.flatMap((edge) => edges[edge].values))]
          : one && !canOpen(one) && one.values.length > 0
            ? one.values
            : null;
    over.value = values && { values, ...at };
  });
}

export function fitAll({ camera, canvas, size, hand }: GraphState): void {
  hand.moved = false;
  camera.value = fitted(size.peek(), canvas.peek());
}

/** A new drawing begins where its flow does; around a box that was opened or closed, that box stays. */
function useCamera(state: GraphState, scene: Scene): void {
  const { camera, hand, canvas } = state;
  const size = canvas.value;
  useLayoutEffect(() => {
    if (size.width === 0) return;
    const { anchor } = hand;
    const shape = anchor && scene.shapeOf.get(scene.model.byKey.get(anchor.key) ?? NONE);
    hand.anchor = null;
    if (shape) {
      const { zoom } = camera.peek();
      hand.moved = true;
      const stays = { zoom, x: anchor.x - (shape.x + shape.width / 2) * zoom, y: anchor.y - shape.y * zoom };
      camera.value = reveal(stays, size, shape);
    } else if (hand.moved) {
      // A smaller canvas still shows the box that has the focus.
      const active = scene.shapeOf.get(scene.model.byKey.get(state.active.peek()) ?? NONE);
      if (active) camera.value = reveal(camera.peek(), size, active);
    } else camera.value = begin(state.size.peek(), size, startOf(scene), scene.direction === "down");
  }, [scene, size, camera, hand, state]);
}

/** Where the flow begins. */
function startOf({ shapes, direction }: Scene) {
  const at = ({ x, y }: { x: number; y: number }) => (direction === "down" ? y : x);
  const first = shapes.reduce((best, shape) => (at(shape) < at(best) ? shape : best), shapes[0]);
  return first ? { x: first.x + first.width / 2, y: first.y + first.height / 2 } : { x: 0, y: 0 };
}

function useFocus({ focus, active, hand }: GraphState, svg: RefObject<SVGSVGElement | null>): void {
  const asked = focus.value;
  const key = active.value;
  useLayoutEffect(() => {
    hand.svg = svg.current;
    if (!asked) return;
    focus.value = false;
    svg.current?.querySelector<SVGElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  }, [asked, key, focus, hand, svg]);
}
