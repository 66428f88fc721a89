/** Which rows are shown, and in what order: by status, by name, sorted, two columns compared. */
import { modified, taken } from "../../keyboard";
import { columnSort } from "../../sweep/order";
import { STATUSES, type Status } from "../../sweep/payload";
import { Icon } from "../Icons";
import { Popover } from "../Popover";
import { quiet } from "../view";
import { StatusIcon } from "./Status";
import type { SweepView } from "./view";

export function Tools({ view }: { view: SweepView }) {
  return (
    <div class="bar2">
      <Statuses view={view} />
      <Find view={view} />
      <span class="tools2">
        <Sort view={view} />
        {view.store.sweep.variants.length > 1 && <Compare view={view} />}
      </span>
    </div>
  );
}

/** In the order in which a reader asks for them. */
const ORDER: Status[] = ["ok", "warned", "failed", "running", "waiting", "skipped"];

function Statuses({ view: { store } }: { view: SweepView }) {
  const counts = store.counts.value;
  const chosen = store.statuses.value;
  return (
    <div class="sts" role="group" aria-label="Show models with jobs that are">
      {ORDER.map((status) => {
        const count = counts[STATUSES.indexOf(status)];
        const pressed = chosen.includes(status);
        return (
          <button
            key={status}
            type="button"
            class={`btn${count === 0 ? " nil" : ""}`}
            aria-pressed={pressed}
            title={`Only models with jobs that are ${status}`}
            onClick={() => store.setStatuses(ORDER.filter((one) => chosen.includes(one) !== (one === status)))}
            {...quiet}
          >
            <StatusIcon status={status} />
            <span class="mono">{count}</span>
            {status}
          </button>
        );
      })}
    </div>
  );
}

function Find({ view }: { view: SweepView }) {
  const { store } = view;
  const query = store.query.value;
  return (
    <search class="find">
      <Icon name="search" />
      <input
        value={query}
        placeholder="Find a model"
        aria-label="Find a model"
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => store.setQuery(event.currentTarget.value)}
        onKeyDown={(event) => findKey(event, view)}
        {...quiet}
      />
      <output aria-live="polite">{query.trim() !== "" && (store.rows.value.length || "none")}</output>
      {query === "" && <span class="key">/</span>}
    </search>
  );
}

/** The down arrow and Enter go to the matrix, Esc clears and does so too. */
function findKey(event: KeyboardEvent, { store, focus }: SweepView): void {
  event.stopPropagation();
  if (modified(event) || !["Enter", "ArrowDown", "Escape"].includes(event.key)) return;
  if (event.key === "Escape") store.setQuery("");
  focus.value = "tree";
  taken(event);
}

const ORDERS = [
  ["", "as given"],
  ["name", "name"],
  ["status", "worst status first"],
  ["seconds", "longest first"],
] as const;

function Sort({ view }: { view: SweepView }) {
  const { sweep, sort, setSort } = view.store;
  const columns = sweep.variants.map((variant) => [columnSort(variant), variant] as const);
  const choice = ([order, word]: readonly [string, string]) => (
    <label key={order}>
      <input
        type="radio"
        name={`${view.id}sort`}
        checked={sort.value === order}
        onChange={() => setSort(order)}
        {...quiet}
      />
      <bdi>{word}</bdi>
    </label>
  );
  return (
    <Popover view={view} name="sort" label="Sort" button={<Icon name="sort" />} pressed={sort.value !== ""}>
      <fieldset class="pick">
        <legend>Sort models</legend>
        {ORDERS.map(choice)}
      </fieldset>
      <fieldset class="pick">
        <legend>worst of a column first</legend>
        {columns.map(choice)}
      </fieldset>
    </Popover>
  );
}

function Compare({ view }: { view: SweepView }) {
  const { sweep, compared, setCompared } = view.store;
  const [one, two] = compared.value ?? [0, 1];
  // Choosing what the other has swaps them.
  const first = (at: number) => setCompared([at, at === two ? one : two]);
  const second = (at: number) => setCompared([at === one ? two : one, at]);
  return (
    <Popover
      view={view}
      name="compare"
      label="Compare two columns"
      button={<Icon name="swap" />}
      pressed={compared.value !== null}
    >
      <div class="pair">
        <Choose label="Compare" variants={sweep.variants} at={one} choose={first} />
        <Choose label="with" variants={sweep.variants} at={two} choose={second} />
        <button
          type="button"
          class="btn cancel"
          onClick={() => setCompared(compared.peek() ? null : [one, two])}
          {...quiet}
        >
          {compared.value ? "Show all columns" : "Compare"}
        </button>
      </div>
    </Popover>
  );
}

interface ChooseProps {
  label: string;
  variants: string[];
  at: number;
  choose(at: number): void;
}

function Choose({ label, variants, at, choose }: ChooseProps) {
  return (
    <label>
      <span>{label}</span>
      <select value={at} onChange={(event) => choose(Number(event.currentTarget.value))} {...quiet}>
        {variants.map((variant, i) => (
          <option key={variant} value={i}>
            {variant}
          </option>
        ))}
      </select>
    </label>
  );
}
