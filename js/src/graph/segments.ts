/**
 * Edges cut at the borders of open boxes: each scope (the drawing, or an open box) has segments between what stands
 * in it and its own border. All edges from one box cross a border in one place.
 */

import { ensure } from "../known";
import { type Box, canOpen } from "./boxes";
import { type Item, newItem } from "./items";
import type { Model } from "./model";
import { passes, rankItems } from "./rank";

/** In place of a box: the border of the scope. */
export const BORDER = -1;

export interface Segment {
  /** The innermost box where its values come from: they share one way. */
  source: number;
  from: number;
  to: number;
  edges: number[];
  /** `round` goes round what stands between, `back` leads to an earlier box. Others go through the layers. */
  way: "layers" | "round" | "back";
  /** Whether it is part of an edge that skips a module. */
  residual: boolean;
}

export interface Scope {
  /** The open box, or -1 for the drawing. */
  box: number;
  inner: number[];
  segments: Segment[];
  /** The boxes inside and the ports, with their layers. */
  items: Item[];
  /** The item at which a segment begins or ends. */
  itemOf: (segment: Segment, end: "from" | "to") => Item;
}

export function scopesOf(model: Model): Map<number, Scope> {
  const scopes = new Map<number, Scope>();
  const add = (box: number, inner: number[]) => {
    scopes.set(box, { box, inner, segments: [], items: [], itemOf: () => newItem(0) });
  };
  add(-1, model.top);
  for (const box of model.boxes) if (box.open) add(box.id, box.inner);
  cut(model, scopes);
  // Outside in: what goes round a box on the outside enters from the side within.
  const walk = (id: number) => {
    const scope = scopes.get(id) as Scope;
    layer(model.boxes, scope);
    for (const box of scope.inner) {
      const inside = scopes.get(box);
      if (!inside) continue;
      enterFromSide(scope, inside);
      walk(box);
    }
  };
  walk(-1);
  return scopes;
}

function cut({ boxes, edges }: Model, scopes: Map<number, Scope>): void {
  const found = new Map<string, Segment>();
  edges.forEach(({ from: source, to: target }, edge) => {
    const add = (scope: number, from: number, to: number) => {
      const key = `${scope} ${source} ${from} ${to}`;
      const segment = ensure(found, key, () => {
        const made: Segment = { source, from, to, edges: [], way: "layers", residual: false };
        scopes.get(scope)?.segments.push(made);
        return made;
      });
      segment.edges.push(edge);
    };
    const parent = (box: number) => boxes[box].parent;
    const around = new Set<number>();
    for (let at = target; at >= 0; at = parent(at)) around.add(parent(at));
    let [from, to] = [source, target];
    for (; !around.has(parent(from)); from = parent(from)) add(parent(from), from, BORDER);
    for (; parent(to) !== parent(from); to = parent(to)) add(parent(to), BORDER, to);
    add(parent(from), from, to);
  });
}

function layer(boxes: Box[], scope: Scope): void {
  const known = new Map<string, number>();
  const place = (box: number, port: Item["port"], source: number) => {
    const key = port === 0 ? `${box}` : `${port} ${source}`;
    return ensure(known, key, () => scope.items.push(newItem(0, { box, port, source })) - 1);
  };
  const placeOf = ({ source, ...ends }: Segment, end: "from" | "to") =>
    ends[end] === BORDER ? place(-1, end === "from" ? -1 : 1, source) : place(ends[end], 0, -1);
  for (const box of scope.inner) place(box, 0, -1);
  const through = scope.segments.filter(({ way }) => way === "layers");
  const arcs = through.map((segment) => [placeOf(segment, "from"), placeOf(segment, "to")] as const);
  const kind = ({ box }: Item) => (box < 0 ? "" : boxes[box].kind);
  const ends = Int8Array.from(scope.items, (item) => (kind(item) === "in" ? -1 : item.port));
  const ranks = rankItems(scope.items.length, arcs, ends);
  const isModule = (i: number) => scope.items[i].box >= 0 && canOpen(boxes[scope.items[i].box]);
  const widths = new Int32Array(scope.items.length + 1);
  for (const rank of ranks.rank) widths[rank]++;
  through.forEach((segment, i) => {
    const [from, to] = arcs[i];
    if (ranks.back[i]) segment.way = "back";
    else if (ranks.rank[to] - ranks.rank[from] > 1 && segment.to !== BORDER && kind(scope.items[to]) !== "out") {
      segment.residual = passes(ranks, from, to, isModule);
      // Beside a single column there is room for the other edges that skip something, too.
      const narrow = widths.subarray(ranks.rank[from], ranks.rank[to] + 1).every((width) => width === 1);
      if (segment.residual || narrow) segment.way = "round";
    }
  });
  scope.items.forEach((item, i) => {
    item.layer = ranks.rank[i];
  });
  scope.itemOf = (segment, end) => scope.items[placeOf(segment, end)];
}

function enterFromSide(outside: Scope, inside: Scope): void {
  for (const around of outside.segments) {
    if (around.to !== inside.box || around.way === "layers") continue;
    for (const segment of inside.segments) {
      if (segment.from !== BORDER || segment.source !== around.source) continue;
      segment.way = "round";
      segment.residual = around.residual;
    }
  }
}
