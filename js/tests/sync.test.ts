import { afterEach, describe, expect, it, vi } from "vitest";
import { createAsk, PATIENCE } from "../src/ask";
import { decode } from "../src/payload";
import { createStore, NoAnswer } from "../src/store";
import { connect, type Traits } from "../src/sync";
import { mockModel } from "./mockModel";
import { miniLM } from "./payloads";

const SELF = "encoder.layer.0.attention.self";

function connected(traits: Partial<Traits> = {}, more: object = {}) {
  const mock = mockModel({ ...miniLM(), ...more }, traits);
  const gone = new AbortController();
  const tree = decode(mock.model.get("payload"));
  const store = createStore(tree, createAsk(mock.model, gone.signal));
  connect(store, mock.model, gone.signal);
  return { ...mock, store, tree, gone, at: (key: string) => tree.rowOf.get(key) as number };
}

describe("traits", () => {
  it("are read at the beginning, and none is written back", () => {
    const { store, saves, at } = connected({
      selected: SELF,
      query: "softmax",
      color_by: "kind",
      columns: ["bytes"],
      sort: "-bytes",
      tab: "graph",
      depth: 1,
    });
    expect(store.selected.value).toBe(at(SELF));
    expect(store.query.value).toBe("softmax");
    expect(store.colorBy.value).toBe("kind");
    expect(store.columns.value).toEqual(["bytes"]);
    expect(store.sort.value).toBe("-bytes");
    expect(store.tab.value).toBe("graph");
    expect(store.shown.value.places[at(SELF)]).toBeGreaterThan(0);
    expect(saves()).toBe(0);
  });

  it.each<[keyof Traits, unknown, (store: ReturnType<typeof connected>["store"]) => unknown]>([
    ["query", "gemm", (store) => store.query.value],
    ["color_by", "evidence", (store) => store.colorBy.value],
    ["columns", ["share"], (store) => store.columns.value],
    ["sort", "error", (store) => store.sort.value],
    ["tab", "source", (store) => store.tab.value],
    ["depth", 2, (store) => store.depth.value.depth],
  ])("follow Python: %s", (name, value, read) => {
    const { model, store, saves } = connected();
    model.set(name, value as never);
    expect(read(store)).toEqual(value);
    expect(saves()).toBe(0);
  });

  it("go to Python, once each", () => {
    const { model, store, saves, at } = connected();
    store.setQuery("gemm");
    store.setColorBy("error");
    store.setSort("nodes");
    store.setTab("about");
    store.setColumns(["share"]);
    store.selectAll([at("pooler"), at("encoder")]);
    store.setDepth(99);
    const get = (name: keyof Traits) => model.get(name);
    expect([get("query"), get("color_by"), get("sort"), get("tab")]).toEqual(["gemm", "error", "nodes", "about"]);
    expect(get("columns")).toEqual(["share"]);
    expect(get("selected")).toEqual(["pooler", "encoder"]);
    expect(get("depth")).toBe(6);
    expect(saves()).toBe(7);
  });

  it("say None once rows were opened by hand", () => {
    const { model, store, at } = connected({ depth: 1 });
    store.setOpen(at("pooler"), true);
    expect(model.get("depth")).toBeNull();
    store.setDepth(0);
    expect(model.get("depth")).toBe(0);
  });

  it("that make no sense are as if they were not there", () => {
    const { store } = connected({
      selected: 5 as never,
      color_by: "rainbow",
      sort: "name",
      tab: "compare",
      columns: null as never,
      depth: "deep" as never,
      query: null as never,
    });
    expect(store.colorBy.value).toBe("none");
    expect(store.sort.value).toBe("");
    expect(store.tab.value).toBe("nodes");
    expect(store.columns.value).toEqual([]);
    expect(store.selected.value).toBe(-1);
  });

  it("may be fewer than we know", () => {
    const { store, model } = connected({ query: undefined, tab: undefined, depth: undefined });
    store.setTab("graph");
    expect(model.get("tab")).toBe("graph");
  });

  it("are left alone once the widget is gone", () => {
    const { store, model, gone, saves, listeners } = connected();
    gone.abort();
    expect(listeners()).toBe(0);
    store.setTab("graph");
    model.set("query", "gemm");
    expect(model.get("tab")).toBe("nodes");
    expect(store.query.value).toBe("");
    expect(saves()).toBe(0);
  });
});

