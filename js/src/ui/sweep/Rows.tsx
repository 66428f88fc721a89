/** The grid: heads that sort, and of the rows those in sight. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { plural } from "../../format";
import { NONE } from "../../store";
import { columnSort, nextSort } from "../../sweep/order";
import { useSideways } from "../compare/sideways";
import { Scroller } from "../Grid";
import { Icon } from "../Icons";
import { headerKey } from "../listEvents";
import { Link } from "../parts";
import { useVirtual, type Window } from "../useVirtual";
import { quiet } from "../view";
import { cellKey } from "./keys";
import { Row } from "./Row";
import { cellOf, columnCount, jobAt, type SweepView, toggle } from "./view";

export function Rows({ view }: { view: SweepView }) {
  const { store, active } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = store.rows.value;
  const { model, column } = active.value;
  const at = Math.min(column, columnCount(store) - 1);
  const place = Math.max(0, rows.indexOf(model));
  const sight = useVirtual(scroller, rows.length, place);
  useSideways(view.sideways, scroller);
  useReveal(view, sight);
  useCellFocus(view, scroller, () => sight.scrollTo(place));
  return (
    <div class="cg" data-zone="tree">
      <div
        class="grid"
        role="grid"
        aria-label="Jobs by model and variant"
        aria-rowcount={rows.length + 1}
        aria-colcount={columnCount(store)}
      >
        <Heads view={view} />
        <Scroller
          box={scroller}
          sight={sight}
          onClick={(event) => cellClick(event, view)}
          onKeyDown={(event) => cellKey(event, view, sight.page)}
        >
          {sight.items.map(({ index }) => (
            <Row key={rows[index]} view={view} model={rows[index]} place={index} active={index === place ? at : NONE} />
          ))}
        </Scroller>
      </div>
      <Hidden view={view} />
    </div>
  );
}

function Heads({ view }: { view: SweepView }) {
  const { sweep, columns, compared } = view.store;
  const box = useRef<HTMLDivElement>(null);
  useSideways(view.sideways, box);
  return (
    <div role="rowgroup" class="chs" ref={box} onKeyDown={(event) => headerKey(event, view)}>
      <div class="ch" role="row" aria-rowindex={1}>
        <Head view={view} order="name" name="model" help="by name" at={1} />
        {columns.value.map((variant, i) => (
          <Head
            key={variant}
            view={view}
            order={columnSort(sweep.variants[variant])}
            name={sweep.variants[variant]}
            help="by this column, the worst first"
            at={i + 2}
          />
        ))}
        {compared.value ? (
          <div role="columnheader" aria-colindex={columnCount(view.store)} class="last">
            what differs
          </div>
        ) : (
          <Head
            view={view}
            order="seconds"
            name="time"
            help="by time, the longest first"
            at={columnCount(view.store)}
          />
        )}
      </div>
    </div>
  );
}

interface HeadProps {
  view: SweepView;
  order: string;
  name: string;
  help: string;
  at: number;
}

function Head({ view: { store, said }, order, name, help, at }: HeadProps) {
  const sort = store.sort.value;
  const sorted = sort === order ? "ascending" : sort === `-${order}` ? "descending" : undefined;
  const choose = () => {
    store.setSort(nextSort(sort, order));
    said.value = store.sort.peek() === "" ? "in the order of the jobs" : `sorted by ${name}`;
  };
  return (
    <div role="columnheader" aria-colindex={at} aria-sort={sorted} class={order === "seconds" ? "last" : undefined}>
      <button
        type="button"
        class="base"
        tabIndex={-1}
        title={`${name}\nClick to sort ${help}`}
        onClick={choose}
        {...quiet}
      >
        <bdi>{name}</bdi>
        {sorted && <Icon name={sorted === "ascending" ? "down" : "up"} />}
      </button>
    </div>
  );
}

/** What is not shown, and why. */
function Hidden({ view: { store } }: { view: SweepView }) {
  const { models, variants } = store.sweep;
  const hidden = models.length - store.rows.value.length;
  const compared = store.compared.value?.map((variant) => variants[variant]);
  if (hidden === 0 && !compared) return null;
  const filtered = store.query.value.trim() !== "" || store.statuses.value.length > 0;
  const why = !compared ? "match" : filtered ? "differ or match" : "differ";
  const [does, is] = hidden === 1 ? ["does", "is"] : ["do", "are"];
  return (
    <div class="hid">
      {compared && (
        <bdi class="cut">
          {compared[0]} → {compared[1]}
        </bdi>
      )}
      {hidden === 0 ? "All models differ." : `${plural(hidden, "model")} that ${does} not ${why} ${is} hidden`}
      <Link onClick={store.showAll}>Show all</Link>
    </div>
  );
}

function cellClick(event: MouseEvent, view: SweepView): void {
  const on = cellOf(event);
  if (!on) return;
  view.active.value = on;
  view.focus.value = "tree";
  toggle(view, jobAt(view.store, on.model, on.column));
}

/** Follows the store to a job that Python selected. */
function useReveal({ store, active }: SweepView, sight: Window): void {
  const done = useRef<object | null>(null);
  const reveal = store.reveal.value;
  useLayoutEffect(() => {
    if (!sight.ready || done.current === reveal) return;
    done.current = reveal;
    if (reveal.job === NONE) return;
    const { sweep, rows, columns } = store;
    const model = sweep.model[reveal.job];
    const column = columns.peek().indexOf(sweep.variant[reveal.job]) + 1;
    active.value = { model, column };
    const place = rows.peek().indexOf(model);
    if (place >= 0) sight.scrollTo(place);
  });
}

/** Focuses the cell with the tab stop once it is drawn, and brings it into sight. */
function useCellFocus({ focus }: SweepView, scroller: { current: HTMLElement | null }, scroll: () => void): void {
  const asked = focus.value === "tree";
  useLayoutEffect(() => {
    const box = scroller.current;
    const cell = asked && box?.querySelector<HTMLElement>('[data-column][tabindex="0"]');
    if (!box || !cell) return;
    focus.value = null;
    cell.focus({ preventScroll: true });
    scroll();
    const name = cell.parentElement?.firstElementChild as HTMLElement;
    if (cell === name) return;
    const [left, right] = [cell.offsetLeft - name.offsetWidth, cell.offsetLeft + cell.offsetWidth - box.clientWidth];
    box.scrollLeft = Math.min(left, Math.max(right, box.scrollLeft));
  });
}
