import { describe, expect, it } from "vitest";
import widget from "../src/index";
import { comparisonOf, type Side } from "./comparePayloads";
import { click, draw, press, settle } from "./draw";
import { mockModel } from "./mockModel";
import { type Module, miniLM } from "./payloads";

const net = (name = "a"): Module => ({
  name: "",
  cls: "Net",
  ops: [["Cast", "f32 1"]],
  children: [
    {
      name,
      cls: "Linear",
      ops: [
        ["MatMul", "f32 2×3"],
        ["Add", "f32 2×3"],
      ],
      children: [{ name: "act", cls: "ReLU", ops: [["Relu", "f32 2×3"]] }],
    },
    { name: "b", cls: "Linear", ops: [["MatMul", "f32 3"]] },
    { name: "drop", cls: "Dropout", reason: "identity in eval mode" },
  ],
});

const seconds = [
  ["run", 0.5],
  ["capture", 2],
  ["attribute", 0.25],
];
const fx: Side = { name: "fx", head: { seconds, bytes: 1000, peak: 5e6 } };
const htp: Side = { name: "htp", moves: { 2: 0, 3: 1 }, evidence: "value" };
const bad: Side = { name: "bad", failed: { stage: "capture", reason: "a branch on data" } };

type Given = { only_differences?: boolean; baseline?: number; selected?: string | null; views?: number };

async function compare(sides: Side[], traits: Given = {}, root = net(), head: Record<string, unknown> = {}) {
  const drawn = await draw(comparisonOf(root, sides, head), {
    ...({ only_differences: false, baseline: 0 } as object),
    ...traits,
  });
  const { model } = drawn;
  const inside = (el: HTMLElement) => {
    const rows = () => [...el.querySelectorAll<HTMLElement>("[data-row]")];
    const name = (row: Element) => row.querySelector(".nm")?.textContent ?? "";
    return {
      rows,
      names: () => rows().map(name),
      row: (text: string) => rows().find((row) => name(row) === text) as HTMLElement,
      cells: (text: string) =>
        [
          ...(rows()
            .find((row) => name(row) === text)
            ?.querySelectorAll(".cell") ?? []),
        ].map((cell) => cell.textContent),
      lines: () => [...el.querySelectorAll<HTMLElement>("[data-line]")],
      said: () => el.querySelector(".said")?.textContent,
      focused: () => name(document.activeElement as Element),
      code: () => el.querySelector(".foot code")?.textContent,
    };
  };
  const trait = (name: string) => (model as unknown as { get(name: string): unknown }).get(name);
  const put = async (name: string, value: unknown) => {
    (model as unknown as { set(name: string, value: unknown): void }).set(name, value);
    await settle();
  };
  return {
    ...drawn,
    ...inside(drawn.el),
    views: drawn.views.map((view) => ({ ...view, ...inside(view.el) })),
    trait,
    put,
  };
}

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

describe("text from a model", () => {
  const evil = '<img src=x onerror="globalThis.hit = 1"><script>globalThis.hit = 1</script>';

  it("is text, wherever it stands", async () => {
    const payload = comparisonOf(
      { name: "", cls: evil, children: [{ name: evil, cls: evil, ops: [[evil, evil]], reason: evil }] },
      [
        {
          name: evil,
          strategy: evil,
          capture: evil,
          head: { seconds: [[evil, 1]], measures: [{ name: evil, value: evil, help: evil }] },
        },
        { name: "b", moves: { 0: 0 }, renamed: { 1: evil }, head: { parity: { status: "bad", text: evil } } },
        { name: "c", failed: { stage: evil, reason: evil } },
      ],
      { notes: [evil], variable: "c" },
    );
    const { el, find } = await draw(payload);
    await click(find('[data-row="1"]'));
    await click([...el.querySelectorAll("[data-line]")].at(-1) as Element);
    expect(el.querySelector(".why4")).toBeTruthy();
    expect(el.querySelectorAll("img, script")).toHaveLength(0);
    expect(el.textContent).toContain(evil);
    expect("hit" in globalThis).toBe(false);
  });

  it.each([["x".repeat(10000)], ["\u202egnp.exe"], ["a\nb"], ["🦊"], ['"quoted" & <b>'], ["  "]])(
    "may be %j",
    async (name) => {
      const { row, trait, find } = await compare([fx, htp], {}, net(name));
      await click(row(name));
      expect(trait("selected")).toBe(name);
      expect(find(".dh .path").textContent).toBe(name);
    },
  );
});

