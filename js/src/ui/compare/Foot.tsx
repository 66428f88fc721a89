/** The foot of a comparison also says what the glyphs mean. */
import { Foot } from "../Foot";
import { EvidenceGlyph } from "../Icons";
import { COMPARE_KEYS } from "../Keys";
import type { CompareView } from "./view";

const STRENGTHS = [
  ["witnessed", ["trace", "parameter", "value"]],
  ["derived", ["rewrite"]],
  ["inferred", ["dataflow", "root"]],
] as const;

export function CompareFoot({ view }: { view: CompareView }) {
  const stated = view.store.tree.nodes.evidence.some((kind) => kind >= 0);
  return (
    <Foot view={view} keys={COMPARE_KEYS}>
      {stated && <Legend />}
    </Foot>
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