describe("the last action", () => {
  it("is a line of Python", () => {
    const { store, at } = connected();
    const lines: string[] = [];
    const did = (action: () => void) => {
      action();
      lines.push(store.python.value);
    };
    lines.push(store.python.value);
    did(() => store.select(at("pooler")));
    did(() => store.setQuery('"quoted"'));
    did(() => store.setTab("graph"));
    did(() => store.setDepth(2));
    did(() => store.select(-1));
    expect(lines).toEqual([
      "r.widget.selected",
      'r.widget.select("pooler")',
      'r.widget.find("\\"quoted\\"")',
      'r.widget.tab = "graph"',
      "r.widget.expand(depth=2)",
      "r.widget.selected",
    ]);
  });
});

describe("what is asked for", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const source = { file: "a.py", first: 3, lines: ["def forward(self):"], class: "Net" };

  it("is the source of the selected module, while its tab is open", () => {
    const { store, sent, fire, at } = connected();
    store.select(at("pooler"));
    expect(sent).toEqual([]);
    store.setTab("source");
    expect(sent[0]).toMatchObject({ kind: "source", row: at("pooler") });
    expect(store.sources.value.get(at("pooler"))).toEqual({ state: "asked" });
    fire("msg:custom", { kind: "source", id: sent[0].id, row: at("pooler"), source });
    expect(store.sources.value.get(at("pooler"))).toEqual({ state: "known", source });
    store.select(at("encoder"));
    fire("msg:custom", { kind: "error", id: sent[1].id, message: "no file" });
    expect(store.sources.value.get(at("encoder"))).toEqual({ state: "failed", message: "no file" });
    store.select(at("pooler"));
    expect(sent).toHaveLength(2);
  });

  it("may find nobody there, and be answered late", () => {
    vi.useFakeTimers();
    const { store, sent, fire } = connected({ tab: "source" });
    vi.advanceTimersByTime(PATIENCE);
    expect(store.sources.value.get(0)).toEqual({ state: "silent" });
    fire("msg:custom", { kind: "source", id: sent[0].id, row: 0, source });
    expect(store.sources.value.get(0)).toEqual({ state: "known", source });
  });

  it("is a table, for many nodes", async () => {
    const { store, sent, fire } = connected();
    const asked = store.table([1, 2]);
    expect(sent[0]).toMatchObject({ kind: "table", nodes: [1, 2] });
    fire("msg:custom", { kind: "table", id: sent[0].id, details: [{ name: "a" }, { name: "b" }] });
    expect(await asked).toEqual([{ name: "a" }, { name: "b" }]);
    const refused = store.table([1]);
    fire("msg:custom", { kind: "error", id: sent[1].id, message: "too many" });
    await expect(refused).rejects.toThrow(new NoAnswer("too many"));
  });

  it("is looked up in a saved page, which has nobody to ask", async () => {
    const detail = { name: "n" };
    const answers = { source: { 0: source }, detail: { 4: detail } };
    const { store, sent } = connected({ tab: "source" }, { answers });
    expect(store.sources.value.get(0)).toEqual({ state: "known", source });
    store.node.value = 4;
    expect(store.details.value.get(4)).toEqual({ state: "known", detail });
    store.node.value = 5;
    expect(store.details.value.get(5)).toEqual({ state: "silent" });
    expect(await store.table([4])).toEqual([detail]);
    await expect(store.table([4, 5])).rejects.toThrow("This needs a running kernel.");
    expect(sent).toEqual([]);
  });
});
