/**
 * What is drawn of a module: boxes, the edges between them, and labels in place of values that many boxes read.
 * Every data edge of the module is in exactly one place: an edge, a label, or inside a box.
 */
import { ensure } from "../known";
import type { Tree } from "../payload";
import { common, isInside } from "../tree";
import { type Boxes, boxesOf } from "./boxes";
import { fan, fanRow, makerOf, read, readersOf, valueFrom, type Wiring, wiringOf } from "./wiring";

/** More inputs than this become one terminal; of more outputs, those of one box do. */
const INPUTS = 12;
const OUTPUTS = 8;

interface Edge {
  from: number;
  to: number;
  values: number[];
  /** The data edges that it stands for. */
  reads: number[];
}

/** A value that many boxes read, at one of them or, with `made`, at its maker. */
interface Label {
  box: number;
  /** The operator of a run that it belongs to, -1 for other boxes. */
  node: number;
  made: boolean;
  values: number[];
  /** By value: how many boxes read it, side by side. */
  fans: number[];
  reads: number[];
}

export interface Model extends Boxes {
  tree: Tree;
  wiring: Wiring;
  row: number;
  edges: Edge[];
  labels: Label[];
  byKey: Map<string, number>;
}

/** `opened` says of each key of a box that can open whether it is. */
export function modelOf(tree: Tree, row: number, opened: (key: string) => boolean): Model {
  const wiring = wiringOf(tree);
  return connect({ tree, wiring, row, edges: [], labels: [], byKey: new Map(), ...boxesOf(wiring, row, opened) });
}

function connect(model: Model): Model {
  const { boxes, top } = model;
  const edges = new Map<string, Edge>();
  const labels = new Map<string, Label>();
  const ends = new Map<string, number>();
  const seen = new Map<Edge | Label, Set<number>>();
  /** Between two closed boxes there may be thousands of values: looking through a list of them would take too long. */
  const isNew = (of: Edge | Label, value: number) => {
    const values = ensure(seen, of, () => new Set());
    return values.size < values.add(value).size;
  };

  const edge = (from: number, to: number, value: number, position?: number) => {
    const found = ensure(edges, `${from} ${to}`, () => ({ from, to, values: [], reads: [] }));
    if (isNew(found, value)) found.values.push(value);
    if (position !== undefined) found.reads.push(position);
  };
  const label = (box: number, node: number, made: boolean, value: number, readers: number, position?: number) => {
    const at = boxes[box].kind === "run" ? node : -1;
    const fresh = () => ({ box, node: at, made, values: [], fans: [], reads: [] });
    const found = ensure(labels, `${box} ${at} ${made}`, fresh);
    if (isNew(found, value)) {
      found.values.push(value);
      found.fans.push(readers);
    }
    if (position !== undefined) found.reads.push(position);
  };
  const end = (kind: "in" | "out" | "tag", value: number, parent: number, readers: number) => {
    const key = `${kind}${value}${parent < 0 ? "" : `@${boxes[parent].key}`}`;
    return ensure(ends, key, () => {
      const id = boxes.length;
      const row = parent < 0 ? model.row : boxes[parent].row;
      const rest = { open: false, nodes: [], inner: [], size: 0, title: "" };
      boxes.push({ id, key, kind, row, parent, values: [value], fan: readers, ...rest });
      (parent < 0 ? top : boxes[parent].inner).push(id);
      return id;
    });
  };

  wireReads(model, { edge, label, end });
  wireExits(model, { edge, label, end });
  model.edges = [...edges.values()];
  model.labels = [...labels.values()];
  mergeEnds(model);
  for (const box of boxes) model.byKey.set(box.key, box.id);
  return model;
}

interface Pens {
  edge: (from: number, to: number, value: number, position?: number) => void;
  label: (box: number, node: number, made: boolean, value: number, readers: number, position?: number) => void;
  end: (kind: "in" | "out" | "tag", value: number, parent: number, readers: number) => number;
}

