/** One node of the table. */
import { markedText } from "../../find";
import type { Tree } from "../../payload";
import { labelFrom, nodeName } from "../../tree";
import { GridRow } from "../Grid";
import { EvidenceGlyph } from "../Icons";
import { Name, Shape } from "../parts";
import type { View } from "../view";

interface NodeRowProps {
  view: View;
  /** The row whose region is listed; -1 when it is several. */
  above: number;
  node: number;
  place: number;
  active: boolean;
}

/** Mouse events are heard once, by the table: it finds the node by `data-node`. */
export function NodeRow({ view, above, node, place, active }: NodeRowProps) {
  const { tree, node: docked } = view.store;
  const { nodes } = tree;
  const owner = nodes.row[node];
  const type = tree.types[nodes.type[node]] ?? "";
  const file = tree.files[nodes.file[node]];
  const line = nodes.line[node];
  const name = nodeName(tree, node);
  return (
    <GridRow
      class={`tr nt${isLinked(view, node, above) ? " linked" : ""}`}
      place={place}
      active={active}
      data-node={node}
      aria-rowindex={place + 2}
      aria-selected={node === docked.value}
    >
      <span class="ix" role="gridcell">
        {node}
      </span>
      <span class="op" role="gridcell">
        <Name text={tree.ops[nodes.op[node]]} mark={markOf(view, node)} />
        {owner !== above && (
          <bdi class="of" title={labelFrom(tree, Math.max(above, 0), owner)}>
            {labelFrom(tree, tree.parent[owner], owner)}
          </bdi>
        )}
      </span>
      <span class="nn" role="gridcell" title={name}>
        <bdi>{name}</bdi>
      </span>
      <span class="rd" role="gridcell">
        <bdi>{readsOf(tree, node).join(", ")}</bdi>
      </span>
      <span role="gridcell" class="out" title={type}>
        <Shape text={type} />
      </span>
      <span class="num q" role="gridcell" title={file && `${file}:${line}`}>
        {line > 0 ? line : "–"}
      </span>
      <Evidence tree={tree} node={node} />
    </GridRow>
  );
}

function Evidence({ tree, node }: { tree: Tree; node: number }) {
  const kind = tree.evidence[tree.nodes.evidence[node]] ?? "";
  const also = tree.nodes.also.get(node)?.length ?? 0;
  return (
    <span class="ew" role="gridcell" title={kind}>
      <EvidenceGlyph kind={kind} />
      <span>{kind}</span>
      {also > 0 && (
        <span class="chip" title={`Also made for ${also} more module calls`}>
          +{also}
        </span>
      )}
    </span>
  );
}

/** What a node reads: `Reshape 16`, or the name of a graph input. */
function readsOf({ nodes: { first, reads, op }, ops, inputs }: Tree, node: number): string[] {
  return Array.from(reads.subarray(first[node], first[node + 1]), (maker) =>
    maker < 0 ? inputs[-1 - maker].name : `${ops[op[maker]]} ${maker}`,
  );
}

/** The stretch of the operator that the search is for; the whole where it is for the node by something else. */
function markOf({ store: { tree, matches, query } }: View, node: number): [number, number] | null {
  if (matches.value?.nodes[node] !== 1) return null;
  const op = tree.ops[tree.nodes.op[node]];
  return markedText(op, query.value, "op") ?? [0, op.length];
}

/** Lit from elsewhere: the node itself, or a module inside the listed one. */
function isLinked({ store: { tree, linked } }: View, node: number, above: number): boolean {
  const what = linked.value;
  if (what === null) return false;
  if ("node" in what) return what.node === node;
  const owner = tree.nodes.row[node];
  return what.row > above && owner >= what.row && owner < tree.end[what.row];
}
