import { describe, expect, it } from "vitest";
import { bad, compare, fx, htp } from "./compareDraw";
import { click, press, settle } from "./draw";

describe("the drawer", () => {
  it("opens on a selected module: operators beside each other, then the nodes that differ", async () => {
    const { row, find, lines, trait, code } = await compare([fx, htp, bad]);
    await click(row("a"));
    expect(trait("selected")).toBe("a");
    expect(code()).toBe('c.widget.select("a")');
    expect(find(".dh").textContent).toBe("aLinear2 of 3 nodes attributed differently");
    expect(lines().map((line) => line.textContent)).toEqual([
      "evidencetrace 3value 2–",
      "max |Δ| to PyTorch2.0e-072.0e-07–",
      "MatMul11–",
      "Add10−1in Net–",
      "Relu11–",
      "Add #2f32 2×3atrace1.00differs: Netvalue0.95–",
      "Relu #3f32 2×3acttrace1.00differs: avalue0.95–",
    ]);
  });

  it("gives each witness of a node one sentence, and asks each for more", async () => {
    const { row, lines, sent, fire, find, el } = await compare([fx, htp]);
    await click(row("a"));
    await click(lines()[5]);
    const text = () => [...el.querySelectorAll(".why4 dd")].map((line) => line.textContent?.trim());
    expect(text()).toEqual([
      "the capture recorded this operator inside a",
      "its output equals what PyTorch computed in Net, max |Δ| of the call 1.0e-07",
    ]);
    expect(sent.map(({ kind, index }, i) => [kind, index, (sent[i] as never as { column: number }).column])).toEqual([
      ["node", 2, 0],
      ["node", 2, 1],
    ]);
    const detail = { inputs: [], outputs: [], attributes: [], source: "net/model.py:12", also: [] };
    fire("msg:custom", { kind: "node", id: sent[0].id, detail });
    await settle();
    expect(text()[0]).toBe("the capture recorded this operator inside a, model.py:12");
    await click(lines()[5]);
    expect(el.querySelector(".why4")).toBe(null);
    expect(find(".drawer")).toBeTruthy();
  });

  it("closes, and the focus is where it was", async () => {
    const { row, el, focused, trait } = await compare([fx, htp]);
    await click(row("a"));
    await press("Escape");
    expect(el.querySelector(".drawer")).toBe(null);
    expect([focused(), trait("selected")]).toEqual(["a", null]);
    await click(row("a"));
    await click(el.querySelector('.drawer [aria-label="Close"]') as Element);
    expect(el.querySelector(".drawer")).toBe(null);
  });

  it("says that there is nothing to compare node by node", async () => {
    const { row, find } = await compare([fx, { name: "other", graph: [["Max", 2]] }]);
    await click(row("a"));
    expect(find(".dh").textContent).toContain("no other column has the graph of the baseline");
  });
});

describe("the keyboard", () => {
  it("goes from rows to drawer and back, and to the foot", async () => {
    const { row, focused, el } = await compare([fx, htp]);
    row("Net").focus();
    await press("ArrowDown");
    await press("Enter");
    expect((document.activeElement as HTMLElement).dataset.line).toBe("5");
    await press("ArrowDown");
    expect((document.activeElement as HTMLElement).dataset.line).toBe("6");
    await press(" ");
    expect(el.querySelector(".why4")).toBeTruthy();
    await press("ArrowLeft");
    expect(focused()).toBe("a");
    await press("F6");
    expect((document.activeElement as HTMLElement).closest(".drawer")).toBeTruthy();
    await press("F6");
    expect((document.activeElement as HTMLElement).closest(".foot")).toBeTruthy();
  });

  it("walks the heads and compares with one", async () => {
    const { row, trait, focused } = await compare([fx, htp]);
    row("Net").focus();
    await press("ArrowUp");
    expect(document.activeElement?.textContent).toBe("fxbaseline");
    await press("ArrowRight");
    await press("ArrowRight");
    expect(document.activeElement?.textContent).toBe("htp");
    await click(document.activeElement as Element);
    expect(trait("baseline")).toBe(1);
    await press("ArrowLeft");
    expect(document.activeElement?.textContent).toBe("fx");
    await press("ArrowDown");
    expect(focused()).toBe("Net");
  });

  it("opens, closes, selects, and shows its list", async () => {
    const { row, names, trait, find, el } = await compare([fx, htp]);
    row("Net").focus();
    await press("ArrowDown");
    await press("ArrowLeft");
    expect(names()).not.toContain("act");
    await press("ArrowRight");
    expect(names()).toContain("act");
    await press(" ");
    expect(trait("selected")).toBe("a");
    await press("?");
    expect(find('[role="dialog"]').textContent).toContain("next, previous difference, or match");
    await press("Escape");
    expect(el.querySelector('[role="dialog"]')).toBe(null);
    await press("/");
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Find");
  });

  it("takes digits for nothing, and leaves keys with a modifier alone", async () => {
    const { row } = await compare([fx, htp]);
    row("a").focus();
    expect((await press("2")).defaultPrevented).toBe(true);
    expect((await press("n", { ctrlKey: true })).defaultPrevented).toBe(false);
  });

  it("keeps JupyterLab's keys from everything that takes the focus", async () => {
    const { el, row, lines } = await compare([fx, htp]);
    await click(row("a"));
    await click(lines()[5]);
    const open = [...el.querySelectorAll<HTMLElement>("button, input, [tabindex]")].filter(
      (element) => !element.hasAttribute("data-lm-suppress-shortcuts"),
    );
    expect(open).toEqual([]);
  });

  it("has one tab stop in the rows and one in the drawer", async () => {
    const { el, row } = await compare([fx, htp]);
    await click(row("a"));
    expect(el.querySelectorAll('[data-row][tabindex="0"]')).toHaveLength(1);
    expect(el.querySelectorAll('[data-line][tabindex="0"]')).toHaveLength(1);
  });
});
