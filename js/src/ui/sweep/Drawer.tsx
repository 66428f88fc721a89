/** All that is known of the selected job. What only the kernel knows is asked for. */
import type { ComponentChildren } from "preact";
import { clock } from "../../compare/seconds";
import { error, plain, python, size } from "../../format";
import type { JobDetail } from "../../sweep/detail";
import type { DetailState } from "../../sweep/store";
import { statusOf } from "../../sweep/words";
import { CopyButton, Entry, IconButton } from "../parts";
import { quiet } from "../view";
import { StatusIcon } from "./Status";
import { closeDrawer, type SweepView } from "./view";

export function Drawer({ view, job }: { view: SweepView; job: number }) {
  const { sweep, details, version } = view.store;
  version.value; // what is known of the job changes with it
  const name = sweep.name[job];
  const status = statusOf(sweep, job);
  return (
    <div class="drawer" data-zone="pane" role="group" aria-label="Selected job">
      <div class="dh">
        <StatusIcon status={status} />
        <b>{status}</b>
        <span class="path">
          <bdi>{name}</bdi>
        </span>
        <span class="grow" />
        {sweep.standing.kept[job] === 1 && <span class="q sm">kept from the store</span>}
        <IconButton icon="cross" label="Close" title="Close (Esc)" onClick={() => closeDrawer(view)} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <div class="jf" role="region" aria-label="Facts" tabIndex={0} {...quiet}>
        <Facts view={view} job={job} known={details.value.get(job)} />
      </div>
      {(status === "ok" || status === "warned") && <Tree line={`${sweep.variable}.hierarchy(${python(name)})`} />}
    </div>
  );
}

function Tree({ line }: { line: string }) {
  return (
    <div class="open">
      <span class="q">its module tree</span>
      <code title={line}>{line}</code>
      <CopyButton text={line} label="Copy code" />
    </div>
  );
}

interface FactsProps {
  view: SweepView;
  job: number;
  known: DetailState | undefined;
}

function Facts({ view, job, known }: FactsProps) {
  if (known?.state === "known") return <Known detail={known.detail} />;
  const { standing } = view.store.sweep;
  const cause = standing.cause.get(job);
  const code = standing.error.get(job);
  return (
    <>
      {cause && <p class="cause">{cause}</p>}
      {code && (
        <dl class="kv">
          <Entry term="error">
            <code>{code}</code>
          </Entry>
        </dl>
      )}
      {known?.state === "failed" && <p class="q">{known.message}</p>}
      {known?.state === "silent" && <p class="q">The rest needs a running kernel.</p>}
    </>
  );
}

function Known({ detail }: { detail: JobDetail }) {
  const { cause, notes, stages, versions, measures } = detail;
  const { nodes, bytes, max_abs, peak_bytes, seconds } = detail;
  return (
    <>
      {cause && <p class="cause">{cause}</p>}
      <div class="cols">
        <dl class="kv">
          <Fact term="error" value={detail.error} code />
          <Fact term="strategy" value={detail.strategy} />
          <Fact term="capture" value={detail.capture} />
          <Fact term="opset" value={detail.opset} code />
          <Fact term="nodes" value={nodes} code />
          <Fact term="size" value={bytes === null ? "" : plain(size(bytes))} code />
          <Fact term="files" value={detail.folder} code />
        </dl>
        <dl class="kv">
          {measures.map(([name, value]) => (
            <Fact key={name} term={name} value={value} code />
          ))}
          <Fact term="numbers" value={detail.parity} />
          {detail.parity === "" && (
            <Fact term="max |Δ|" value={typeof max_abs === "number" ? error(max_abs) : max_abs} code />
          )}
        </dl>
        <dl class="kv">
          <Fact term="time" value={seconds === null ? "" : clock(seconds)} code />
          {stages.length > 0 && (
            <Entry term="stages">
              <Stages stages={stages} />
            </Entry>
          )}
          <Fact term="memory" value={peak_bytes === null ? "" : `${plain(size(peak_bytes))} at its highest`} />
          <Fact term="begun" value={detail.attempt > 1 ? `${detail.attempt} times` : ""} />
          <Fact term="made with" value={versions.map((pair) => pair.join(" ")).join(", ")} />
          {notes.map((note) => (
            <Fact key={note} term="note" value={note} />
          ))}
        </dl>
      </div>
    </>
  );
}

/** Nothing where nothing is known. */
function Fact({ term, value, code }: { term: string; value: string | number | null; code?: boolean }) {
  if (value === null || value === "") return null;
  const shown: ComponentChildren = <bdi class={code ? "mono" : undefined}>{value}</bdi>;
  return <Entry term={term}>{shown}</Entry>;
}

function Stages({ stages }: { stages: [string, number][] }) {
  const longest = Math.max(...stages.map(([, seconds]) => seconds), Number.MIN_VALUE);
  return (
    <ul class="stages">
      {stages.map(([stage, seconds]) => (
        <li key={stage}>
          <span>{stage}</span>
          <span class="mono r">{clock(seconds)}</span>
          <span class="brs">
            <b style={{ width: `${(100 * seconds) / longest}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}
