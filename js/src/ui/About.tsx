/** About the selected module call, or about the whole. */

import { Fragment } from "preact";
import { callsOf, equals, grouped, meaning, operatorsOf, run, tag } from "../about";
import { evidenceOf } from "../evidence";
import { quoted } from "../find";
import { count, error, ownership, plain, plural, size } from "../format";
import type { Tree } from "../payload";
import { titleOf } from "../tree";
import { Histogram } from "./about/Histogram";
import { EvidenceGlyph, Icon } from "./Icons";
import { CopyButton, Entry, Link } from "./parts";
import { quiet, type View } from "./view";

export function About({ view }: { view: View }) {
  const row = Math.max(view.store.selected.value, 0);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div class="abt" tabIndex={0} role="group" aria-label={`About ${view.store.tree.name[row]}`} {...quiet}>
      <dl class="kv">
        {row === 0 ? <Whole view={view} /> : <Call view={view} row={row} />}
        <Evidence view={view} row={row} />
        <Operators view={view} row={row} />
      </dl>
    </div>
  );
}

function Whole({ view }: { view: View }) {
  const { tree } = view.store;
  return (
    <>
      <Entry term="class">
        <bdi class="mono">{tree.title}</bdi>
      </Entry>
      <Entry term="parameters">{exactly(tree.totals.parameters, plain(count(tree.totals.parameters)))}</Entry>
      <Entry term="bytes">{exactly(tree.totals.bytes, plain(size(tree.totals.bytes)))}</Entry>
      <Numbers view={view} />
      {tree.measures.map(({ name, value, help }) => (
        <Entry key={name} term={name}>
          <span class="mono">{value}</span>
          {help !== "" && <span class="q mean">{help}.</span>}
        </Entry>
      ))}
      {tree.source.note !== "" && <Entry term="tree">{tree.source.note}</Entry>}
      {tree.strategy !== "" && (
        <Entry term="strategy">
          <span title={tree.strategyHelp}>{tree.strategy}</span>
        </Entry>
      )}
      {grouped(tree.about).map(({ name, values }) => (
        <Entry key={name} term={name}>
          {values.map((value) => (
            <div key={value}>
              <bdi>{value}</bdi>
            </div>
          ))}
        </Entry>
      ))}
    </>
  );
}

const ICON = { ok: "check", bad: "cross", none: "minus" } as const;

/** Whether the file computes what the model does, and where it first does not. */
function Numbers({ view: { store } }: { view: View }) {
  const { status, text, help, row } = store.tree.parity;
  if (text === "" && help === "") return null;
  return (
    <Entry term="numbers">
      <span class={`verdict ${status}`}>
        <Icon name={ICON[status]} />
        <span class="mono">{text}</span>
      </span>
      <span class="q mean">{help}.</span>
      {row >= 0 && (
        <div>
          First difference:{" "}
          <Link mono onClick={() => store.select(row)}>
            <bdi>{titleOf(store.tree, row)}</bdi>
          </Link>
        </div>
      )}
    </Entry>
  );
}

function Call({ view, row }: { view: View; row: number }) {
  const { tree, setQuery } = view.store;
  const cls = tree.classes[tree.cls[row]];
  const alike = tree.cls.reduce((sum, other) => sum + Number(other === tree.cls[row]), 0);
  return (
    <>
      <Entry term="class">
        <bdi class="mono">{cls}</bdi>
        {alike > 1 && (
          <>
            {" "}
            <Link onClick={() => setQuery(`class:${quoted(cls)}`)}>{plural(alike, "call")} of this class</Link>
          </>
        )}
      </Entry>
      <Entry term="path">
        <bdi class="mono">{tree.key[row]}</bdi> <CopyButton text={tree.key[row]} label="Copy path" />
      </Entry>
      <Entry term="tag">
        <Tag text={tag(tree, row)} />
      </Entry>
      <Calls view={view} row={row} />
      <Entry term="nodes">
        {tree.total[row] === 0 ? (
          <>
            none<bdi class="q">{because(tree.reasons[tree.reason[row]])}</bdi>
          </>
        ) : (
          <>
            <span class="mono">{tree.total[row]}</span>
            <span class="q">, {ownership(tree.own[row], tree.total[row])}</span>
          </>
        )}
      </Entry>
      <Entry term="parameters">{exactly(tree.parameters[row], plain(count(tree.parameters[row])))}</Entry>
      <Entry term="bytes">{exactly(tree.bytes[row], plain(size(tree.bytes[row])))}</Entry>
      <Verdict view={view} row={row} />
      <Copies view={view} row={row} />
    </>
  );
}

