/**
 * Places for everything in a scope, inside out: what stands in an open box is laid out first, then the box is one
 * item of the scope around it. All in flow coordinates, so that one code serves both directions.
 */

import { canOpen } from "./boxes";
import { type Item, listOf, most } from "./items";
import { type Lane, lanesOf } from "./lanes";
import { type Look, lookOf, TAG, type TagLook, TITLE, tagLooks } from "./looks";
import type { Measure } from "./measure";
import type { Model } from "./model";
import { orderLayers } from "./order";
import { placeLayers } from "./place";
import { type Scope, scopesOf } from "./segments";
import { barsOf, sideOf, spreadArrivals, straighten, threadWays, type Way } from "./ways";

export type Direction = "down" | "right";

export interface Manner {
  direction: Direction;
  measure: Measure;
  /** Whether boxes carry marks of a colour. */
  marked: boolean;
}

/** Between a label and what it points to. */
export const POINTER = 16;
/** Room inside the border of an open box. */
const PAD = 14;
const BOTTOM = 10;
const MARGIN = 12;
/** As much is an open box made wider, so that edges come in beside its title. */
const WIDEN = 130;
/** A layer wider than this is broken into several. */
const WIDEST = { down: 1600, right: 900 };

export interface Layout {
  scope: Scope;
  across: number;
  along: number;
  items: Item[];
  layers: Item[][];
  ways: Way[];
  lanes: Lane[];
  /** Where layers begin and end, and the bars after them. */
  begins: number[];
  ends: number[];
  bars: Map<string, number>;
  /** Where edges cross the border, by source: measured from the middle, and for those from the side along it. */
  inAt: Map<number, number>;
  outAt: Map<number, number>;
  sideAt: Map<number, number[]>;
  inner: Map<number, Layout>;
}

/** What stays the same for all scopes of a drawing. */
export interface Base {
  model: Model;
  direction: Direction;
  looks: Look[];
  /** Labels by box. */
  tags: Map<number, TagLook[]>;
}

export interface Sheet extends Base {
  layout: Layout;
}

export function layOut(model: Model, { direction, measure, marked }: Manner): Sheet {
  const tags = new Map<number, TagLook[]>();
  for (const tag of tagLooks(model, measure)) listOf(tags, model.labels[tag.label].box).push(tag);
  const looks = model.boxes.map((box) => lookOf(model, box, measure, marked));
  const base = { model, direction, looks, tags };
  return { ...base, layout: layScope(base, scopesOf(model), -1) };
}

function layScope(base: Base, scopes: Map<number, Scope>, id: number): Layout {
  const scope = scopes.get(id) as Scope;
  const inner = new Map<number, Layout>();
  for (const box of scope.inner) if (scopes.has(box)) inner.set(box, layScope(base, scopes, box));
  const layout: Layout = {
    scope,
    across: 0,
    along: 0,
    items: scope.items.slice(),
    layers: [],
    ways: [],
    lanes: [],
    begins: [],
    ends: [],
    bars: new Map(),
    inAt: new Map(),
    outAt: new Map(),
    sideAt: new Map(),
    inner,
  };
  for (const item of scope.items) measureItem(base, item, inner.get(item.box));
  breakWide(scope.items, WIDEST[base.direction]);
  threadWays(layout, (from, to) => matters(base.model, from, to));
  layout.layers = layersOf(layout.items);
  settleBends(layout.layers);
  orderLayers(layout.layers);
  spreadArrivals(layout);
  placeLayers(layout.layers);
  straighten(layout);
  stack(layout, base);
  layout.lanes = lanesOf(layout, base);
  frame(layout, base);
  return layout;
}

/** How much room an item takes in its layer. */
function measureItem({ looks, tags, model, direction }: Base, item: Item, open: Layout | undefined): void {
  item.margin = MARGIN;
  item.before = 5;
  item.after = 5;
  if (item.box < 0) return;
  const down = direction === "down";
  const { width, height, lines } = looks[item.box];
  const own = tags.get(item.box) ?? [];
  const [read, made] = [false, true].map((side) => own.filter(({ label }) => model.labels[label].made === side));
  const wide = (some: TagLook[]) => most(some.map((tag) => tag.width));
  const high = (some: TagLook[]) => some.length * (TAG + 3);
  const room = (some: TagLook[]) => (some.length === 0 ? 0 : down ? wide(some) + POINTER : high(some) + POINTER - 4);
  // Labels of a run stand beside their operators, others beside the middle.
  const least = down ? (lines.length > 0 ? 0 : Math.max(high(read), high(made)) - 3) : wide(own);
  item.size = open ? open.across : down ? width : height;
  item.length = Math.max(least, open ? open.along : down ? height : width);
  item.before = item.size / 2 + room(read);
  item.after = item.size / 2 + room(made);
}

