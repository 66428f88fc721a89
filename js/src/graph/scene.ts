/** The drawing as plain shapes in pixels: what the screen draws and what is saved as a picture. */

import type { Item } from "./items";
import { type Base, type Direction, type Layout, layOut, type Manner, POINTER, type Sheet } from "./layout";
import { LINE, TAG, type TagLook } from "./looks";
import type { Model } from "./model";
import { head, path, rounded, type Stroke } from "./pen";
import { routesOf } from "./route";

export interface Shape {
  box: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A piece of an edge, up to the next border. */
export interface Line {
  edges: number[];
  residual: boolean;
  back: boolean;
  path: string;
  /** The head of its arrow, where it ends at a box. */
  head: string;
  /** How many values it stands for, beside the head, where they are several. */
  count: { x: number; y: number; text: string } | null;
}

export interface Tag {
  look: TagLook;
  x: number;
  y: number;
  outline: string;
  line: string;
  head: string;
}

export interface Scene {
  model: Model;
  sheet: Sheet;
  direction: Direction;
  width: number;
  height: number;
  /** Open boxes before what stands in them. */
  shapes: Shape[];
  lines: Line[];
  tags: Tag[];
  shapeOf: Map<number, Shape>;
}

/** Room around the drawing, for what a line is thick. */
const EDGE = 2;

export function sceneOf(model: Model, manner: Manner): Scene {
  const { direction } = manner;
  const sheet = layOut(model, manner);
  const { across, along } = sheet.layout;
  const [width, height] = direction === "down" ? [across, along] : [along, across];
  const scene: Scene = {
    model,
    sheet,
    direction,
    width: Math.ceil(width) + 2 * EDGE,
    height: Math.ceil(height) + 2 * EDGE,
    shapes: [],
    lines: [],
    tags: [],
    shapeOf: new Map(),
  };
  addScope(scene, sheet, sheet.layout, EDGE, EDGE);
  for (const shape of scene.shapes) scene.shapeOf.set(shape.box, shape);
  return scene;
}

function addScope(scene: Scene, base: Base, layout: Layout, u0: number, v0: number): void {
  const { direction } = base;
  for (const one of layout.items) {
    const { box } = one;
    if (box < 0) continue;
    const [u, v] = [u0 + one.u - one.size / 2, v0 + one.v];
    scene.shapes.push({ box, ...flat(direction, u, v, one.size, one.length) });
    const inner = layout.inner.get(box);
    if (inner) addScope(scene, base, inner, u, v);
    else addTags(scene, base, one, u0, v0);
  }
  addLines(scene, layout, direction, u0, v0);
}

function flat(direction: Direction, u: number, v: number, size: number, length: number) {
  return direction === "down"
    ? { x: u, y: v, width: size, height: length }
    : { x: v, y: u, width: length, height: size };
}

function addLines(scene: Scene, layout: Layout, direction: Direction, u0: number, v0: number): void {
  const { boxes, edges: all } = scene.model;
  const add = (edges: number[], strokes: Stroke[], to: number, residual: boolean, back: boolean) => {
    const line: Line = { edges, residual, back, path: path(strokes, direction, u0, v0), head: "", count: null };
    scene.lines.push(line);
    if (to < 0 || boxes[to].open) return;
    const { u, v, along } = endOf(strokes);
    line.head = `${path(head(u, v, along, residual ? 7 : 6), direction, u0, v0)}Z`;
    const values = new Set(edges.flatMap((edge) => all[edge].values)).size;
    const [x, y] = direction === "down" ? [u0 + u, v0 + v] : [v0 + v, u0 + u];
    const fromAbove = along === (direction === "down");
    if (values > 1) line.count = { x: fromAbove ? x + 5 : x - 20, y: y - 4, text: String(values) };
  };
  for (const { edges, strokes, to } of routesOf(layout)) add(edges, strokes, to, false, false);
  for (const { segment, points } of layout.lanes) {
    add(segment.edges, rounded(points, 8), segment.to, segment.residual, segment.way === "back");
  }
}

/** Where a line ends, and whether along the flow: curves do, straight lines as they lead. */
function endOf(strokes: Stroke[]): { u: number; v: number; along: boolean } {
  const [last, before] = [strokes[strokes.length - 1], strokes[strokes.length - 2]];
  const [u, v] = last.slice(-2) as [number, number];
  return { u, v, along: last[0] === "C" || Math.abs((before.slice(-2)[0] as number) - u) < 0.5 };
}

/**
 * Labels stand left of their box, or right of it where it makes the value: beside the operator that they belong to.
 * In a drawing that flows to the right they stand above and below.
 */
function addTags(scene: Scene, { tags, looks, model, direction }: Base, item: Item, u0: number, v0: number): void {
  const { lines } = looks[item.box];
  for (const made of [false, true]) {
    const own = (tags.get(item.box) ?? []).filter(({ label }) => model.labels[label].made === made);
    const edge = u0 + item.u + (made ? item.size / 2 : -item.size / 2);
    own.forEach((look, nth) => {
      const step = nth * (TAG + 3);
      if (direction === "right") {
        const x = v0 + item.v + (item.length - look.width) / 2;
        const y = made ? edge + POINTER - 4 + step : edge - POINTER + 4 - step - TAG;
        const ends: Ends = made ? [y - POINTER + 4, y - 1] : [y + TAG, y + TAG + POINTER - 5];
        // Of several the first points to the box.
        scene.tags.push(tagAt(look, x, y, nth > 0 ? null : ends, x + look.width / 2, "right"));
        return;
      }
      const { node } = model.labels[look.label];
      const line = lines.findIndex((other) => typeof other !== "number" && other.node === node);
      const shown = line < 0 ? lines.findIndex((other) => typeof other === "number") : line;
      const beside = (item.length - (own.length - 1) * (TAG + 3)) / 2 + step;
      const at = v0 + item.v + (lines.length > 0 ? LINE * (shown + 0.5) : beside);
      const x = made ? edge + POINTER - 2 : edge - POINTER - look.width + 2;
      scene.tags.push(tagAt(look, x, at - TAG / 2, made ? [edge, x - 1] : [x + look.width, edge], at, "down"));
    });
  }
}

type Ends = [from: number, to: number];

/** A label with the line between it and its box: from end to end across the flow, at one place along it. */
function tagAt(look: TagLook, x: number, y: number, ends: Ends | null, at: number, direction: Direction): Tag {
  const write = (strokes: Stroke[]) => path(strokes, direction, 0, 0);
  const outline = tagOutline(x, y, look.width, TAG);
  if (!ends) return { look, x, y, outline, line: "", head: "" };
  const [from, to] = ends;
  const line = write([
    ["M", from, at],
    ["L", to, at],
  ]);
  return { look, x, y, outline, line, head: `${write(head(to, at, false, 5))}Z` };
}

/** A label that points to the right. */
function tagOutline(x: number, y: number, width: number, height: number): string {
  const [right, middle, bottom] = [x + width - 7, y + height / 2, y + height].map((n) => Math.round(n * 10) / 10);
  const [left, top] = [x, y].map((n) => Math.round(n * 10) / 10);
  return `M${left} ${top}H${right}L${right + 7} ${middle}L${right} ${bottom}H${left}Z`;
}
