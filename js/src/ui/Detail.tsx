/** The docked detail of one node. What the payload knows is drawn at once; the rest comes from the kernel. */
import type { ComponentChildren } from "preact";
import type { DetailState, NodeDetail, Port } from "../store";
import { nodeName } from "../tree";
import { EvidenceGlyph, Icon } from "./Icons";
import { closeDetail } from "./Nodes";
import { CopyButton, Shape } from "./parts";
import { quiet, type View } from "./view";

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
        <button type="button" class="btn" aria-label="Close" title="Close" onClick={() => closeDetail(view)} {...quiet}>
          <Icon name="cross" />
        </button>
      </h4>
      <Absence state={state} />
      <dl class="kv">
        {detail ? <Ports term="in" ports={detail.inputs} /> : <Waiting term="in" state={state} />}
        <Ports term="out" ports={detail?.outputs ?? knownOutput(view, node)} />
        {detail ? <Attributes detail={detail} /> : <Waiting term="attributes" state={state} />}
        <Entry term="evidence">
          <EvidenceGlyph kind={kind} /> {kind}
          {detail && ` ${detail.confidence.toFixed(2)}`}
          <Source text={detail ? detail.source : knownSource(view, node)} />
        </Entry>
        <Also view={view} keys={detail?.also ?? tree.nodes.also.get(node)?.map((row) => tree.key[row]) ?? []} />
      </dl>
    </div>
  );
}

function knownOutput({ store: { tree } }: View, node: number): Port[] {
  const type = tree.types[tree.nodes.type[node]];
  return type === undefined ? [] : [{ name: "", type }];
}

function knownSource({ store: { tree } }: View, node: number): string | null {
  const file = tree.files[tree.nodes.file[node]];
  return file === undefined ? null : `${file}:${tree.nodes.line[node]}`;
}

function Absence({ state }: { state: DetailState | undefined }) {
  if (state?.state === "silent") return <p class="q">Inputs, outputs and attributes need a running kernel.</p>;
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

function Entry({ term, children }: { term: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </>
  );
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
function Source({ text }: { text: string | null }) {
  if (text === null) return null;
  return (
    <>
      {", "}
      <bdi class="mono" title={text}>
        {text.slice(text.lastIndexOf("/") + 1)}
      </bdi>
    </>
  );
}

function Also({ view, keys }: { view: View; keys: string[] }) {
  const { tree, select } = view.store;
  if (keys.length === 0) return null;
  return (
    <Entry term="also">
      {keys.map((key, i) => {
        const row = tree.rowOf.get(key);
        return (
          <span key={key}>
            {i > 0 && ", "}
            {row === undefined ? (
              <bdi class="mono">{key}</bdi>
            ) : (
              <button type="button" class="link mono" onClick={() => select(row)} {...quiet}>
                <bdi>{key === "" ? tree.title : key}</bdi>
              </button>
            )}
          </span>
        );
      })}
    </Entry>
  );
}
