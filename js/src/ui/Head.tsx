/** Title, strategy, facts, parity; below it notes, if any. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import type { PageFormat } from "../ask";
import { count, plain, plural, python, size } from "../format";
import type { Tree } from "../payload";
import { download, fileName } from "./download";
import { Icon, VERDICTS } from "./Icons";
import { Popover } from "./Popover";
import { CopyButton, Link } from "./parts";
import { quiet, type Shell, type View } from "./view";

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
      <Icon name={VERDICTS[status].icon} />
      <span class="aloud">{VERDICTS[status].word}</span>
      <span class="text">{text}</span>
    </button>
  );
}

const FILES = [
  ["One HTML file, for readers without Python", "save_html", "html"],
  ["The tree as JSON", "save_json", "json"],
] as const;
const TYPES = { html: "text/html", json: "application/json" };

function Share({ view }: { view: View }) {
  const { variable, title } = view.store.tree;
  const [problem, setProblem] = useState("");
  const save = async (format: PageFormat) => {
    const name = `${fileName(title, "model")}.${format}`;
    try {
      download(new Blob([await view.store.page(format)], { type: TYPES[format] }), name);
      setProblem("");
      view.said.value = `Saved as ${name}`;
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  const lines = FILES.map(
    ([what, method, suffix]) => [what, `${variable}.widget.${method}(${python(`${title}.${suffix}`)})`] as const,
  );
  return (
    <Save view={view} lines={lines}>
      <div class="now">
        {FILES.map(([, , format]) => (
          <button key={format} type="button" class="btn" onClick={() => save(format)} {...quiet}>
            <Icon name="save" /> Save as {format.toUpperCase()}
          </button>
        ))}
        <span role="status">{problem}</span>
      </div>
    </Save>
  );
}

interface SaveProps {
  view: Shell;
  /** Lines of Python that write files, ready to copy. */
  lines: (readonly [what: string, line: string])[];
  children?: ComponentChildren;
}

export function Save({ view, lines, children }: SaveProps) {
  return (
    <Popover view={view} name="save" label="Save" button={<Icon name="save" />}>
      {lines.map(([what, line]) => (
        <div class="line" key={line}>
          <span>{what}</span>
          <code>{line}</code>
          <CopyButton text={line} label="Copy code" />
        </div>
      ))}
      {children}
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
      <Link aria-expanded={open} onClick={() => setOpen(!open)}>
        {plural(notes.length, "note")}
      </Link>
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
