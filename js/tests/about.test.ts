import { describe, expect, it } from "vitest";
import { callsOf, equals, grouped, meaning, operatorsOf, run, tag } from "../src/about";
import { decode } from "../src/payload";
import { findRuns } from "../src/runs";
import { click, draw } from "./draw";
import { miniLM, payloadOf } from "./payloads";

const tree = decode(miniLM());
const rowOf = (key: string) => tree.rowOf.get(key) as number;
const SELF = "encoder.layer.0.attention.self";

describe("what is known of a call", () => {
  it("has the class path that the file has", () => {
    expect(tag(tree, rowOf(SELF))).toBe("/BertModel/BertEncoder/BertLayer.0/BertAttention/BertSelfAttention");
    expect(tag(tree, 0)).toBe("/BertModel");
    const net = decode(
      payloadOf({
        name: "",
        cls: "Net",
        children: [
          { name: "0", cls: "A" },
          { name: "0", cls: "A", call: 1 },
        ],
      }),
    );
    expect(tag(net, 2)).toBe("/Net/A.0");
  });

  it("has the other calls of its module", () => {
    const lin = { name: "lin", cls: "Linear" };
    const net = decode(payloadOf({ name: "", cls: "Net", children: [lin, { ...lin, call: 1 }, { ...lin, call: 2 }] }));
    expect(callsOf(net, 3)).toEqual([1, 2, 3]);
    expect(callsOf(net, 0)).toEqual([0]);
  });

  it("has its copies", () => {
    const folded = { tree, runs: findRuns(tree) };
    expect(run(folded, rowOf("encoder.layer.3"))).toEqual({
      first: rowOf("encoder.layer.1"),
      last: rowOf("encoder.layer.5"),
      copies: 5,
    });
    expect(run(folded, rowOf("encoder.layer.0"))).toBeNull();
    expect(equals(tree, rowOf("encoder.layer.3"))).toBe(4);
    expect(equals(tree, 0)).toBe(0);
  });

  it("has its operators, the most frequent first", () => {
    const operators = operatorsOf(tree, rowOf(SELF));
    expect(operators[0]).toEqual({ name: "MatMul", own: 2, total: 5 });
    expect(operators.reduce((sum, { total }) => sum + total, 0)).toBe(21);
    expect(operators.reduce((sum, { own }) => sum + own, 0)).toBe(15);
  });

  it("knows what every verdict means", () => {
    for (const verdict of tree.verdicts) expect(meaning(verdict)).toMatch(/\.$/);
    expect(meaning("of a later version")).toBe("");
  });

  it("puts facts with one name together", () => {
    const fact = (name: string, value: string) => ({ name, value });
    expect(grouped([fact("tried", "a"), fact("tried", "b"), fact("file", "c")])).toEqual([
      { name: "tried", values: ["a", "b"] },
      { name: "file", values: ["c"] },
    ]);
  });
});

/** Terms with what stands beside them. */
function entries(el: HTMLElement): Record<string, string> {
  const found: Record<string, string> = {};
  for (const term of el.querySelectorAll(".abt dt")) {
    found[term.textContent ?? ""] = term.nextElementSibling?.textContent ?? "";
  }
  return found;
}