/** All that the module's nodes read. */
function wireReads({ tree, wiring, row: drawn, boxes, leafOf, boxOf }: Model, { edge, label, end }: Pens): void {
  const { nodes } = tree;
  const readAt = (position: number, node: number) => {
    const maker = nodes.reads[position];
    const value = read(tree, position);
    const from = maker >= 0 && isInside(tree, nodes.row[maker], drawn) ? leafOf(maker) : -1;
    const to = leafOf(node);
    if (from === to) return;
    const fanned = fanRow(wiring, position);
    const source = () => (from >= 0 ? from : end("in", value, -1, fanned === drawn ? fan(wiring, value, drawn) : 0));
    // Where the value does not fan out, or does so inside a closed box, it is an edge like any other.
    const scope = fanned > drawn ? (boxOf.get(fanned) ?? -1) : -1;
    if (fanned < 0 || (fanned > drawn && (scope < 0 || !boxes[scope].open))) {
      edge(source(), to, value, position);
      return;
    }
    const readers = fan(wiring, value, fanned);
    label(to, node, false, value, readers, position);
    if (fanned < drawn) return;
    if (maker >= 0 && isInside(tree, nodes.row[maker], fanned)) label(from, maker, true, value, readers);
    else if (fanned === drawn) source();
    else edge(source(), end("tag", value, scope, readers), value);
  };
  for (let at = tree.ownFirst[drawn]; at < tree.ownFirst[tree.end[drawn]]; at++) {
    const node = tree.ownNodes[at];
    for (let position = nodes.first[node]; position < nodes.first[node + 1]; position++) readAt(position, node);
  }
}

/** All that leaves the module: for nodes elsewhere, or as an output of the graph. */
function wireExits({ tree, wiring, row: drawn, leafOf }: Model, { edge, label, end }: Pens): void {
  const { nodes } = tree;
  const leave = (value: number, from: () => number) => edge(from(), end("out", value, -1, 0), value);
  for (const value of wiring.outputs.keys()) {
    const maker = makerOf(tree, value);
    if (maker >= 0 ? isInside(tree, nodes.row[maker], drawn) : drawn === 0) {
      leave(value, () => (maker >= 0 ? leafOf(maker) : end("in", value, -1, 0)));
    }
  }
  if (drawn === 0) return;
  for (let at = tree.ownFirst[drawn]; at < tree.ownFirst[tree.end[drawn]]; at++) {
    const node = tree.ownNodes[at];
    const slots = 1 + (nodes.more.get(node)?.length ?? 0);
    for (let slot = 0; slot < slots; slot++) {
      const value = valueFrom(tree, node, slot);
      for (const position of readersOf(wiring, value)) {
        const row = nodes.row[wiring.reader[position]];
        if (isInside(tree, row, drawn)) continue;
        const around = common(tree, drawn, row);
        if (fanRow(wiring, position) === around) label(leafOf(node), node, true, value, fan(wiring, value, around));
        else leave(value, () => leafOf(node));
      }
    }
  }
}

/** Too many inputs, or outputs of one box, become one terminal. */
function mergeEnds(model: Model): void {
  const { boxes, edges, top } = model;
  const inputs = top.filter((id) => boxes[id].kind === "in");
  const outputs = new Map<number, number[]>();
  for (const { from, to } of edges) {
    if (boxes[to].kind === "out") ensure(outputs, from, () => []).push(to);
  }
  const total = top.filter((id) => boxes[id].kind === "out").length;
  const into = new Map<number, number>();
  for (const ends of [...outputs.values(), inputs]) {
    if (ends.length <= (ends === inputs ? INPUTS : total > OUTPUTS ? 1 : OUTPUTS)) continue;
    const [first, ...others] = ends;
    boxes[first].fan = 0;
    boxes[first].values = ends.flatMap((id) => boxes[id].values);
    for (const id of others) into.set(id, first);
  }
  if (into.size === 0) return;
  const merged = new Map<string, Edge>();
  for (const edge of edges) {
    const from = into.get(edge.from) ?? edge.from;
    const to = into.get(edge.to) ?? edge.to;
    const key = `${from} ${to}`;
    const same = merged.get(key);
    if (!same) merged.set(key, { ...edge, from, to });
    else {
      same.values = [...new Set([...same.values, ...edge.values])];
      same.reads.push(...edge.reads);
    }
  }
  model.edges = [...merged.values()];
  model.top = top.filter((id) => !into.has(id));
}
