/** One row of the treegrid: a module call, or a run of equal ones. */
import { type Column, factor, worstError } from "../columns";
import { mainEvidence } from "../evidence";
import {
  count,
  difference,
  error,
  noNodes,
  ownership,
  percent,
  plural,
  type Quantity,
  rowName,
  sentence,
  share,
  size,
} from "../format";
import type { Folded } from "../openings";
import { EvidenceGlyph } from "./Icons";
import { type ModuleProps, NameCell, TreeRow } from "./TreeRow";

export interface RowProps extends ModuleProps {
  columns: Column[];
}

export function Row(props: RowProps) {
  const { row, openable, open, view, columns } = props;
  const { tree, folded, matches, match } = view.store;
  const empty = tree.total[row] === 0;
  const current = matches.value?.rows[match.value] === row;
  const differs = folded.runs.differs.get(row);
  return (
    <TreeRow
      of={props}
      row={row}
      level={tree.level[row]}
      class={`tr${empty ? " none" : ""}${current ? " current" : ""}`}
      aria-label={sentence(folded, row, props.asRun)}
      aria-expanded={openable ? open : undefined}
    >
      <NameCell {...props}>
        {differs && (
          <span class="note" title={differenceTitle(folded, differs)}>
            <bdi>{difference(tree, differs)}</bdi>
          </span>
        )}
      </NameCell>
      {empty ? <ReasonCell {...props} /> : columns.map((column) => <Cell key={column} {...props} column={column} />)}
    </TreeRow>
  );
}

function differenceTitle(folded: Folded, { from, nodes }: { from: number; nodes: number }): string {
  const others = rowName(folded, from, true);
  if (nodes === 0) return `As many nodes as ${others}, but not the same`;
  return `${plural(Math.abs(nodes), "node")} ${nodes > 0 ? "more" : "fewer"} than ${others}`;
}

function ReasonCell({ view, row, columns }: RowProps) {
  if (columns.length === 0) return null;
  const reason = noNodes(view.store.tree, row);
  return (
    <div class="why" role="gridcell" aria-colspan={columns.length} title={reason}>
      {reason}
    </div>
  );
}

function Cell({ column, ...props }: RowProps & { column: Column }) {
  const { view, row, asRun } = props;
  const { tree, folded } = view.store;
  const times = asRun ? factor(folded, row, column) : 1;
  switch (column) {
    case "nodes":
      return <NodesCell {...props} times={times} />;
    case "parameters":
      return <AmountCell n={tree.parameters[row]} format={count} unit="parameters" times={times} />;
    case "bytes":
      return <AmountCell n={tree.bytes[row]} format={size} unit="bytes" times={times} />;
    case "error":
      return <ErrorCell {...props} />;
    case "evidence":
      return <EvidenceCell {...props} />;
    case "share":
      return (
        <div class="num" role="gridcell" title={`Of ${plural(tree.total[0], "node")}`}>
          <Times n={times} />
          {percent(tree.total[row], tree.total[0])}
          <i class="un">%</i>
        </div>
      );
  }
}

/** The muted `5×` before what one copy has. */
function Times({ n }: { n: number }) {
  return n > 1 ? <i class="f">{n}×</i> : null;
}

function NodesCell({ view, row, asRun, times }: RowProps & { times: number }) {
  const { tree, folded, matches } = view.store;
  const { own, inner } = share(tree, row, asRun ? folded.runs.copies[row] : 1);
  const total = tree.total[row];
  return (
    <div class="num cnt" role="gridcell" title={ownership(tree.own[row], total)}>
      <span>
        <Times n={times} />
        {matches.value?.byNode[row] ? <mark>{total}</mark> : total}
      </span>
      <span class="brs">
        <b style={{ width: `${own}%` }} />
        <b style={{ width: `${inner}%` }} />
      </span>
    </div>
  );
}

interface AmountProps {
  n: number;
  format: (n: number) => Quantity;
  unit: string;
  times: number;
}

function AmountCell({ n, format, unit, times }: AmountProps) {
  if (n === 0) {
    return (
      <div class="num q" role="gridcell">
        –<i class="un" />
      </div>
    );
  }
  const { digits, unit: symbol } = format(n);
  return (
    <div class="num" role="gridcell" title={`${n.toLocaleString("en")} ${unit}${times > 1 ? " each" : ""}`}>
      <Times n={times} />
      {digits}
      <i class="un">{symbol}</i>
    </div>
  );
}

function ErrorCell({ view, row, asRun }: RowProps) {
  const { tree, folded } = view.store;
  const worst = asRun ? worstError(folded, row) : tree.error[row];
  const verdict = tree.verdicts[tree.verdict[row]];
  return (
    <div class={`num${Number.isNaN(worst) ? " q" : ""}`} role="gridcell" title={verdict}>
      {asRun && worst > 0 && <i class="f">≤</i>}
      {error(worst)}
    </div>
  );
}

/** The kind that most nodes have; how many, where not all have it. */
function EvidenceCell({ view, row }: RowProps) {
  const { tree } = view.store;
  const main = mainEvidence(tree, row);
  const kind = main ? tree.evidence[main.kind] : "";
  return (
    <div class="evc" role="gridcell">
      <EvidenceGlyph kind={kind} />
      <span>{kind}</span>
      {main && main.share < 1 && (
        <span class="num" title={`${Math.round(main.share * tree.total[row])} of ${plural(tree.total[row], "node")}`}>
          {Math.floor(100 * main.share)}%
        </span>
      )}
    </div>
  );
}
