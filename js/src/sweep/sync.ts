/** Keeps the store of a sweep and the traits of its model in step, and takes what the kernel tells. */
import type { AnyModel } from "@anywidget/types";
import { effect } from "@preact/signals";
import { NONE } from "../store";
import { follow } from "../sync";
import { decodeChanges, STATUSES } from "./payload";
import type { SweepStore } from "./store";

export function connectSweep(store: SweepStore, model: AnyModel, signal: AbortSignal): void {
  const { sweep } = store;
  const starts = [
    follow(
      model,
      signal,
      "selected",
      () => (store.selected.value === NONE ? null : sweep.name[store.selected.value]),
      (name) => {
        const job = sweep.byName.get(name as string) ?? NONE;
        store.select(job);
        if (job !== NONE) store.reveal.value = { job };
      },
    ),
    follow(
      model,
      signal,
      "query",
      () => store.query.value,
      (text) => store.setQuery(String(text)),
    ),
    follow(
      model,
      signal,
      "statuses",
      () => store.statuses.value,
      (names) => store.setStatuses(STATUSES.filter((status) => Array.isArray(names) && names.includes(status))),
    ),
    follow(
      model,
      signal,
      "sort",
      () => store.sort.value,
      (order) => store.setSort(String(order)),
    ),
    follow(
      model,
      signal,
      "compared",
      () => (store.compared.value ?? []).map((variant) => sweep.variants[variant]),
      (names) => store.setCompared(pairOf(sweep.variants, names)),
    ),
  ];
  for (const start of starts) start();
  hear(store, model, signal);
  askWhenShown(store, signal);
}

function pairOf(variants: string[], names: unknown): [number, number] | null {
  const found = Array.isArray(names) ? names.map((name) => variants.indexOf(name)) : [];
  return found.length === 2 && found[0] !== found[1] && !found.includes(-1) ? [found[0], found[1]] : null;
}

/** Python sends the whole matrix now and then, and else all that changed since. */
function hear({ sweep, take }: SweepStore, model: AnyModel, signal: AbortSignal): void {
  const from = (read: () => unknown) => () => {
    const found = read();
    if (typeof found === "object" && found !== null && "at" in found) take(decodeChanges(found, sweep.name.length));
  };
  const whole = from(() => (model.get("payload") as { now?: unknown } | undefined)?.now);
  const news = from(() => model.get("news"));
  news();
  model.on("change:payload", whole);
  model.on("change:news", news);
  signal.addEventListener("abort", () => {
    model.off("change:payload", whole);
    model.off("change:news", news);
  });
}

/** Without a kernel nobody listens. */
export function say(model: AnyModel, message: object): void {
  try {
    model.send(message);
  } catch {
    // What is on the screen is all there is.
  }
}

function askWhenShown(store: SweepStore, signal: AbortSignal): void {
  const stop = effect(() => {
    store.version.value; // what changed is asked for again
    if (store.selected.value !== NONE) store.askDetail(store.selected.value);
  });
  signal.addEventListener("abort", stop);
}
