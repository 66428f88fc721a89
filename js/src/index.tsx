/** The anywidget entry: one store per model, any number of views. */
import type { AnyModel, Initialize, Render } from "@anywidget/types";
import { render } from "preact";
import { createAsk } from "./ask";
import { decodeComparison, isComparison } from "./compare/payload";
import { type CompareStore, createCompareStore } from "./compare/store";
import { connectCompare } from "./compare/sync";
import { decode } from "./payload";
import { createStore, type Store } from "./store";
import { decodeSweep, isSweep } from "./sweep/payload";
import { createSweepStore, type SweepStore } from "./sweep/store";
import { connectSweep, say } from "./sweep/sync";
import { connect, type Traits } from "./sync";
import { Compare } from "./ui/compare/Compare";
import { asFailure, type Failure, FailureMessage } from "./ui/Failure";
import { Matrix } from "./ui/sweep/Matrix";
import { Widget } from "./ui/Widget";

type Opened = Store | CompareStore | SweepStore | Failure;

function open(model: AnyModel, signal: AbortSignal): Opened {
  try {
    const payload = model.get("payload");
    if (isComparison(payload)) {
      const store = createCompareStore(decodeComparison(payload), createAsk(model, signal));
      connectCompare(store, model, signal);
      return store;
    }
    if (isSweep(payload)) {
      const store = createSweepStore(decodeSweep(payload), createAsk(model, signal), () =>
        say(model, { kind: "cancel" }),
      );
      connectSweep(store, model, signal);
      return store;
    }
    const tree = decode(payload);
    const store = createStore(tree, createAsk(model, signal));
    connect(store, model, signal);
    return store;
  } catch (error) {
    return asFailure(error);
  }
}

function drawn(opened: Opened) {
  if ("failure" in opened) return <FailureMessage {...opened} />;
  if ("sweep" in opened) return <Matrix store={opened} />;
  return "comparison" in opened ? <Compare store={opened} /> : <Widget store={opened} />;
}

/**
 * A factory, because anywidget calls it once per model and gives `initialize` and every `render` another proxy of
 * that model: a map from model to store would never find anything.
 */
export default function widget(): { initialize: Initialize<Traits>; render: Render<Traits> } {
  let opened: Opened;
  return {
    initialize({ model, signal }) {
      opened = open(model, signal);
    },
    render({ el, signal }) {
      render(drawn(opened), el);
      signal.addEventListener("abort", () => render(null, el));
    },
  };
}
