/** What is placed in one scope, in flow coordinates: `u` across the flow and `v` along it. */

export interface Item {
  /** The box, or -1 for a port and for the bend of an edge that passes a layer. */
  box: number;
  /** A port of the scope: -1 where edges come in, 1 where they go out; 0 for others. */
  port: -1 | 0 | 1;
  /** Where the values of a port come from. */
  source: number;
  layer: number;
  /** Place in the layer. */
  order: number;
  /** The box itself across and along the flow, and the room around its centre line with its labels. */
  size: number;
  length: number;
  before: number;
  after: number;
  margin: number;
  u: number;
  v: number;
  /** Steps to and from the neighbouring layers. */
  above: Hop[];
  below: Hop[];
}

/** The step of one edge, or of several that go together, from layer to layer. */
export interface Hop {
  from: Item;
  to: Item;
  /** Where it begins and ends, measured from the centre lines. */
  fromAt: number;
  toAt: number;
  /** How much it matters that it is straight. */
  weight: number;
  /** Hops with the same name run along one bar, if they run along a bar. */
  bar: string;
  /** How many ways go here. */
  ways: number;
  edges: number[];
}

export const newItem = (layer: number, rest: Partial<Item> = {}): Item => ({
  box: -1,
  port: 0,
  source: -1,
  layer,
  order: 0,
  size: 0,
  length: 0,
  before: 3,
  after: 3,
  margin: 8,
  u: 0,
  v: 0,
  above: [],
  below: [],
  ...rest,
});

/** Where a hop begins and ends. */
export const beginsAt = ({ from, fromAt }: Hop) => from.u + fromAt;
export const endsAt = ({ to, toAt }: Hop) => to.u + toAt;

/** The list of a key, begun when there is none. */
export function listOf<Key, Value>(lists: Map<Key, Value[]>, key: Key): Value[] {
  let list = lists.get(key);
  if (!list) {
    list = [];
    lists.set(key, list);
  }
  return list;
}

export const most = (numbers: number[], least = 0) => numbers.reduce((high, n) => Math.max(high, n), least);