/** A layer of very many boxes becomes several. */
function breakWide(items: Item[], limit: number): void {
  let added = 0;
  for (const layer of layersOf(items)) {
    let width = 0;
    let broken = 0;
    for (const item of layer) {
      const room = item.before + item.after + MARGIN;
      if (width > 0 && width + room > limit) {
        width = 0;
        broken++;
      }
      width += room;
      item.layer += added + broken;
    }
    added += broken;
  }
}

function layersOf(items: Item[]): Item[][] {
  const layers: Item[][] = [];
  for (const item of items) {
    layers[item.layer] ??= [];
    layers[item.layer].push(item);
  }
  return layers;
}

/** The way through the modules stays straight; what leaves on the way goes to the side. */
function matters({ boxes }: Model, from: Item, to: Item): number {
  if (to.box < 0 || boxes[to.box].kind === "out") return 0.01;
  return from.box >= 0 && canOpen(boxes[from.box]) && canOpen(boxes[to.box]) ? 1.5 : 1;
}

/** Puts bends, which come last by number, where their edges come from. */
function settleBends(layers: Item[][]): void {
  /** Place in the layer, 0 left to 1 right. */
  const part = new Map<Item, number>();
  const at = (item: Item) => part.get(item) as number;
  for (const layer of layers) {
    const fixed = layer.filter(({ box, port }) => box >= 0 || port !== 0);
    for (const item of layer) part.set(item, (fixed.indexOf(item) + 0.5) / fixed.length);
    for (const item of layer.slice(fixed.length)) {
      part.set(item, item.above.reduce((sum, { from }) => sum + at(from), 0) / item.above.length);
    }
    layer.sort((a, b) => at(a) - at(b));
  }
}

const BAR = 6;

/** Places along: the layers and the gaps between them, with room for bars and for curves by how far they lead. */
function stack(layout: Layout, { direction, looks }: Base): void {
  const { layers, begins, ends, bars, scope } = layout;
  const nested = scope.box >= 0;
  const has = (port: number) => scope.items.some((item) => item.port === port);
  const title = nested && direction === "down" ? TITLE : 0;
  const barred = barsOf(layout);
  let v = title + (nested && !has(-1) ? BOTTOM : 0);
  layers.forEach((layer, i) => {
    begins[i] = v;
    v += most(layer.map(({ length }) => length));
    ends[i] = v;
    for (const item of layer) item.v = begins[i];
    if (i === layers.length - 1) return;
    const curves = layer.flatMap(({ below }) => below).filter(({ bar }) => !barred[i].includes(bar));
    const sides = curves.map(sideOf).filter((side) => side > 0.5);
    const room = most(
      [...sides.map((side) => 16 + side / 7), barred[i].length > 0 ? 16 + BAR * Math.min(barred[i].length, 12) : 0],
      12,
    );
    barred[i].forEach((bar, n) => {
      bars.set(bar, v + Math.min(5 + BAR * n, room - 10));
    });
    v += room;
  });
  if (nested && !has(1)) v += BOTTOM;
  layout.along = nested && direction === "right" ? Math.max(v, looks[scope.box].width) : v;
}

/** The border of the scope: `u` begins at 0. */
function frame(layout: Layout, { direction, looks }: Base): void {
  const { items, lanes, scope, inAt, outAt, sideAt } = layout;
  const low = -most([...items.map(({ u, before }) => before - u), ...lanes.map(({ u }) => 2 - u)], -1e9);
  const high = most(
    items.map(({ u, after }) => u + after),
    low,
  );
  const nested = scope.box >= 0;
  const down = direction === "down";
  const start = nested ? (down ? PAD : TITLE + BOTTOM) : 0;
  const content = high - low + start + (nested ? (down ? PAD : BOTTOM) : 0);
  layout.across = content;
  if (nested && down) {
    const { width, end } = looks[scope.box];
    layout.across = Math.max(content, width);
    const ports = scope.items.filter(({ port }) => port < 0).map(({ u }) => -u);
    const first = start - low + (layout.across - content) / 2 - most(ports, -1e9);
    const more = end + 8 - first;
    if (more > 0 && more < WIDEN) layout.across += 2 * more;
  }
  const shift = start - low + (layout.across - content) / 2;
  for (const item of items) {
    item.u += shift;
    if (item.port !== 0) (item.port < 0 ? inAt : outAt).set(item.source, item.u - layout.across / 2);
  }
  for (const { points, fromSide, segment } of lanes) {
    for (const point of points) point[0] = Math.max(0, point[0] + shift);
    if (fromSide) listOf(sideAt, segment.source).push(points[0][1]);
  }
}
