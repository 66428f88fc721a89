/** The docked detail of one node. What the payload knows is drawn at once; the rest comes from the kernel. */
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { madeFor, makersOf, readersOf, runsOf } from "../flow";
import { lastPart } from "../format";
import type { DetailState, NodeDetail, Port } from "../store";
import { nodeName } from "../tree";
import { EvidenceGlyph } from "./Icons";
import { closeDetail } from "./Nodes";
import { CopyButton, Entry, IconButton, Link, Shape } from "./parts";
import type { View } from "./view";

export function Detail({ view, node }: { view: View; node: number }) {
  const { tree, details } = view.store;
  const state = details.value.get(node);
  const detail = state?.state === "known" ? state.detail : null;
  const name = detail?.name ?? nodeName(tree, node);
  const kind = detail?.evidence ?? tree.evidence[tree.nodes.evidence[node]] ?? "";
  return (
    <div class="det" role="group" aria-label={`Node ${node}`}>
      <h4>
        <bdi>{name}</bdi>
        <CopyButton text={name} label="Copy name" />
        <span class="grow" />
        <IconButton icon="cross" label="Close" title="Close (Esc)" onClick={() => closeDetail(view)} />
      </h4>
      <Absence state={state} />
      <dl class="kv">
        <Body view={view} node={node} />
        <In view={view} node={node} state={state} />
        <Reads view={view} node={node} />
        <Ports term="out" ports={detail?.outputs ?? knownOutputs(view, node)} />
        <ReadBy view={view} node={node} />
        {detail ? <Attributes detail={detail} /> : <Waiting term="attributes" state={state} />}
        <Entry term="evidence">
          <EvidenceGlyph kind={kind} /> {kind}
          {detail && ` ${detail.confidence.toFixed(2)}`}
          <Place text={detail ? detail.source : knownSource(view, node)} />
        </Entry>
        <Also view={view} keys={detail?.also ?? tree.nodes.also.get(node)?.map((row) => tree.key[row]) ?? []} />
      </dl>
    </div>
  );
}

function Absence({ state }: { state: DetailState | undefined }) {
  if (state?.state === "silent")
    return <p class="q">Names of values, parameters and attributes need a running kernel.</p>;
  if (state?.state === "failed") return <p>{state.message}</p>;
  return null;
}

/** Keeps the place of an entry while the kernel is asked, so that nothing jumps when it answers. */
function Waiting({ term, state }: { term: string; state: DetailState | undefined }) {
  if (state?.state !== "asked") return null;
  return (
    <Entry term={term}>
      <span class="wait">…</span>
    </Entry>
  );
}

/** What goes in: with names from the kernel, without one as far as other nodes or the graph's inputs make it. */
function In({ view, node, state }: { view: View; node: number; state: DetailState | undefined }) {
  if (state?.state === "known") return <Ports term="in" ports={state.detail.inputs} />;
  if (state?.state === "silent" || state?.state === "failed") {
    const made = madeFor(view.store.tree, node);
    return <Ports term="in" ports={made.map(({ input, type }) => ({ name: input, type }))} />;
  }
  return <Waiting term="in" state={state} />;
}

function knownOutputs({ store: { tree } }: View, node: number): Port[] {
  const outputs = tree.nodes.more.get(node) ?? [tree.nodes.type[node]];
  return outputs.flatMap((index) => (tree.types[index] === undefined ? [] : [{ name: "", type: tree.types[index] }]));
}

function knownSource({ store: { tree } }: View, node: number): string | null {
  const file = tree.files[tree.nodes.file[node]];
  const line = tree.nodes.line[node];
  return file === undefined ? null : file + (line > 0 ? `:${line}` : "");
}

function Ports({ term, ports }: { term: string; ports: Port[] }) {
  if (ports.length === 0) return null;
  return (
    <Entry term={term}>
      {ports.map(({ name, type, parameter }, i) => (
        <div key={i}>
          {name !== "" && <bdi class="mono">{parameter ?? name}</bdi>} <Shape text={type} quietly />
          {parameter && <span class="q"> parameter</span>}
        </div>
      ))}
    </Entry>
  );
}

