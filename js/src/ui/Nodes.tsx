/** The list of a region's nodes, in execution order. */
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { markedText } from "../find";
import { isLetter, modified, moved, taken } from "../keyboard";
import { NONE } from "../store";
import { labelFrom, nodeName, nodesOf } from "../tree";
import { EvidenceGlyph } from "./Icons";
import { Name, Shape } from "./parts";
import { ROW, useVirtual, type Window } from "./useVirtual";
import { dock, quiet, stepMatch, useAskedFocus, type View } from "./view";

export function Nodes({ view, row }: { view: View; row: number }) {
  const { store } = view;
  const { tree } = store;
  const scroller = useRef<HTMLDivElement>(null);
  const nodes = useMemo(() => nodesOf(tree, row), [tree, row]);
  const place = Math.min(view.activeNode.value, nodes.length - 1);
  const sight = useVirtual(scroller, nodes.length, place);
  useDocked(view, sight, nodes);
  useAskedFocus(view, "nodes", scroller, () => sight.scrollTo(place));
  const digits = String(tree.nodes.count - 1).length;
  return (
    <div
      class="grid"
      role="grid"
      aria-label={`Nodes of ${tree.name[row]}`}
      aria-rowcount={nodes.length + 1}
      style={{ "--index": `${Math.max(30, digits * 7 + 8)}px`, "--output": `${outputWidth(tree.types)}px` }}
    >
      <div role="rowgroup">
        <Header />
      </div>
      <div
        class="rows"
        role="rowgroup"
        ref={scroller}
        tabIndex={-1}
        {...quiet}
        onClick={(event) => nodeClick(event, view, nodes)}
        onKeyDown={(event) => nodeKey(event, view, nodes, place, sight.page)}
      >
        <div class="all" role="presentation" style={{ height: `${sight.height}px` }}>
          {sight.items.map(({ index }) => (
            <NodeRow
              key={nodes[index]}
              view={view}
              above={row}
              node={nodes[index]}
              place={index}
              active={index === place}
            />
          ))}
        </div>
      </div>
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
      <span role="columnheader">output</span>
      <span class="r" role="columnheader">
        line
      </span>
      <span role="columnheader">evidence</span>
    </div>
  );
}

interface NodeRowProps {
  view: View;
  /** The row whose region is listed. */
  above: number;
  node: number;
  place: number;
  active: boolean;
}

function NodeRow({ view, above, node, place, active }: NodeRowProps) {
  const { tree, matches, query, node: docked } = view.store;
  const { nodes } = tree;
  const op = tree.ops[nodes.op[node]];
  const owner = nodes.row[node];
  const type = tree.types[nodes.type[node]] ?? "";
  const kind = tree.evidence[nodes.evidence[node]] ?? "";
  const also = nodes.also.get(node)?.length ?? 0;
  const file = tree.files[nodes.file[node]];
  const line = nodes.line[node];
  const marked = matches.value?.ops[nodes.op[node]] ? markedText(op, query.value) : null;
  return (
    <div
      class="tr nt"
      role="row"
      data-node={node}
      tabIndex={active ? 0 : -1}
      style={{ transform: `translateY(${place * ROW}px)` }}
      aria-rowindex={place + 2}
      aria-selected={node === docked.value}
      {...quiet}
    >
      <span class="ix" role="gridcell">
        {node}
      </span>
      <span class="op" role="gridcell">
        <Name text={op} mark={marked} />
        {owner !== above && (
          <bdi class="of" title={labelFrom(tree, above, owner)}>
            {labelFrom(tree, tree.parent[owner], owner)}
          </bdi>
        )}
      </span>
      <span class="nn" role="gridcell" title={nodeName(tree, node)}>
        <bdi>{nodeName(tree, node)}</bdi>
      </span>
      <span role="gridcell" class="out" title={type}>
        <Shape text={type} />
      </span>
      <span class="num q" role="gridcell" title={file && `${file}:${line}`}>
        {line > 0 ? line : "–"}
      </span>
      <span class="ew" role="gridcell" title={kind}>
        <EvidenceGlyph kind={kind} />
        <span>{kind}</span>
        {also > 0 && (
          <span class="chip" title={`Also made for ${also} more module calls`}>
            +{also}
          </span>
        )}
      </span>
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

function nodeClick(event: MouseEvent, view: View, nodes: Int32Array): void {
  const element = (event.target as Element).closest<HTMLElement>("[data-node]");
  if (!element) return;
  const node = Number(element.dataset.node);
  view.store.node.value = node;
  view.activeNode.value = nodes.indexOf(node);
  view.focus.value = "nodes";
}

function nodeKey(event: KeyboardEvent, view: View, nodes: Int32Array, place: number, page: number): void {
  if (modified(event)) return;
  const to = moved(event.key, place, nodes.length, page);
  if (to !== null) {
    view.activeNode.value = to;
    view.focus.value = "nodes";
  } else if (event.key === "Enter" || event.key === " ") dock(view.store, nodes[place]);
  else if (event.key === "ArrowLeft") view.focus.value = "tree";
  else if (event.key.toLowerCase() === "n" && view.store.matches.peek()) stepMatch(view, event.shiftKey ? -1 : 1);
  else if (!isLetter(event) || event.key === "/" || event.key === "?") return;
  taken(event);
}

/** Closes the docked detail and gives the focus back to its node. */
export function closeDetail(view: View): void {
  view.store.node.value = NONE;
  view.focus.value = "nodes";
}
