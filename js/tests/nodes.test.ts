import { afterEach, describe, expect, it, vi } from "vitest";
import { PATIENCE } from "../src/ask";
import { decode } from "../src/payload";
import { csv, detailedTable, knownTable } from "../src/ui/nodes/csv";
import { filtered, nodesOfAll } from "../src/ui/nodes/listed";
import { click, draw, press, settle } from "./draw";
import { miniLM, payloadOf, synthetic } from "./payloads";

const SELF = "encoder.layer.0.attention.self";
const tree = decode(miniLM());
const rowOf = (key: string) => tree.rowOf.get(key) as number;

const detail = (name: string) => ({
  name,
  op: "Cast",
  domain: "",
  inputs: [
    { name: "x", type: "f32 1,2", parameter: null },
    { name: "val_7", type: "f32 3", parameter: 'a "b"' },
  ],
  outputs: [{ name: "y", type: "" }],
  attributes: [{ name: "to", value: "1", type: "INT" }],
  evidence: "trace",
  confidence: 1,
  source: null,
  also: ["a", "b"],
});

describe("which nodes are listed", () => {
  it("those of several modules, each once and in execution order", () => {
    const rows = [rowOf("pooler"), rowOf("pooler.dense"), rowOf("embeddings")];
    const nodes = nodesOfAll(tree, rows);
    expect(nodes.length).toBe(tree.total[rows[0]] + tree.total[rows[2]]);
    expect([...nodes]).toEqual([...nodes].sort((a, b) => a - b));
    expect(nodesOfAll(tree, [0]).length).toBe(tree.nodes.count);
  });

  const found = (filter: string) =>
    [...filtered(tree, nodesOfAll(tree, [rowOf(SELF)]), filter)].map((node) => tree.ops[tree.nodes.op[node]]);

  it.each([
    ["", 21],
    ["  ", 21],
    ["softmax", 1],
    ["mul", 6],
    ["op:mul", 1],
    ["op:MatMul 192", 2],
    ["query", 2],
    ["Softmax_20", 0],
    ["2×12×32×10", 1],
    ["modeling_bert", 21],
    ["175", 4],
    ["evidence:trace", 21],
    ["evidence:root", 0],
    ["class:Linear op:Add", 3],
    ["MatMul -> Softmax", 2],
    [".*", 0],
    ["op:", 0],
    ["nonsense:3", 0],
  ])("%j leaves %d", (filter, count) => {
    expect(found(filter)).toHaveLength(count);
  });

  it("finds a node by its own name", () => {
    const [node] = filtered(tree, nodesOfAll(tree, [0]), "softmax");
    expect([...filtered(tree, nodesOfAll(tree, [0]), `self/Softmax_${node}`)]).toEqual([node]);
  });
});

describe("CSV", () => {
  it("quotes what it must, and nothing else", () => {
    expect(csv([["a", "b,c", 'd"e', "f\ng", "", " h ", "=1+1"]])).toBe('a,"b,c","d""e","f\ng",, h ,=1+1\r\n');
    expect(csv([])).toBe("");
  });

  it("has what the kernel tells", () => {
    const [head, row] = detailedTable(tree, Int32Array.of(14), [detail("/n")]);
    expect(Object.fromEntries(head.map((name, at) => [name, row[at]]))).toEqual({
      node: "14",
      name: "/n",
      operator: "Cast",
      module: SELF,
      inputs: 'x f32 1,2; a "b" f32 3',
      outputs: "y",
      attributes: "to=1",
      evidence: "trace",
      confidence: "1",
      also: "a; b",
      source: "",
    });
    expect(detailedTable(tree, Int32Array.of(0), [{ ...detail("n"), domain: "com.microsoft" }])[1][2]).toBe(
      "com.microsoft::Cast",
    );
  });

  it("has what the payload knows", () => {
    const [head, row] = knownTable(tree, Int32Array.of(14));
    const cells = Object.fromEntries(head.map((name, at) => [name, row[at]]));
    expect(cells).toMatchObject({
      node: "14",
      operator: "Cast",
      module: SELF,
      outputs: "f32 2×1×10×10",
      evidence: "trace",
    });
    expect(cells.name).toBe("/encoder/layer.0/attention/self/Cast_14");
    expect(cells.source).toBe("transformers/models/bert/modeling_bert.py:192");
    expect(cells.also.split("; ")).toHaveLength(5);
    expect(head).not.toContain("inputs");
  });
});

