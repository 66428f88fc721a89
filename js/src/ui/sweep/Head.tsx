/** What is swept, how far it is, the button that stops it, and lines that save it. */
import { clockWords, facts } from "../../sweep/words";
import { Save } from "../Head";
import { quiet } from "../view";
import type { SweepView } from "./view";

export function SweepHead({ view }: { view: SweepView }) {
  const { sweep, clock, cancel, version } = view.store;
  version.value; // facts read what changes with it
  const { running, cancelled } = clock.value;
  const { variable } = sweep;
  return (
    <div class="head">
      <strong>Sweep</strong>
      <span class="q facts">{facts(sweep)}</span>
      <span class="grow" />
      <span class="sm clock">{clockWords(clock.value)}</span>
      {running && (
        <button type="button" class="btn cancel" disabled={cancelled} onClick={cancel} {...quiet}>
          Cancel
        </button>
      )}
      <Save view={view} lines={LINES.map(([what, method]) => [what, `${variable}.${method}`])} />
    </div>
  );
}

/** How much has ended, of all jobs; a line without meaning after the end. */
export function Progress({ view: { store } }: { view: SweepView }) {
  const counts = store.counts.value;
  const all = store.sweep.name.length;
  const [waiting, running] = counts;
  const ended = all - waiting - running;
  if (!store.clock.value.running) return <div class="prog" />;
  return (
    <div
      class="prog"
      role="progressbar"
      aria-label="Jobs that have ended"
      aria-valuemin={0}
      aria-valuemax={all}
      aria-valuenow={ended}
      aria-valuetext={`${ended} of ${all}`}
    >
      <b style={{ width: `${(100 * ended) / Math.max(1, all)}%` }} />
    </div>
  );
}

const LINES = [
  ["One row for each job, for pandas", "to_frame()"],
  ["The matrix as Markdown", "to_markdown()"],
  ["One HTML file, for readers without Python", 'save_html("sweep.html")'],
  ["Everything as JSON", "to_json()"],
] as const;
