/** Title, strategy, facts, parity; below it notes, if any. */
import { useState } from "preact/hooks";
import { count, plain, plural, python, size } from "../format";
import type { Tree } from "../payload";
import { Icon } from "./Icons";
import { Popover } from "./Popover";
import { CopyButton } from "./parts";
import { quiet, type View } from "./view";

export function Head({ view }: { view: View }) {
  const { tree } = view.store;
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
      {tree.strategy !== "" && (
        <span class="chip" title={tree.strategyHelp}>
          {tree.strategy}
        </span>
      )}
      <span class="q facts">{facts.join(" · ")}</span>
      <span class="grow" />
      {tree.parity.text !== "" && <Badge view={view} />}
      {tree.answers === null && <Share view={view} />}
    </div>
  );
}

const BADGE_ICON = { ok: "check", bad: "cross", none: "minus" } as const;
const BADGE_WORD = { ok: "Numbers agree: ", bad: "Numbers differ: ", none: "" } as const;

/** Leads to the first place where the numbers part, or to the whole model, and to what is known about it. */
function Badge({ view }: { view: View }) {
  const { tree, select, setTab } = view.store;
  const { status, text, help, row } = tree.parity;
  const show = () => {
    select(Math.max(row, 0));
    setTab("about");
  };
  return (
    <button type="button" class={`badge ${status}`} title={help} onClick={show} {...quiet}>
      <Icon name={BADGE_ICON[status]} />
      <span class="aloud">{BADGE_WORD[status]}</span>
      <span class="text">{text}</span>
    </button>
  );
}

const FILES = [
  ["One HTML file, for readers without Python", "save_html", "html"],
  ["The tree as JSON", "save_json", "json"],
] as const;

/** Files are written by Python: the line to run, ready to copy. */
function Share({ view }: { view: View }) {
  const { variable, title } = view.store.tree;
  return (
    <Popover view={view} name="save" label="Save" button={<Icon name="save" />}>
      {FILES.map(([what, method, suffix]) => {
        const line = `${variable}.widget.${method}(${python(`${title}.${suffix}`)})`;
        return (
          <div class="line" key={method}>
            <span>{what}</span>
            <code>{line}</code>
            <CopyButton text={line} label="Copy code" />
          </div>
        );
      })}
    </Popover>
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

/** What an opened file tells of modules; that it tells nothing is worth a sign. */
export function Origin({ tree: { source } }: { tree: Tree }) {
  if (source.note === "") return null;
  return (
    <div class="notes">
      {source.kind === "flat" && <Icon name="warn" />}
      <span>{source.note}</span>
    </div>
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