describe("the table", () => {
  it("lists the nodes of everything that is selected", async () => {
    const { nodes, find } = await draw(miniLM(), { selected: ["pooler", "embeddings"] });
    expect(nodes()).toHaveLength(8);
    expect(find(".grid[role=grid]").getAttribute("aria-label")).toBe("Nodes of the selected modules");
    expect(nodes()[0].querySelector(".of")?.textContent).toBe("embeddings");
  });

  it("says what goes in, and the names that need more room", async () => {
    const { nodes } = await draw(miniLM(), { selected: "pooler" });
    expect(nodes()[1].querySelector(".rd")?.textContent).toMatch(/^Gather \d+$/);
    expect(nodes()[1].querySelector(".nn")?.textContent).toMatch(/^\/pooler\/dense\/Gemm_\d+$/);
  });

  it("says that there is nothing to list, and why", async () => {
    const { find } = await draw(miniLM(), { selected: "embeddings.dropout" });
    expect(find(".pane .msg").textContent).toBe("No nodes to list.identity in eval mode");
  });

  it("is filtered, and Esc takes the filter away and gives the focus back", async () => {
    const { find, nodes, el } = await draw(miniLM(), { selected: SELF });
    await click(find('[aria-label="Filter nodes"]'));
    const field = find(".fl input") as HTMLInputElement;
    expect(document.activeElement).toBe(field);
    field.value = "softmax";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(nodes()).toHaveLength(1);
    expect(find(".fl output").textContent).toBe("1 of 21");
    await press("Enter", {}, field);
    expect(document.activeElement).toBe(nodes()[0]);
    await press("Escape", {}, field);
    expect(el.querySelector(".fl")).toBeNull();
    expect(nodes()).toHaveLength(21);
    expect(document.activeElement).toBe(nodes()[0]);
  });

  it("says that no node passes the filter", async () => {
    const { find, nodes } = await draw(miniLM(), { selected: SELF });
    await click(find('[aria-label="Filter nodes"]'));
    const field = find(".fl input") as HTMLInputElement;
    field.value = "nothing of this";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(nodes()).toHaveLength(0);
    expect(find(".pane .msg").textContent).toBe("No node passes the filter.");
    await press("ArrowDown", {}, field);
  });

  it("marks what the search is for, by name or by place in a pattern", async () => {
    const { type, el, find } = await draw(miniLM(), { selected: SELF });
    const marks = () => [...el.querySelectorAll(".pane .op mark")].map((mark) => mark.textContent);
    await type("soft");
    expect(marks()).toEqual(["Soft"]);
    expect(find(".tools").textContent).toContain("1 match");
    await type("MatMul -> Softmax -> MatMul");
    expect(marks()).toEqual(["MatMul", "Softmax", "MatMul"]);
    expect(find(".tools").textContent).toContain("3 matches");
    await type("class:BertSelfAttention");
    expect(marks()).toEqual([]);
  });

  it("lights what the mouse is over, and what it is over elsewhere", async () => {
    const { nodes, views } = await draw(miniLM(), { selected: SELF, views: 2 });
    nodes()[4].dispatchEvent(new Event("pointerover", { bubbles: true }));
    await settle();
    expect(views[1].nodes().filter((node) => node.classList.contains("linked"))).toHaveLength(1);
    expect(views[1].nodes()[4].classList.contains("linked")).toBe(true);
    nodes()[4].parentElement?.parentElement?.dispatchEvent(new Event("pointerleave"));
    await settle();
    expect(views[1].el.querySelector(".linked")).toBeNull();
  });

  it("draws about forty rows of 100,000, whatever its filter", async () => {
    const { find, nodes } = await draw(synthetic(1000, 100000), { selected: "" });
    expect(nodes().length).toBeLessThan(60);
    await click(find('[aria-label="Filter nodes"]'));
    const field = find(".fl input") as HTMLInputElement;
    field.value = "softmax";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    expect(find(".fl output").textContent).toBe("20000 of 100000");
    expect(nodes().length).toBeLessThan(60);
  });

  it("draws names from a model as text", async () => {
    const evil = '<img src=x onerror="1">';
    const { el } = await draw(
      payloadOf(
        { name: "", cls: "Net", children: [{ name: evil, cls: evil, ops: [[evil, evil, 3]] }] },
        { files: [evil] },
      ),
      { selected: evil },
    );
    expect(el.querySelector("img")).toBeNull();
  });
});

