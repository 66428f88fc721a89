/** How each way is drawn: straight where it can be, else on one curve, else on curves from bend to bend or along a bar. */
import { beginsAt, endsAt, type Hop } from "./items";
import type { Layout } from "./layout";
import { clears, curve, rounded, type Stroke } from "./pen";
import type { Way } from "./ways";

interface Route {
  edges: number[];
  strokes: Stroke[];
  /** The box that it ends at, -1 where it goes on. */
  to: number;
}

/** What several ways have in common is drawn once. */
export function routesOf(layout: Layout): Route[] {
  const drawn = new Set<Hop>();
  return layout.ways.flatMap((way): Route[] => {
    const { hops, segment } = way;
    const last = hops[hops.length - 1];
    const begin = (hop: Hop): Stroke[] => {
      const u = beginsAt(hop);
      // From the border of an open box, past its title.
      return hop.from.port < 0
        ? [
            ["M", u, 0],
            ["L", u, hop.from.v],
          ]
        : [["M", u, bottomOf(layout, hop)]];
    };
    if (hops.every((hop) => hop.ways === 1)) {
      const strokes = direct(layout, way) ?? hops.flatMap((hop) => step(layout, hop, hop === last));
      return [{ edges: segment.edges, strokes: [...begin(hops[0]), ...strokes], to: segment.to }];
    }
    return hops.flatMap((hop) => {
      if (drawn.has(hop)) return [];
      drawn.add(hop);
      const strokes = [...begin(hop), ...step(layout, hop, hop === last)];
      return [{ edges: hop.edges, strokes, to: hop === last ? segment.to : -1 }];
    });
  });
}

/** A bend lasts as long as its layer, a box may end before. */
const bottomOf = ({ ends }: Layout, { from }: Hop) => (from.box < 0 ? ends[from.layer] : from.v + from.length);

/** One curve from end to end, when no bar is in the way and it touches nothing. */
function direct(layout: Layout, { hops }: Way): Stroke[] | null {
  const { layers, bars } = layout;
  const [first, last] = [hops[0], hops[hops.length - 1]];
  const from = [beginsAt(first), bottomOf(layout, first)] as const;
  const to = [endsAt(last), last.to.v] as const;
  if (hops.some((hop) => bars.has(hop.bar) && beginsAt(hop) !== endsAt(hop))) return null;
  for (let layer = first.from.layer; layer <= last.to.layer; layer++) {
    for (const { box, u, v, before, after, length } of layers[layer]) {
      if (box < 0 || box === first.from.box || box === last.to.box) continue;
      if (!clears(from, to, { left: u - before - 4, right: u + after + 4, top: v - 3, bottom: v + length + 3 }))
        return null;
    }
  }
  return curve(from, to);
}

/** From one item of a way to the next, and past that when it is a bend. */
function step(layout: Layout, hop: Hop, last: boolean): Stroke[] {
  const { bars, begins, ends } = layout;
  const [from, to] = [beginsAt(hop), endsAt(hop)];
  const { layer } = hop.to;
  const end = ends[hop.from.layer];
  const bar = bars.get(hop.bar);
  const past: Stroke[] = last ? [] : [["L", to, ends[layer]]];
  if (Math.abs(from - to) < 0.5) return [["L", to, begins[layer]], ...past];
  if (bar !== undefined) {
    const corners = [
      [from, bottomOf(layout, hop)],
      [from, bar],
      [to, bar],
      [to, begins[layer]],
    ] as const;
    return [...rounded(corners, 5).slice(1), ...past];
  }
  const down: Stroke[] = end > bottomOf(layout, hop) ? [["L", from, end]] : [];
  return [...down, ...curve([from, end], [to, begins[layer]]), ...past];
}
