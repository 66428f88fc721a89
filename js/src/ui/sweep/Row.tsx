/** One model: its name, a cell for each variant, and at the end its seconds or what differs. */
import { clock } from "../../compare/seconds";
import { NONE } from "../../store";
import { secondsOf } from "../../sweep/order";
import { differences, sentence, statusOf } from "../../sweep/words";
import { Icon } from "../Icons";
import { ROW } from "../useVirtual";
import { quiet } from "../view";
import { StatusIcon } from "./Status";
import { jobAt, type SweepView } from "./view";

interface RowProps {
  view: SweepView;
  model: number;
  place: number;
  /** The column whose cell holds the tab stop; NONE where it is in another row. */
  active: number;
}

export function Row({ view, model, place, active }: RowProps) {
  const { store } = view;
  const { sweep, columns } = store;
  store.version.value; // cells read what changes with it
  const stop = (column: number) => ({
    tabIndex: column === active ? 0 : -1,
    "data-column": column,
    "aria-colindex": column + 1,
    ...quiet,
  });
  const last = columns.value.length + 1;
  const name = sweep.models[model];
  return (
    <div
      class="tr"
      role="row"
      aria-rowindex={place + 2}
      data-row={model}
      style={{ transform: `translateY(${place * ROW}px)` }}
    >
      <div class="nm" role="rowheader" title={name} {...stop(0)}>
        <bdi>{name}</bdi>
      </div>
      {columns.value.map((variant, i) => (
        <Cell key={variant} view={view} model={model} column={i + 1} stop={stop(i + 1)} />
      ))}
      <Last view={view} model={model} stop={stop(last)} />
    </div>
  );
}

interface CellProps {
  view: SweepView;
  model: number;
  stop: object;
}

function Cell({ view, model, column, stop }: CellProps & { column: number }) {
  const { sweep, columns, selected } = view.store;
  const { variants, models, standing } = sweep;
  const job = jobAt(view.store, model, column);
  const where = `${models[model]}, ${variants[columns.value[column - 1]]}`;
  if (job === NONE) return <div class="cell" role="gridcell" aria-label={`${where}: no job`} {...stop} />;
  const status = statusOf(sweep, job);
  const about = sentence(sweep, job);
  return (
    <div
      class={`cell ${status}`}
      role="gridcell"
      aria-label={`${where}: ${about}`}
      aria-selected={job === selected.value}
      title={about}
      {...stop}
    >
      <StatusIcon status={status} />
      <Word view={view} job={job} />
      {standing.kept[job] === 1 && <Icon name="stored" kind="kept" />}
    </div>
  );
}

/** What a cell says besides its mark: the nodes of a file, or what is the matter. */
function Word({ view: { store }, job }: { view: SweepView; job: number }) {
  const { standing } = store.sweep;
  const status = statusOf(store.sweep, job);
  const nodes = standing.nodes[job];
  if (status === "ok" && !Number.isNaN(nodes)) {
    return (
      <span class="n">
        {nodes} <i>nodes</i>
      </span>
    );
  }
  if (status === "waiting" || status === "ok") return null;
  const cause = status === "skipped" ? undefined : standing.cause.get(job);
  // The class of an error tells more in few letters than the beginning of its sentence, which many share.
  return <span class="z">{standing.error.get(job) ?? cause ?? status}</span>;
}

function Last({ view: { store }, model, stop }: CellProps) {
  const { compared, sweep } = store;
  if (compared.value) {
    const words = differences(sweep, model, compared.value).join(", ");
    return (
      <div class="cell words" role="gridcell" title={words} {...stop}>
        {words}
      </div>
    );
  }
  const seconds = secondsOf(sweep, model);
  return (
    <div class="cell last" role="gridcell" title="All jobs of this model" {...stop}>
      {Number.isNaN(seconds) ? "–" : clock(seconds)}
    </div>
  );
}
