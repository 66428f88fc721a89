/** The graph in the widget: what is drawn, what clicks and keys do. */
import { describe, expect, it } from "vitest";
import { graphSvg } from "../src/graph/svg";
import { click, draw, press, settle } from "./draw";
import { wiredPayload } from "./graphTrees";
import { miniLM } from "./payloads";

async function graph(payload: unknown = miniLM(), traits: Record<string, unknown> = {}) {
  const drawn = await draw(payload, { tab: "graph", ...traits });
  const { el } = drawn;
  const boxes = () => [...el.querySelectorAll<SVGGElement>("svg.g [role=button]")];
  const label = (box: Element | null) => box?.getAttribute("aria-label")?.split(",")[0] ?? "";
  return {
    ...drawn,
    boxes,
    labels: () => boxes().map(label),
    box: (name: string) => {
      const found = boxes().find((box) => label(box) === name);
      if (!found) throw new Error(`no box ${name} but ${boxes().map(label)}`);
      return found;
    },
    focused: () => label(document.activeElement),
    said: () => drawn.find(".said").textContent,
  };
}

describe("the graph", () => {
  it("draws the selected module's children", async () => {
    const { labels, find } = await graph();
    expect(labels()).toEqual(expect.arrayContaining(["embeddings", "encoder", "pooler", "input"]));
    expect(find("svg.g").getAttribute("aria-label")).toMatch(/^Graph of BertModel/);
  });

  it("follows what is selected in the tree", async () => {
    const { labels, row } = await graph();
    await click(row("encoder"));
    expect(labels()).toContain("layer.0");
    expect(labels()).not.toContain("pooler");
  });

  it("shows a straight run in what is around it", async () => {
    const { box, find } = await graph(miniLM(), { selected: "encoder.layer.0.attention.self.query" });
    expect(box("query").getAttribute("aria-current")).toBe("true");
    expect(find(".pane .tools").textContent).toBe("drawn: encoder.layer.0.attention.self");
  });

  it("says why there is nothing to draw", async () => {
    const { find } = await graph(miniLM(), { selected: "embeddings.dropout" });
    expect(find(".pane .msg").textContent).toBe("Nothing to draw: no nodes: identity in eval mode.");
  });

  it("selects a box by a click and leaves the drawing as it is", async () => {
    const { box, labels, model, selected } = await graph();
    const before = labels();
    await click(box("pooler"));
    expect(model.get("selected")).toBe("pooler");
    expect(selected()).toEqual(["pooler"]);
    expect(labels()).toEqual(before);
    expect(box("pooler").getAttribute("aria-current")).toBe("true");
  });

  it("opens a box by its caret, by a double click, by Enter", async () => {
    const { box, labels, said } = await graph();
    const shut = () => box("pooler").getAttribute("aria-expanded");
    const before = shut();
    await click(box("pooler").querySelector("[data-caret]") as Element);
    expect(shut()).not.toBe(before);
    await press("Enter");
    expect(shut()).toBe(before);
    expect(said()).toMatch(/^pooler (closed|open, \d parts?)$/);
    box("encoder").dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    await settle();
    expect(labels()).toContain("layer.0");
  });

  it("walks along the edges and out with Backspace", async () => {
    const { box, focused, model, labels, said } = await graph(miniLM(), { selected: "encoder" });
    await click(box("layer.0"));
    await press("ArrowDown");
    expect(focused()).toBe("layer.1");
    await press("ArrowUp");
    expect(focused()).toBe("layer.0");
    const event = await press("Backspace");
    expect(event.defaultPrevented).toBe(true);
    expect(labels()).toContain("pooler");
    expect(focused()).toBe("encoder");
    expect(model.get("selected")).toBe("");
    expect(said()).toMatch(/^BertModel, \d+ parts$/);
  });

  it("goes from a box inside an open one to that", async () => {
    const { box, focused } = await graph(miniLM(), { selected: "pooler" });
    await click(box("dense"));
    await press("Enter");
    await press("ArrowDown");
    expect(focused()).not.toBe("dense");
    await press("Backspace");
    expect(focused()).toBe("dense");
  });

  it("keeps the focus when another module is drawn", async () => {
    const { box, row, focused, labels } = await graph(miniLM(), { selected: "encoder.layer.1" });
    await click(box("attention"));
    await press("]");
    expect(labels()).toContain("self");
    expect(document.activeElement?.closest("svg.g")).not.toBeNull();
    await click(row("pooler"));
    await press("Enter");
    expect(document.activeElement?.closest("svg.g")).not.toBeNull();
    expect(labels()).toContain(focused());
  });

  it("has one tab stop", async () => {
    const { boxes } = await graph();
    expect(boxes().filter((box) => box.getAttribute("tabindex") === "0")).toHaveLength(1);
    expect(boxes().every((box) => box.hasAttribute("data-lm-suppress-shortcuts"))).toBe(true);
  });

  it("links both ways with the tree", async () => {
    const { box, row, el } = await graph();
    const lit = () => el.querySelector<HTMLElement>(".tree .lit")?.style.transform;
    box("encoder").dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    await settle();
    expect(lit()).toBe(row("encoder").style.transform);
    el.querySelector("svg.g")?.dispatchEvent(new PointerEvent("pointerleave"));
    await settle();
    expect(lit()).toBeUndefined();
    row("pooler").dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    await settle();
    expect(box("pooler").getAttribute("class")).toContain("linked");
  });

  it("tells what an edge carries", async () => {
    const { el, find } = await graph();
    el.querySelector("[data-line]")?.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    await settle();
    expect(find(".card").textContent).toMatch(/made by .*read by/);
  });

  it("turns, zooms and fits", async () => {
    const { find } = await graph();
    const zoom = () => find(".zoom .mono").textContent;
    const before = zoom();
    await click(find('[aria-label^="Zoom in"]'));
    expect(zoom()).not.toBe(before);
    await click(find('[aria-label^="Fit"]'));
    expect(zoom()).toBe(before);
    await click(find('[aria-label="From left to right"]'));
    expect(find("svg.g").getAttribute("aria-label")).toContain("from left to right");
  });

  it("leaves the wheel to the page unless Ctrl is held", async () => {
    const { find } = await graph();
    const wheel = (init: WheelEventInit) => {
      const event = new WheelEvent("wheel", { deltaY: 40, bubbles: true, cancelable: true, ...init });
      // happy-dom drops what it does not know.
      Object.defineProperty(event, "ctrlKey", { value: init.ctrlKey ?? false });
      find(".cv").dispatchEvent(event);
      return event.defaultPrevented;
    };
    expect(wheel({})).toBe(false);
    expect(wheel({ ctrlKey: true })).toBe(true);
  });
});

