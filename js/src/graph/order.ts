/** The order inside each layer: few crossings, and otherwise the order of execution. */
import type { Hop, Item } from "./items";

const SWEEPS = 6;

/** Reorders the layers in place. */
export function orderLayers(layers: Item[][]): void {
  layers.forEach(number);
  let fewest = total(layers);
  let best = layers.map((layer) => layer.slice());
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : layers.slice().reverse()) sortBy(layer, down);
    layers.forEach(swapNeighbours);
    const count = total(layers);
    if (count >= fewest) continue;
    fewest = count;
    best = layers.map((layer) => layer.slice());
  }
  best.forEach((layer, i) => {
    layers[i] = layer;
    number(layer);
  });
}

function number(layer: Item[]): void {
  layer.forEach((item, place) => {
    item.order = place;
  });
}

/** The place of a hop's end among the items of that layer; on a wide item also where on it. */
function placeOf({ from, to, fromAt, toAt }: Hop, above: boolean): number {
  const [item, at] = above ? [from, fromAt] : [to, toAt];
  return item.order + (0.8 * at) / Math.max(item.size, 1);
}

const placesOf = (item: Item, above: boolean) => (above ? item.above : item.below).map((hop) => placeOf(hop, above));

/** Sorts a layer by the mean place of what its items lead to on one side; items that lead nowhere keep theirs. */
function sortBy(layer: Item[], above: boolean): void {
  const mean = new Map<Item, number>();
  for (const item of layer) {
    const places = placesOf(item, above);
    if (places.length > 0) mean.set(item, places.reduce((sum, place) => sum + place, 0) / places.length);
  }
  const leading = [...mean.keys()].sort((a, b) => (mean.get(a) as number) - (mean.get(b) as number));
  let next = 0;
  layer.forEach((item, i) => {
    if (mean.has(item)) layer[i] = leading[next++];
  });
  number(layer);
}

function swapNeighbours(layer: Item[]): void {
  const places = new Map(layer.map((item) => [item, [placesOf(item, true), placesOf(item, false)]]));
  for (let i = 0; i + 1 < layer.length; i++) {
    const [a, b] = [places.get(layer[i]), places.get(layer[i + 1])] as number[][][];
    const gain = inversions(a[0], b[0]) + inversions(a[1], b[1]) - inversions(b[0], a[0]) - inversions(b[1], a[1]);
    if (gain > 0) [layer[i], layer[i + 1]] = [layer[i + 1], layer[i]];
  }
  number(layer);
}

/** Pairs that cross when the first stands left of the second. */
function inversions(left: number[], right: number[]): number {
  let count = 0;
  for (const a of left) for (const b of right) if (a > b) count++;
  return count;
}

const total = (layers: Item[][]) => layers.reduce((sum, layer) => sum + crossings(layer), 0);

/** Crossings below a layer, counted with a tree of sums. */
export function crossings(layer: Item[]): number {
  const ends = layer.flatMap((item) => item.below.map((hop) => [placeOf(hop, true), placeOf(hop, false)]));
  ends.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const places = [...new Set(ends.map(([, to]) => to))].sort((a, b) => a - b);
  const rankOf = new Map(places.map((to, i) => [to, i + 1]));
  const sums = new Int32Array(places.length + 1);
  let count = 0;
  ends.forEach(([, to], seen) => {
    const rank = rankOf.get(to) as number;
    count += seen;
    for (let i = rank; i > 0; i -= i & -i) count -= sums[i];
    for (let i = rank; i <= places.length; i += i & -i) sums[i]++;
  });
  return count;
}