describe("what cannot be drawn", () => {
  it("is said and not left blank", async () => {
    const { find, listeners } = await draw({ ...comparisonOf(net(), [fx]), graphs: [] });
    expect(find('[role="alert"]').textContent).toContain("The payload is damaged: columns[0].graph is 0.");
    expect(listeners()).toBe(0);
  });

  it("leaves the tree of an export alone", async () => {
    const { find } = await draw(miniLM());
    expect(find('[role="treegrid"]').getAttribute("aria-label")).toBe("Modules");
  });
});

describe("many rows", () => {
  it("are drawn as far as they are in sight", async () => {
    const children = Array.from({ length: 3000 }, (_, n): Module => ({ name: `m${n}_`, cls: `C${n}` }));
    const { rows, find } = await compare(
      [fx, htp],
      {},
      {
        name: "",
        cls: "Net",
        ops: Array.from({ length: 4 }, () => ["Add", "f32 1"] as [string, string]),
        children,
      },
    );
    expect(rows().length).toBeLessThan(60);
    expect(find('[role="treegrid"]').getAttribute("aria-rowcount")).toBe("3002");
  });

  it("of the drawer too", async () => {
    const ops = Array.from({ length: 2000 }, (_, n) => [`Op${n % 700}`, "f32 1"] as [string, string]);
    const moves = Object.fromEntries(ops.map((_, n) => [n, 0]));
    const root: Module = { name: "", cls: "Net", children: [{ name: "a", cls: "A", ops }] };
    const { row, lines } = await compare([fx, { name: "htp", moves }], {}, root);
    await click(row("a"));
    expect(lines().length).toBeGreaterThan(5);
    expect(lines().length).toBeLessThan(60);
  });
});

it("opening and closing a view fifty times leaves nothing behind", async () => {
  const observers = new Set<ResizeObserver>();
  const Real = globalThis.ResizeObserver;
  globalThis.ResizeObserver = class extends Real {
    observe(element: Element) {
      observers.add(this);
      super.observe(element);
    }
    disconnect() {
      observers.delete(this);
      super.disconnect();
    }
  };
  let count = 0;
  const { addEventListener, removeEventListener } = document;
  document.addEventListener = function (...args: Parameters<typeof addEventListener>) {
    count++;
    addEventListener.apply(this, args);
  };
  document.removeEventListener = function (...args: Parameters<typeof removeEventListener>) {
    count--;
    removeEventListener.apply(this, args);
  };
  const mock = mockModel(comparisonOf(net(), [fx, htp]), { selected: "a" });
  const whole = new AbortController();
  const props = { model: mock.model, experimental: {} as never };
  const instance = widget();
  await instance.initialize({ ...props, signal: whole.signal });
  const before = mock.listeners();
  for (let n = 0; n < 50; n++) {
    const el = document.body.appendChild(document.createElement("div"));
    const view = new AbortController();
    await instance.render({ ...props, el, host: {} as never, signal: view.signal });
    view.abort();
    expect(el.childElementCount).toBe(0);
    el.remove();
  }
  await settle();
  expect([count, observers.size]).toEqual([0, 0]);
  expect(mock.listeners()).toBe(before);
  whole.abort();
  expect(mock.listeners()).toBe(0);
  Object.assign(document, { addEventListener, removeEventListener });
  globalThis.ResizeObserver = Real;
}, 60_000);
