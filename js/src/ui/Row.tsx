/** One row of the treegrid. */
import { markedName, markedText } from "../find";
import { count, noNodes, type Quantity, sentence, share, size } from "../format";
import type { Tree } from "../payload";
import { Icon } from "./Icons";
import { Name } from "./parts";
import { ROW } from "./useVirtual";
import { quiet } from "./view";

export interface RowProps {
  tree: Tree;
  row: number;
  /** Place in the grid from the top, and among the shown siblings. */
  place: number;
  position: number;
  siblings: number;
  openable: boolean;
  open: boolean;
  selected: boolean;
  active: boolean;
  query: string;
  /** Whether the row made a node that the search is for. */
  operatorMatch: boolean;
  currentMatch: boolean;
}

/** Mouse events are heard once, by the tree: it finds the row by `data-row`. */
export function Row(props: RowProps) {
  const { tree, row, openable, open } = props;
  const empty = tree.total[row] === 0;
  return (
    <div
      class={`tr${empty ? " none" : ""}${props.currentMatch ? " current" : ""}`}
      role="row"
      data-row={row}
      tabIndex={props.active ? 0 : -1}
      style={{ transform: `translateY(${props.place * ROW}px)` }}
      aria-label={sentence(tree, row)}
      aria-rowindex={props.place + 2}
      aria-level={tree.level[row] + 1}
      aria-posinset={props.position}
      aria-setsize={props.siblings}
      aria-selected={props.selected}
      aria-expanded={openable ? open : undefined}
      {...quiet}
    >
      <NameCell {...props} />
      {empty ? <ReasonCell {...props} /> : <NumberCells {...props} />}
    </div>
  );
}

function NameCell({ tree, row, openable, open, query }: RowProps) {
  const cls = tree.classes[tree.cls[row]];
  return (
    <div class="name" role="rowheader" title={tree.key[row]}>
      {Array.from({ length: tree.level[row] }, (_, i) => (
        <u key={i} />
      ))}
      {openable ? (
        <button type="button" class="car" tabIndex={-1} aria-label={open ? "Close" : "Open"} {...quiet}>
          <Icon name="chevron" />
        </button>
      ) : (
        <span class="car" />
      )}
      <span class="nm">
        <Name text={tree.name[row]} mark={markedName(tree, row, query)} />
      </span>
      {tree.repeated[row] === 1 && <span class="chip call">call {tree.call[row]}</span>}
      <span class="cl">{row === 0 ? "root" : <Name text={cls} mark={markedText(cls, query)} />}</span>
    </div>
  );
}

function ReasonCell({ tree, row }: RowProps) {
  const reason = noNodes(tree, row);
  return (
    <div class="why" role="gridcell" aria-colspan={3} title={reason}>
      {reason}
    </div>
  );
}

function NumberCells({ tree, row, operatorMatch }: RowProps) {
  const { own, inner } = share(tree, row);
  const total = tree.total[row];
  return (
    <>
      <div class="num cnt" role="gridcell" title={`${tree.own[row]} own, ${total - tree.own[row]} in children`}>
        <span>{operatorMatch ? <mark>{total}</mark> : total}</span>
        <span class="brs">
          <b style={{ width: `${own}%` }} />
          <b style={{ width: `${inner}%` }} />
        </span>
      </div>
      <NumberCell n={tree.parameters[row]} format={count} unit="parameters" />
      <NumberCell n={tree.bytes[row]} format={size} unit="bytes" />
    </>
  );
}

function NumberCell({ n, format, unit }: { n: number; format: (n: number) => Quantity; unit: string }) {
  if (n === 0) {
    return (
      <div class="num q" role="gridcell">
        –<i class="un" />
      </div>
    );
  }
  const { digits, unit: symbol } = format(n);
  return (
    <div class="num" role="gridcell" title={`${n.toLocaleString("en")} ${unit}`}>
      {digits}
      <i class="un">{symbol}</i>
    </div>
  );
}
