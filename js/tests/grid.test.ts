import { describe, expect, it } from "vitest";
import { click, draw, press, settle } from "./draw";
import { miniLM, payloadOf, synthetic } from "./payloads";

describe("the treegrid", () => {
  it("has its roles and counts", async () => {
    const { find, row } = await draw(miniLM());
    expect(find('[role="treegrid"]').getAttribute("aria-rowcount")).toBe("20");
    const layer = row("layer.1 … layer.5");
    expect(layer.getAttribute("role")).toBe("row");
    expect(layer.getAttribute("aria-level")).toBe("3");
    expect(layer.getAttribute("aria-posinset")).toBe("2");
    expect(layer.getAttribute("aria-setsize")).toBe("2");
    expect(layer.getAttribute("aria-rowindex")).toBe("14");
    expect(layer.getAttribute("aria-expanded")).toBe("true");
    expect(row("dense").hasAttribute("aria-expanded")).toBe(false);
    expect(row("encoder").getAttribute("aria-expanded")).toBe("true");
  });

  it("has one tab stop, and JupyterLab's keys off every row", async () => {
    const { el, rows } = await draw(miniLM());
    expect(rows().filter((row) => row.tabIndex === 0)).toHaveLength(1);
    for (const target of el.querySelectorAll("[tabindex], input, button")) {
      expect(target.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
    }
  });

  it("draws about sixty rows of thousands", async () => {
    const { rows, find, el } = await draw(synthetic(4000, 10000));
    const depth = find(".depth input") as HTMLInputElement;
    depth.value = depth.max;
    depth.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(find('[role="treegrid"]').getAttribute("aria-rowcount")).toBe("14001");
    expect(rows().length).toBeGreaterThan(20);
    expect(rows().length).toBeLessThan(60);
    expect(el.querySelectorAll("[data-node]").length).toBeLessThan(60);
  });

  it("gives the reason in place of numbers", async () => {
    const { row } = await draw(miniLM());
    expect(row("dropout").querySelector(".why")?.textContent).toBe("no nodes: identity in eval mode");
    expect(row("dropout").querySelectorAll('[role="gridcell"]')).toHaveLength(1);
  });

  it("shows the call of a module that has several, and of no other", async () => {
    const lin = { name: "lin", cls: "Linear" };
    const { rows } = await draw(
      payloadOf({ name: "", cls: "Net", children: [lin, { ...lin, call: 1 }, { name: "b", cls: "B" }] }),
    );
    expect(rows().map((row) => row.querySelector(".chip")?.textContent)).toEqual([
      undefined,
      "call 0",
      "call 1",
      undefined,
    ]);
  });
});

describe("a run of equal copies", () => {
  it("is one row with one copy's numbers", async () => {
    const { row } = await draw(miniLM());
    const cells = [...row("layer.1 … layer.5").querySelectorAll('[role="gridcell"]')].map((cell) => cell.textContent);
    expect(cells).toEqual(["5×29", "5×1.77M", "5×7.10MB", "≤2.7e-06"]);
    expect(row("layer.1 … layer.5").querySelector(".times")?.textContent).toBe("×5");
    expect(row("layer.0").querySelector(".note")?.textContent).toBe("≠ layer.1, +3");
  });

  it("shows its matches one by one when only matches are shown", async () => {
    const { type, find, names } = await draw(miniLM());
    await type("softmax");
    await click(find('[aria-label="Only matches"]'));
    expect(names().filter((name) => name === "self")).toHaveLength(6);
  });
});

describe("operators", () => {
  it("are rows at the last stop of the depth, and dock their detail", async () => {
    const { find, rows, row, model, sent } = await draw(miniLM());
    const depth = find(".depth input") as HTMLInputElement;
    expect(depth.max).toBe("6");
    depth.value = "6";
    depth.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(find(".depth output").textContent).toBe("operators");
    expect(model.get("depth")).toBe(6);
    expect(find(".foot code").textContent).toBe("r.widget.expand(depth=6)");
    const first = row("Unsqueeze");
    expect(first.getAttribute("aria-level")).toBe("2");
    expect(first.getAttribute("aria-posinset")).toBe("1");
    expect(first.hasAttribute("aria-expanded")).toBe(false);
    expect(first.getAttribute("aria-label")).toBe("Unsqueeze, node 0, i64 2×1×1×10, rewrite");
    await click(row("Unsqueeze"));
    expect(model.get("selected")).toBe("");
    expect(sent[0]).toMatchObject({ kind: "node", index: 0 });
    expect(row("Unsqueeze").getAttribute("aria-selected")).toBe("true");
    expect(document.activeElement).toBe(row("Unsqueeze"));
    await press("ArrowLeft");
    expect(document.activeElement).toBe(row("BertModel"));
    const below = [...rows()].filter((one) => one.getAttribute("aria-level") === "2");
    expect(below[0].getAttribute("aria-setsize")).toBe("5");
  });

  it("are all there is of a file without a hierarchy", async () => {
    const payload = payloadOf(
      { name: "", cls: "model", ops: [["Add", "f32 1"]] },
      { source: { kind: "flat", note: "No module tags in this file." } },
    );
    const { names, find } = await draw(payload);
    expect(names()).toEqual(["model", "Add"]);
    expect(find(".notes").textContent).toBe("No module tags in this file.");
  });
});

describe("columns", () => {
  const headers = (el: HTMLElement) => [...el.querySelectorAll(".tree .th .col")].map((header) => header.textContent);

  it("are chosen in a popover, and Python hears of it", async () => {
    const { el, find, model } = await draw(miniLM());
    expect(headers(el)).toEqual(["ONNX nodes", "parameters", "bytes", "max |Δ|"]);
    await click(find('[data-popover="columns"] > button'));
    expect(find('[role="dialog"]').contains(document.activeElement)).toBe(true);
    const boxes = [...el.querySelectorAll<HTMLInputElement>('[role="dialog"] input')];
    expect(boxes.map((box) => box.checked)).toEqual([true, true, true, true, false, false]);
    boxes[2].dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    boxes[4].dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(model.get("columns")).toEqual(["nodes", "parameters", "error", "evidence"]);
    expect(headers(el)).toEqual(["ONNX nodes", "parameters", "max |Δ|", "evidence"]);
    expect(find(".foot code").textContent).toBe('r.widget.columns = ["nodes", "parameters", "error", "evidence"]');
    await press("Escape");
    expect(el.querySelector('[role="dialog"]')).toBeNull();
    expect(document.activeElement).toBe(find('[data-popover="columns"] > button'));
  });

  it("come from Python, without those that nobody knows", async () => {
    const { el, model } = await draw(miniLM(), { columns: ["share", "time", "nodes"] });
    expect(headers(el)).toEqual(["share", "ONNX nodes"]);
    model.set("columns", []);
    await settle();
    expect(headers(el)).toEqual([]);
  });

  it("leave errors out where nothing was compared", async () => {
    const { el } = await draw(payloadOf({ name: "", cls: "Net", error: null, ops: [["Add", "f32 1"]] }));
    expect(headers(el)).not.toContain("max |Δ|");
  });
});

describe("colour", () => {
  it("comes with a legend and a shape, and Python hears of it", async () => {
    const { el, find, model, row } = await draw(miniLM());
    expect(el.querySelector(".sw")).toBeNull();
    await click(find('[data-popover="colours"] > button'));
    el.querySelectorAll<HTMLInputElement>('[role="dialog"] input')[1].dispatchEvent(
      new Event("change", { bubbles: true }),
    );
    await settle();
    expect(model.get("color_by")).toBe("kind");
    expect(row("dense").querySelector<HTMLElement>(".sw")?.title).toBe("Linear");
    expect(find(".legend").textContent).toContain("Linear37 modules");
  });
});
