/** The list of keys. */
import { Popover } from "./Popover";
import type { Shell } from "./view";

export type KeyList = (readonly [key: string, what: string])[];

const MOVE = ["↑ ↓ Home End PgUp PgDn", "move"] as const;
const OPEN: KeyList = [
  ["→", "open, then first child"],
  ["←", "close, then parent"],
  ["Shift+→, Shift+←", "show, fold equal copies"],
  ["[ ]", "previous, next equal copy"],
];
const FIND: KeyList = [
  ["*", "open all siblings"],
  ["letters", "go to the next name that begins so"],
  ["/", "find"],
];
const LAST: KeyList = [
  ["?", "this list"],
  ["Esc", "close; then leave to the cell"],
];

export const KEYS: KeyList = [
  MOVE,
  ["↑ on the first row", "column headers, Enter sorts"],
  ...OPEN,
  ["Space, Shift+↑ ↓", "select, extend"],
  ["Shift+Space", "add, take out again"],
  ["Enter", "select and go to the pane"],
  ...FIND,
  ["n, Shift+n", "next, previous match"],
  ["1 2 3 4", "Nodes, Graph, Source, About"],
  ["in the graph: arrows", "follow edges"],
  ["Enter, Backspace", "open a box, go out"],
  ["u", "next value of the box"],
  ["+ − 0", "zoom, fit"],
  ["F6", "tree, pane, foot"],
  ...LAST,
];

/** Those of a comparison. */
export const COMPARE_KEYS: KeyList = [
  MOVE,
  ["↑ on the first row", "columns, Enter compares with one"],
  ...OPEN,
  ["n, Shift+n", "next, previous difference, or match"],
  ["Space", "select"],
  ["Enter", "select and go to the drawer"],
  ...FIND,
  ["F6", "tree, drawer, foot"],
  ...LAST,
];

export function Keys({ view, keys }: { view: Shell; keys: KeyList }) {
  const button = (
    <>
      <span class="key">?</span> keys
    </>
  );
  return (
    <Popover view={view} name="keys" label="Keys" button={button} class="up">
      <dl>
        {keys.map(([key, what]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Popover>
  );
}
