import { afterEach, describe, expect, it, vi } from "vitest";
import { PATIENCE } from "../src/ask";
import { madeFor, makersOf, readersOf, runsOf } from "../src/flow";
import { decode } from "../src/payload";
import { click, draw, press, settle } from "./draw";
import { type Module, miniLM, payloadOf, withReads } from "./payloads";

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
    const links = [...find(".det").querySelectorAll(".link")];
    expect(links.map((link) => link.textContent)).toEqual(["Transpose 13", "Not 15", detail.also[0]]);
    await click(links[2]);
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
    expect(find(".det").textContent).toContain("Names of values, parameters and attributes need a running kernel.");
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

describe("the data flow around a node", () => {
  const net = (): Module => ({
    name: "",
    cls: "Net",
    ops: [["Split", "f32 4"]],
    children: [
      { name: "a", cls: "A", ops: [["Relu", "f32 2"]] },
      {
        name: "b",
        cls: "B",
        ops: [
          ["Add", "f32 2"],
          ["If", "f32 2"],
          ["Mul", "f32 2"],
        ],
      },
    ],
  });
  const payload = () => {
    const made = withReads(payloadOf(net()), [[-1], [0], [0, 1, 0], [2], [1]]);
    const types = [...made.types, "f32 right"];
    Object.assign(made.nodes, {
      slot: { 2: 1, 4: 1 },
      body: { 4: 3 },
      more: { 0: [types.length - 1] },
    });
    return {
      ...made,
      types,
      graph: { inputs: [{ name: "x", type: 0 }], outputs: [{ name: "y", type: 1, node: 3, slot: 0 }] },
    };
  };
  const tree = decode(payload());

  it("is known without a kernel", () => {
    expect(madeFor(tree, 0)).toEqual([{ node: -1, input: "x", type: tree.types[0] }]);
    expect(madeFor(tree, 2)).toEqual([
      { node: 0, input: "", type: "f32 right" },
      { node: 1, input: "", type: "f32 2" },
      { node: 0, input: "", type: "f32 right" },
    ]);
    expect(makersOf(tree, 2)).toEqual([0, 1]);
    expect(readersOf(tree, 0)).toEqual({ readers: [1, 2], outputs: [] });
    expect(readersOf(tree, 3)).toEqual({ readers: [], outputs: ["y"] });
  });

  it("is walked from node to node, and the selection follows", async () => {
    const { nodes, find, model } = await draw(payload(), { selected: "b" });
    await click(nodes()[0]);
    const link = (text: string) =>
      [...find(".det").querySelectorAll<HTMLElement>(".link")].find((one) => one.textContent === text) as HTMLElement;
    await click(link("If 3"));
    expect(find(".det").textContent).toContain("output y");
    expect(model.get("selected")).toBe("b");
    await click(nodes()[2]);
    expect(find(".det").textContent).toContain("body of");
    await click(link("Relu 1"));
    expect(model.get("selected")).toBe("a");
    expect(find(".det").getAttribute("aria-label")).toBe("Node 1");
  });
});

describe("keys that count up", () => {
  it("stand as first and last", () => {
    const self = (n: number | string) => `encoder.layer.${n}.attention.self`;
    expect(runsOf([1, 2, 3, 4, 5].map(self))).toEqual([{ first: self(1), last: self(5), count: 5 }]);
    expect(runsOf([1, 2, 4].map(self)).map(({ count }) => count)).toEqual([1, 1, 1]);
    expect(runsOf(["lin", "lin#1", "lin#2", "lin#3"]).map(({ count }) => count)).toEqual([1, 3]);
    expect(runsOf(["a.1.b.1", "a.2.b.2", "a.2.b.3"]).map(({ count }) => count)).toEqual([1, 1, 1]);
    expect(runsOf([])).toEqual([]);
  });
});
