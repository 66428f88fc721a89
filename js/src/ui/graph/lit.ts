/** What of a drawing is lit: where the mouse is, here or elsewhere, and all uses of a value. */
import type { Scene } from "../../graph/scene";
import { makerOf } from "../../graph/wiring";
import type { View } from "../view";

type Linked = View["store"]["linked"]["value"];

export interface Lit {
  boxes: Set<number>;
  edges: Set<number>;
  values: Set<number>;
  /** The box that the mouse is over, and the operator. */
  box: number;
  node: number;
}

export function litOf({ model, shapeOf }: Scene, linked: Linked, values: number[]): Lit {
  const lit: Lit = { boxes: new Set(), edges: new Set(), values: new Set(values), box: -1, node: -1 };
  if (linked && "node" in linked) {
    lit.node = linked.node;
    lit.box = model.leafOf(linked.node);
  } else if (linked) lit.box = boxOfRow(model, linked.row);
  if (!shapeOf.has(lit.box)) lit.box = -1;
  model.edges.forEach((edge, i) => {
    if (edge.values.some((value) => lit.values.has(value))) {
      lit.edges.add(i);
      lit.boxes.add(edge.from).add(edge.to);
    } else if (lit.box >= 0 && (edge.from === lit.box || edge.to === lit.box)) lit.edges.add(i);
  });
  for (const label of model.labels) if (label.values.some((value) => lit.values.has(value))) lit.boxes.add(label.box);
  for (const value of values) {
    const maker = makerOf(model.tree, value);
    if (maker >= 0) lit.boxes.add(model.leafOf(maker));
  }
  return lit;
}

/** The box that shows a module: its own, or the closed one around it. */
function boxOfRow({ tree, row: drawn, boxOf }: Scene["model"], row: number): number {
  if (row <= drawn || row >= tree.end[drawn]) return -1;
  for (let at = row; at > drawn; at = tree.parent[at]) {
    const box = boxOf.get(at);
    if (box !== undefined) return box;
  }
  return -1;
}