describe("copy as CSV", () => {
  const written: string[] = [];
  const clipboard = (works = true) =>
    vi.stubGlobal("navigator", {
      ...navigator,
      clipboard: {
        writeText: async (text: string) => {
          if (!works) throw new Error("no");
          written.push(text);
        },
      },
    });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    written.length = 0;
  });

  const pressed = async () => {
    vi.stubGlobal("ClipboardItem", undefined);
    clipboard();
    const drawn = await draw(miniLM(), { selected: "pooler" });
    drawn.find('[aria-label="Copy as CSV"]').dispatchEvent(new MouseEvent("click", { bubbles: true }));
    await settle();
    return drawn;
  };

  it("asks the kernel for what the payload does not know", async () => {
    const { sent, fire, find } = await pressed();
    expect(sent[0]).toMatchObject({ kind: "table" });
    expect(sent[0].nodes).toHaveLength(3);
    expect(find('[aria-label="Asking the kernel"]').hasAttribute("disabled")).toBe(true);
    fire("msg:custom", { kind: "table", id: sent[0].id, details: ["a", "b", "c"].map(detail) });
    await settle();
    expect(written[0].split("\r\n")).toHaveLength(5);
    expect(written[0]).toContain("x f32 1,2");
    expect(find('[role="status"].aloud').textContent).toBe("3 nodes copied as CSV");
    expect(find('[aria-label="Copied"]')).toBeTruthy();
  });

  it("copies what is known where no kernel answers, and says what is missing", async () => {
    const { sent, fire, find } = await pressed();
    fire("msg:custom", { kind: "error", id: sent[0].id, message: "gone" });
    await settle();
    expect(written[0]).toMatch(/^node,name,operator,module,outputs,evidence,also,source\r\n/);
    expect(find(".tools").textContent).toContain("without inputs");
  });

  it("asks for 5,000 at a time", async () => {
    vi.stubGlobal("ClipboardItem", undefined);
    clipboard();
    const { find, sent, fire } = await draw(synthetic(10, 12000), { selected: "" });
    await click(find('[aria-label="Copy as CSV"]'));
    for (let at = 0; at < 3; at++) {
      expect(sent).toHaveLength(at + 1);
      fire("msg:custom", { kind: "table", id: sent[at].id, details: sent[at].nodes.map((node) => detail(`n${node}`)) });
      await settle();
    }
    expect(sent.map(({ nodes }) => nodes.length)).toEqual([5000, 5000, 2000]);
    expect(written[0].trimEnd().split("\r\n")).toHaveLength(12001);
  });

  it("says when the page may not", async () => {
    vi.stubGlobal("ClipboardItem", undefined);
    clipboard(false);
    document.execCommand = () => false;
    const { find, sent, fire } = await draw(miniLM(), { selected: "pooler" });
    await click(find('[aria-label="Copy as CSV"]'));
    fire("msg:custom", { kind: "table", id: sent[0].id, details: ["a", "b", "c"].map(detail) });
    await settle();
    expect(find(".tools").textContent).toContain("not copied");
    expect(PATIENCE).toBeGreaterThan(0);
  });
});
