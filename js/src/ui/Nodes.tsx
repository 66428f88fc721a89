/** The table of the selected modules' nodes, and the detail of one of them docked below. */
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { noNodes } from "../format";
import { modified, taken } from "../keyboard";
import { NONE } from "../store";
import { Detail } from "./Detail";
import { Scroller } from "./Grid";
import { focusEntry, listKey, numberAt } from "./listEvents";
import { filtered, nodesOfAll } from "./nodes/listed";
import { NodeRow } from "./nodes/NodeRow";
import { Tools } from "./nodes/Tools";
import { useVirtual, type Window } from "./useVirtual";
import { dock, quiet, useAskedFocus, type View } from "./view";

export function Nodes({ view }: { view: View }) {
  const { tree, selected, also, node } = view.store;
  const [filter, setFilter] = useState<string | null>(null);
  const row = Math.max(selected.value, 0);
  const others = also.value;
  const region = useMemo(() => nodesOfAll(tree, [row, ...others]), [tree, row, others]);
  const nodes = useMemo(() => filtered(tree, region, filter ?? ""), [tree, region, filter]);
  if (region.length === 0) return <Empty view={view} row={row} />;
  return (
    <>
      <Tools
        view={view}
        nodes={nodes}
        filtering={filter !== null}
        toggleFilter={() => setFilter(filter === null ? "" : null)}
      />
      {filter !== null && (
        <Filter view={view} text={filter} setText={setFilter} shown={nodes.length} all={region.length} />
      )}
      {nodes.length > 0 ? (
        <List key={row} view={view} above={others.size > 0 ? NONE : row} nodes={nodes} />
      ) : (
        <div class="msg q grow">No node passes the filter.</div>
      )}
      {node.value !== NONE && <Detail view={view} node={node.value} />}
    </>
  );
}

function Empty({ view: { store }, row }: { view: View; row: number }) {
  const reason = noNodes(store.tree, row).replace(/^no nodes(: )?/, "");
  return (
    <div class="msg">
      <b>No nodes to list.</b>
      {reason !== "" && (
        <div class="q">
          <bdi>{reason}</bdi>
        </div>
      )}
    </div>
  );
}

interface FilterProps {
  view: View;
  text: string;
  setText(text: string | null): void;
  shown: number;
  all: number;
}

function Filter({ view, text, setText, shown, all }: FilterProps) {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  const key = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (modified(event)) return;
    if (event.key === "Escape") setText(null);
    else if (event.key !== "Enter" && event.key !== "ArrowDown") return;
    taken(event);
    if (event.key !== "Escape" && shown === 0) return;
    focusEntry(view, 0);
  };
  return (
    <div class="fl">
      <input
        ref={field}
        value={text}
        placeholder="Filter: text, op:MatMul, evidence:rewrite"
        aria-label="Filter nodes"
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={key}
        {...quiet}
      />
      <output>{text.trim() !== "" && `${shown} of ${all}`}</output>
    </div>
  );
}

/** `above`: the row whose region is listed; NONE when it is several. */
function List({ view, above, nodes }: { view: View; above: number; nodes: Int32Array }) {
  const { tree } = view.store;
  const scroller = useRef<HTMLDivElement>(null);
  const place = Math.min(view.activeNode.value, nodes.length - 1);
  const sight = useVirtual(scroller, nodes.length, place);
  useDocked(view, sight, nodes);
  useAskedFocus(view, "nodes", scroller, () => sight.scrollTo(place));
  const choose = () => dock(view.store, nodes[place]);
  const digits = String(tree.nodes.count - 1).length;
  return (
    <div
      class="grid"
      role="grid"
      aria-label={above === NONE ? "Nodes of the selected modules" : `Nodes of ${tree.name[above]}`}
      aria-rowcount={nodes.length + 1}
      style={{ "--index": `${Math.max(30, digits * 7 + 8)}px`, "--output": `${outputWidth(tree.types)}px` }}
    >
      <div role="rowgroup">
        <Header />
      </div>
      <Scroller
        box={scroller}
        sight={sight}
        onClick={(event) => nodeClick(event, view, nodes)}
        onPointerOver={(event) => link(view, numberAt(event, "node"))}
        onPointerLeave={() => link(view, null)}
        onKeyDown={(event) => listKey(event, { view, place, count: nodes.length, page: sight.page, choose })}
      >
        {sight.items.map(({ index }) => (
          <NodeRow
            key={nodes[index]}
            view={view}
            above={above}
            node={nodes[index]}
            place={index}
            active={index === place}
          />
        ))}
      </Scroller>
    </div>
  );
}

/** Room for the longest `f32 2×10×384` of the model, within reason. */
function outputWidth(types: string[]): number {
  const longest = types.reduce((most, type) => Math.max(most, type.length), 0);
  return Math.min(200, Math.max(96, Math.ceil(longest * 7.3)));
}

function Header() {
  return (
    <div class="tr nt th" role="row" aria-rowindex={1}>
      <span class="r" role="columnheader">
        #
      </span>
      <span role="columnheader">operator</span>
      <span class="nn" role="columnheader">
        name
      </span>
      <span class="rd" role="columnheader">
        reads
      </span>
      <span role="columnheader">output</span>
      <span class="r" role="columnheader">
        line
      </span>
      <span role="columnheader">evidence</span>
    </div>
  );
}

/** Keeps the docked node in sight, whoever docked it; a new list without it begins at its top. */
function useDocked(view: View, sight: Window, nodes: Int32Array): void {
  const docked = view.store.node.value;
  const { ready } = sight;
  useLayoutEffect(() => {
    const place = nodes.indexOf(docked);
    if (docked !== NONE || !ready) view.activeNode.value = Math.max(place, 0);
    if (ready && place >= 0) sight.scrollTo(place);
  }, [docked, ready, nodes]);
}

function link({ store: { linked } }: View, node: number | null): void {
  linked.value = node === null ? null : { node };
}

function nodeClick(event: MouseEvent, view: View, nodes: Int32Array): void {
  const node = numberAt(event, "node");
  if (node === null) return;
  view.store.node.value = node;
  focusEntry(view, nodes.indexOf(node));
}

/** Closes the docked detail and gives the focus back to where its node is listed. */
export function closeDetail(view: View): void {
  view.store.node.value = NONE;
  view.focus.value = view.store.tab.peek();
}
