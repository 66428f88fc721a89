import { expect, it } from "vitest";
import widget from "../src/index";
import { draw, press, settle } from "./draw";
import { mockModel } from "./mockModel";
import { miniLM } from "./payloads";

/** Counts what is added to and taken from a target while `run` runs. */
async function balance(target: EventTarget, run: () => Promise<void>): Promise<number> {
  const { addEventListener, removeEventListener } = target;
  let count = 0;
  target.addEventListener = function (...args: Parameters<typeof addEventListener>) {
    count++;
    addEventListener.apply(this, args);
  };
  target.removeEventListener = function (...args: Parameters<typeof removeEventListener>) {
    count--;
    removeEventListener.apply(this, args);
  };
  await run();
  Object.assign(target, { addEventListener, removeEventListener });
  return count;
}

it("opening and closing a view fifty times leaves nothing behind", async () => {
  const mock = mockModel(miniLM());
  const whole = new AbortController();
  const props = { model: mock.model, experimental: {} as never };
  const instance = widget();
  await instance.initialize({ ...props, signal: whole.signal });
  const before = mock.listeners();
  const open = async () => {
    const el = document.body.appendChild(document.createElement("div"));
    const view = new AbortController();
    await instance.render({ ...props, el, host: {} as never, signal: view.signal });
    view.abort();
    expect(el.childElementCount).toBe(0);
    el.remove();
  };
  const left = await balance(document, () =>
    balance(window, async () => {
      for (let n = 0; n < 50; n++) await open();
      await settle();
    }).then((count) => expect(count).toBe(0)),
  );
  expect(left).toBe(0);
  expect(mock.listeners()).toBe(before);
  whole.abort();
  expect(mock.listeners()).toBe(0);
}, 60_000);

it("a popover that hangs open goes with its view", async () => {
  const left = await balance(document, async () => {
    const { views, find } = await draw(miniLM());
    find('[data-row="0"]').focus();
    await press("?");
    expect(find('[role="dialog"]').textContent).toContain("Nodes, Graph, Source, About");
    views[0].close();
    await settle();
  });
  expect(left).toBe(0);
});

it("an observer of the width goes with its view", async () => {
  const observers = new Set<ResizeObserver>();
  const Real = globalThis.ResizeObserver;
  globalThis.ResizeObserver = class extends Real {
    observe(element: Element) {
      observers.add(this);
      super.observe(element);
    }
    disconnect() {
      observers.delete(this);
      super.disconnect();
    }
    unobserve(element: Element) {
      observers.delete(this);
      super.unobserve(element);
    }
  };
  const { views } = await draw(miniLM(), { views: 3, tab: "graph" });
  expect(observers.size).toBeGreaterThan(0);
  for (const view of views) view.close();
  await settle();
  expect(observers.size).toBe(0);
  globalThis.ResizeObserver = Real;
});
