/** One line of the drawer: a fact, an operator, or a node that the columns attribute differently. */
import { type OperatorLine, onGraph, type Region } from "../../compare/region";
import { scopeName } from "../../compare/words";
import { error, signed } from "../../format";
import { GridRow } from "../Grid";
import { EvidenceGlyph } from "../Icons";
import { Shape } from "../parts";
import { Empty } from "./Row";
import type { CompareView } from "./view";

export type Entry =
  | { kind: "evidence" }
  | { kind: "error" }
  | { kind: "operator"; line: OperatorLine }
  | { kind: "node"; node: number };

interface LineProps {
  view: CompareView;
  region: Region;
  entry: Entry;
  /** Place among the entries, and in lines from the top. */
  at: number;
  place: number;
  active: boolean;
}

export function Line({ view, region, entry, at, place, active }: LineProps) {
  const { comparison, chosen } = view.store;
  const isNode = entry.kind === "node";
  return (
    <GridRow
      class={`tr dr${isNode ? " two" : ""}`}
      place={place}
      active={active}
      data-line={at}
      aria-rowindex={at + 1}
      aria-selected={isNode ? chosen.value === entry.node : undefined}
    >
      <div class="lead" role="rowheader">
        <Lead view={view} entry={entry} />
      </div>
      {comparison.columns.map(({ name }, column) => (
        <LineCell key={name} view={view} region={region} entry={entry} column={column} />
      ))}
    </GridRow>
  );
}

function Lead({ view, entry }: { view: CompareView; entry: Entry }) {
  const { comparison, baseline } = view.store;
  const { tree, graphs, columns } = comparison;
  if (entry.kind === "evidence") return <span class="q">evidence</span>;
  if (entry.kind === "error") return <span class="q">max |Δ| to PyTorch</span>;
  if (entry.kind === "operator") return <bdi class="mono">{tree.ops[entry.line.op]}</bdi>;
  const { op, type } = graphs[columns[baseline.value].graph];
  return (
    <>
      <div class="cut">
        <bdi class="mono">{tree.ops[op[entry.node]]}</bdi> <span class="mono q">#{entry.node}</span>
      </div>
      <div class="cut">
        <Shape text={tree.types[type[entry.node]]} quietly />
      </div>
    </>
  );
}

interface CellProps {
  view: CompareView;
  region: Region;
  column: number;
}

function LineCell({ entry, ...props }: CellProps & { entry: Entry }) {
  const { store } = props.view;
  const { cells } = store.comparison.columns[props.column];
  if (!cells) return <Empty />;
  switch (entry.kind) {
    case "evidence":
      return <EvidenceCell {...props} />;
    case "error":
      return (
        <div class="cell" role="gridcell">
          {error(cells.error[store.selected.value])}
        </div>
      );
    case "operator":
      return <OperatorCell {...props} line={entry.line} />;
    case "node":
      return <NodeCell {...props} node={entry.node} />;
  }
}

/** How many nodes stand on each kind of evidence. */
function EvidenceCell({ view, region, column }: CellProps) {
  const { evidence } = view.store.tree;
  const kinds = region.evidence[column];
  const found = evidence.map((kind, at) => ({ kind, count: kinds[at] ?? 0 })).filter(({ count }) => count > 0);
  return (
    <div class="cell evs" role="gridcell" title={found.map(({ kind, count }) => `${kind} ${count}`).join(", ")}>
      {found.map(({ kind, count }) => (
        <span class="ew" key={kind}>
          <EvidenceGlyph kind={kind} />
          <span class="aloud">{kind}</span> {count}
        </span>
      ))}
    </div>
  );
}

/** How many there are, a bar for it, by how many it differs, and where they went. */
function OperatorCell({ view, region, column, line }: CellProps & { line: OperatorLine }) {
  const { comparison, baseline, selected } = view.store;
  const count = line.counts[column];
  if (count < 0) return <Empty title="No such call in this column" />;
  const delta = column === baseline.value ? 0 : count - Math.max(line.counts[baseline.value], 0);
  const most = Math.max(...region.operators.map(({ counts }) => Math.max(...counts)));
  const to = line.gone[column];
  return (
    <div class={`cell${delta === 0 ? "" : " d"}`} role="gridcell">
      <span class="v">{count}</span>
      {delta === 0 ? (
        <span class="brs">
          <b style={{ width: `${(100 * count) / most}%` }} />
        </span>
      ) : (
        <span class="dl">{signed(delta)}</span>
      )}
      {delta < 0 && to >= 0 && (
        <span class="z" title={comparison.tree.key[to]}>
          in <bdi>{scopeName(comparison, selected.value, to)}</bdi>
        </span>
      )}
    </div>
  );
}

function NodeCell({ view, column, node }: CellProps & { node: number }) {
  const { comparison, baseline, selected } = view.store;
  const { columns, tree, confidence } = comparison;
  const { scopes } = columns[column];
  if (!scopes || !onGraph(comparison, baseline.value).includes(column)) return <Empty title="Another graph" />;
  const row = scopes.row[node];
  const odd = row !== columns[baseline.value].scopes?.row[node];
  const kind = tree.evidence[scopes.evidence[node]] ?? "";
  const sure = confidence[scopes.evidence[node]];
  return (
    <div class={`cell${odd ? " d" : ""}`} role="gridcell" title={tree.key[row]}>
      <div class="sc">
        {odd && <span class="aloud">differs: </span>}
        <bdi>{scopeName(comparison, selected.value, row)}</bdi>
      </div>
      <div class="ew">
        <EvidenceGlyph kind={kind} />
        {kind || "as is"}
        {sure >= 0 && <span class="mono">{sure.toFixed(2)}</span>}
      </div>
    </div>
  );
}
