import { describe, expect, it } from "vitest";
import { bad, compare, fx, htp } from "./compareDraw";
import { comparisonOf, net, type Side } from "./comparePayloads";
import { click, draw, press, settle } from "./draw";
import type { Module } from "./payloads";

describe("columns", () => {
  it("stand beside each other in one treegrid", async () => {
    const { find, cells, names, el } = await compare([fx, htp]);
    expect(find('[role="treegrid"]').getAttribute("aria-colcount")).toBe("3");
    expect(names()).toEqual(["Net", "a", "act", "b", "drop"]);
    expect(cells("Net")).toEqual(["5", "5≠ 2"]);
    expect(cells("a")).toEqual(["3", "2−1≠ 2"]);
    expect(cells("act")).toEqual(["1", "0−1≠ 1"]);
    expect(cells("drop")).toEqual(["0identity in eval mode", "0identity in eval mode"]);
    expect([...el.querySelectorAll(".cell.d")]).toHaveLength(2);
  });

  it("have heads with time, size, parity and the share of equal scopes", async () => {
    const { el } = await compare([fx, htp]);
    const heads = [...el.querySelectorAll('.ch > [role="columnheader"]')].map((head) => head.textContent);
    expect(heads[0]).toBe(
      "ONNX nodes by moduletime: capture, then the restfile sizemax |Δ| to PyTorchsame scope as fx",
    );
    expect(heads[1]).toBe("fxbaseline2.75 s1.00 kBNumbers agree: 5.3e-055 of 5");
    expect(heads[2]).toBe("htp––Numbers agree: 5.3e-053 of 5");
    const bar = [...el.querySelectorAll<HTMLElement>(".tb b")].map(({ style }) => style.width);
    expect(bar[0]).toBe(`${(100 * 2.5) / 2.75}%`);
    expect(el.querySelector(".tb")?.getAttribute("title")).toBe(
      "run 0.50 s, capture 2.00 s, attribute 0.25 s. Peak memory 5.00 MB",
    );
  });

  it("are read aloud in one sentence for each row", async () => {
    const { row } = await compare([fx, htp, bad]);
    expect(row("a").getAttribute("aria-label")).toBe(
      "a, Linear, fx 3 nodes, htp 2 nodes, 2 unlike the baseline, bad failed",
    );
    expect(row("act").getAttribute("aria-level")).toBe("3");
  });

  it("keep their place when they failed", async () => {
    const { el, cells, find } = await compare([bad, fx, htp], { baseline: 1 });
    expect(cells("a")).toEqual(["–", "3", "2−1≠ 2"]);
    expect(find(".ch .failed").textContent).toBe("badfailed at capture");
    expect(find(".fail").textContent).toBe("bada branch on data");
    expect(el.querySelectorAll(".base")).toHaveLength(2);
    expect(find(".agreed").textContent).toBe("2 of 3 strategies ran and agree on 3 of 5 nodes");
  });

  it("say a long reason in one line, and all of it when asked", async () => {
    const { find } = await compare([{ ...bad, failed: { stage: "capture", reason: "x ".repeat(90) } }, fx]);
    expect(find(".fail").className).toBe("fail");
    await click(find(".fail .link"));
    expect(find(".fail").className).toBe("fail open");
  });

  it("may all have failed", async () => {
    const payload = comparisonOf(net(), [bad]);
    payload.rows = { ...payload.rows, parent: [], name: [], call: [], cls: [] };
    const { el } = await draw({ ...payload, title: "", graphs: [] });
    expect(el.querySelector(".fail")?.textContent).toBe("bada branch on data");
    expect(el.querySelector(".msg")).toBe(null);
  });

  it("may have a graph of their own, calls of their own, and names of their own", async () => {
    const { cells, el } = await compare([
      fx,
      {
        name: "other",
        graph: [
          ["Max", 2],
          ["Add", 1],
        ],
        absent: [3],
        renamed: { 2: "a.relu" },
      },
      { name: "torch tags", evidence: null },
    ]);
    expect(cells("act")).toEqual(["1", "1as relu≠ 1", "1"]);
    expect(cells("b")).toEqual(["1", "–no such call", "1"]);
    const [, other, tags] = [...el.querySelectorAll(".ch > *")].slice(1).map((head) => head.textContent);
    expect(other).toContain("2 nodes, ≠ 4");
    expect(tags).toContain("as is");
  });
});

describe("the baseline", () => {
  it("is another column after a click, in every view and in Python", async () => {
    const { views, trait, saves, cells, code } = await compare([fx, htp], { views: 2 });
    await click(views[1].el.querySelectorAll(".base")[1]);
    expect(trait("baseline")).toBe(1);
    expect(saves()).toBe(1);
    expect(cells("a")).toEqual(["3+1≠ 2", "2"]);
    expect(code()).toBe("c.widget.baseline = 1");
    expect(views[1].said()).toBe("compared with htp");
    expect(views[0].el.querySelectorAll(".base")[1].getAttribute("aria-pressed")).toBe("true");
  });

  it("comes from Python; a column that failed does not", async () => {
    const { put, cells, saves } = await compare([fx, htp, bad]);
    await put("baseline", 1);
    expect(cells("a")).toEqual(["3+1≠ 2", "2", "–"]);
    await put("baseline", 2);
    await put("baseline", 99);
    await put("baseline", "x");
    expect(cells("a")).toEqual(["3+1≠ 2", "2", "–"]);
    expect(saves()).toBe(0);
  });
});

