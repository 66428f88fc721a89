/** One module call: its name, and what each column says about it. */
import { isOnlyInOne, statesEvidence } from "../../compare/pairs";
import { countDelta, sentence, signed } from "../../compare/words";
import { markedName, markedText } from "../../find";
import { callName, error, ownership, plural, rowName } from "../../format";
import { Icon } from "../Icons";
import { Name } from "../parts";
import { Indent } from "../Row";
import { ROW } from "../useVirtual";
import { quiet } from "../view";
import type { CompareView } from "./view";

export interface RowProps {
  view: CompareView;
  row: number;
  room: number;
  place: number;
  /** Number in the whole grid, heads included, counted from 1. */
  number: number;
  position: number;
  siblings: number;
  active: boolean;
  selected: boolean;
  openable: boolean;
  open: boolean;
  /** Whether the row stands for all copies of its run. */
  asRun: boolean;
}

/** Mouse events are heard once, by the grid: it finds the row by `data-row`. */
export function Row(props: RowProps) {
  const { view, row, openable, open, asRun } = props;
  const { store } = view;
  const { comparison, folded, tree, matches, match, differences } = store;
  const current = matches.value?.rows[match.value] === row;
  const none = comparison.columns.every(({ cells }) => !cells || cells.total[row] <= 0);
  return (
    <div
      class={`tr${none ? " none" : ""}${current ? " current" : ""}`}
      role="row"
      data-row={row}
      tabIndex={props.active ? 0 : -1}
      style={{ transform: `translateY(${props.place * ROW}px)` }}
      aria-label={sentence(comparison, folded, differences.value, row, asRun)}
      aria-rowindex={props.number}
      aria-level={tree.level[row] + 1}
      aria-posinset={props.position}
      aria-setsize={props.siblings}
      aria-selected={props.selected}
      aria-expanded={openable ? open : undefined}
      {...quiet}
    >
      <NameCell {...props} />
      {comparison.columns.map(({ name }, column) => (
        <Cell key={name} {...props} column={column} />
      ))}
    </div>
  );
}

function NameCell({ view, row, openable, open, asRun, room }: RowProps) {
  const { tree, folded, query } = view.store;
  const name = rowName(folded, row, asRun);
  const call = callName(folded, row, asRun);
  const cls = tree.classes[tree.cls[row]];
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
      <span class="nm">
        <Name text={name} mark={name === tree.name[row] ? markedName(tree, row, query.value) : null} />
      </span>
      {call !== "" && <span class="chip call">{call}</span>}
      <Copies view={view} row={row} asRun={asRun} />
      <span class="cl">
        {row === 0 ? "root" : cls !== "" && <Name text={cls} mark={markedText(cls, query.value)} />}
      </span>
    </div>
  );
}

/** `×5` stands for five equal rows: a click shows them, and on the first of them folds them again. */
function Copies({ view, row, asRun }: { view: CompareView; row: number; asRun: boolean }) {
  const { tree, folded } = view.store;
  const copies = folded.runs.copies[row];
  const first = folded.runs.head[row] === row;
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

function Cell({ view, row, column, asRun }: RowProps & { column: number }) {
  const { comparison, differences, baseline, folded } = view.store;
  const { cells } = comparison.columns[column];
  const base = comparison.columns[baseline.value];
  if (!cells) return <Empty text="–" title="The export failed" />;
  const only = column !== baseline.value && isOnlyInOne(comparison, base, comparison.columns[column], row);
  const delta = countDelta(comparison, baseline.value, column, row);
  const total = cells.total[row];
  if (total < 0) {
    return <Empty text="–" title="No such call in this column" word="no such call" tinted={only} />;
  }
  const copies = asRun ? folded.runs.copies[row] : 1;
  const unlike = copies * (differences.value.columns[column]?.inside[row] ?? 0);
  const reason = comparison.reasons[cells.reason.get(row) ?? -1];
  const renamed = cells.renamed.get(row);
  const reference = !statesEvidence(comparison.columns[column]);
  return (
    <div
      class={`cell${delta !== 0 || only ? " d" : ""}${reference || total === 0 ? " ref" : ""}`}
      role="gridcell"
      title={titleOf(cells.own[row], total, cells.error[row], unlike, reason)}
    >
      <span class="v">
        {copies > 1 && <i class="f">{copies}×</i>}
        {total}
      </span>
      {delta !== 0 && (
        <span class="dl">
          {signed(delta)}
          {copies > 1 && " each"}
        </span>
      )}
      {total === 0 && delta === 0 && reason && <span class="z">{reason}</span>}
      {renamed !== undefined && (
        <span class="z" title={`Here it is ${renamed}`}>
          as <bdi>{renamed.slice(renamed.lastIndexOf(".") + 1)}</bdi>
        </span>
      )}
      {unlike > 0 && <span class="ne">≠ {unlike}</span>}
    </div>
  );
}

function Empty({ text, title, word, tinted }: { text: string; title: string; word?: string; tinted?: boolean }) {
  return (
    <div class={`cell ref${tinted ? " d" : ""}`} role="gridcell" title={title}>
      <span class="v">{text}</span>
      {tinted && word && <span class="z">{word}</span>}
    </div>
  );
}

function titleOf(own: number, total: number, off: number, unlike: number, reason: string | undefined): string {
  const parts = [total > 0 ? ownership(own, total) : (reason ?? "no nodes")];
  if (unlike > 0) parts.push(`${plural(unlike, "node")} unlike the baseline`);
  if (!Number.isNaN(off)) parts.push(`max |Δ| ${error(off)}`);
  return parts.join("\n");
}
