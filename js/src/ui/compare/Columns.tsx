/** The heads of the columns: what made each, how long it took, how large it is. A click compares with it. */
import type { ComponentChildren } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { statesEvidence } from "../../compare/pairs";
import type { Column } from "../../compare/payload";
import { clock, timeOf } from "../../compare/seconds";
import { shortName } from "../../compare/words";
import { plain, plural, size } from "../../format";
import { Icon, VERDICTS } from "../Icons";
import { headerKey } from "../listEvents";
import { Link } from "../parts";
import { quiet } from "../view";
import { useSideways } from "./sideways";
import type { CompareView } from "./view";

export function Columns({ view }: { view: CompareView }) {
  const box = useRef<HTMLDivElement>(null);
  useSideways(view.sideways, box);
  const { columns } = view.store.comparison;
  const lines = useMemo(() => linesOf(columns), [columns]);
  return (
    <div role="rowgroup" class="chs" ref={box} onKeyDown={(event) => headerKey(event, view)}>
      <div class="ch th" role="row" aria-rowindex={1}>
        <div class="labels" role="columnheader">
          <div>ONNX nodes by module</div>
          <Labels view={view} lines={lines} />
        </div>
        {columns.map((column, i) => (
          <Head key={column.name} view={view} column={column} at={i} lines={lines} />
        ))}
      </div>
    </div>
  );
}

/** Which lines say something about any of the columns. */
function linesOf(columns: Column[]) {
  const made = columns.filter(({ cells }) => cells !== null);
  const captures = new Set(made.map(({ capture }) => capture));
  const times = columns.map((_, i) => timeOf(columns, i));
  return {
    made: made.some((column) => shortName(column) !== column.strategy) || captures.size > 1,
    times,
    longest: times.reduce((most, time) => Math.max(most, time ? time.shared + time.own : 0), 0),
    largest: made.reduce((most, { bytes }) => Math.max(most, bytes), 0),
    parity: made.some(({ parity }) => parity.status !== "none"),
  };
}

type Lines = ReturnType<typeof linesOf>;

function Labels({ view: { store }, lines }: { view: CompareView; lines: Lines }) {
  const { columns } = store.comparison;
  const base = columns[store.baseline.value];
  if (!base.cells) return null;
  return (
    <>
      {lines.made && <div>strategy, capture</div>}
      {lines.longest > 0 && <div>time: capture, then the rest</div>}
      {lines.largest > 0 && <div>file size</div>}
      {lines.parity && <div>max |Δ| to PyTorch</div>}
      <div class="cut">
        same scope as <bdi>{base.name}</bdi>
      </div>
    </>
  );
}

interface HeadProps {
  view: CompareView;
  column: Column;
  at: number;
  lines: Lines;
}

function Head({ view, column, at, lines }: HeadProps) {
  const { store } = view;
  const { name, failed, cells } = column;
  if (failed || !cells) {
    return (
      <div role="columnheader" class="failed">
        <h3>
          <bdi>{name}</bdi>
          <span class="no">
            <Icon name="cross" />
            failed at {failed?.stage}
          </span>
        </h3>
      </div>
    );
  }
  const isBaseline = store.baseline.value === at;
  const title = [`Strategy ${column.strategy}. Capture: ${column.capture}`, ...measures(column)].join("\n");
  return (
    <div role="columnheader" class={!statesEvidence(column) ? "ref" : undefined}>
      <button
        type="button"
        class="base"
        tabIndex={-1}
        aria-pressed={isBaseline}
        title={isBaseline ? title : `${title}\nClick to compare with ${name}`}
        onClick={() => {
          store.setBaseline(at);
          view.said.value = `compared with ${name}`;
        }}
        {...quiet}
      >
        <bdi>{shortName(column)}</bdi>
        {isBaseline && <span class="chip">baseline</span>}
        {!isBaseline && !statesEvidence(column) && (
          <span class="chip" title="What the file says, unchecked: it states no evidence">
            as is
          </span>
        )}
      </button>
      {lines.made && <Made column={column} />}
      <Bars column={column} at={at} lines={lines} />
      {lines.parity && <Parity column={column} />}
      <Same view={view} column={column} at={at} />
    </div>
  );
}

