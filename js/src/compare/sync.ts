/** Keeps the store of a comparison and the traits of its model in step, both ways. */
import type { AnyModel } from "@anywidget/types";
import { effect } from "@preact/signals";
import { connectTree } from "../sync";
import type { CompareStore } from "./store";

export function connectCompare(store: CompareStore, model: AnyModel, signal: AbortSignal): void {
  connectTree(store, model, signal, (join) => {
    join(
      "baseline",
      () => store.baseline.value,
      (column) => {
        if (typeof column === "number") store.setBaseline(column);
      },
    );
    join(
      "only_differences",
      () => store.only.value,
      (value) => store.setOnly(value === true),
    );
  });
  const stop = effect(() => {
    for (const { at } of store.witnesses.value) store.askDetail(at);
  });
  signal.addEventListener("abort", stop);
}
