/** A sweep in words: its clock, a job, and in what two jobs differ. */
import { listed, plain, plural, size } from "../format";
import { NONE } from "../store";
import { type Clock, STATUSES, type Status, type Sweep } from "./payload";

/** `42 s`, `3 min 20 s`, `1 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (minutes < 60) return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
  const [hours, left] = [Math.floor(minutes / 60), minutes % 60];
  return left === 0 ? `${hours} h` : `${hours} h ${left} min`;
}

/** `3 min 20 s, about 5 min left`; nothing where no time is known. */
export function clockWords({ running, cancelled, elapsed, remaining }: Clock): string {
  if (elapsed === null) return "";
  if (!running) return `${cancelled ? "cancelled after" : "took"} ${duration(elapsed)}`;
  if (cancelled) return `${duration(elapsed)}, stopping`;
  return listed([duration(elapsed), remaining === null ? "" : `about ${duration(roughly(remaining))} left`]);
}

/** An estimate has no seconds beyond a minute. */
const roughly = (seconds: number) => (seconds < 60 ? seconds : 60 * Math.round(seconds / 60));

/** `40 models × 3 variants, 118 jobs, 12 kept`; the jobs where not every cell has one. */
export function facts({ models, variants, name, standing }: Sweep): string {
  const all = models.length * variants.length === name.length;
  const kept = standing.kept.reduce((sum, one) => sum + one, 0);
  return listed([
    `${plural(models.length, "model")} × ${plural(variants.length, "variant")}`,
    all ? "" : plural(name.length, "job"),
    kept > 0 ? `${kept} kept` : "",
  ]);
}

export const statusOf = ({ standing }: Sweep, job: number): Status => STATUSES[standing.status[job]];

/** A job in one sentence, for a screen reader and as a title. */
export function sentence(sweep: Sweep, job: number): string {
  const { standing } = sweep;
  const known = (n: number, word: (n: number) => string) => (Number.isNaN(n) ? "" : word(n));
  const words = listed([
    statusOf(sweep, job),
    known(standing.nodes[job], (n) => plural(n, "node")),
    known(standing.bytes[job], (n) => plain(size(n))),
    known(standing.seconds[job], duration),
    standing.kept[job] ? "kept from the store" : "",
  ]);
  const cause = standing.cause.get(job);
  return cause ? `${words}: ${cause}` : words;
}

/** How the jobs of two columns of a row differ, each in a few words; none where they do not. */
export function differences(sweep: Sweep, model: number, [one, two]: [number, number]): string[] {
  const { at, variants, standing } = sweep;
  const [a, b] = [one, two].map((variant) => at[model * variants.length + variant]);
  if (a === NONE && b === NONE) return [];
  if (a === NONE || b === NONE) return [`no job in ${variants[a === NONE ? one : two]}`];
  const words = [];
  if (standing.status[a] !== standing.status[b]) words.push(`${statusOf(sweep, a)} → ${statusOf(sweep, b)}`);
  const errors = [a, b].map((job) => standing.error.get(job) ?? "");
  if (errors[0] !== errors[1]) words.push(errors.map((error) => error || "no error").join(" → "));
  const nodes = standing.nodes[b] - standing.nodes[a];
  if (nodes) words.push(`${plural(Math.abs(nodes), "node")} ${nodes > 0 ? "more" : "fewer"}`);
  const bytes = standing.bytes[b] - standing.bytes[a];
  if (bytes) words.push(`${plain(size(Math.abs(bytes)))} ${bytes > 0 ? "larger" : "smaller"}`);
  return words;
}

export function counts({ standing }: Sweep): number[] {
  const found = STATUSES.map(() => 0);
  for (const status of standing.status) found[status]++;
  return found;
}

/** `12 ok, 2 failed`. */
export const countWords = (found: number[]) =>
  listed(STATUSES.map((status, i) => (found[i] > 0 ? `${found[i]} ${status}` : "")));
