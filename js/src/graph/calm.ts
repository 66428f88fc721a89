/** Which boxes are open at first: as many as make a drawing that is taken in at a glance. */
import type { Tree } from "../payload";
import { boxesOf } from "./boxes";
import { partsOf } from "./parts";
import { wiringOf } from "./wiring";

const CALM = 14;
/** A module of more nodes is not opened unasked. */
const LARGE = 500;

/** A row that is nothing but a straight run of operators tells more among its neighbours than alone. */
export function isPlain(tree: Tree, row: number): boolean {
  if (tree.own[row] !== tree.total[row]) return false;
  return partsOf(wiringOf(tree), row).length < 2;
}

/** Opens level after level while the boxes stay few. */
export function calmly(tree: Tree, row: number): ReadonlySet<string> {
  const boxes = (open: Set<string>) => boxesOf(wiringOf(tree), row, (key) => open.has(key)).boxes;
  let open = new Set<string>();
  for (;;) {
    const worth = boxes(open).filter(
      ({ kind, open: opened, size, row: own }) => kind === "module" && !opened && size <= LARGE && !isPlain(tree, own),
    );
    if (worth.length === 0 || worth.length > CALM) return open;
    const next = new Set([...open, ...worth.map(({ key }) => key)]);
    if (boxes(next).filter((box) => !box.open).length > CALM) return open;
    open = next;
  }
}