describe("only differences", () => {
  it("leaves out what is equal, and says how much", async () => {
    const { find, names, trait, el } = await compare([fx, htp]);
    const box = find(".check input") as HTMLInputElement;
    box.checked = true;
    box.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(names()).toEqual(["Net", "a", "act"]);
    expect(find(".hid").textContent).toBe("2 modules without a difference are hiddenShow all");
    expect(trait("only_differences")).toBe(true);
    await click(find(".hid .link"));
    expect(names()).toHaveLength(5);
    expect(el.querySelector(".hid")).toBe(null);
    expect(trait("only_differences")).toBe(false);
  });

  it("comes from Python and may leave nothing", async () => {
    const { find, names, put } = await compare([fx, { name: "htp" }], { only_differences: true });
    expect(names()).toEqual([]);
    expect(find(".hid").textContent).toBe("Nothing differs.Show all");
    expect(find(".steps").textContent).toBe("no differences");
    await put("only_differences", false);
    expect(names()).toHaveLength(5);
  });
});

describe("the next difference", () => {
  it("is a key away, opens the way and is said", async () => {
    const { row, said, focused, find, put, trait } = await compare([fx, htp]);
    await put("depth", 1);
    row("b").focus();
    await press("n");
    expect(said()).toBe("difference 1 of 2: Add 2, htp says Net");
    expect(focused()).toBe("a");
    await press("n");
    expect(said()).toBe("difference 2 of 2: Relu 3, htp says a");
    expect(focused()).toBe("act");
    expect(trait("selected")).toBe("a.act");
    expect(find(".steps").textContent).toBe("2 of 2");
    await press("N", { shiftKey: true });
    expect(focused()).toBe("a");
  });

  it("is a click away", async () => {
    const { find, trait } = await compare([fx, htp]);
    await click(find('[aria-label="Previous difference"]'));
    expect(trait("selected")).toBe("a.act");
    await click(find('[aria-label="Next difference"]'));
    expect(trait("selected")).toBe("a");
  });

  it("is the next match while something is searched for", async () => {
    const { row, type, focused, said } = await compare([fx, htp]);
    await type("op:MatMul");
    row("Net").focus();
    await press("n");
    expect(focused()).toBe("b");
    expect(said()).toBe("");
  });

  it("waits until a name is typed", async () => {
    const { row, focused, trait } = await compare([fx, htp]);
    row("Net").focus();
    await press("a");
    await press("n");
    expect(focused()).toBe("a");
    expect(trait("selected")).toBe(null);
  });

  it("is none where nothing differs", async () => {
    const { row, said } = await compare([fx, { name: "htp" }]);
    row("Net").focus();
    await press("n");
    expect(said()).toBe("no differences");
  });
});

describe("equal copies", () => {
  const layers = (): Module => ({
    name: "",
    cls: "Net",
    children: [0, 1, 2].map((n) => ({
      name: `layer.${n}`,
      cls: "Layer",
      ops: [["Add", "f32 1"]],
      children: [{ name: "act", cls: "ReLU", ops: [["Relu", "f32 1"]] }],
    })),
  });
  const alike: Side = { name: "htp", moves: { 0: 0, 2: 0, 4: 0 } };

  it("are one row, also where only differences are shown", async () => {
    const { names, cells, row, find } = await compare([fx, alike], { only_differences: true }, layers());
    expect(names()).toEqual(["Net", "layer.0 … layer.2"]);
    expect(cells("layer.0 … layer.2")).toEqual(["3×2", "3×1−1 each≠ 3"]);
    await click(row("layer.0 … layer.2"));
    expect(find(".dh").textContent).toContain("1 of 3 equal");
    await press("]");
    expect(find(".dh").textContent).toContain("2 of 3 equal");
    await click(row("layer.0 … layer.2").querySelector(".times") as Element);
    expect(names()).toEqual(["Net", "layer.0", "layer.1", "layer.2"]);
  });
});

describe("how to find", () => {
  it("leaves out what a comparison has nothing of", async () => {
    const { find, el } = await compare([fx, htp]);
    await click(find(".find .help > button"));
    const shown = [...el.querySelectorAll(".find .help .link")].map(({ textContent }) => textContent ?? "");
    expect(shown).toContain("op:MatMul");
    expect(shown.filter((query) => /->|parameters/.test(query))).toEqual([]);
  });
});

describe("traits", () => {
  it("select both ways", async () => {
    const { put, row, trait, saves, el } = await compare([fx, htp], { selected: "a.act" });
    expect(row("act").getAttribute("aria-selected")).toBe("true");
    await put("selected", "b");
    expect(row("b").getAttribute("aria-selected")).toBe("true");
    await put("selected", "nowhere");
    expect(el.querySelector(".drawer")).toBe(null);
    await put("selected", "");
    expect(row("Net").getAttribute("aria-selected")).toBe("true");
    await put("selected", null);
    expect(saves()).toBeLessThanOrEqual(1);
    await click(row("b"));
    expect(trait("selected")).toBe("b");
  });

  it("may be missing", async () => {
    const { rows } = await compare([fx, htp], { baseline: undefined, only_differences: undefined } as never);
    expect(rows()).toHaveLength(5);
  });
});
