/** The treegrid of modules, and of operators where the tree is open down to them. */
import { useMemo, useRef } from "preact/hooks";
import type { Column } from "../columns";
import { placeOf } from "../tree";
import { fitting, Header, isSlim, levels, template } from "./Columns";
import { Scroller } from "./Grid";
import { NothingMatches } from "./NothingMatches";
import { Operator } from "./Operator";
import { Row } from "./Row";
import { rowClick, rowDoubleClick, rowOver, treeKey } from "./treeEvents";
import { moduleAt, standingAt, useRows } from "./useRows";
import { ROW, type Window } from "./useVirtual";
import { useWidth } from "./useWidth";
import type { View } from "./view";

export function Tree({ view }: { view: View }) {
  const { store } = view;
  const whole = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(whole);
  const columns = useColumns(view, width);
  const slim = isSlim(width);
  const { sight, place } = useRows(view, scroller);
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
        aria-rowcount={store.shown.value.rows.length + 1}
        aria-multiselectable="true"
      >
        <Header view={view} columns={columns} slim={slim} />
        <Scroller
          box={scroller}
          sight={sight}
          onClick={(event) => rowClick(event, view)}
          onDblClick={(event) => rowDoubleClick(event, view)}
          onKeyDown={(event) => treeKey(event, { view, place, page: sight.page })}
          onPointerOver={(event) => rowOver(event, view)}
          onPointerLeave={() => {
            store.linked.value = null;
          }}
        >
          <Rows view={view} sight={sight} activePlace={place} columns={columns} room={levels(columns, width)} />
          <Linked view={view} />
        </Scroller>
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
  const { tree, node, shown } = view.store;
  return sight.items.map(({ index }) => {
    const row = shown.value.rows[index];
    const standing = {
      ...standingAt(view, index),
      view,
      columns,
      room,
      number: index + 2,
      active: index === activePlace,
    };
    if (row < tree.size) return <Row key={row} {...standing} {...moduleAt(view, row)} />;
    const at = row - tree.size;
    return <Operator key={row} {...standing} node={at} selected={at === node.value} />;
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
