import { describe, expect, it } from "vitest";
import widget from "../src/index";
import { compare, fx, htp } from "./compareDraw";
import { comparisonOf, net } from "./comparePayloads";
import { click, draw, settle } from "./draw";
import { mockModel } from "./mockModel";
import { type Module, miniLM } from "./payloads";

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
