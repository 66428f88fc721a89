/** Which models are shown, and in what order. */
import { NONE } from "../store";
import { STATUSES, type Status, type Sweep } from "./payload";
import { differences } from "./words";

/** The worst first. */
const WORST: Status[] = ["failed", "warned", "skipped", "running", "waiting", "ok"];
const RANK = STATUSES.map((status) => WORST.indexOf(status));

export interface Choice {
  query: string;
  statuses: readonly Status[];
  /** `name`, `status`, `seconds` or `column:VARIANT`, "-" before it the other way round; empty as given. */
  sort: string;
  compared: [number, number] | null;
}

const COLUMN = "column:";
export const columnSort = (variant: string) => COLUMN + variant;

/** What a click on a head leads to: this way, the other way, as given. */
export function nextSort(sort: string, order: string): string {
  if (sort === order) return `-${order}`;
  return sort === `-${order}` ? "" : order;
}

export function isSort({ variants }: Sweep, sort: string): boolean {
  const order = sort.replace(/^-/, "");
  if (order.startsWith(COLUMN)) return variants.includes(order.slice(COLUMN.length));
  return ["name", "status", "seconds"].includes(order);
}

/** The models' numbers, in the order in which they are shown. */
export function rowsOf(sweep: Sweep, { query, statuses, sort, compared }: Choice): number[] {
  const wanted = query.trim().toLowerCase();
  const rows = sweep.models.flatMap((name, model) => {
    if (!name.toLowerCase().includes(wanted)) return [];
    if (statuses.length > 0 && !jobsOf(sweep, model, compared).some((job) => stands(sweep, job, statuses))) return [];
    return compared && differences(sweep, model, compared).length === 0 ? [] : [model];
  });
  const order = comparator(sweep, sort.replace(/^-/, ""));
  if (!order) return rows;
  return rows.sort(sort.startsWith("-") ? (a, b) => order(b, a) : order);
}

/** The jobs of a row, in all columns or in those that are compared. */
export function jobsOf({ at, variants }: Sweep, model: number, columns: readonly number[] | null): number[] {
  const first = model * variants.length;
  const jobs = columns
    ? columns.map((variant) => at[first + variant])
    : [...at.subarray(first, first + variants.length)];
  return jobs.filter((job) => job !== NONE);
}

/** Of all jobs of a row; NaN where none has taken any. */
export function secondsOf(sweep: Sweep, model: number): number {
  const known = jobsOf(sweep, model, null)
    .map((job) => sweep.standing.seconds[job])
    .filter((seconds) => !Number.isNaN(seconds));
  return known.length === 0 ? Number.NaN : known.reduce((sum, seconds) => sum + seconds, 0);
}

const stands = ({ standing }: Sweep, job: number, statuses: readonly Status[]) =>
  statuses.includes(STATUSES[standing.status[job]]);

type Compare = (a: number, b: number) => number;

const byName = new Intl.Collator("en", { numeric: true });

function comparator(sweep: Sweep, order: string): Compare | null {
  if (order === "") return null;
  if (order === "name") return (a, b) => byName.compare(sweep.models[a], sweep.models[b]);
  const keys = sweep.models.map((_, model) => keyOf(sweep, model, order));
  return (a, b) => {
    for (let i = 0; i < keys[a].length; i++) if (keys[a][i] !== keys[b][i]) return keys[a][i] - keys[b][i];
    return 0;
  };
}

/** Numbers of which the smaller stands first. */
function keyOf(sweep: Sweep, model: number, order: string): number[] {
  if (order === "seconds") return [-(secondsOf(sweep, model) || 0)];
  const column = order === "status" ? null : [sweep.variants.indexOf(order.slice(COLUMN.length))];
  // How many stand worst, then how many second worst, and so on.
  const found = WORST.map(() => 0);
  for (const job of jobsOf(sweep, model, column)) found[RANK[sweep.standing.status[job]]]--;
  return found;
}
