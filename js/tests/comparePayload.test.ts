import { describe, expect, it } from "vitest";
import { decodeComparison, isComparison } from "../src/compare/payload";
import { PayloadError } from "../src/payload";
import { A, B, comparisonOf, net, ROOT, type Side } from "./comparePayloads";

const fx: Side = { name: "fx" };
/** Gives the Add to the root, and the Relu to a. */
const htp: Side = { name: "htp", moves: { 2: ROOT, 3: A }, evidence: "value" };
const failed: Side = { name: "bad", failed: { stage: "capture", reason: "a branch on data" } };

const decoded = (sides: Side[]) => decodeComparison(comparisonOf(net(), sides));

describe("decoding", () => {
  it("knows a comparison from a tree", () => {
    expect(isComparison(comparisonOf(net(), [fx]))).toBe(true);
    for (const odd of [{ nodes: {}, columns: [] }, {}, null, undefined, 3]) expect(isComparison(odd)).toBe(false);
  });

  it("reads columns, cells and scopes", () => {
    const { tree, columns, graphs, baseline } = decoded([failed, fx, htp]);
    expect(tree.key).toEqual(["", "a", "a.act", "b", "drop"]);
    expect(tree.size).toBe(5);
    expect(baseline).toBe(1);
    expect(graphs).toHaveLength(1);
    expect(columns[0]).toMatchObject({ name: "bad", graph: -1, cells: null, scopes: null });
    expect([...(columns[2].scopes?.row ?? [])]).toEqual([ROOT, A, ROOT, A, B]);
    expect([...(columns[2].cells?.total ?? [])]).toEqual([5, 2, 0, 1, 0]);
    expect(columns.map(({ scopes }) => scopes?.first)).toEqual([undefined, 0, 5]);
    expect(tree.nodes.count).toBe(10);
  });

  it("leaves the classes of unknown modules empty", () => {
    const payload = comparisonOf(net(), [fx]);
    payload.rows.cls[A] = -1;
    const { tree } = decodeComparison(payload);
    expect(tree.classes[tree.cls[A]]).toBe("");
  });

  it("has a root where everything failed", () => {
    const payload = comparisonOf(net(), [failed]);
    payload.rows = { ...payload.rows, parent: [], name: [], call: [], cls: [] };
    expect(decodeComparison({ ...payload, graphs: [] }).tree.size).toBe(1);
  });

  const damage: [string, (payload: ReturnType<typeof comparisonOf>) => unknown, string][] = [
    ["nothing", () => null, "it is not an object"],
    ["no columns", (p) => ({ ...p, columns: [] }), "it has no columns"],
    ["columns of another kind", (p) => ({ ...p, columns: 3 }), "columns is not a list"],
    ["no rows", (p) => ({ ...p, rows: null }), "rows is not an object"],
    ["a baseline outside", (p) => ({ ...p, baseline: 2 }), "baseline is 2"],
    [
      "a row of nowhere",
      (p) => set(p.graphs[0].columns[0], "row", [0, 1, 1, 9, 3]),
      "graphs[0].columns[0].row[3] is 9",
    ],
    ["evidence of nowhere", (p) => set(p.graphs[0].columns[0], "evidence", [0, 0, 0, 0, 6]), "evidence[4] is 6"],
    ["too few scopes", (p) => set(p.graphs[0].columns[0], "row", [0]), "graphs[0].columns[0].row has 1 entries, not 5"],
    ["an operator of nowhere", (p) => set(p.graphs[0], "op", [0, 1, 2, 3, 9]), "graphs[0].op[4] is 9"],
    ["a column twice", (p) => set(p.graphs[0].columns[0], "column", 7), "graphs[0].columns[0].column is 7"],
    ["a graph that does not tell of its column", (p) => set(p.graphs[0], "columns", []), "does not tell of column 0"],
    ["cells missing", (p) => set(p.rows, "columns", [null, p.rows.columns[1]]), "columns[0].graph is 0"],
    [
      "cells of another length",
      (p) => set(p.rows.columns[0], "total", [1]),
      "rows.columns[0].total has 1 entries, not 5",
    ],
    ["a reason of nowhere", (p) => set(p.rows.columns[0], "reason", { 4: 3 }), "rows.columns[0].reason[4] is 3"],
    [
      "a row that is renamed to no text",
      (p) => set(p.rows.columns[0], "renamed", { 1: 3 }),
      "renamed[1] is not a text",
    ],
    ["rows out of order", (p) => set(p.rows, "parent", [-1, 2, 0, 0, 0]), "rows.parent[1] is 2"],
    [
      "a verdict of its own",
      (p) => set(p.columns[0], "parity", { status: "good", text: "" }),
      "parity.status is unknown",
    ],
    ["seconds of no stage", (p) => set(p.columns[0], "seconds", [[1, 2]]), "columns[0].seconds[0][0] is not a text"],
    ["a negative time", (p) => set(p.columns[0], "seconds", [["run", -1]]), "seconds[0][1] is not a count"],
    [
      "a failure without a stage",
      (p) => set(p.columns[0], "failed", { reason: "" }),
      "columns[0].failed.stage is not a text",
    ],
    ["no name", (p) => set(p.columns[0], "name", 3), "columns[0].name is not a text"],
    ["a confidence of no number", (p) => ({ ...p, confidence: ["much"] }), "confidence[0] is not a count"],
  ];
  it.each(damage)("says what is damaged: %s", (_, break_, what) => {
    const payload = comparisonOf(net(), [fx, htp]);
    const broken = break_(payload) === undefined ? payload : break_(payload);
    expect(() => decodeComparison(broken)).toThrow(PayloadError);
    expect(() => decodeComparison(broken)).toThrow(what);
  });

  it("refuses another version", () => {
    const payload = { ...comparisonOf(net(), [fx]), version: 2 };
    expect(() => decodeComparison(payload)).toThrow("The comparison is of version 2, this widget reads up to 1.");
  });
});

/** Puts a value into a part of the payload; the payload itself is what is decoded. */
function set(part: unknown, name: string, value: unknown): undefined {
  (part as Record<string, unknown>)[name] = value;
}