describe("values that many read", () => {
  const heads = Array.from({ length: 6 }, (_, i): [number, string] => [0, `head.${i}`]);
  const payload = wiredPayload({
    rows: [[-1, "net"], ...heads],
    nodes: [{ row: 0, reads: [-1] }, ...heads.map((_, i) => ({ row: i + 1, reads: [0] }))],
  });

  it("are labels; a click lights all of them", async () => {
    const { el, find } = await graph(payload);
    const tags = () => [...el.querySelectorAll(".tag")];
    expect(tags()).toHaveLength(7);
    await click(tags()[0]);
    expect(tags().every((tag) => tag.getAttribute("class") === "tag hot")).toBe(true);
    expect(find(".card.pinned").textContent).toContain("read by 6 Relu in 6 modules");
    await press("Escape", {}, el.querySelector("svg.g [tabindex='0']"));
    expect(tags().some((tag) => tag.getAttribute("class") === "tag hot")).toBe(false);
  });
});

describe("the values of a box", () => {
  it("are told one after the other with u", async () => {
    const { box, find, said, el } = await graph();
    await click(box("pooler"));
    await press("u");
    expect(said()).toMatch(/, made by .*, read by /);
    expect(find(".card.pinned").textContent).toContain("made by");
    for (let i = 0; i < 9; i++) await press("u");
    await press("Escape");
    expect(el.querySelector(".card")).toBeNull();
  });
});

describe("the saved picture", () => {
  const hostile = '</text><script>alert(1)</script>&"\u0007';
  const payload = wiredPayload({
    rows: [
      [-1, hostile],
      [0, hostile],
      [0, "plain"],
    ],
    nodes: [
      { op: hostile, row: 1, reads: [-1] },
      { op: "Relu", row: 0, reads: [0] },
      { row: 2, reads: [1] },
    ],
    inputs: [hostile],
  });

  it("is well-formed whatever the names are, and holds what is drawn", async () => {
    const { find } = await graph(payload);
    const text = graphSvg(find("svg.g > g"), find(".cv"), { width: 100, height: 50 }, hostile);
    const parsed = new DOMParser().parseFromString(text, "image/svg+xml");
    expect(parsed.querySelector("parsererror, script, [role], [data-box], [tabindex], .near")).toBeNull();
    expect(text).not.toContain("<script");
    expect(text).toContain("plain");
    expect(find(".cv").querySelectorAll("svg.g")).toHaveLength(1);
  });

  it("is offered as SVG and PNG", async () => {
    const { find, said } = await graph(payload);
    await click(find('[aria-label="Save SVG"]'));
    expect(said()).toMatch(/^Saved as .*\.svg$/);
    expect(find('[aria-label="Save PNG"]')).toBeTruthy();
  });
});

describe("names", () => {
  it("are text, whatever they hold", async () => {
    const name = "<img src=x onerror=alert(1)>\u202e\n";
    const payload = wiredPayload({
      rows: [
        [-1, "net"],
        [0, name],
        [0, "x".repeat(10000)],
        [0, ""],
      ],
      nodes: [1, 2, 3].map((row, n) => ({ op: name, row, reads: [n - 1] })),
      inputs: [name],
    });
    const { el, boxes } = await graph(payload);
    expect(el.querySelector("img, script")).toBeNull();
    expect(boxes().length).toBeGreaterThan(3);
    for (const text of el.querySelectorAll("svg.g text")) expect((text.textContent ?? "").length).toBeLessThan(60);
  });
});
