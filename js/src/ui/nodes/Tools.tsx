/** The table's tools: how many nodes match the search, the filter, copy as CSV. */
import { useEffect, useState } from "preact/hooks";
import type { NodeDetail } from "../../ask";
import { plural } from "../../format";
import { NoAnswer } from "../../store";
import { IconButton } from "../parts";
import type { View } from "../view";
import { copyLater } from "./clipboard";
import { csv, detailedTable, knownTable } from "./csv";

/** As many as the kernel answers for at once. */
const PORTION = 5000;

interface ToolsProps {
  view: View;
  nodes: Int32Array;
  filtering: boolean;
  toggleFilter(): void;
}

export function Tools({ view, nodes, filtering, toggleFilter }: ToolsProps) {
  const matches = view.store.matches.value;
  let hits = 0;
  if (matches && matches.count > 0) for (const node of nodes) hits += matches.nodes[node];
  return (
    <div class="tools">
      {hits > 0 && (
        <span class="hits" title="Nodes that match the search">
          {hits} <span class="word">{hits === 1 ? "match" : "matches"}</span>
        </span>
      )}
      <IconButton icon="filter" label="Filter nodes" aria-pressed={filtering} onClick={toggleFilter} />
      <CopyCsv view={view} nodes={nodes} />
    </div>
  );
}

type State = "ready" | "asking" | "copied" | "partly" | "failed";
const TITLE: Record<State, string> = {
  ready: "Copy as CSV",
  asking: "Asking the kernel",
  copied: "Copied",
  partly: "Copied without inputs and attributes: they need a running kernel",
  failed: "This page may not write to the clipboard",
};

function CopyCsv({ view, nodes }: { view: View; nodes: Int32Array }) {
  const [state, setState] = useState<State>("ready");
  useEffect(() => {
    if (state === "ready" || state === "asking") return;
    const timer = setTimeout(() => setState("ready"), state === "copied" ? 1200 : 4000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async (event: MouseEvent) => {
    setState("asking");
    let whole = true;
    const text = tableOf(view, nodes, () => {
      whole = false;
    });
    const done = await copyLater(text, event.currentTarget as HTMLElement);
    const now = !done ? "failed" : whole ? "copied" : "partly";
    setState(now);
    view.said.value = now === "copied" ? `${plural(nodes.length, "node")} copied as CSV` : TITLE[now];
  };
  return (
    <>
      {(state === "partly" || state === "failed") && (
        <span title={TITLE[state]}>{state === "partly" ? "without inputs" : "not copied"}</span>
      )}
      <IconButton
        icon={state === "copied" || state === "partly" ? "check" : "csv"}
        label={TITLE[state]}
        disabled={state === "asking" || nodes.length === 0}
        onClick={copy}
      />
    </>
  );
}

/** The table as text; where no kernel answers, of what the payload knows. */
async function tableOf({ store }: View, nodes: Int32Array, less: () => void): Promise<string> {
  const details: NodeDetail[] = [];
  try {
    for (let at = 0; at < nodes.length; at += PORTION) {
      details.push(...(await store.table([...nodes.subarray(at, at + PORTION)])));
    }
    return csv(detailedTable(store.tree, nodes, details));
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    less();
    return csv(knownTable(store.tree, nodes));
  }
}
