import { afterEach, describe, expect, it, vi } from "vitest";
import { PATIENCE } from "../src/sync";
import { click, draw, press, settle } from "./draw";
import { miniLM } from "./payloads";

const SELF = "encoder.layer.0.attention.self";

const detail = {
  name: "/encoder/layer.0/attention/self/Cast_14",
  op: "Cast",
  domain: "",
  inputs: [
    { name: "bitwise_and_1", type: "bool 2×1×10×10", parameter: null },
    { name: "val_7", type: "f32 384", parameter: "encoder.bias" },
  ],
  outputs: [{ name: "_to_copy_1", type: "f32 2×1×10×10" }],
  attributes: [{ name: "to", value: "1", type: "INT" }],
  evidence: "trace",
  confidence: 1,
  source: "transformers/models/bert/modeling_bert.py:192",
  also: ["encoder.layer.1.attention.self", "gone"],
};

async function docked() {
  const drawn = await draw(miniLM(), { selected: SELF, views: 2 });
  const cast = drawn.nodes().find((node) => node.querySelector(".chip")) as HTMLElement;
  await click(cast);
  return { ...drawn, cast, text: () => drawn.find(".det").textContent };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("the detail of a node", () => {
  it("is asked for once, and drawn in both views", async () => {
    const { sent, fire, text, views } = await docked();
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ kind: "node", index: 14 });
    expect(text()).toContain("/encoder/layer.0/attention/self/Cast_14");
    fire("msg:custom", { kind: "node", id: sent[0].id, index: 14, detail });
    await settle();
    expect(text()).toContain("bitwise_and_1");
    expect(text()).toContain("encoder.bias");
    expect(text()).toContain("to = 1");
    expect(text()).toContain("trace 1.00, modeling_bert.py:192");
    expect(views[1].find(".det").textContent).toBe(text());
  });

  it("leads to the other calls that it was made for", async () => {
    const { sent, fire, find, model } = await docked();
    fire("msg:custom", { kind: "node", id: sent[0].id, index: 14, detail });
    await settle();
    expect([...find(".det").querySelectorAll(".link")].map((link) => link.textContent)).toEqual([detail.also[0]]);
    await click(find(".det .link"));
    expect(model.get("selected")).toBe("encoder.layer.1.attention.self");
  });

  it("ignores answers to somebody else", async () => {
    const { sent, fire, text } = await docked();
    fire("msg:custom", { kind: "node", id: sent[0].id + 1, index: 14, detail });
    fire("msg:custom", null);
    await settle();
    expect(text()).not.toContain("bitwise_and_1");
  });

  it("passes on what the kernel says is wrong", async () => {
    const { sent, fire, text } = await docked();
    fire("msg:custom", { kind: "error", id: sent[0].id, message: "no such node" });
    await settle();
    expect(text()).toContain("no such node");
  });

  it("that cannot be drawn is said and not left blank", async () => {
    const { sent, fire, el } = await docked();
    fire("msg:custom", { kind: "node", id: sent[0].id, index: 14, detail: {} });
    await settle();
    expect(el.querySelector('[role="alert"]')?.textContent).toMatch(/^The tree could not be drawn\. /);
  });

  it("without a kernel says so and shows what is known", async () => {
    const { nodes, find, sent } = await draw(miniLM(), { selected: SELF });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    nodes()[0].dispatchEvent(new MouseEvent("click", { bubbles: true }));
    vi.advanceTimersByTime(PATIENCE);
    vi.useRealTimers();
    await settle();
    expect(sent).toHaveLength(1);
    expect(find(".det").textContent).toContain("Inputs, outputs and attributes need a running kernel.");
    expect(find(".det").textContent).toContain("trace, modeling_bert.py:175");
    expect(find(".det").textContent).not.toContain("attributes…");
  });

  it("is brought into sight in the other view too", async () => {
    const { views } = await draw(miniLM(), { selected: "", views: 2 });
    await click(views[0].nodes()[9]);
    const stop = views[1].nodes().find((node) => node.tabIndex === 0);
    expect(stop?.dataset.node).toBe("9");
    await click(views[0].row("pooler"));
    expect(views[1].nodes().map((node) => node.tabIndex)).toEqual([0, -1, -1]);
  });

  it("stays once it is known", async () => {
    const { nodes, find, sent, fire } = await draw(miniLM(), { selected: SELF });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    nodes()[0].dispatchEvent(new MouseEvent("click", { bubbles: true }));
    fire("msg:custom", { kind: "node", id: sent[0].id, index: sent[0].index, detail });
    vi.advanceTimersByTime(PATIENCE);
    vi.useRealTimers();
    await settle();
    expect(find(".det").textContent).toContain("bitwise_and_1");
  });

  it("is closed by Esc, which gives the focus back", async () => {
    const { el, cast } = await docked();
    await press("Escape", {}, cast);
    expect(el.querySelector(".det")).toBeNull();
    expect(document.activeElement).toBe(cast);
  });
});
