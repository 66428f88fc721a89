/** The list of keys. */
import { Popover } from "./Popover";
import type { View } from "./view";

const KEYS = [
  ["↑ ↓ Home End PgUp PgDn", "move"],
  ["↑ on the first row", "column headers, Enter sorts"],
  ["→", "open, then first child"],
  ["←", "close, then parent"],
  ["Shift+→, Shift+←", "show, fold equal copies"],
  ["[ ]", "previous, next equal copy"],
  ["Space, Shift+↑ ↓", "select, extend"],
  ["Shift+Space", "add, take out again"],
  ["Enter", "select and go to the pane"],
  ["*", "open all siblings"],
  ["letters", "go to the next name that begins so"],
  ["/", "find"],
  ["n, Shift+n", "next, previous match"],
  ["1 2 3 4", "Nodes, Graph, Source, About"],
  ["in the graph: arrows", "follow edges"],
  ["Enter, Backspace", "open a box, go out"],
  ["u", "next value of the box"],
  ["+ − 0", "zoom, fit"],
  ["F6", "tree, pane, foot"],
  ["?", "this list"],
  ["Esc", "close; then leave to the cell"],
] as const;

export function Keys({ view }: { view: View }) {
  const button = (
    <>
      <span class="key">?</span> keys
    </>
  );
  return (
    <Popover view={view} name="keys" label="Keys" button={button} class="up">
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Popover>
  );
}
