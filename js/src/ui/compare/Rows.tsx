/** The treegrid: heads of the columns, and the rows of one tree with a cell for each column. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { isKept } from "../../compare/listed";
import { isFolded } from "../../openings";
import { placeOf } from "../../tree";
import { NothingMatches } from "../NothingMatches";
import { rowClick, rowDoubleClick } from "../treeEvents";
import { useVirtual, type Window } from "../useVirtual";
import { useWidth } from "../useWidth";
import { quiet, useAskedFocus } from "../view";
import { Columns, Failures } from "./Columns";
import { rowKey } from "./keys";
import { Row } from "./Row";
import { useSideways } from "./sideways";
import type { CompareView } from "./view";

/** Levels of guides for which a name of 150 px still has room. */
const levels = (width: number, columns: number) =>
  Math.max(4, Math.min(20, Math.floor((width - columns * 172 - 150) / 14)));

export function Rows({ view }: { view: CompareView }) {
  const { store } = view;
  const whole = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const { columns } = store.comparison;
  const shown = store.shown.value;
  const place = placeOf(store.folded, store.openings.value, shown, view.active.value);
  const sight = useVirtual(scroller, shown.rows.length, place);
  const room = levels(useWidth(whole), columns.length);
  const failures = columns.filter(({ failed }) => failed).length;
  useSideways(view.sideways, scroller);
  useReveal(view, sight);
  useAskedFocus(view, "tree", scroller, () => sight.scrollTo(place));
  return (
    <div class="cg" data-zone="tree" ref={whole}>
      <NothingMatches view={view} />
      <div
        class="grid"
        role="treegrid"
        aria-label="Modules by column"
        aria-rowcount={shown.rows.length + 1 + failures}
        aria-colcount={columns.length + 1}
      >
        <Columns view={view} />
        <Failures view={view} />
        <div
          class="rows"
          role="rowgroup"
          ref={scroller}
          tabIndex={-1}
          {...quiet}
          onClick={(event) => rowClick(event, view)}
          onDblClick={(event) => rowDoubleClick(event, view)}
          onKeyDown={(event) => rowKey(event, { view, place, page: sight.page })}
        >
          <div class="all" role="presentation" style={{ height: `${sight.height}px` }}>
            <Drawn view={view} sight={sight} active={place} room={room} first={failures + 2} />
          </div>
        </div>
      </div>
      <Hidden view={view} />
    </div>
  );
}

interface DrawnProps {
  view: CompareView;
  sight: Window;
  active: number;
  room: number;
  first: number;
}

function Drawn({ view, sight, active, room, first }: DrawnProps) {
  const { store } = view;
  const { tree, folded } = store;
  const { rows, position, children } = store.shown.value;
  const openings = store.openings.value;
  const searched = store.kept.value !== null;
  const kept = store.only.value ? store.differences.value.kept : null;
  return sight.items.map(({ index }) => {
    const row = rows[index];
    const below = kept === null || someBelow(kept.upTo, row, tree.end[row]);
    return (
      <Row
        key={row}
        view={view}
        row={row}
        room={room}
        place={index}
        number={index + first}
        position={position[row]}
        siblings={row === 0 ? 1 : children[tree.parent[row]]}
        active={index === active}
        selected={row === store.selected.value}
        openable={below && store.openable(row)}
        open={openings.open[row] === 1}
        asRun={!searched && isFolded(folded, openings, row)}
      />
    );
  });
}

const someBelow = (upTo: Int32Array, row: number, end: number) => upTo[end] > upTo[row + 1];

/** What "only differences" leaves out. */
function Hidden({ view: { store } }: { view: CompareView }) {
  if (!store.only.value) return null;
  const hidden = store.hidden.value;
  const none = !isKept(store.differences.value.kept, 0, store.tree.end);
  return (
    <div class="hid">
      {none
        ? "Nothing differs."
        : `${hidden} module${hidden === 1 ? "" : "s"} without a difference ${hidden === 1 ? "is" : "are"} hidden`}
      <button type="button" class="link" onClick={() => store.setOnly(false)} {...quiet}>
        Show all
      </button>
    </div>
  );
}

/** Follows the store to a row that was selected or found, here or in another view. */
function useReveal(view: CompareView, sight: Window): void {
  const done = useRef<{ row: number } | null>(null);
  const reveal = view.store.reveal.value;
  useLayoutEffect(() => {
    if (!sight.ready || done.current === reveal) return;
    done.current = reveal;
    view.active.value = reveal.row;
    const { folded, openings, shown } = view.store;
    sight.scrollTo(placeOf(folded, openings.peek(), shown.peek(), reveal.row));
  });
}
