import { describe, expect, it } from "vitest";
import { decodeComparison } from "../src/compare/payload";
import { createCompareStore } from "../src/compare/store";
import { A, ACT, B, comparisonOf, largeComparison, net, ROOT, type Side } from "./comparePayloads";

const fx: Side = { name: "fx" };
/** Gives the Add to the root, and the Relu to a. */
const htp: Side = { name: "htp", moves: { 2: ROOT, 3: A }, evidence: "value" };
const other: Side = {
  name: "other",
  graph: [
    ["Cast", ROOT],
    ["MatMul", A],
    ["Add", A],
    ["Max", ACT],
    ["Min", ACT],
    ["MatMul", B],
  ],
};
const failed: Side = { name: "bad", failed: { stage: "capture", reason: "a branch on data" } };

const decoded = (sides: Side[]) => decodeComparison(comparisonOf(net(), sides));

describe("the store", () => {
  it("compares with another column, and not with a failed one", () => {
    const store = createCompareStore(decoded([fx, htp, failed]));
    expect(store.python.value).toBe("c.widget.selected");
    store.setBaseline(2);
    expect(store.baseline.value).toBe(0);
    store.setBaseline(1);
    expect(store.differences.value.steps.map(({ column }) => column)).toEqual([0, 0]);
    expect(store.python.value).toBe("c.widget.baseline = 1");
  });

  it("shows only differences, and a row without one when it is selected", () => {
    const store = createCompareStore(decoded([fx, htp]));
    store.setOnly(true);
    expect([...store.shown.value.rows]).toEqual([ROOT, A, ACT]);
    expect(store.hidden.value).toBe(2);
    expect(store.python.value).toBe("c.widget.only_differences = True");
    store.select(A);
    expect(store.only.value).toBe(true);
    store.select(B);
    expect(store.only.value).toBe(false);
    expect(store.shown.value.rows).toContain(B);
  });

  it("has no operators as rows, however deep it is opened", () => {
    const store = createCompareStore(decoded([fx, htp]));
    store.setDepth(99);
    expect(store.depth.value).toEqual({ depth: store.tree.deepest, mixed: false });
    expect(Math.max(...store.shown.value.rows)).toBeLessThan(store.tree.size);
  });

  it("opens no row below which everything is hidden", () => {
    const store = createCompareStore(decoded([fx, { name: "htp", moves: { 2: ROOT } }]));
    expect(store.openable(A)).toBe(true);
    store.setOnly(true);
    expect([store.openable(ROOT), store.openable(A)]).toEqual([true, false]);
  });

  it("steps, opens the way, and chooses the node", () => {
    const store = createCompareStore(decoded([fx, htp]));
    expect(store.stepDifference(1)).toBe(0);
    expect([store.selected.value, store.chosen.value]).toEqual([A, 2]);
    expect(store.stepDifference(1)).toBe(1);
    expect([store.selected.value, store.chosen.value]).toEqual([ACT, 3]);
    expect(store.shown.value.rows).toContain(ACT);
    store.select(B);
    expect(store.chosen.value).toBe(-1);
    expect(store.stepDifference(-1)).toBe(1);
    expect(store.python.value).toBe('c.widget.select("a.act")');
  });

  it("has a witness for each column of the graph", () => {
    const store = createCompareStore(decoded([fx, other, htp]));
    store.chosen.value = 3;
    expect(store.witnesses.value).toEqual([
      { column: 0, node: 3, at: 3 },
      { column: 2, node: 3, at: 14 },
    ]);
    store.setBaseline(1);
    expect(store.chosen.value).toBe(-1);
  });

  it("asks about a node by its column", () => {
    const asked: object[] = [];
    const store = createCompareStore(decoded([failed, fx, htp]), (question) => asked.push(question));
    store.askDetail(4);
    store.askDetail(5);
    store.askDetail(9);
    expect(asked).toEqual([
      { kind: "node", column: 1, index: 4 },
      { kind: "node", column: 2, index: 0 },
      { kind: "node", column: 2, index: 4 },
    ]);
  });

  it("finds in any of the columns", () => {
    const store = createCompareStore(decoded([fx, other]));
    store.setQuery("op:Max");
    expect([...(store.matches.value?.rows ?? [])]).toEqual([ACT]);
    expect(store.python.value).toBe('c.widget.find("op:Max")');
  });
});

it("three columns of 10,000 nodes are ready soon", () => {
  const payload = largeComparison(10_000, 3);
  const start = performance.now();
  const store = createCompareStore(decodeComparison(payload));
  store.stepDifference(1);
  const rows = store.shown.value.rows.length;
  const took = performance.now() - start;
  console.info(
    `3 × ${payload.graphs[0].op.length} nodes, ${store.tree.size} rows: ${took.toFixed(0)} ms to the first difference`,
  );
  expect(rows).toBeGreaterThan(1);
});
