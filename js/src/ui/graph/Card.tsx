/** What is known of a value: beside the mouse, or beside its label once that was clicked. */
import { makerOf, readersOf } from "../../graph/wiring";
import { valueWords } from "../../graph/words";
import { common } from "../../tree";
import { Link, Name, Shape } from "../parts";
import type { View } from "../view";
import { drawModule, type GraphState } from "./state";

/** So many values of one edge are told. */
const TOLD = 3;
const WIDTH = 250;

export function Card({ view, state }: { view: View; state: GraphState }) {
  const { over, lit, canvas, scene } = state;
  const pinned = lit.value;
  const seen = over.value;
  if (!seen && pinned === null) return null;
  const values = seen?.values ?? [pinned as number];
  const { model } = scene.value;
  const { width, height } = canvas.value;
  const at = seen
    ? {
        left: `${Math.max(8, seen.x + 14 + WIDTH > width ? seen.x - WIDTH - 14 : seen.x + 14)}px`,
        ...(seen.y > height / 2 ? { bottom: `${height - seen.y + 12}px` } : { top: `${seen.y + 14}px` }),
      }
    : { right: "12px", top: "10px" };
  return (
    <div class={seen ? "card" : "card pinned"} style={{ ...at, width: `${WIDTH}px` }}>
      {values.slice(0, TOLD).map((value) => {
        const { name, type, maker, readers } = valueWords(model, value);
        return (
          <div key={value}>
            <span class="mono">
              <Name text={name} />
            </span>{" "}
            <Shape text={type} quietly />
            <br />
            <span class="q">made by</span> <bdi>{maker}</bdi>
            <br />
            <span class="q">read by</span> <bdi>{readers}</bdi>
          </div>
        );
      })}
      {values.length > TOLD && <div class="q">and {values.length - TOLD} more values</div>}
      {!seen && pinned !== null && <Link onClick={() => showUses(view, state, pinned)}>Show all uses</Link>}
    </div>
  );
}

/** Draws the innermost module that holds the maker of a value and all its readers. */
function showUses({ store }: View, state: GraphState, value: number): void {
  const { tree, wiring } = state.scene.peek().model;
  const maker = makerOf(tree, value);
  const rows = readersOf(wiring, value).map((edge) => tree.nodes.row[wiring.reader[edge]]);
  const row = rows.reduce((at, other) => common(tree, at, other), maker < 0 ? 0 : tree.nodes.row[maker]);
  state.hand.row = row;
  store.select(row);
  drawModule(state, row);
}
