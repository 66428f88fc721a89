/** What is compared, on how much all agree, and lines that save it. */
import { agreement, facts } from "../../compare/words";
import { Save } from "../Head";
import type { CompareView } from "./view";

export function CompareHead({ view }: { view: CompareView }) {
  const { comparison } = view.store;
  return (
    <div class="head">
      <strong>
        <bdi>{comparison.tree.title}</bdi>
      </strong>
      <span class="q facts">{facts(comparison).join(", ")}</span>
      <span class="grow" />
      <Agreement view={view} />
      <Save view={view} lines={LINES.map(([what, method]) => [what, `${comparison.tree.variable}.${method}`])} />
    </div>
  );
}

function Agreement({ view: { store } }: { view: CompareView }) {
  const { columns } = store.comparison;
  const made = columns.filter(({ cells }) => cells !== null).length;
  const agreed = agreement(store.comparison, store.baseline.value);
  const all = agreed !== null && agreed.agreeing === agreed.nodes;
  const what = new Set(columns.map(({ strategy }) => strategy)).size === columns.length ? "strategies" : "columns";
  return (
    <span class="sm agreed" title="Nodes for which all that state evidence name the same module call">
      {made < columns.length && (
        <>
          <span class="mono">{made}</span> of <span class="mono">{columns.length}</span> {what} ran
        </>
      )}
      {made < columns.length && agreed && " and agree "}
      {made === columns.length && agreed && `${what} agree `}
      {agreed && all && "on all nodes"}
      {agreed && !all && (
        <>
          on <span class="mono">{agreed.agreeing}</span> of <span class="mono">{agreed.nodes}</span> nodes
        </>
      )}
    </span>
  );
}

const LINES = [
  ["One row for each module call, for pandas", "to_frame()"],
  ["Tables as Markdown", "to_markdown()"],
  ["A page without script", "to_html()"],
  ["Everything as JSON", "to_json()"],
] as const;
