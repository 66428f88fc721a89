/** What all rows of a tree have in common: their place in it, guides, and of a module call its name. */
import type { ComponentChildren, ComponentProps } from "preact";
import { markedName, markedText } from "../find";
import { callName, copyName, rowName } from "../format";
import type { Folded } from "../openings";
import { Swatch } from "./ColorBy";
import { GridRow } from "./Grid";
import { Icon } from "./Icons";
import { Name } from "./parts";
import { quiet, type View } from "./view";

/** What any row is told about itself. */
export interface Standing {
  view: View;
  /** Place among the rows from the top, and among the shown siblings. */
  place: number;
  position: number;
  siblings: number;
  /** Number in the whole grid, headers included, counted from 1. */
  number: number;
  selected: boolean;
  active: boolean;
  /** How many levels of guides there is room for. */
  room: number;
}

export interface ModuleProps extends Standing {
  row: number;
  openable: boolean;
  open: boolean;
  /** Whether the row stands for all copies of its run; false where it stands for itself. */
  asRun: boolean;
}

/** Mouse events are heard once, by the grid: it finds the row by `data-row`. */
export function TreeRow({
  of,
  row,
  level,
  ...rest
}: ComponentProps<"div"> & { of: Standing; row: number; level: number }) {
  return (
    <GridRow
      place={of.place}
      active={of.active}
      data-row={row}
      aria-rowindex={of.number}
      aria-level={level + 1}
      aria-posinset={of.position}
      aria-setsize={of.siblings}
      aria-selected={of.selected}
      {...rest}
    />
  );
}

/** Indent of one level in px. */
export const STEP = 14;

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

export function NameCell({
  view,
  row,
  openable,
  open,
  asRun,
  room,
  children,
}: ModuleProps & { children?: ComponentChildren }) {
  const { tree, folded, query, colours } = view.store;
  const cls = tree.classes[tree.cls[row]];
  const name = rowName(folded, row, asRun);
  const call = callName(folded, row, asRun);
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
      <span class="cl">
        {row === 0 ? "root" : cls !== "" && <Name text={cls} mark={markedText(cls, query.value)} />}
      </span>
      {children}
    </div>
  );
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
          <bdi>{copyName(tree, row)}</bdi>
        </span>
      )}
    </>
  );
}
