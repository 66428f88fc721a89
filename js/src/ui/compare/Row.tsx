/** One module call: its name, and what each column says about it. */
import { isOnlyInOne, statesEvidence } from "../../compare/pairs";
import { countDelta, sentence } from "../../compare/words";
import { error, ownership, plural, signed } from "../../format";
import { type ModuleProps, NameCell, TreeRow } from "../TreeRow";
import type { CompareView } from "./view";

export interface RowProps extends ModuleProps {
  view: CompareView;
}

export function Row(props: RowProps) {
  const { view, row, openable, open, asRun } = props;
  const { comparison, folded, tree, matches, match, differences } = view.store;
  const current = matches.value?.rows[match.value] === row;
  const none = comparison.columns.every(({ cells }) => !cells || cells.total[row] <= 0);
  return (
    <TreeRow
      of={props}
      row={row}
      level={tree.level[row]}
      class={`tr${none ? " none" : ""}${current ? " current" : ""}`}
      aria-label={sentence(comparison, folded, differences.value, row, asRun)}
      aria-expanded={openable ? open : undefined}
    >
      <NameCell {...props} />
      {comparison.columns.map(({ name }, column) => (
        <Cell key={name} {...props} column={column} />
      ))}
    </TreeRow>
  );
}

function Cell({ view, row, column, asRun }: RowProps & { column: number }) {
  const { comparison, differences, baseline, folded } = view.store;
  const { cells } = comparison.columns[column];
  const base = comparison.columns[baseline.value];
  if (!cells) return <Empty title="The export failed" />;
  const only = column !== baseline.value && isOnlyInOne(comparison, base, comparison.columns[column], row);
  const delta = countDelta(comparison, baseline.value, column, row);
  const total = cells.total[row];
  if (total < 0) return <Empty title="No such call in this column" word={only && "no such call"} />;
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

interface EmptyProps {
  title?: string;
  /** Why it is worth a look that there is nothing. */
  word?: string | false;
}

/** The cell of a column that has nothing to say. */
export function Empty({ title, word }: EmptyProps) {
  return (
    <div class={`cell ref${word ? " d" : ""}`} role="gridcell" title={title}>
      <span class="v">–</span>
      {word && <span class="z">{word}</span>}
    </div>
  );
}

function titleOf(own: number, total: number, off: number, unlike: number, reason: string | undefined): string {
  const parts = [total > 0 ? ownership(own, total) : (reason ?? "no nodes")];
  if (unlike > 0) parts.push(`${plural(unlike, "node")} unlike the baseline`);
  if (!Number.isNaN(off)) parts.push(`max |Δ| ${error(off)}`);
  return parts.join("\n");
}
