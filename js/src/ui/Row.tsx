/** One row of the treegrid: a module call, or a run of equal ones. */
import { type Column, factor, worstError } from "../columns";
import { mainEvidence } from "../evidence";
import { markedName, markedText } from "../find";
import {
  callName,
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
import { Swatch } from "./ColorBy";
import { EvidenceGlyph, Icon } from "./Icons";
import { Name } from "./parts";
import { ROW } from "./useVirtual";
import { quiet, type View } from "./view";

/** What any row of the grid is told about itself. */
export interface Standing {
  /** Place in the grid from the top, and among the shown siblings. */
  place: number;
  position: number;
  siblings: number;
  selected: boolean;
  active: boolean;
  columns: Column[];
  /** How many levels of guides there is room for. */
  room: number;
}

/** Indent of one level in px. */
export const STEP = 14;

export interface RowProps extends Standing {
  view: View;
  row: number;
  openable: boolean;
  open: boolean;
  /** Whether the row stands for all copies of its run; false where it stands for itself. */
  asRun: boolean;
}

/** Mouse events are heard once, by the tree: it finds the row by `data-row`. */
export function Row(props: RowProps) {
  const { row, place, openable, open, view, columns } = props;
  const { tree, folded, matches, match } = view.store;
  const empty = tree.total[row] === 0;
  const current = matches.value?.rows[match.value] === row;
  return (
    <div
      class={`tr${empty ? " none" : ""}${current ? " current" : ""}`}
      role="row"
      data-row={row}
      tabIndex={props.active ? 0 : -1}
      style={{ transform: `translateY(${place * ROW}px)` }}
      aria-label={sentence(folded, row, props.asRun)}
      aria-rowindex={place + 2}
      aria-level={tree.level[row] + 1}
      aria-posinset={props.position}
      aria-setsize={props.siblings}
      aria-selected={props.selected}
      aria-expanded={openable ? open : undefined}
      {...quiet}
    >
      <NameCell {...props} />
      {empty ? <ReasonCell {...props} /> : columns.map((column) => <Cell key={column} {...props} column={column} />)}
    </div>
  );
}

/** Guides for the levels above; deeper than there is room for, a number says the level. */
export function Indent({ level, room }: { level: number; room: number }) {
  const drawn = Math.min(level, room);
  return (
    <>
      <u style={{ width: `${drawn * STEP}px` }} />
      {level > room && (
        <span class="lv" title={`Level ${level}`}>
          {level}
        </span>
      )}
    </>
  );
}

function NameCell({ view, row, openable, open, asRun, room }: RowProps) {
  const { tree, folded, query, colours } = view.store;
  const cls = tree.classes[tree.cls[row]];
  const name = rowName(folded, row, asRun);
  const call = callName(folded, row, asRun);
  const differs = folded.runs.differs.get(row);
  return (
    <div class="name" role="rowheader" title={tree.key[row]}>
      <Indent level={tree.level[row]} room={room} />
      {openable ? (
        <button type="button" class="car" tabIndex={-1} aria-label={open ? "Close" : "Open"} {...quiet}>
          <Icon name="chevron" />
        </button>
      ) : (
        <span class="car" />
      )}
      {colours.value && <Swatch colours={colours.value} at={colours.value.ofRow(row)} />}
      <span class="nm">
        <Name text={name} mark={name === tree.name[row] ? markedName(tree, row, query.value) : null} />
      </span>
      {call !== "" && <span class="chip call">{call}</span>}
      <Copies folded={folded} row={row} asRun={asRun} />
      <span class="cl">{row === 0 ? "root" : <Name text={cls} mark={markedText(cls, query.value)} />}</span>
      {differs && (
        <span class="note" title={differenceTitle(folded, differs)}>
          <bdi>{difference(tree, differs)}</bdi>
        </span>
      )}
    </div>
  );
}

function differenceTitle(folded: Folded, { from, nodes }: { from: number; nodes: number }): string {
  const others = rowName(folded, from, true);
  if (nodes === 0) return `As many nodes as ${others}, but not the same`;
  return `${plural(Math.abs(nodes), "node")} ${nodes > 0 ? "more" : "fewer"} than ${others}`;
}

/** `×5` stands for five equal rows: a click shows them, and on the first of them folds them again. */
function Copies({ folded: { tree, runs }, row, asRun }: { folded: Folded; row: number; asRun: boolean }) {
  const copies = runs.copies[row];
  const first = runs.head[row] === row;
  if (copies === 1 || !(asRun || first)) return null;
  const label = asRun ? `Show ${copies} equal copies` : `Fold ${copies} equal copies`;
  return (
    <>
      <button
        type="button"
        class="chip times"
        tabIndex={-1}
        aria-label={label}
        aria-pressed={!asRun}
        title={`${label} (Shift+${asRun ? "→" : "←"})`}
        {...quiet}
      >
        ×{copies}
      </button>
      {asRun && !first && (
        <span class="note stands" title="The copy that stands for all">
          <bdi>{tree.repeated[row] ? `call ${tree.call[row]}` : tree.name[row]}</bdi>
        </span>
      )}
    </>
  );
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
