/** The anywidget entry: one store per model, any number of views. */
import type { AnyModel, Initialize, Render } from "@anywidget/types";
import { render } from "preact";
import { decode } from "./payload";
import { createStore, type Store } from "./store";
import { connect, type Traits } from "./sync";
import { asFailure, type Failure, FailureMessage } from "./ui/Failure";
import { Widget } from "./ui/Widget";

function open(model: AnyModel<Traits>, signal: AbortSignal): Store | Failure {
  try {
    const store = createStore(decode(model.get("payload")));
    connect(store, model, signal);
    return store;
  } catch (error) {
    return asFailure(error);
  }
}

/**
 * A factory, because anywidget calls it once per model and gives `initialize` and every `render` another proxy of
 * that model: a map from model to store would never find anything.
 */
export default function widget(): { initialize: Initialize<Traits>; render: Render<Traits> } {
  let opened: Store | Failure;
  return {
    initialize({ model, signal }) {
      opened = open(model, signal);
    },
    render({ el, signal }) {
      const view = "failure" in opened ? <FailureMessage {...opened} /> : <Widget store={opened} />;
      render(view, el);
      signal.addEventListener("abort", () => render(null, el));
    },
  };
}
