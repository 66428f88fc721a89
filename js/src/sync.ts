/** Keeps the store and the traits of the model in step, both ways, and asks the kernel for what a view needs. */
import type { AnyModel } from "@anywidget/types";
import { effect } from "@preact/signals";
import { isColumn, parseSort } from "./columns";
import { COLOURS, NONE, type Store, TABS } from "./store";

export interface Traits {
  payload: unknown;
  selected: string | string[] | null;
  query: string;
  color_by: string;
  columns: string[];
  sort: string;
  tab: string;
  depth: number | null;
}

/** What Python sets may be anything: whoever takes it looks at it. */
type Join = (name: string, read: () => unknown, write: (value: unknown) => void) => void;

export function connect(store: Store, model: AnyModel, signal: AbortSignal): void {
  connectTree(store, model, signal, (join) => {
    join("color_by", () => store.colorBy.value, write(store.colorBy, COLOURS));
    join("tab", () => store.tab.value, write(store.tab, TABS));
    join(
      "columns",
      () => store.columns.value,
      (names) => {
        store.columns.value = Array.isArray(names) ? names.filter(isColumn) : [];
      },
    );
    join(
      "sort",
      () => store.sort.value,
      (text) => {
        store.sort.value = typeof text === "string" && parseSort(text) ? text : "";
      },
    );
  });
  askWhenShown(store, signal);
}

/** The traits that every widget with a tree has, after its `own`: a selection shows itself whatever those hide. */
export function connectTree(store: Store, model: AnyModel, signal: AbortSignal, own: (join: Join) => void): void {
  const { tree } = store;
  const starts: (() => void)[] = [];
  const join: Join = (name, read, write) => starts.push(follow(model, signal, name, read, write));
  own(join);
  join(
    "depth",
    () => (store.depth.value.mixed ? null : store.depth.value.depth),
    (depth) => {
      if (typeof depth === "number" && Number.isInteger(depth)) store.setDepth(depth);
    },
  );
  join(
    "query",
    () => store.query.value,
    (text) => {
      if (typeof text === "string") store.setQuery(text);
    },
  );
  join(
    "selected",
    () => selectedKeys(store),
    (keys) => {
      const wanted: unknown[] = Array.isArray(keys) ? keys : [keys];
      store.selectAll(wanted.flatMap((key) => tree.rowOf.get(key as string) ?? []));
    },
  );
  // One trait may change what another says (a selected row opens rows): that is not for Python to hear at once.
  for (const start of starts) start();
  // What Python has set is not something that the user did.
  store.action.value = "select";
}

function selectedKeys({ tree, selected, also }: Store): Traits["selected"] {
  if (selected.value === NONE) return null;
  const keys = [selected.value, ...also.value].map((row) => tree.key[row]);
  return keys.length === 1 ? keys[0] : keys;
}

const write =
  <T extends string>(to: { value: T }, known: readonly T[]) =>
  (value: unknown) => {
    to.value = known.find((name) => name === value) ?? known[0];
  };

/**
 * Takes a trait's value and follows it; the function returned begins to send. A trait that is not there (an older
 * model) is left alone, a value that did not change is not sent.
 */
export function follow(
  model: AnyModel,
  signal: AbortSignal,
  name: string,
  read: () => unknown,
  write: (value: unknown) => void,
): () => void {
  const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  const fromPython = () => {
    const value = model.get(name);
    if (value !== undefined && !same(value, read())) write(value);
  };
  fromPython();
  model.on(`change:${name}`, fromPython);
  signal.addEventListener("abort", () => model.off(`change:${name}`, fromPython));
  return () => {
    let first = true;
    const stop = effect(() => {
      const value = read();
      if (!first && !same(model.get(name), value)) {
        model.set(name, value);
        model.save_changes();
      }
      first = false;
    });
    signal.addEventListener("abort", stop);
  };
}

function askWhenShown(store: Store, signal: AbortSignal): void {
  const { node, tab, selected } = store;
  const stops = [
    effect(() => {
      if (node.value !== NONE) store.askDetail(node.value);
    }),
    effect(() => {
      if (tab.value === "source") store.askSource(Math.max(selected.value, 0));
    }),
  ];
  signal.addEventListener("abort", () => {
    for (const stop of stops) stop();
  });
}
