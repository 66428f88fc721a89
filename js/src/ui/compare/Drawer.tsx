/** About the selected module, in the columns of the rows above: its operators, and the nodes that differ. */

import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { onGraph, type Region } from "../../compare/region";
import { listed } from "../../format";
import { copyNumber } from "../../openings";
import { NONE } from "../../store";
import { titleOf } from "../../tree";
import { Scroller } from "../Grid";
import { focusEntry, listKey, numberAt } from "../listEvents";
import { IconButton } from "../parts";
import { useVirtual, type Window } from "../useVirtual";
import { useAskedFocus } from "../view";
import { type Entry, Line } from "./Line";
import { useSideways } from "./sideways";
import { type CompareView, closeDrawer } from "./view";
import { Witnesses } from "./Witnesses";

export function Drawer({ view }: { view: CompareView }) {
  const { store } = view;
  const region = store.region.value;
  if (region === null) return null;
  return (
    <div class="drawer" data-zone="pane" role="group" aria-label="Selected module">
      <DrawerHead view={view} region={region} />
      <Lines key={store.selected.value} view={view} region={region} />
      {store.chosen.value !== NONE && <Witnesses view={view} />}
    </div>
  );
}

function DrawerHead({ view, region: { nodes, count } }: { view: CompareView; region: Region }) {
  const { tree, folded, selected, comparison, baseline } = view.store;
  const row = selected.value;
  const alone = onGraph(comparison, baseline.value).length < 2;
  const copies = folded.runs.copies[row];
  const facts = [
    row === 0 ? "root" : tree.classes[tree.cls[row]],
    ...(copies > 1 ? [`${copyNumber(folded, row) + 1} of ${copies} equal`] : []),
  ];
  return (
    <div class="dh">
      <span class="mono path">
        <bdi>{titleOf(tree, row)}</bdi>
      </span>
      <span class="q sm">
        <bdi>{listed(facts)}</bdi>
      </span>
      <span class="grow" />
      {count > 0 && !alone && (
        <span class="sm">
          <span class="mono">{nodes.length}</span> of <span class="mono">{count}</span> nodes attributed differently
        </span>
      )}
      {alone && comparison.columns.length > 1 && (
        <span class="q sm">no other column has the graph of the baseline</span>
      )}
      <IconButton icon="cross" label="Close" title="Close (Esc)" onClick={() => closeDrawer(view)} />
    </div>
  );
}

/** Facts first, then operators, then nodes; a node takes the height of two lines. */
function entriesOf(view: CompareView, region: Region): { entries: Entry[]; single: number } {
  const { columns } = view.store.comparison;
  const row = view.store.selected.value;
  const entries: Entry[] = [];
  if (region.evidence.some((kinds) => kinds.length > 0)) entries.push({ kind: "evidence" });
  if (columns.some(({ cells }) => cells && !Number.isNaN(cells.error[row]))) entries.push({ kind: "error" });
  for (const line of region.operators) entries.push({ kind: "operator", line });
  const single = entries.length;
  for (const node of region.nodes) entries.push({ kind: "node", node });
  return { entries, single };
}

function Lines({ view, region }: { view: CompareView; region: Region }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { entries, single } = useMemo(() => entriesOf(view, region), [view, region]);
  const placeOf = (at: number) => (at < single ? at : 2 * at - single);
  const at = Math.min(view.activeNode.value, entries.length - 1);
  const sight = useVirtual(scroller, placeOf(entries.length), placeOf(at));
  useSideways(view.sideways, scroller);
  const show = (to: number) => {
    sight.scrollTo(placeOf(to + 1) - 1);
    sight.scrollTo(placeOf(to));
  };
  useAskedFocus(view, "nodes", scroller, () => show(at));
  useChosen(view, entries, sight, show);
  const pick = () => choose(view, entries[at]);
  const drawn = new Set(sight.items.map(({ index }) => (index < single ? index : (index + single) >> 1)));
  return (
    <div class="grid" role="grid" aria-label="Operators by column" aria-rowcount={entries.length}>
      <Scroller
        box={scroller}
        sight={sight}
        onClick={(event) => lineClick(event, view, entries)}
        onKeyDown={(event) =>
          listKey(event, { view, place: at, count: entries.length, page: sight.page, choose: pick })
        }
      >
        {[...drawn].map((i) => (
          <Line
            key={keyOf(entries[i])}
            view={view}
            region={region}
            entry={entries[i]}
            at={i}
            place={placeOf(i)}
            active={i === at}
          />
        ))}
        {entries.length === 0 && <div class="msg q">No column has nodes here.</div>}
      </Scroller>
    </div>
  );
}

const keyOf = (entry: Entry) =>
  entry.kind === "node" ? `n${entry.node}` : entry.kind === "operator" ? `o${entry.line.op}` : entry.kind;

const isNode = (entry: Entry | undefined, node: number) => entry?.kind === "node" && entry.node === node;

/** Keeps the chosen node in sight, whoever chose it; another module begins at its first node that differs. */
function useChosen(view: CompareView, entries: Entry[], { ready }: Window, show: (at: number) => void): void {
  const chosen = view.store.chosen.value;
  useLayoutEffect(() => {
    const at = entries.findIndex((entry) => isNode(entry, chosen));
    const first = entries.findIndex(({ kind }) => kind === "node");
    if (at >= 0 || !ready) view.activeNode.value = Math.max(0, at >= 0 ? at : first);
    if (at >= 0 && ready) show(at);
  }, [chosen, ready, entries]);
}

function choose({ store }: CompareView, entry: Entry): void {
  if (entry.kind === "node") store.chosen.value = store.chosen.peek() === entry.node ? NONE : entry.node;
}

function lineClick(event: MouseEvent, view: CompareView, entries: Entry[]): void {
  const at = numberAt(event, "line");
  if (at === null) return;
  choose(view, entries[at]);
  focusEntry(view, at);
}
