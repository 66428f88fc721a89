import { describe, expect, it } from "vitest";
import { click, draw, press, settle } from "./draw";
import { miniLM, payloadOf, synthetic } from "./payloads";

const SELF = "encoder.layer.0.attention.self";

describe("the treegrid", () => {
  it("has its roles and counts", async () => {
    const { find, row } = await draw(miniLM());
    expect(find('[role="treegrid"]').getAttribute("aria-rowcount")).toBe("18");
    const layer = row("layer.3");
    expect(layer.getAttribute("role")).toBe("row");
    expect(layer.getAttribute("aria-level")).toBe("3");
    expect(layer.getAttribute("aria-posinset")).toBe("4");
    expect(layer.getAttribute("aria-setsize")).toBe("6");
    expect(layer.getAttribute("aria-rowindex")).toBe("13");
    expect(layer.getAttribute("aria-expanded")).toBe("false");
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
    expect(find('[role="treegrid"]').getAttribute("aria-rowcount")).toBe("4001");
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

describe("text from a model", () => {
  const evil = '<img src=x onerror="globalThis.hit = 1"><script>globalThis.hit = 1</script>';

  it("is text, wherever it stands", async () => {
    const payload = payloadOf(
      {
        name: "",
        cls: evil,
        children: [
          { name: evil, cls: evil, reason: evil },
          { name: "m", cls: "M", ops: [[evil, evil, 3]] },
        ],
      },
      { notes: [evil], strategy: evil, measures: [{ name: evil, value: evil, help: evil }], files: [evil] },
    );
    const { el, row, nodes, type } = await draw(payload);
    await click(row(evil));
    await click(row("m"));
    await click(nodes()[0]);
    await type("onerror");
    expect(el.querySelectorAll("img, script")).toHaveLength(0);
    expect(el.textContent).toContain(evil);
    expect("hit" in globalThis).toBe(false);
  });

  it.each([["x".repeat(10000)], ["\u202egnp.exe"], ["a\nb"], ["🦊"], ['"quoted" & <b>'], ["  "]])(
    "may be %j",
    async (name) => {
      const { names, row, find, model } = await draw(
        payloadOf({ name: "", cls: "Net", children: [{ name, cls: "M" }] }),
      );
      expect(names()).toEqual(["Net", name]);
      await click(row(name));
      expect(model.get("selected")).toBe(name);
      expect(find(".ph .path").textContent).toBe(name);
    },
  );

  it("may be empty, and is then still seen", async () => {
    const { names } = await draw(payloadOf({ name: "", cls: "Net", children: [{ name: "", cls: "M" }] }));
    expect(names()).toEqual(["Net", '""']);
  });
});

describe("selection", () => {
  it("goes to Python", async () => {
    const { row, model, saves, find, selected } = await draw(miniLM());
    await click(row("encoder"));
    expect(model.get("selected")).toBe("encoder");
    expect(saves()).toBe(1);
    expect(selected()).toEqual(["encoder"]);
    expect(find(".foot code").textContent).toBe('r.widget.selected = "encoder"');
    expect(find(".ph .path").textContent).toBe("encoder");
  });

  it("comes from Python and opens the way", async () => {
    const { model, selected, saves, find } = await draw(miniLM());
    model.set("selected", SELF);
    await settle();
    expect(selected()).toEqual(["self"]);
    expect(saves()).toBe(0);
    expect(find(".ph .q.sm").textContent).toBe("15 own, 6 in children");
    model.set("selected", null);
    await settle();
    expect(selected()).toEqual([]);
  });

  it("may be there from the beginning", async () => {
    const { selected, saves } = await draw(miniLM(), { selected: SELF });
    expect(selected()).toEqual(["self"]);
    expect(saves()).toBe(0);
  });

  it("may be the root, whose key is empty", async () => {
    const { row, model, find } = await draw(miniLM());
    await click(row("BertModel"));
    expect(model.get("selected")).toBe("");
    expect(find(".foot code").textContent).toBe('r.widget.selected = ""');
  });

  it("does not follow the focus", async () => {
    const { row, model, focused, selected } = await draw(miniLM());
    await click(row("encoder"));
    await press("ArrowDown");
    expect(focused()).toBe("layer.0");
    expect(selected()).toEqual(["encoder"]);
    expect(model.get("selected")).toBe("encoder");
  });
});

describe("two views of one model", () => {
  it("are in step", async () => {
    const { views } = await draw(miniLM(), { views: 2 });
    const [one, two] = views;
    await click(one.row("layer.2"));
    expect(two.selected()).toEqual(["layer.2"]);
    await click(two.row("layer.2").querySelector(".car") as Element);
    expect(one.names()).toContain("attention");
    await one.type("softmax");
    expect((two.find(".find input") as HTMLInputElement).value).toBe("softmax");
  });

  it("live on when one is closed", async () => {
    const { views, model } = await draw(miniLM(), { views: 2 });
    views[0].close();
    expect(views[0].el.childElementCount).toBe(0);
    model.set("selected", "pooler");
    await settle();
    expect(views[1].selected()).toEqual(["pooler"]);
  });

  it("leave no listener on the model when it goes", async () => {
    const { views, listeners, destroy, model } = await draw(miniLM(), { views: 2 });
    expect(listeners()).toBe(2);
    for (const view of views) view.close();
    destroy();
    expect(listeners()).toBe(0);
    model.set("selected", "pooler");
    await settle();
  });
});

describe("what cannot be drawn", () => {
  it.each([
    [
      { version: 2 },
      "The payload is of version 2, this widget reads up to 1. Update modelexport_nb and run the cell again.",
    ],
    [{ version: 1 }, "The payload is damaged: classes is not a list. Run the cell again."],
    [undefined, "The payload is damaged: it is not an object. Run the cell again."],
  ])("is said and not left blank", async (payload, message) => {
    const { find, listeners } = await draw(payload);
    expect(find('[role="alert"]').textContent).toBe(`The tree could not be drawn. ${message}`);
    expect(listeners()).toBe(0);
  });
});

describe("the head", () => {
  it("says the facts", async () => {
    const { find } = await draw(miniLM());
    expect(find(".facts").textContent).toBe("203 nodes · 119 modules · 22.7 M parameters · 90.9 MB");
    expect(find(".badge").className).toBe("badge ok");
    expect(find(".badge").textContent).toContain("max |Δ| 5.3e-05");
    expect(find(".head .chip").title).toBe("Strategy fx. Capture: OnnxExporter, opset 20");
  });

  it("opens a list of several notes", async () => {
    const { find, el } = await draw({ ...miniLM(), notes: ["one", "two"] });
    expect(el.querySelector(".notes ul")).toBeNull();
    await click(find(".notes button"));
    expect([...el.querySelectorAll(".notes li")].map((li) => li.textContent)).toEqual(["one", "two"]);
  });
});
