/** The last action as a line of Python, what the glyphs mean, and the list of keys. */
import { EvidenceGlyph } from "../Icons";
import { Popover } from "../Popover";
import { CopyButton } from "../parts";
import type { CompareView } from "./view";

const KEYS = [
  ["↑ ↓ Home End PgUp PgDn", "move"],
  ["↑ on the first row", "columns, Enter compares with one"],
  ["→", "open, then first child"],
  ["←", "close, then parent"],
  ["Shift+→, Shift+←", "show, fold equal copies"],
  ["[ ]", "previous, next equal copy"],
  ["n, Shift+n", "next, previous difference, or match"],
  ["Space", "select"],
  ["Enter", "select and go to the drawer"],
  ["*", "open all siblings"],
  ["letters", "go to the next name that begins so"],
  ["/", "find"],
  ["F6", "tree, drawer, foot"],
  ["?", "this list"],
  ["Esc", "close; then leave to the cell"],
] as const;

const STRENGTHS = [
  ["witnessed", ["trace", "parameter", "value"]],
  ["derived", ["rewrite"]],
  ["inferred", ["dataflow", "root"]],
] as const;

export function CompareFoot({ view }: { view: CompareView }) {
  const python = view.store.python.value;
  const stated = view.store.tree.nodes.evidence.some((kind) => kind >= 0);
  return (
    <div class="foot" data-zone="foot">
      <span>Python</span>
      <code title={python}>{python}</code>
      <CopyButton text={python} label="Copy code" />
      <span class="grow" />
      {stated && <Legend />}
      <Keys view={view} />
    </div>
  );
}

function Legend() {
  return (
    <span class="strengths">
      {STRENGTHS.map(([word, kinds]) => (
        <span class="ew" key={word} title={kinds.join(", ")}>
          {kinds.map((kind) => (
            <EvidenceGlyph key={kind} kind={kind} />
          ))}
          {word}
        </span>
      ))}
    </span>
  );
}

function Keys({ view }: { view: CompareView }) {
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
