/** Which lines and chips light up, and what a click on one does. */
import type { Tree } from "../../payload";
import type { Chip, Listing } from "../../source";
import { NONE } from "../../store";
import type { View } from "../view";

type Linked = { node: number } | { row: number } | null;

/** Lines (counted from 0) that made the docked node, or what the mouse is over. */
export function lit(made: Listing, docked: number, linked: Linked, tree: Tree, row: number): Set<number> {
  const lines = new Set<number>();
  made.chips.forEach((chips, line) => {
    if (chips.some((chip) => isLit(chip, docked, linked, tree, row))) lines.add(line);
  });
  return lines;
}

export function isLit(chip: Chip, docked: number, linked: Linked, tree: Tree, row: number): boolean {
  if (docked !== NONE && chip.nodes.includes(docked)) return true;
  if (linked === null) return false;
  if ("node" in linked) return chip.nodes.includes(linked.node);
  return linked.row > row && chip.rows.some((child) => linked.row >= child && linked.row < tree.end[child]);
}

/** Docks the first of some nodes, or the one after the docked one; behind the last it is put away again. */
export function dockNext({ store: { node } }: View, nodes: number[]): void {
  if (nodes.length === 0) return;
  node.value = nodes[nodes.indexOf(node.peek()) + 1] ?? NONE;
}
