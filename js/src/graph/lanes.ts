/** Edges that go round what stands between their ends: on a lane along the side of it. */
import type { Item } from "./items";
import type { Base, Layout } from "./layout";
import { LINE } from "./looks";
import { BORDER, type Segment } from "./segments";

export type Point = [u: number, v: number];

export interface Lane {
  segment: Segment;
  /** Where it runs along. */
  u: number;
  points: Point[];
  /** Whether it comes in through the side of the scope. */
  fromSide: boolean;
}

const AWAY = 14;
const APART = 10;
/** Distance to a layer in the gap before or after it. */
const CLEAR = 5;

interface End {
  /** From the lane to the box. */
  points: Point[];
  /** The layer that it ends at the side of, -1 when it comes through a gap. */
  layer: number;
}

export function lanesOf(layout: Layout, base: Base): Lane[] {
  const lanes: Lane[] = [];
  const rounds: { segment: Segment; points: Point[]; end: Point[]; layers: number[]; low: number; high: number }[] = [];
  for (const segment of layout.scope.segments) {
    if (segment.way === "layers") continue;
    const begin = departure(layout, base, segment);
    for (const end of arrivals(layout, base, segment)) {
      const [u, v] = end.points[0];
      if (begin) {
        const from = begin.points[begin.points.length - 1][1];
        const layers = [begin.layer, end.layer];
        rounds.push({
          segment,
          points: begin.points,
          end: end.points,
          layers,
          low: Math.min(from, v),
          high: Math.max(from, v),
        });
      } else lanes.push({ segment, u, points: [[Number.NEGATIVE_INFINITY, v], ...end.points], fromSide: true });
    }
  }
  // Short ones lie inside long ones.
  rounds.sort((a, b) => a.high - a.low - (b.high - b.low));
  const taken: { low: number; high: number; u: number; source: number }[] = [];
  for (const { segment, points, end, layers, low, high } of rounds) {
    const last = points[points.length - 1];
    let u = Math.min(last[0], end[0][0]);
    for (const item of layout.items) {
      const beside = item.v < high && item.v + item.length > low;
      if (beside || layers.includes(item.layer)) u = Math.min(u, item.u - item.before);
    }
    u -= AWAY;
    for (const other of taken) {
      const beside = other.low < high + 1 && low < other.high + 1 && Math.abs(other.u - u) < APART;
      if (beside && other.source !== segment.source) u = other.u - APART;
    }
    taken.push({ low, high, u, source: segment.source });
    lanes.push({ segment, u, points: [...points, [u, last[1]], [u, end[0][1]], ...end], fromSide: false });
  }
  return lanes;
}

const isFree = (item: Item) => item.order === 0 && item.before === item.size / 2;

/** Where the operator of a run stands that makes or reads the value; the middle of another box. */
function rowOf({ direction, looks }: Base, { box, v, length }: Item, first: boolean): number {
  if (direction === "right" || looks[box].lines.length === 0) return v + length / 2;
  return first ? v + LINE / 2 : v + length - LINE / 2;
}

/** From the source to where it turns into the lane; null when it comes in through the side of the scope. */
function departure({ ends, scope, inner }: Layout, base: Base, segment: Segment): End | null {
  const { source, from } = segment;
  if (from === BORDER && !scope.items.some((item) => item.port < 0 && item.source === source)) return null;
  const item = scope.itemOf(segment, "from");
  // Where another arrives from the side, it would seem to go on.
  const arrives = scope.segments.some(({ way, to }) => way !== "layers" && to === from);
  if (from !== BORDER && !inner.has(from) && !arrives && isFree(item)) {
    return { points: [[item.u - item.size / 2, rowOf(base, item, false)]], layer: item.layer };
  }
  const u = item.u + (inner.get(from)?.outAt.get(source) ?? 0);
  const end = ends[item.layer] + CLEAR;
  return {
    points: [
      [u, item.v + item.length],
      [u, end],
    ],
    layer: -1,
  };
}

/** From the lane to the target, or to each target inside an open box. */
function arrivals({ scope, begins, inner }: Layout, base: Base, segment: Segment): End[] {
  const item = scope.itemOf(segment, "to");
  const left = item.u - item.size / 2;
  const gap = begins[item.layer] - CLEAR - 1;
  const open = inner.get(segment.to);
  const targets = open ? (open.sideAt.get(segment.source) ?? []).map((v) => item.v + v) : [rowOf(base, item, true)];
  return targets.map((v): End => {
    if (isFree(item)) return { points: [[left, v]], layer: item.layer };
    const u = open ? left - 7 : left + Math.min(14, item.size / 4);
    const through: Point[] = open
      ? [
          [u, v],
          [left, v],
        ]
      : [[u, item.v]];
    return { points: [[u, gap], ...through], layer: -1 };
  });
}
