/** The chosen node: one sentence of each witness. */
import { why } from "../../compare/words";
import { EvidenceGlyph } from "../Icons";
import type { CompareView } from "./view";

export function Witnesses({ view: { store } }: { view: CompareView }) {
  const { comparison, details, witnesses } = store;
  const { tree, columns, graphs } = comparison;
  const [first] = witnesses.value;
  if (!first) return null;
  const op = tree.ops[graphs[columns[first.column].graph].op[first.node]];
  return (
    <dl class="why4" aria-label={`Why ${op} ${first.node} stands where it stands`}>
      {witnesses.value.map(({ column, node, at }) => {
        const state = details.value.get(at);
        const detail = state?.state === "known" ? state.detail : null;
        const parts = why(comparison, columns[column], node, detail);
        return (
          <div key={column}>
            <dt>
              <bdi>{columns[column].name}</bdi>
            </dt>
            <dd>
              <EvidenceGlyph kind={tree.evidence[columns[column].scopes?.evidence[node] ?? -1] ?? ""} />{" "}
              {parts.map(({ words, code }, i) => (
                <span key={i}>
                  {i > 0 && ", "}
                  {words !== "" && `${words} `}
                  <bdi class="mono">{code}</bdi>
                </span>
              ))}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
