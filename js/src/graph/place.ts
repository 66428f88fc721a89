/** Places across the flow: items keep their order and distance, and stand as straight below each other as they can. */
import { beginsAt, endsAt, type Hop, type Item } from "./items";

const SWEEPS = 10;
/** The weight of an edge that is all that leaves one item and all that enters another. */
export const STRONG = 4;

export function placeLayers(layers: Item[][]): void {
  for (const layer of layers) {
    spread(layer, ({ u }) => [u, 1]);
    const middle = (layer[0].u + layer[layer.length - 1].u) / 2;
    for (const item of layer) item.u -= middle;
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const down = sweep % 2 === 0;
    const both = sweep >= SWEEPS - 2;
    for (const layer of down || both ? layers : layers.slice().reverse()) {
      spread(layer, (item) => wanted(item, both ? [...item.above, ...item.below] : down ? item.above : item.below));
    }
  }
  layers.forEach(snap);
  layers.slice().reverse().forEach(settle);
  gather(layers);
}

/** Where a hop wants an item to stand. */
const pulled = (item: Item, hop: Hop) => (item === hop.to ? beginsAt(hop) - hop.toAt : endsAt(hop) - hop.fromAt);

/** The weighted median of where the hops want an item: exactly straight for most instead of slightly bent for all. */
function wanted(item: Item, hops: Hop[]): [place: number, weight: number] {
  const ends = hops.map((hop): [number, number] => [pulled(item, hop), hop.weight]).sort((a, b) => a[0] - b[0]);
  const whole = ends.reduce((sum, [, weight]) => sum + weight, 0);
  let sum = 0;
  for (let i = 0; i < ends.length; i++) {
    sum += 2 * ends[i][1];
    if (sum > whole + 1e-9) return [ends[i][0], whole];
    if (sum > whole - 1e-9) return [(ends[i][0] + (ends[i + 1] ?? ends[i])[0]) / 2, whole];
  }
  return [item.u, 0.001];
}

/** Puts a layer as close to the wishes as order and distances allow (least squares, by joining blocks that collide). */
function spread(layer: Item[], wish: (item: Item) => [place: number, weight: number]): void {
  const offset: number[] = [];
  const blocks: { place: number; weight: number; first: number }[] = [];
  layer.forEach((item, first) => {
    offset.push(first === 0 ? 0 : offset[first - 1] + distance(layer[first - 1], item));
    const [place, weight] = wish(item);
    let block = { place: place - offset[first], weight, first };
    for (let last = blocks.pop(); last; last = blocks.pop()) {
      if (last.place <= block.place) {
        blocks.push(last);
        break;
      }
      const sum = last.weight + block.weight;
      const mean = (last.place * last.weight + block.place * block.weight) / sum;
      block = { place: mean, weight: sum, first: last.first };
    }
    blocks.push(block);
  });
  blocks.forEach(({ place, first }, b) => {
    const end = blocks[b + 1]?.first ?? layer.length;
    for (let i = first; i < end; i++) layer[i].u = place + offset[i];
  });
}

const distance = (left: Item, right: Item) => left.after + right.before + Math.max(left.margin, right.margin);

/** What stands almost straight below the item that it belongs to most does so exactly. */
function snap(layer: Item[]): void {
  layer.forEach((item, i) => {
    const hop = item.above.find(({ weight }) => weight >= STRONG);
    if (hop) shift(layer, i, pulled(item, hop), 8);
  });
}

/** What leads to one place only stands above it, if it has a choice. */
function settle(layer: Item[]): void {
  layer.forEach((item, i) => {
    if (item.below.length === 1 && (item.above.length === 0 || item.size === 0)) {
      shift(layer, i, pulled(item, item.below[0]), 30);
    }
  });
}

/** Moves an item, but not far and not too close to its neighbours. */
function shift(layer: Item[], i: number, to: number, far: number): void {
  const [left, item, right] = [layer[i - 1], layer[i], layer[i + 1]];
  if (Math.abs(to - item.u) > far) return;
  if (left && to - left.u < distance(left, item) - 5) return;
  if (right && right.u - to < distance(item, right) - 5) return;
  item.u = to;
}

/** What hangs together moves as a whole towards the largest such group, as far as there is room. */
function gather(layers: Item[][]): void {
  const groups: Set<Item>[] = [];
  const seen = new Set<Item>();
  for (const item of layers.flat()) {
    if (seen.has(item)) continue;
    const group = new Set([item]);
    for (const one of group) for (const { from, to } of [...one.above, ...one.below]) group.add(from).add(to);
    for (const one of group) seen.add(one);
    groups.push(group);
  }
  const mean = (group: Set<Item>) => [...group].reduce((sum, { u }) => sum + u, 0) / group.size;
  const [largest, ...others] = groups.sort((a, b) => b.size - a.size);
  const far = (group: Set<Item>) => mean(group) - mean(largest);
  for (const group of others.sort((a, b) => Math.abs(far(a)) - Math.abs(far(b)))) {
    const side = far(group) > 0 ? 1 : -1;
    let room = Math.abs(far(group));
    for (const layer of layers) {
      layer.forEach((item, i) => {
        const beside = layer[i - side];
        if (!group.has(item) || !beside || group.has(beside)) return;
        const apart = side > 0 ? distance(beside, item) : distance(item, beside);
        room = Math.min(room, (item.u - beside.u) * side - apart);
      });
    }
    if (room > 0) for (const item of group) item.u -= side * room;
  }
}
