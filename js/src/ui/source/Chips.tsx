/** What a line made: round for a child module and its nodes, square for operators of its own. */
import { plural } from "../../format";
import type { Chip } from "../../source";
import { quiet, type View } from "../view";
import { dockNext, isLit } from "./lit";

/** `active`: the first chip is the tab stop. */
export function Chips({ view, chips, active }: { view: View; chips: Chip[]; active?: boolean }) {
  const { tree, selected, linked, node, matches, select } = view.store;
  const row = Math.max(selected.value, 0);
  const found = matches.value;
  return chips.map((chip, at) => {
    const child = chip.kind === "child";
    const [first] = chip.rows;
    const hit = child
      ? chip.rows.some((each) => found && found.upTo[tree.end[each]] > found.upTo[each])
      : chip.nodes.some((each) => found?.nodes[each] === 1);
    const state = `${isLit(chip, node.value, linked.value, tree, row) ? " hot" : ""}${hit ? " hit" : ""}`;
    return (
      <button
        key={`${chip.kind} ${chip.label}`}
        type="button"
        class={`chip${child ? " m" : ""}${state}`}
        title={titleOf(view, chip)}
        aria-pressed={child ? undefined : chip.nodes.includes(node.value)}
        data-stop=""
        tabIndex={active && at === 0 ? 0 : -1}
        onClick={() => (child ? select(first) : dockNext(view, chip.nodes))}
        onPointerOver={() => {
          linked.value = child ? { row: first } : { node: chip.nodes[0] };
        }}
        {...quiet}
      >
        <bdi>{chip.label === "" ? '""' : chip.label}</bdi>
        {child ? <i>{chip.nodes.length}</i> : chip.nodes.length > 1 && <i>×{chip.nodes.length}</i>}
      </button>
    );
  });
}

function titleOf({ store: { tree } }: View, { kind, label, rows, nodes }: Chip): string {
  if (kind === "op")
    return `${label}: ${nodes.length === 1 ? "node" : "nodes"} ${nodes.slice(0, 12).join(", ")}${nodes.length > 12 ? " …" : ""}`;
  const [row] = rows;
  const calls = rows.length > 1 ? `${plural(rows.length, "call")}, ` : "";
  return `${tree.key[row]}, ${tree.classes[tree.cls[row]]}: ${calls}${plural(nodes.length, "node")}`;
}
