/** The forward of the selected module, with the nodes that its lines made beside them. */
import { useMemo } from "preact/hooks";
import type { SourceText } from "../ask";
import { plural } from "../format";
import { listing } from "../source";
import { NONE, type SourceState } from "../store";
import { Detail } from "./Detail";
import { CopyButton, Link } from "./parts";
import { Lines } from "./source/Lines";
import type { View } from "./view";

export function Source({ view }: { view: View }) {
  const { selected, sources, node } = view.store;
  const row = Math.max(selected.value, 0);
  const state = sources.value.get(row);
  return (
    <>
      {state?.state === "known" && state.source.lines.length > 0 ? (
        <Forward key={row} view={view} row={row} source={state.source} />
      ) : (
        <Absence view={view} state={state} />
      )}
      {node.value !== NONE && <Detail view={view} node={node.value} />}
    </>
  );
}

function Forward({ view, row, source }: { view: View; row: number; source: SourceText }) {
  const { tree } = view.store;
  const made = useMemo(() => listing(tree, row, source), [tree, row, source]);
  const place = `${source.file}:${source.first}`;
  return (
    <>
      <div class="tools">
        {made.nodes > 0 ? `${plural(made.lines, "line")} made ${plural(made.nodes, "node")}` : "no node by line"}
      </div>
      <div class="sh">
        <span class="mono path" title={place}>
          <bdi>{place}</bdi>
        </span>
        <CopyButton text={source.lines.join("\n")} label="Copy forward" />
      </div>
      <Lines view={view} row={row} source={source} made={made} />
    </>
  );
}

/** What the kernel says where it finds no text, apart from its first words. */
const NO_SOURCE = /^No source for this module\.\s*/;

function Absence({ view, state }: { view: View; state: SourceState | undefined }) {
  if (state === undefined || state.state === "asked") return <Reading />;
  const [title, cause] =
    state.state === "silent"
      ? ["No kernel answers.", "The text of a module is read by Python when it is asked for."]
      : ["No source for this module.", causeOf(state)];
  return (
    <div class="msg">
      <b>{title}</b>
      <div class="q">
        {cause} Its nodes are listed under <Link onClick={() => view.store.setTab("nodes")}>Nodes</Link>.
      </div>
    </div>
  );
}

function causeOf(state: SourceState): string {
  return state.state === "failed"
    ? state.message.replace(NO_SOURCE, "").replace(/\.?$/, ".")
    : "Its forward was not found on this machine.";
}

/** Bars in the places of lines; an answer within 0.15 s leaves no trace of them. */
function Reading() {
  return (
    <div class="still" role="status">
      <span class="q sm">Reading the source</span>
      {[38, 62, 54, 70, 46].map((width) => (
        <span key={width} class="skel" style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}
