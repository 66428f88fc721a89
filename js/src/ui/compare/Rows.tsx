/** The treegrid: heads of the columns, and the rows of one tree with a cell for each column. */
import { useRef } from "preact/hooks";
import { plural } from "../../format";
import { within } from "../../tree";
import { Scroller } from "../Grid";
import { NothingMatches } from "../NothingMatches";
import { Link } from "../parts";
import { rowClick, rowDoubleClick } from "../treeEvents";
import { moduleAt, standingAt, useRows } from "../useRows";
import type { Window } from "../useVirtual";
import { useWidth } from "../useWidth";
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
  const { sight, place } = useRows(view, scroller);
  const room = levels(useWidth(whole), columns.length);
  const failures = columns.filter(({ failed }) => failed).length;
  useSideways(view.sideways, scroller);
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
        <Scroller
          box={scroller}
          sight={sight}
          onClick={(event) => rowClick(event, view)}
          onDblClick={(event) => rowDoubleClick(event, view)}
          onKeyDown={(event) => rowKey(event, { view, place, page: sight.page })}
        >
          <Drawn view={view} sight={sight} active={place} room={room} first={failures + 2} />
        </Scroller>
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
  const { rows } = view.store.shown.value;
  return sight.items.map(({ index }) => (
    <Row
      key={rows[index]}
      {...standingAt(view, index)}
      {...moduleAt(view, rows[index])}
      view={view}
      room={room}
      number={index + first}
      active={index === active}
    />
  ));
}

/** What "only differences" leaves out. */
function Hidden({ view: { store } }: { view: CompareView }) {
  if (!store.only.value) return null;
  const hidden = store.hidden.value;
  const none = !within(store.differences.value.kept, 0, store.tree.size);
  return (
    <div class="hid">
      {none
        ? "Nothing differs."
        : `${plural(hidden, "module")} without a difference ${hidden === 1 ? "is" : "are"} hidden`}
      <Link onClick={() => store.setOnly(false)}>Show all</Link>
    </div>
  );
}
