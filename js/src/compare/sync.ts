/** Keeps the store of a comparison and the traits of its model in step, both ways. */
import type { AnyModel } from "@anywidget/types";
import { effect } from "@preact/signals";
import { NONE } from "../store";
import type { CompareStore } from "./store";

export interface CompareTraits {
  payload: unknown;
  selected: string | null;
  only_differences: boolean;
  baseline: number;
  query: string;
  depth: number | null;
}

export function connectCompare(store: CompareStore, model: AnyModel<CompareTraits>, signal: AbortSignal): void {
  const { tree, selected, only, baseline, query, depth } = store;
  const starts: (() => void)[] = [];
  /** Takes a trait's value and follows it; a trait that is not there is left alone, and so is a value of no use. */
  const join = (name: keyof CompareTraits, read: () => unknown, write: (value: unknown) => void) => {
    const fromPython = () => {
      const value = model.get(name);
      if (value !== undefined && value !== read()) write(value);
    };
    fromPython();
    model.on(`change:${name}`, fromPython);
    signal.addEventListener("abort", () => model.off(`change:${name}`, fromPython));
    starts.push(() => {
      let first = true;
      const stop = effect(() => {
        const value = read();
        if (!first && model.get(name) !== value) {
          model.set(name, value as never);
          model.save_changes();
        }
        first = false;
      });
      signal.addEventListener("abort", stop);
    });
  };

  join(
    "baseline",
    () => baseline.value,
    (column) => typeof column === "number" && store.setBaseline(column),
  );
  join(
    "depth",
    () => (depth.value.mixed ? null : depth.value.depth),
    (value) => typeof value === "number" && Number.isInteger(value) && store.setDepth(value),
  );
  join(
    "query",
    () => query.value,
    (text) => typeof text === "string" && store.setQuery(text),
  );
  join(
    "only_differences",
    () => only.value,
    (value) => store.setOnly(value === true),
  );
  join(
    "selected",
    () => (selected.value === NONE ? null : tree.key[selected.value]),
    (key) => store.select(typeof key === "string" ? (tree.rowOf.get(key) ?? NONE) : NONE),
  );
  for (const start of starts) start();
  const stop = effect(() => {
    for (const { at } of store.witnesses.value) store.askDetail(at);
  });
  signal.addEventListener("abort", stop);
  // What Python has set is not something that the user did.
  store.action.value = "select";
}
