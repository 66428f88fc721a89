/** The boxes of a drawing: what a module consists of, and what the open ones of its parts consist of. */
import type { Tree } from "../payload";
import { childrenOf } from "../tree";
import { beginOf, few, type Part, partsOf, sizeOf } from "./parts";
import type { Wiring } from "./wiring";

export interface Box {
  id: number;
  /** What stays when the drawing changes: openings and the focus are kept by it. */
  key: string;
  kind: "module" | "run" | "body" | "group" | "in" | "out" | "tag";
  /** The module, or the module whose forward made what is in the box. */
  row: number;
  /** The box that it stands in, -1 for none. */
  parent: number;
  open: boolean;
  /** Own operators, for a run all of them, for a body the holder. */
  nodes: number[];
  /** Terminals and tags: their values. */
  values: number[];
  /** How many boxes read the value of a tag, or of a terminal that is one; 0 for others. */
  fan: number;
  /** Boxes inside, when open. */
  inner: number[];
  /** ONNX nodes inside. */
  size: number;
  /** What a group is called. */
  title: string;
}

export const canOpen = ({ kind }: Box) => kind === "module" || kind === "body" || kind === "group";

export interface Boxes {
  boxes: Box[];
  /** Those that stand in no other. */
  top: number[];
  /** The innermost box that holds a node, -1 when it is not in the module. */
  leafOf: (node: number) => number;
  /** Drawn box of a module, open or closed. */
  boxOf: Map<number, number>;
  /** Modules without nodes, of the boxes that are open. */
  silent: number[];
}

/** `opened` says of each key of a box that can open whether it is. */
export function boxesOf(wiring: Wiring, drawn: number, opened: (key: string) => boolean): Boxes {
  const { tree } = wiring;
  const boxes: Box[] = [];
  const boxOf = new Map<number, number>();
  const silent: number[] = [];
  const byNode = new Int32Array(tree.nodes.count).fill(-1);
  const byRow = new Int32Array(tree.size).fill(-1);
  const add = (parts: Part[], row: number, parent: number) =>
    parts.map((part) => {
      const box = newBox(tree, part, row, parent, boxes.length);
      boxes.push(box);
      box.open = canOpen(box) && opened(box.key);
      if (part.kind === "module") boxOf.set(part.row, box.id);
      if (!box.open) hold(part, box.id);
      else if (part.kind === "module") box.inner = open(part.row, box.id);
      else if (part.kind !== "run") box.inner = add(few(part.parts), row, box.id);
      return box.id;
    });
  /** Everything in a closed part is shown by its box. */
  const hold = (part: Part, id: number) => {
    if (part.kind === "run") for (const node of part.nodes) byNode[node] = id;
    else if (part.kind === "module") byRow.fill(id, part.row, tree.end[part.row]);
    else for (const inner of part.parts) hold(inner, id);
  };
  const open = (row: number, parent: number) => {
    silent.push(...childrenOf(tree, row).filter((child) => tree.total[child] === 0));
    return add(partsOf(wiring, row), row, parent);
  };
  const top = open(drawn, -1);
  const leafOf = (node: number) => (byNode[node] >= 0 ? byNode[node] : (byRow[tree.nodes.row[node]] ?? -1));
  return { boxes, top, leafOf, boxOf, silent };
}

function newBox(tree: Tree, part: Part, row: number, parent: number, id: number): Box {
  const node = beginOf(tree, part);
  const size = sizeOf(tree, part);
  const box = { id, parent, row, open: false, nodes: [], values: [], fan: 0, inner: [], size, title: "" };
  switch (part.kind) {
    case "module":
      return { ...box, kind: "module", key: `m${part.row}`, row: part.row };
    case "run":
      return { ...box, kind: "run", key: `n${node}`, nodes: part.nodes };
    case "body":
      return { ...box, kind: "body", key: `b${node}`, nodes: [node] };
    case "group":
      return { ...box, kind: "group", key: `g${node}+${size}`, title: groupTitle(tree, part.parts) };
  }
}

/** `layers.20 … layers.39` or, of operators alone, `Mul, Add` or `40 operators`. */
function groupTitle(tree: Tree, parts: Part[]): string {
  const names = parts.flatMap((part) => (part.kind === "module" ? [tree.name[part.row]] : []));
  if (names.length > 1) return `${names[0]} … ${names[names.length - 1]}`;
  const size = parts.reduce((sum, part) => sum + sizeOf(tree, part), 0);
  const nodes = parts.flatMap((part) => (part.kind === "run" ? part.nodes : []));
  if (size <= 3 && nodes.length === size) return nodes.map((node) => tree.ops[tree.nodes.op[node]]).join(", ");
  return names.length === 1 ? `${names[0]} and operators` : `${size.toLocaleString("en")} operators`;
}