describe("the tab", () => {
  it("tells of the whole", async () => {
    const { el, model, find } = await draw(
      {
        ...miniLM(),
        about: [
          { name: "tried", value: "fx: no" },
          { name: "tried", value: "htp: yes" },
        ],
        parity: { status: "bad", text: "max |Δ| 2.4e-02", help: "By output", row: rowOf(SELF) },
      },
      { tab: "about" },
    );
    const about = entries(el);
    expect(about.class).toBe("BertModel");
    expect(about.tried).toBe("fx: nohtp: yes");
    expect(about.parameters).toBe(
      "22,713,600, 22.7 M".replace("22,713,600", tree.totals.parameters.toLocaleString("en")),
    );
    expect(about.numbers).toBe(`max |Δ| 2.4e-02By output.First difference: ${SELF}`);
    expect(about.coverage).toContain("Nodes with a scope, of all nodes.");
    expect(about.evidence).toMatch(/^trace\d+rewrite2$/);
    await click(find(".abt dd .link"));
    expect(model.get("selected")).toBe(SELF);
  });

  it("tells of a call", async () => {
    const { el } = await draw(miniLM(), { tab: "about", selected: SELF });
    const about = entries(el);
    expect(about).toMatchObject({
      class: "BertSelfAttention 6 calls of this class",
      path: `${SELF} `,
      tag: "/BertModel/BertEncoder/BertLayer.0/BertAttention/BertSelfAttention",
      calls: "1",
      nodes: "21, 15 own, 6 in children",
      parameters: "443,520, 444 k",
      bytes: "1,774,080, 1.77 MB",
      evidence: "trace21",
    });
    expect(about.numbers).toMatch(/^equalmax \|Δ\| \d.*Its results are in the graph, with equal numbers\.$/);
    expect(about.operators).toMatch(/^MatMul5/);
    expect(about.copies).toBeUndefined();
  });

  it("tells of copies and of what is unlike them", async () => {
    const { el, model } = await draw(miniLM(), { tab: "about", selected: "encoder.layer.2" });
    expect(entries(el).copies).toBe("one of 5 equal neighbours, layer.1 … layer.5");
    model.set("selected", "encoder.layer.0");
    await new Promise((done) => setTimeout(done, 35));
    expect(entries(el).copies).toBe("3 nodes more than layer.1");
  });

  it("gives the reason where there are no nodes", async () => {
    const { el } = await draw(miniLM(), { tab: "about", selected: "embeddings.dropout" });
    const about = entries(el);
    expect(about.nodes).toBe("none: identity in eval mode");
    expect(about.parameters).toBe("–");
    expect([about.numbers, about.evidence, about.operators]).toEqual([undefined, undefined, undefined]);
  });

  it("leads from call to call of a shared module", async () => {
    const lin = { name: "lin", cls: "Linear", ops: [["MatMul", "f32 1"] as [string, string]] };
    const net = payloadOf({ name: "", cls: "Net", children: [lin, { ...lin, call: 1 }] });
    const { el, model, find } = await draw(net, { tab: "about", selected: "lin" });
    expect(entries(el).calls).toBe("call 0 of 2, counted from 0 next call");
    await click([...el.querySelectorAll(".abt .link")].find((link) => link.textContent === "next call") as Element);
    expect(model.get("selected")).toBe("lin#1");
    expect(find(".abt").textContent).toContain("call 1 of 2, counted from 0");
  });

  it("finds what it counts", async () => {
    const { el, find, model } = await draw(miniLM(), { tab: "about", selected: "encoder.layer.1" });
    const press = async (text: string) =>
      click([...el.querySelectorAll(".abt .link")].find((link) => link.textContent === text) as Element);
    await press("Softmax");
    expect(model.get("query")).toBe("op:Softmax path:encoder.layer.1|encoder.layer.1.*");
    expect(find(".find output").textContent).toBe("1 of 1");
    await press("trace");
    expect(find(".find output").textContent).toMatch(/^1 of \d+$/);
    await press("6 calls of this class");
    expect(find(".find output").textContent).toBe("1 of 6");
  });

  it("of a file tells where its tree comes from", async () => {
    const { el } = await draw(
      {
        ...payloadOf({ name: "", cls: "Graph", ops: [["Add", "f32 1"]] }),
        source: { kind: "flat", note: "No tags in this file." },
        strategy: "",
        measures: [],
        parity: { status: "none", text: "", help: "", row: -1 },
      },
      { tab: "about" },
    );
    const about = entries(el);
    expect(about.tree).toBe("No tags in this file.");
    expect([about.strategy, about.numbers]).toEqual([undefined, undefined]);
  });

  it("draws text from a model as text", async () => {
    const evil = "<img src=x onerror=1>";
    const { el } = await draw(
      payloadOf(
        {
          name: "",
          cls: evil,
          children: [
            { name: evil, cls: evil, reason: evil, children: [{ name: "x", cls: evil, ops: [[evil, evil]] }] },
          ],
        },
        { about: [{ name: evil, value: evil }], parity: { status: "none", text: evil, help: evil, row: -1 } },
      ),
      { tab: "about", selected: evil },
    );
    expect(el.querySelector("img")).toBeNull();
  });
});
