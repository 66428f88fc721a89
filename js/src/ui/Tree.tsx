/** The treegrid of modules, and of operators where the tree is open down to them. */
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Column } from "../columns";
import { isFolded } from "../openings";
import { placeOf } from "../tree";
import { fitting, Header, isSlim, levels, template } from "./Columns";
import { NothingMatches } from "./NothingMatches";
import { Operator } from "./Operator";
import { Row } from "./Row";
import { rowClick, rowDoubleClick, rowOver, treeKey } from "./treeEvents";
import { ROW, useVirtual, type Window } from "./useVirtual";
import { useWidth } from "./useWidth";
import { quiet, useAskedFocus, type View } from "./view";

export function Tree({ view }: { view: View }) {
  const { store } = view;
  const whole = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(whole);
  const columns = useColumns(view, width);
  const slim = isSlim(width);
  const shown = store.shown.value;
  const place = placeOf(store.folded, store.openings.value, shown, view.active.value);
  const sight = useVirtual(scroller, shown.rows.length, place);
  useReveal(view, sight);
  useAskedFocus(view, "tree", scroller, () => sight.scrollTo(place));
  return (
    <div
      class={`tree${slim ? " slim" : ""}`}
      data-zone="tree"
      ref={whole}
      style={{ "--cols": template(columns, width) }}
    >
      <NothingMatches view={view} />
      <div
        class="grid"
        role="treegrid"
        aria-label="Modules"
        aria-rowcount={shown.rows.length + 1}
        aria-multiselectable="true"
      >
        <Header view={view} columns={columns} slim={slim} />
        <div
          class="rows"
          role="rowgroup"
          ref={scroller}
          tabIndex={-1}
          {...quiet}
          onClick={(event) => rowClick(event, view)}
          onDblClick={(event) => rowDoubleClick(event, view)}
          onKeyDown={(event) => treeKey(event, { view, place, page: sight.page })}
          onPointerOver={(event) => rowOver(event, view)}
          onPointerLeave={() => {
            store.linked.value = null;
          }}
        >
          <div class="all" role="presentation" style={{ height: `${sight.height}px` }}>
            <Rows view={view} sight={sight} activePlace={place} columns={columns} room={levels(columns, width)} />
            <Linked view={view} />
          </div>
        </div>
      </div>
    </div>
  );
}

/** Columns as chosen, as far as they fit; errors only where something was compared. */
function useColumns({ store }: View, width: number): Column[] {
  const chosen = store.columns.value;
  const compared = useMemo(() => store.tree.error.some((n) => !Number.isNaN(n)), [store]);
  return useMemo(
    () =>
      fitting(
        chosen.filter((column) => column !== "error" || compared),
        width,
      ),
    [chosen, compared, width],
  );
}

interface RowsProps {
  view: View;
  sight: Window;
  activePlace: number;
  columns: Column[];
  room: number;
}

function Rows({ view, sight, activePlace, columns, room }: RowsProps) {
  const { store } = view;
  const { tree, folded } = store;
  const { rows, position, children } = store.shown.value;
  const openings = store.openings.value;
  const searched = store.kept.value !== null;
  return sight.items.map(({ index }) => {
    const row = rows[index];
    const operator = row >= tree.size;
    const parent = operator ? tree.nodes.row[row - tree.size] : tree.parent[row];
    const standing = {
      view,
      columns,
      room,
      place: index,
      position: position[row],
      siblings: parent < 0 ? 1 : children[parent],
      active: index === activePlace,
    };
    if (operator) {
      const node = row - tree.size;
      return <Operator key={row} {...standing} node={node} selected={node === store.node.value} />;
    }
    return (
      <Row
        key={row}
        {...standing}
        row={row}
        openable={store.openable(row)}
        open={openings.open[row] === 1}
        selected={row === store.selected.value || store.also.value.has(row)}
        asRun={!searched && isFolded(folded, openings, row)}
      />
    );
  });
}

/** Lights up the row that the mouse is over elsewhere: in the graph, the source, the list of nodes. */
function Linked({ view: { store } }: { view: View }) {
  const linked = store.linked.value;
  if (linked === null) return null;
  const row = "row" in linked ? linked.row : store.tree.size + linked.node;
  const place = placeOf(store.folded, store.openings.value, store.shown.value, row);
  return <div class="lit" aria-hidden="true" style={{ transform: `translateY(${place * ROW}px)` }} />;
}

/** Follows the store to a row that was selected or found, here or in another view. */
function useReveal(view: View, sight: Window): void {
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