const measures = ({ measures }: Column) => measures.map(({ name, value }) => `${name} ${value}`);

function Made({ column }: { column: Column }) {
  const { strategy, capture } = column;
  const text = shortName(column) === strategy ? capture : `${strategy}, ${capture}`;
  return (
    <div class="q cut" title={text}>
      {text}
    </div>
  );
}

function Bars({ column, at, lines: { times, longest, largest } }: Omit<HeadProps, "view">) {
  const time = times[at];
  const peak = column.peak < 0 ? "" : `. Peak memory ${plain(size(column.peak))}`;
  return (
    <>
      {longest > 0 && (
        <Bar
          title={time ? time.text + peak : "Read from a file"}
          text={time ? clock(time.shared + time.own) : "–"}
          parts={time ? [time.shared / longest, time.own / longest] : []}
        />
      )}
      {largest > 0 && (
        <Bar
          title={column.bytes < 0 ? "The file is gone" : `${column.bytes.toLocaleString("en")} bytes`}
          text={column.bytes < 0 ? "–" : plain(size(column.bytes))}
          parts={column.bytes < 0 ? [] : [0, 0, column.bytes / largest]}
        />
      )}
    </>
  );
}

function Bar({ title, text, parts }: { title: string; text: ComponentChildren; parts: number[] }) {
  return (
    <div class="tb" title={title}>
      <span class="brs">
        {parts.map((part, i) => (
          <b key={i} style={{ width: `${100 * part}%` }} />
        ))}
      </span>
      <span class="r">{text}</span>
    </div>
  );
}

function Parity({ column: { parity } }: { column: Column }) {
  const { status, text } = parity;
  const { icon, word } = VERDICTS[status];
  return (
    <div class={`verdict ${status}`} title={word + text}>
      <Icon name={icon} />
      <span class="aloud">{word}</span>
      <span class="cut">{text.replace(/^max \|Δ\| /, "")}</span>
    </div>
  );
}

/** Nodes with the baseline's scope; of another graph how many nodes are unlike. */
function Same({ view: { store }, column, at }: { view: CompareView; column: Column; at: number }) {
  const pair = store.differences.value.columns[at];
  const { nodes } = column;
  if (pair && !pair.sameGraph) {
    return (
      <div class="mono q" title="Another graph: operators are compared call by call">
        {plural(nodes, "node")}, ≠ {pair.inside[0]}
      </div>
    );
  }
  return (
    <div class="mono q">
      {nodes - (pair?.moved.length ?? 0)} of {nodes}
    </div>
  );
}

/** Why a column is empty, each in a line of its own below the heads. */
export function Failures({ view: { store } }: { view: CompareView }) {
  const { columns } = store.comparison;
  const failures = columns.flatMap(({ name, failed }) => (failed ? [{ name, ...failed }] : []));
  if (failures.length === 0) return null;
  return (
    <div role="rowgroup">
      {failures.map((failure, i) => (
        <FailureLine key={failure.name} {...failure} place={i + 2} span={columns.length + 1} />
      ))}
    </div>
  );
}

/** Longer reasons do not fit into a line of a common width. */
const LINE = 100;

function FailureLine({ name, reason, place, span }: { name: string; reason: string; place: number; span: number }) {
  const [open, setOpen] = useState(false);
  return (
    <div role="row" aria-rowindex={place}>
      <div class={`fail${open ? " open" : ""}`} role="gridcell" aria-colspan={span}>
        <b>
          <bdi>{name}</bdi>
        </b>
        <bdi class="reason">{reason}</bdi>
        {reason.length > LINE && (
          <Link aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Less" : "Details"}
          </Link>
        )}
      </div>
    </div>
  );
}
