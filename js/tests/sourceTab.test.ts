import { afterEach, describe, expect, it, vi } from "vitest";
import { PATIENCE } from "../src/ask";
import { click, draw, press, settle } from "./draw";
import * as forwards from "./forwards";
import { miniLM } from "./payloads";

const SELF = "encoder.layer.0.attention.self";

async function opened(selected = SELF, source = forwards.selfAttention) {
  const drawn = await draw(miniLM(), { selected, tab: "source" });
  const [question] = drawn.sent;
  drawn.fire("msg:custom", { kind: "source", id: question.id, row: question.row, source });
  await settle();
  const { el } = drawn;
  const line = (number: number) =>
    [...el.querySelectorAll<HTMLElement>(".ln")].find((one) => one.textContent === String(number)) as HTMLElement;
  const chips = (number: number) => {
    const { line: at } = line(number).dataset;
    return [...el.querySelectorAll<HTMLElement>(`.ops[data-line="${at}"] .chip`)];
  };
  const chip = (number: number, text: string) => chips(number).find((one) => one.textContent === text) as HTMLElement;
  const hot = () => [...el.querySelectorAll(".ln.hot")].map((one) => one.textContent);
  return { ...drawn, line, chips, chip, hot };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("the source tab", () => {
  it("asks for the selected module, and says what it waits for", async () => {
    const { sent, find } = await draw(miniLM(), { selected: SELF, tab: "source" });
    expect(sent).toHaveLength(1);
    expect(sent[0].kind).toBe("source");
    expect(find(".still").textContent).toBe("Reading the source");
  });

  it("shows the forward with chips beside the lines that made nodes", async () => {
    const { find, chips } = await opened();
    expect(find(".tools").textContent).toBe("5 lines made 21 nodes");
    expect(find(".sh").textContent).toBe("transformers/models/bert/modeling_bert.py:164");
    expect(chips(175).map((chip) => [chip.textContent, chip.classList.contains("m")])).toEqual([
      ["query2", true],
      ["Reshape", false],
      ["Transpose", false],
    ]);
    expect(chips(192).map((chip) => chip.textContent)).toContain("MatMul×2");
    expect([...find(".tx").querySelectorAll("span")].map((span) => span.className)).toEqual([
      "h-operator",
      "h-operator",
      "h-number",
    ]);
  });

  it("folds what made nothing, and shows it when asked to", async () => {
    const { el, find } = await opened();
    const folds = () => [...el.querySelectorAll(".fold")].map((fold) => fold.textContent);
    expect(folds()).toEqual([
      "7 lines: def forward( Show",
      "9 lines that made no node: if past_key_values is not None: Show",
    ]);
    expect(find(".tx").textContent).toBe("input_shape = hidden_states.shape[:-1]"); // at the edge while the head is folded
    await click(find(".fold .link"));
    expect(folds()[0]).toBe("7 lines: def forward( Hide");
    expect(find(".tx").textContent).toBe("def forward(");
    await click(find(".fold .link"));
    expect(folds()[0]).toContain("Show");
  });

  it("goes from a chip to its node, and on to the next of its kind", async () => {
    const { chip, find, el, hot } = await opened();
    await click(chip(192, "MatMul×2"));
    const first = find(".det").getAttribute("aria-label");
    expect(hot()).toEqual(["192"]);
    expect(chip(192, "MatMul×2").getAttribute("aria-pressed")).toBe("true");
    await click(chip(192, "MatMul×2"));
    expect(find(".det").getAttribute("aria-label")).not.toBe(first);
    await click(chip(192, "MatMul×2"));
    expect(el.querySelector(".det")).toBeNull();
    expect(hot()).toEqual([]);
  });

  it("goes from a chip to its module", async () => {
    const { chip, model, sent } = await opened();
    await click(chip(176, "key2"));
    expect(model.get("selected")).toBe(`${SELF}.key`);
    expect(sent.at(-1)).toMatchObject({ kind: "source" });
  });

  it("goes from a line to its first node, and from a node to its line", async () => {
    const { line, find, hot } = await opened();
    await click(line(202));
    expect(hot()).toEqual(["202"]);
    expect(find(".det").getAttribute("aria-label")).toMatch(/^Node \d+$/);
    await click(find(".det .btn[aria-label=Close]"));
    expect(hot()).toEqual([]);
  });

  it("lights what the mouse is over, here and in the tree", async () => {
    const { chip, hot, find, el } = await opened();
    chip(177, "value2").dispatchEvent(new Event("pointerover", { bubbles: true }));
    await settle();
    expect(hot()).toEqual(["177"]);
    find(".src").dispatchEvent(new Event("pointerleave"));
    await settle();
    expect(hot()).toEqual([]);
    expect(el.querySelector(".det")).toBeNull();
  });

  it("marks the chips that a search is for", async () => {
    const { type, el } = await opened();
    await type("op:MatMul");
    expect([...el.querySelectorAll(".chip.hit")].map((chip) => chip.textContent)).toEqual([
      "query2",
      "key2",
      "value2",
      "MatMul×2",
    ]);
  });

  it("is one tab stop that arrows move: between lines, along chips, back to the tree", async () => {
    const { el, line } = await opened();
    const stops = () => [...el.querySelectorAll<HTMLElement>('.src [tabindex="0"]')];
    expect(stops()).toHaveLength(1);
    stops()[0].focus();
    await press("ArrowDown");
    expect(document.activeElement).toBe(line(175));
    expect(stops()).toEqual([line(175)]);
    await press("ArrowRight");
    expect(document.activeElement?.textContent).toBe("query2");
    await press("ArrowDown");
    expect(document.activeElement).toBe(line(176));
    await press("End");
    expect(document.activeElement).toBe(line(202));
    await press("Home");
    await press("ArrowLeft");
    expect(document.activeElement?.closest(".tree")).not.toBeNull();
    for (const target of el.querySelectorAll(".src button"))
      expect(target.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
  });

  it("says what was made elsewhere, and does not claim that lines made nothing", async () => {
    const { find, el } = await opened("encoder.layer.0", forwards.layer);
    expect(find(".else").textContent).toBe("elsewhereintermediate3output4");
    expect(el.querySelector(".fold")).toBeNull();
    expect(find(".tools").textContent).toBe("1 line made 25 nodes");
  });

  it("says that there is no source, and why", async () => {
    const { sent, fire, find, model } = await draw(miniLM(), { selected: SELF, tab: "source" });
    const cause = "The file of its forward has changed since the model was made";
    fire("msg:custom", { kind: "error", id: sent[0].id, message: `No source for this module. ${cause}.` });
    await settle();
    expect(find(".pane .msg").textContent).toBe(
      `No source for this module.${cause}. Its nodes are listed under Nodes.`,
    );
    await click(find(".pane .msg .link"));
    expect(model.get("tab")).toBe("nodes");
  });

  it("takes a text without lines for none", async () => {
    const { sent, fire, find } = await draw(miniLM(), { selected: SELF, tab: "source" });
    fire("msg:custom", {
      kind: "source",
      id: sent[0].id,
      row: sent[0].row,
      source: { file: "x.py", first: 1, lines: [], class: "X" },
    });
    await settle();
    expect(find(".pane .msg").textContent).toMatch(
      /^No source for this module\.Its forward was not found on this machine\./,
    );
  });

  it("says that no kernel answers", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true });
    const { find } = await draw(miniLM(), { selected: SELF, tab: "source" });
    await vi.advanceTimersByTimeAsync(PATIENCE);
    vi.useRealTimers();
    await settle();
    expect(find(".pane .msg").textContent).toMatch(/^No kernel answers\./);
  });

  it("draws a hostile text as text", async () => {
    const lines = ["def forward(self, x):", "    return '<img src=x onerror=1>' # \u202e<script>1</script>"];
    const { el, find } = await opened(SELF, { file: "<b>", first: 1, lines, class: "<i>" });
    expect(el.querySelectorAll("img, script")).toHaveLength(0);
    expect(find(".code").textContent).toContain("<img src=x onerror=1>");
    expect(find(".code").textContent).toContain("\\u202e");
  });
});
