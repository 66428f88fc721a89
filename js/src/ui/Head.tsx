/** Title, strategy, facts, parity; below it notes, if any. */
import { useState } from "preact/hooks";
import { count, plain, plural, size } from "../format";
import type { Parity, Tree } from "../payload";
import { Icon } from "./Icons";
import { quiet } from "./view";

export function Head({ tree }: { tree: Tree }) {
  const { nodes, modules, parameters, bytes } = tree.totals;
  const facts = [
    plural(nodes, "node"),
    plural(modules, "module"),
    `${plain(count(parameters))} parameters`,
    plain(size(bytes)),
  ];
  return (
    <div class="head">
      <strong>
        <bdi>{tree.title}</bdi>
      </strong>
      <span class="chip" title={tree.strategyHelp}>
        {tree.strategy}
      </span>
      <span class="q facts">{facts.join(" · ")}</span>
      <span class="grow" />
      <Badge parity={tree.parity} />
    </div>
  );
}

const BADGE_ICON = { ok: "check", bad: "cross", none: "minus" } as const;
const BADGE_WORD = { ok: "Numbers agree: ", bad: "Numbers differ: ", none: "" } as const;

function Badge({ parity: { status, text, help } }: { parity: Parity }) {
  return (
    <span class={`badge ${status}`} title={help}>
      <Icon name={BADGE_ICON[status]} />
      <span class="aloud">{BADGE_WORD[status]}</span>
      <span class="text">{text}</span>
    </span>
  );
}

export function Measures({ tree }: { tree: Tree }) {
  return (
    <dl class="meas">
      {tree.measures.map(({ name, value, help }) => (
        <div key={name} title={help}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** One note is a line; several are a line that opens a list. */
export function Notes({ notes }: { notes: string[] }) {
  const [open, setOpen] = useState(false);
  if (notes.length === 0) return null;
  if (notes.length === 1) {
    return (
      <div class="notes">
        <Icon name="warn" />
        <span>{notes[0]}</span>
      </div>
    );
  }
  return (
    <div class="notes">
      <Icon name="warn" />
      <button type="button" class="link" aria-expanded={open} onClick={() => setOpen(!open)} {...quiet}>
        {plural(notes.length, "note")}
      </button>
      {!open && <span class="first">{notes[0]}</span>}
      {open && (
        <ul>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
