/** What Python must know: the selected row goes both ways, the detail of a node is asked for when it is docked. */
import type { AnyModel } from "@anywidget/types";
import { effect } from "@preact/signals";
import { type DetailState, NONE, type NodeDetail, type Store } from "./store";

/** After this long without an answer there is no kernel. */
export const PATIENCE = 3000;

export interface Traits {
  payload: unknown;
  selected: string | null;
}

type Answer =
  | { kind: "node"; id: number; index: number; detail: NodeDetail }
  | { kind: "error"; id: number; message: string };

export function connect(store: Store, model: AnyModel<Traits>, signal: AbortSignal): void {
  syncSelection(store, model, signal);
  fetchDetails(store, model, signal);
}

function syncSelection(store: Store, model: AnyModel<Traits>, signal: AbortSignal): void {
  const { tree, selected } = store;
  const fromPython = () => {
    const key = model.get("selected");
    const row = key === null || key === undefined ? NONE : (tree.rowOf.get(key) ?? NONE);
    if (row !== selected.peek()) store.select(row);
  };
  fromPython();
  model.on("change:selected", fromPython);
  let first = true;
  const stop = effect(() => {
    const key = selected.value === NONE ? null : tree.key[selected.value];
    if (!first && model.get("selected") !== key) {
      model.set("selected", key);
      model.save_changes();
    }
    first = false;
  });
  signal.addEventListener("abort", () => {
    model.off("change:selected", fromPython);
    stop();
  });
}

function fetchDetails(store: Store, model: AnyModel<Traits>, signal: AbortSignal): void {
  const { node, details } = store;
  const waiting = new Map<number, { index: number; timer: ReturnType<typeof setTimeout> }>();
  // Another page may be connected to the same kernel and hear our answers: ids must not be alike.
  let id = Math.floor(Math.random() * 2 ** 30);
  const put = (index: number, state: DetailState) => {
    details.value = new Map(details.peek()).set(index, state);
  };

  const ask = (index: number) => {
    id++;
    const timer = setTimeout(() => put(index, { state: "silent" }), PATIENCE);
    waiting.set(id, { index, timer });
    put(index, { state: "asked" });
    try {
      model.send({ kind: "node", id, index });
    } catch {
      clearTimeout(timer);
      put(index, { state: "silent" });
    }
  };
  const hear = (answer: Answer) => {
    const question = waiting.get(answer?.id);
    if (!question) return;
    waiting.delete(answer.id);
    clearTimeout(question.timer);
    if (answer.kind === "node") put(question.index, { state: "known", detail: answer.detail });
    else put(question.index, { state: "failed", message: String(answer.message) });
  };
  model.on("msg:custom", hear);
  const stop = effect(() => {
    const index = node.value;
    if (index === NONE) return;
    const known = details.peek().get(index)?.state;
    if (known !== "known" && known !== "asked") ask(index);
  });
  signal.addEventListener("abort", () => {
    model.off("msg:custom", hear);
    stop();
    for (const { timer } of waiting.values()) clearTimeout(timer);
  });
}
