/** The ways of edges through the layers of a scope, as hops from layer to layer. */
import { beginsAt, endsAt, type Hop, type Item, listOf, newItem } from "./items";
import type { Layout } from "./layout";
import { STRONG } from "./place";
import type { Segment } from "./segments";

export interface Way {
  segment: Segment;
  hops: Hop[];
}

/** Leads each segment through the layers between its ends; those of one source share their bends. */
export function threadWays(layout: Layout, matters: (from: Item, to: Item) => number): void {
  const { scope, items, inner, ways } = layout;
  const through = scope.segments.filter(({ way }) => way === "layers");
  const ends = through.map((segment) => [scope.itemOf(segment, "from"), scope.itemOf(segment, "to")]);
  const count = (item: Item, end: 0 | 1) => ends.filter((pair) => pair[end] === item).length;
  const crowded = new Set(scope.items.filter((item) => count(item, 1) > 4));
  const bends = new Map<string, Item>();
  const hops = new Map<string, Hop>();
  const name = new Map(scope.items.map((item, i) => [item, i]));
  through.forEach((segment, s) => {
    const [from, to] = ends[s];
    // Many that meet in one item come together on the way.
    const meet = crowded.has(to) && count(from, 0) === 1;
    const bundle = meet ? `to ${name.get(to)}` : `from ${name.get(from)} ${segment.source}`;
    const stops = [from];
    for (let layer = from.layer + 1; layer < to.layer; layer++) {
      const key = `${bundle} ${layer}`;
      const bend = bends.get(key) ?? newItem(layer);
      if (!bends.has(key)) name.set(bend, items.push(bend));
      bends.set(key, bend);
      stops.push(bend);
    }
    stops.push(to);
    const way = stops.slice(1).map((stop, i) => {
      const fromAt = i === 0 ? (inner.get(from.box)?.outAt.get(segment.source) ?? 0) : 0;
      const toAt = stop === to ? (inner.get(to.box)?.inAt.get(segment.source) ?? 0) : 0;
      const key = `${name.get(stops[i])} ${name.get(stop)} ${fromAt} ${toAt}`;
      let hop = hops.get(key);
      if (!hop) {
        const bar = meet ? `to ${name.get(stop)}` : `from ${name.get(stops[i])} ${segment.source}`;
        hop = { from: stops[i], to: stop, fromAt, toAt, weight: matters(from, to), bar, ways: 0, edges: [] };
        hops.set(key, hop);
        hop.from.below.push(hop);
        hop.to.above.push(hop);
      }
      hop.ways++;
      hop.edges.push(...segment.edges);
      return hop;
    });
    ways.push({ segment, hops: way });
  });
  weigh([...hops.values()]);
}

const isBend = ({ box, port }: Item) => box < 0 && port === 0;

/** A bend is seen most where nothing else explains it: on a long edge, and between two that belong together. */
function weigh(hops: Hop[]): void {
  const main = new Map(
    hops.map((hop) => [hop, hop.weight >= 1 && hop.from.below.filter(({ weight }) => weight >= 1).length === 1]),
  );
  for (const hop of hops) {
    const bends = Number(isBend(hop.from)) + Number(isBend(hop.to));
    const many = hop.to.above.length;
    if (bends === 2) hop.weight = 50;
    else if (many > 4) hop.weight /= many;
    else if (bends === 1) hop.weight *= 2;
    else if (many === 1 && main.get(hop)) hop.weight = STRONG;
  }
}

/** Several edges into one closed box arrive side by side, in the order in which they come. */
export function spreadArrivals({ items, inner }: Layout): void {
  const comesFrom = ({ from, fromAt }: Hop) => from.order + (0.8 * fromAt) / Math.max(from.size, 1);
  for (const { above, box, size } of items) {
    if (box < 0 || inner.has(box) || above.length < 2 || above.length > 4) continue;
    const step = Math.min(32, (size - 10) / (above.length - 1));
    above.sort((a, b) => comesFrom(a) - comesFrom(b));
    above.forEach((hop, i) => {
      hop.toAt = (i - (above.length - 1) / 2) * step;
    });
  }
}

const NUDGE = 18;

/** What would bend by a little is made straight, if the others leave room: bends move, edges arrive beside the middle. */
export function straighten({ items, ways, inner }: Layout): void {
  for (const { hops } of ways) {
    for (const hop of hops.slice(0, -1)) if (Math.abs(beginsAt(hop) - hop.to.u) < 7) hop.to.u = beginsAt(hop);
  }
  for (const { above, box, size, u } of items) {
    if (box < 0 || inner.has(box)) continue;
    for (const hop of above) {
      const at = beginsAt(hop) - u;
      if (Math.abs(at - hop.toAt) > NUDGE || Math.abs(at) > size / 2 - 8) continue;
      const free = above.every((other) => other === hop || (other.toAt - at) * Math.sign(other.toAt - hop.toAt) >= 9);
      if (free) hop.toAt = at;
    }
  }
}

/** How far a hop leads to the side. */
export const sideOf = (hop: Hop) => Math.abs(endsAt(hop) - beginsAt(hop));

/** An edge that leads farther to the side in one gap runs along a bar, not on a curve. */
const FAR = 130;

/** The bars after each layer: for hops that lead far to the side, and where three or more of one source part. */
export function barsOf({ layers }: Layout): string[][] {
  return layers.map((layer) => {
    const bars = new Map<string, Hop[]>();
    for (const item of layer) for (const hop of item.below) listOf(bars, hop.bar).push(hop);
    return [...bars].filter(([, hops]) => hops.length > 2 || hops.some((hop) => sideOf(hop) > FAR)).map(([bar]) => bar);
  });
}