/** Broken before a slash, if at all. */
function Tag({ text }: { text: string }) {
  const [, ...parts] = text.split("/");
  return (
    <bdi class="mono">
      {parts.map((part, i) => (
        <Fragment key={i}>
          {i > 0 && <wbr />}/{part}
        </Fragment>
      ))}
    </bdi>
  );
}

const because = (reason: string | undefined) => (reason === undefined ? "" : `: ${reason}`);

/** 443,520 and, where that is not the same, 444 k. */
function exactly(n: number, rounded: string) {
  if (n === 0) return <span class="q">–</span>;
  const exact = n.toLocaleString("en");
  return (
    <>
      <span class="mono">{exact}</span>
      {rounded.replace(/ B$/, "") !== exact && <span class="q">, {rounded}</span>}
    </>
  );
}

/** Which call of its module it is, and the others. */
function Calls({ view: { store }, row }: { view: View; row: number }) {
  const { tree } = store;
  const calls = callsOf(tree, row);
  if (tree.call[row] < 0) return <Entry term="calls">never called</Entry>;
  if (calls.length === 1) return <Entry term="calls">1</Entry>;
  const at = calls.indexOf(row);
  return (
    <Entry term="calls">
      call {tree.call[row]} of {calls.length}
      <span class="q">, counted from 0</span>{" "}
      {calls[at + 1] !== undefined && <Link onClick={() => store.select(calls[at + 1])}>next call</Link>}
    </Entry>
  );
}

function Verdict({ view: { store }, row }: { view: View; row: number }) {
  const { tree } = store;
  const verdict = tree.verdicts[tree.verdict[row]];
  if (verdict === undefined && Number.isNaN(tree.error[row])) return null;
  const status = verdict === "equal" ? "ok" : verdict === "differs" ? "bad" : "none";
  return (
    <Entry term="numbers">
      <span class={`verdict ${status}`}>
        {status !== "none" && <Icon name={ICON[status]} />}
        <span>{verdict}</span>
        {!Number.isNaN(tree.error[row]) && <span class="mono">max |Δ| {error(tree.error[row])}</span>}
      </span>
      {verdict !== undefined && <span class="q mean">{meaning(verdict)}</span>}
    </Entry>
  );
}

/** Equal copies beside the row, and what it is unlike. */
function Copies({ view: { store }, row }: { view: View; row: number }) {
  const { tree, folded, select } = store;
  const beside = run(folded, row);
  const differs = folded.runs.differs.get(folded.runs.head[row]);
  const others = equals(tree, row);
  if (!beside && !differs && others === 0) return null;
  const link = (to: number) => (
    <Link mono onClick={() => select(to)}>
      <bdi>{tree.name[to] + (tree.call[to] > 0 ? `#${tree.call[to]}` : "")}</bdi>
    </Link>
  );
  return (
    <Entry term="copies">
      {beside && (
        <div>
          one of {beside.copies} equal neighbours, {link(beside.first)} … {link(beside.last)}
        </div>
      )}
      {differs && (
        <div>
          {differs.nodes === 0
            ? "unlike "
            : `${plural(Math.abs(differs.nodes), "node")} ${differs.nodes > 0 ? "more" : "fewer"} than `}
          {link(differs.from)}
        </div>
      )}
      {others > (beside ? beside.copies - 1 : 0) && (
        <div>
          {plural(others, "other call")} {others === 1 ? "is" : "are"} equal
          <span class="q"> in class, parameters, operators, attributes and shapes</span>
        </div>
      )}
    </Entry>
  );
}

function Evidence({ view: { store }, row }: { view: View; row: number }) {
  const { tree, setQuery } = store;
  if (tree.total[row] === 0) return null;
  const kinds = [...evidenceOf(tree, row)].map((nodes, kind) => ({ nodes, name: tree.evidence[kind] }));
  return (
    <Entry term="evidence">
      <ul class="evs">
        {kinds
          .filter(({ nodes }) => nodes > 0)
          .map(({ nodes, name }) => (
            <li key={name}>
              <EvidenceGlyph kind={name} />
              <Link onClick={() => setQuery(within(store.tree, row, `evidence:${quoted(name)}`))}>{name}</Link>
              <span class="mono">{nodes}</span>
            </li>
          ))}
      </ul>
    </Entry>
  );
}

function Operators({ view, row }: { view: View; row: number }) {
  const { tree, setQuery } = view.store;
  const operators = operatorsOf(tree, row);
  if (operators.length === 0) return null;
  return (
    <Entry term="operators">
      <Histogram key={row} operators={operators} find={(name) => setQuery(within(tree, row, `op:${quoted(name)}`))} />
    </Entry>
  );
}

/** A query for what stands inside a row. */
function within({ key, call }: Tree, row: number, query: string): string {
  const path = key[row];
  return row === 0 || call[row] > 0 || quoted(path) !== path ? query : `${query} path:${path}|${path}.*`;
}