function Attributes({ detail }: { detail: NodeDetail }) {
  if (detail.attributes.length === 0) return null;
  return (
    <Entry term="attributes">
      {detail.attributes.map(({ name, value, type }) => (
        <div key={name}>
          <bdi class="mono">
            {name} = {value}
          </bdi>{" "}
          <span class="q">{type}</span>
        </div>
      ))}
    </Entry>
  );
}

/** The file's last part is enough to recognise it; the title has the whole. */
function Place({ text }: { text: string | null }) {
  if (text === null) return null;
  return (
    <>
      {", "}
      <bdi class="mono" title={text}>
        {lastPart(text)}
      </bdi>
    </>
  );
}

/** The other calls that a node was made for; numbered ones as first and last. */
function Also({ view, keys }: { view: View; keys: string[] }) {
  const runs = useMemo(() => runsOf(keys), [keys]);
  if (keys.length === 0) return null;
  return (
    <Entry term="also">
      <Listed count={runs.length}>
        {(i) => {
          const { first, last, count } = runs[i];
          if (count === 1) return <KeyLink view={view} text={first} />;
          return (
            <>
              <KeyLink view={view} text={first} /> … <KeyLink view={view} text={last} />
              <span class="q">, {count} calls</span>
            </>
          );
        }}
      </Listed>
    </Entry>
  );
}

function KeyLink({ view, text }: { view: View; text: string }) {
  const { tree, select } = view.store;
  const row = tree.rowOf.get(text);
  if (row === undefined) return <bdi class="mono">{text}</bdi>;
  return (
    <Link mono onClick={() => select(row)}>
      <bdi>{text === "" ? tree.title : text}</bdi>
    </Link>
  );
}

/** The If, Loop or Scan whose body holds the node. */
function Body({ view, node }: { view: View; node: number }) {
  const holder = view.store.tree.nodes.body.get(node);
  if (holder === undefined) return null;
  return (
    <Entry term="body of">
      <NodeLink view={view} node={holder} />
    </Entry>
  );
}

/** Where the values come from, and where they go: a way through the graph, node by node. */
function Reads({ view, node }: { view: View; node: number }) {
  const { tree } = view.store;
  const makers = useMemo(() => makersOf(tree, node), [tree, node]);
  if (makers.length === 0) return null;
  return (
    <Entry term="reads">
      <Listed count={makers.length}>{(i) => <NodeLink view={view} node={makers[i]} />}</Listed>
    </Entry>
  );
}

function ReadBy({ view, node }: { view: View; node: number }) {
  const { tree } = view.store;
  const { readers, outputs } = useMemo(() => readersOf(tree, node), [tree, node]);
  if (readers.length === 0 && outputs.length === 0) return null;
  return (
    <Entry term="read by">
      {outputs.map((name) => (
        <span key={name}>
          output <bdi class="mono">{name}</bdi>
          {readers.length > 0 && ", "}
        </span>
      ))}
      <Listed count={readers.length}>{(i) => <NodeLink view={view} node={readers[i]} />}</Listed>
    </Entry>
  );
}

function NodeLink({ view: { store }, node }: { view: View; node: number }) {
  const { tree, linked, selectNode } = store;
  return (
    <Link
      mono
      title={nodeName(tree, node)}
      onClick={() => selectNode(node)}
      onPointerOver={() => {
        linked.value = { node };
      }}
      onPointerOut={() => {
        linked.value = null;
      }}
    >
      {tree.ops[tree.nodes.op[node]]} {node}
    </Link>
  );
}

/** More would be read by nobody. */
const FEW = 8;

/** Things with commas between them; of many the first few, and a button for the others. */
function Listed({ count, children }: { count: number; children: (index: number) => ComponentChildren }) {
  const [all, setAll] = useState(false);
  const shown = all || count <= FEW + 1 ? count : FEW;
  return (
    <>
      {Array.from({ length: shown }, (_, i) => (
        <span key={i}>
          {i > 0 && ", "}
          {children(i)}
        </span>
      ))}
      {shown < count && (
        <>
          {" and "}
          <Link onClick={() => setAll(true)}>{count - shown} more</Link>
        </>
      )}
    </>
  );
}
