/** The state of one sweep, shared by all its views. Rule: nothing in here knows Python or the page. */
import { batch, computed, signal } from "@preact/signals";
import { type Ask, silence } from "../ask";
import { python } from "../format";
import { NONE } from "../store";
import { decodeDetail, type JobDetail } from "./detail";
import { isSort, rowsOf } from "./order";
import { type Changes, type Clock, place, type Status, type Sweep } from "./payload";
import { counts } from "./words";

export type DetailState =
  | { state: "asked" }
  | { state: "known"; detail: JobDetail }
  | { state: "failed"; message: string }
  | { state: "silent" };

export type SweepStore = ReturnType<typeof createSweepStore>;
type Pair = [number, number];

export function createSweepStore(sweep: Sweep, ask: Ask = silence, cancel: () => void = () => {}) {
  /** The version that is drawn. Whoever reads of `sweep.standing` reads this first. */
  const version = signal(sweep.now.at);
  const clock = signal<Clock>(sweep.now);
  const notes = signal(sweep.now.notes);
  const selected = signal(NONE);
  const query = signal("");
  const statuses = signal<readonly Status[]>([]);
  const sort = signal("");
  const compared = signal<Pair | null>(null);
  const details = signal<ReadonlyMap<number, DetailState>>(new Map());
  const action = signal<Action>("selected");

  const note = (job: number, state: DetailState) => {
    details.value = new Map(details.peek()).set(job, state);
  };
  return {
    sweep,
    version,
    clock,
    notes,
    selected,
    query,
    statuses,
    sort,
    compared,
    details,
    /** Sizes that were dragged; null until then. */
    split: { rows: signal<number | null>(null), drawer: signal<number | null>(null) },
    /** Where a selection that came from elsewhere is to be shown; another object each time. */
    reveal: signal({ job: NONE }),
    /** The models in the order in which they are shown. */
    rows: computed(() => {
      version.value;
      const choice = { query: query.value, statuses: statuses.value, sort: sort.value, compared: compared.value };
      return rowsOf(sweep, choice);
    }),
    /** The variants that have a column. */
    columns: computed(() => compared.value ?? sweep.variants.map((_, variant) => variant)),
    counts: computed(() => {
      version.value;
      return counts(sweep);
    }),
    select: (job: number) => act(action, "selected", () => (selected.value = job)),
    setQuery: (text: string) => act(action, "query", () => (query.value = text)),
    setStatuses: (names: readonly Status[]) => act(action, "statuses", () => (statuses.value = names)),
    setSort: (order: string) => act(action, "sort", () => (sort.value = isSort(sweep, order) ? order : "")),
    setCompared: (pair: Pair | null) => act(action, "compared", () => (compared.value = pair)),
    /** Asks Python to stop; that it does so is told as any other change. */
    cancel,
    showAll() {
      batch(() => {
        query.value = "";
        statuses.value = [];
        compared.value = null;
      });
    },
    /** Takes how jobs stand now; what is older than what is known says nothing. */
    take(changes: Changes): void {
      if (changes.at < version.peek()) return;
      const changed = place(sweep.standing, changes);
      batch(() => {
        clock.value = changes;
        notes.value = changes.notes;
        version.value = changes.at;
        const left = new Map(details.peek());
        for (const job of changed) left.delete(job);
        details.value = left;
      });
    },
    askDetail(job: number) {
      const known = details.peek().get(job)?.state;
      if (known === "known" || known === "asked") return;
      note(job, { state: "asked" });
      ask({ kind: "job", number: job }, (answer) => {
        if (answer.kind === "job") note(job, { state: "known", detail: decodeDetail(answer.job) });
        else note(job, answer.kind === "error" ? { state: "failed", message: answer.message } : { state: "silent" });
      });
    },
    /** The last action as a line of Python. */
    python: computed(() => {
      const value = {
        selected: () => python(selected.value === NONE ? null : sweep.name[selected.value]),
        query: () => python(query.value),
        statuses: () => `[${statuses.value.map(python).join(", ")}]`,
        sort: () => python(sort.value),
        compared: () => `[${(compared.value ?? []).map((variant) => python(sweep.variants[variant])).join(", ")}]`,
      }[action.value]();
      return `${sweep.variable}.widget.${action.value} = ${value}`;
    }),
  };
}

type Action = "selected" | "query" | "statuses" | "sort" | "compared";

function act(action: { value: Action }, name: Action, what: () => void): void {
  batch(() => {
    what();
    action.value = name;
  });
}
