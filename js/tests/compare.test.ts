import { describe, expect, it } from "vitest";
import { both, differencesFrom, equalCount, stepFrom } from "../src/compare/differences";
import { createPairs } from "../src/compare/pairs";
import { decodeComparison } from "../src/compare/payload";
import { regionOf } from "../src/compare/region";
import { equalRows } from "../src/compare/same";
import { clock, timeOf } from "../src/compare/seconds";
import { agreement, announced, facts, scopeName, sentence, shortName, why } from "../src/compare/words";
import { signed } from "../src/format";
import { closed, openTo } from "../src/openings";
import { findRuns } from "../src/runs";
import { common, flatten } from "../src/tree";
import { A, ACT, B, comparisonOf, DROP, net, ROOT, type Side } from "./comparePayloads";
import type { Module } from "./payloadOf";

const decoded = (sides: Side[], root = net()) => decodeComparison(comparisonOf(root, sides));
const fx: Side = { name: "fx" };
/** Gives the Add to the root, and the Relu to a. */
const htp: Side = { name: "htp", moves: { 2: ROOT, 3: A }, evidence: "value" };
/** As if the Relu were made of two operators. */
const other: Side = {
  name: "other",
  capture: "torchscript",
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

const differ = (sides: Side[], baseline = 0) => {
  const comparison = decoded(sides);
  return { comparison, ...differencesFrom(comparison, createPairs(comparison), baseline) };
};

describe("what differs", () => {
  it("on one graph is each node once, in every call that holds it in either column", () => {
    const { columns } = differ([fx, htp]);
    expect(columns[0]).toBe(null);
    expect(columns[1]?.sameGraph).toBe(true);
    expect([...(columns[1]?.moved ?? [])]).toEqual([2, 3]);
    // The Add leaves a for the root, the Relu leaves act for a: both are in a in one column, and in the root in both.
    expect([...(columns[1]?.inside ?? [])]).toEqual([2, 2, 1, 0, 0]);
  });

  it("on two graphs is counted by operator, a replaced node once", () => {
    const { columns } = differ([fx, other]);
    expect(columns[1]?.sameGraph).toBe(false);
    expect(columns[1]?.rows).toEqual([ACT]);
    expect([...(columns[1]?.inside ?? [])]).toEqual([2, 2, 2, 0, 0]);
  });

  it("is the same seen from the other side", () => {
    const pair = createPairs(decoded([fx, htp, other]));
    expect(pair(0, 1)).toBe(pair(1, 0));
    expect(pair(0, 2)).toBe(pair(2, 0));
  });

  it("is nothing beside a failed column", () => {
    const { columns, steps } = differ([failed, fx], 1);
    expect(columns).toEqual([null, null]);
    expect(steps).toEqual([]);
  });

  it("is stepped through in the order of the tree", () => {
    const { steps } = differ([fx, htp, other]);
    expect(steps).toEqual([
      { column: 1, row: A, node: 2 },
      { column: 2, row: ACT, node: -1 },
      { column: 1, row: ACT, node: 3 },
    ]);
  });

  it("follows the baseline", () => {
    const { columns, steps } = differ([fx, htp], 1);
    expect(columns[1]).toBe(null);
    expect([...(columns[0]?.inside ?? [])]).toEqual([2, 2, 1, 0, 0]);
    expect(steps.map(({ row }) => row)).toEqual([ROOT, A]);
  });

  it("keeps the rows inside which something differs", () => {
    const { comparison, kept } = differ([fx, htp]);
    expect([...kept.upTo]).toEqual([0, 1, 2, 3, 3, 3]);
    expect(equalCount(comparison.tree.end, kept)).toBe(2);
  });

  it("is a call that only one column has", () => {
    const { comparison, steps, kept } = differ([fx, { name: "htp", absent: [DROP] }]);
    expect(steps).toEqual([{ column: 1, row: DROP, node: -1 }]);
    expect(kept.upTo[comparison.tree.size]).toBe(1);
  });

  it("is no call without nodes that a column of no evidence does not tell of", () => {
    expect(differ([fx, { name: "tags", absent: [DROP], evidence: null }]).steps).toEqual([]);
  });

  it("is told by its nodes where a call that has some is in one column only", () => {
    const { steps } = differ([fx, { name: "tags", absent: [ACT], moves: { 3: A }, evidence: null }]);
    expect(steps).toEqual([{ column: 1, row: ACT, node: 3 }]);
  });

  it("finds the nearest row around two others", () => {
    const { tree } = decoded([fx]);
    expect(common(tree, ACT, B)).toBe(ROOT);
    expect(common(tree, A, ACT)).toBe(A);
    expect(common(tree, B, B)).toBe(B);
  });
});

describe("the next difference", () => {
  const steps = [A, A, B].map((row, node) => ({ column: 1, row, node }));
  it.each([
    ["from nowhere", -1, -1, 1, 0],
    ["back from nowhere", -1, -1, -1, 2],
    ["in the same row", 0, A, 1, 1],
    ["in the next row", 1, A, 1, 2],
    ["round and round", 2, B, 1, 0],
    ["back over the beginning", 0, A, -1, 2],
    ["from a row that was selected since", 0, B, 1, 2],
    ["before a row that was selected since", 2, ACT, -1, 1],
    ["behind the last", 0, DROP, 1, 0],
  ] as const)("%s", (_, at, row, by, to) => {
    expect(stepFrom(steps, at, row, by)).toBe(to);
  });

  it("is none where nothing differs", () => expect(stepFrom([], -1, 0, 1)).toBe(-1));
});

describe("the rows that are shown", () => {
  const layers = (): Module => ({
    name: "",
    cls: "Net",
    children: [0, 1, 2, 3].map((n) => ({ name: `layer.${n}`, cls: "Layer", ops: [["Add", "f32 1"]] })),
  });
  const listed = (sides: Side[], only: boolean) => {
    const comparison = decoded(sides, layers());
    const pair = createPairs(comparison);
    const tree = { ...comparison.tree, same: equalRows(comparison, pair) };
    const folded = { tree, runs: findRuns(tree) };
    const { kept } = differencesFrom(comparison, pair, 0);
    return [
      ...flatten(folded, { ...openTo(folded, closed(tree.size), 9), operators: false }, only ? kept : null, null, true)
        .rows,
    ];
  };

  it("are one for equal copies", () => expect(listed([fx], false)).toEqual([0, 1]));

  it("are one for copies that differ alike", () => {
    const all = { name: "htp", moves: { 0: 0, 1: 0, 2: 0, 3: 0 } };
    expect(listed([fx, all], false)).toEqual([0, 1]);
    expect(listed([fx, all], true)).toEqual([0, 1]);
  });

  it("are more for copies that do not", () => {
    const one = { name: "htp", moves: { 3: 0 } };
    expect(listed([fx, one], false)).toEqual([0, 1, 4]);
    expect(listed([fx, one], true)).toEqual([0, 4]);
  });

  it("are more for copies of other operators", () => {
    const root = layers();
    (root.children as Module[])[0].ops = [["Mul", "f32 1"]];
    const comparison = decoded([fx], root);
    const [, first, second, third] = equalRows(comparison, createPairs(comparison));
    expect(second).toBe(third);
    expect(first).not.toBe(second);
  });

  it("are those that two filters leave", () => {
    const upTo = (...counts: number[]) => ({ upTo: Int32Array.from(counts) });
    expect(both(null, null)).toBe(null);
    const one = upTo(0, 1, 2, 2);
    expect(both(one, null)).toBe(one);
    expect(both(one, upTo(0, 0, 1, 2))).toEqual(upTo(0, 0, 1, 1));
  });
});

describe("one call in all columns", () => {
  const comparison = () => decoded([fx, htp, failed, other]);

  it("has a line for each operator", () => {
    const { operators } = regionOf(comparison(), 0, A);
    const named = operators.map(({ op, counts }) => [comparison().tree.ops[op], ...counts]);
    expect(named).toEqual([
      ["MatMul", 1, 1, -1, 1],
      ["Add", 1, 0, -1, 1],
      ["Relu", 1, 1, -1, 0],
      ["Max", 0, 0, -1, 1],
      ["Min", 0, 0, -1, 1],
    ]);
  });

  it("says where nodes went", () => {
    const { operators } = regionOf(comparison(), 0, A);
    expect([...operators[1].gone]).toEqual([-1, ROOT, -1, -1]);
    const swapped = decoded([fx, { name: "htp", moves: { 1: ROOT, 4: A } }]);
    const matMul = regionOf(swapped, 1, A).operators.find(({ op }) => swapped.tree.ops[op] === "MatMul");
    expect([...(matMul?.gone ?? [])]).toEqual([B, -1]);
  });

  it("says that they went to several places", () => {
    const { operators } = regionOf(decoded([fx, { name: "htp", moves: { 1: B, 2: B } }]), 0, A);
    expect([...operators[0].gone]).toEqual([-1, B]);
    const apart = decoded([
      { name: "one", moves: { 4: A } },
      { name: "two", moves: { 1: ROOT } },
    ]);
    expect([...regionOf(apart, 0, A).operators[0].gone]).toEqual([-1, -2]);
  });

  it("lists the nodes that differ, whichever column has them here", () => {
    const { nodes, count } = regionOf(comparison(), 0, A);
    expect([[...nodes], count]).toEqual([[2, 3], 3]);
    expect([...regionOf(comparison(), 0, ACT).nodes]).toEqual([3]);
    expect([...regionOf(comparison(), 0, B).nodes]).toEqual([]);
  });

  it("counts evidence by kind", () => {
    const { evidence } = regionOf(comparison(), 0, A);
    expect([...evidence[0]]).toEqual([3, 0, 0, 0, 0, 0]);
    expect([...evidence[1]]).toEqual([0, 0, 2, 0, 0, 0]);
    expect(evidence[2]).toHaveLength(0);
  });

  it("is empty where the baseline failed", () => {
    expect(regionOf(decoded([failed]), 0, 0)).toMatchObject({ operators: [], count: 0 });
  });
});

describe("words", () => {
  it("of a step", () => {
    const { comparison, ...differences } = differ([fx, htp, other]);
    const said = differences.steps.map((_, at) => announced(comparison, differences, at));
    expect(said).toEqual([
      "difference 1 of 3: Add 2, htp says Net",
      "difference 2 of 3: a.act, other has 2 nodes",
      "difference 3 of 3: Relu 3, htp says a",
    ]);
  });

  it("of a call that is not there", () => {
    const { comparison, ...differences } = differ([fx, { name: "htp", absent: [DROP] }]);
    expect(announced(comparison, differences, 0)).toBe("difference 1 of 1: drop, htp has no such call");
  });

  it("of a scope are short where it is near", () => {
    const comparison = decoded([fx]);
    expect(scopeName(comparison, A, ACT)).toBe("act");
    expect(scopeName(comparison, A, A)).toBe("a");
    expect(scopeName(comparison, ACT, A)).toBe("a");
    expect(scopeName(comparison, ACT, B)).toBe("b");
    expect(scopeName(comparison, ACT, ROOT)).toBe("Net");
  });

  it("of a row", () => {
    const { comparison, ...differences } = differ([fx, htp, failed, { name: "old", absent: [ACT], moves: { 3: A } }]);
    const folded = { tree: comparison.tree, runs: findRuns(comparison.tree) };
    expect(sentence(comparison, folded, differences, ACT, false)).toBe(
      "act, ReLU, fx 1 node, htp 0 nodes, 1 unlike the baseline, bad failed, old has no such call",
    );
  });

  it("of a witness", () => {
    const comparison = decoded([fx, htp, { name: "tags", evidence: null }]);
    const detail = {
      name: "",
      op: "",
      domain: "",
      inputs: [{ name: "w", type: "f32 2", parameter: "a.weight" }],
      outputs: [],
      attributes: [],
      evidence: "trace",
      confidence: 1,
      source: "net/model.py:12",
      also: ["b"],
    };
    const text = (column: number, more: typeof detail | null) =>
      why(comparison, comparison.columns[column], 2, more)
        .map(({ words, code }) => `${words} ${code}`.trim())
        .join(", ");
    expect(text(0, null)).toBe("the capture recorded this operator inside a");
    expect(text(0, detail)).toBe(
      "the capture recorded this operator inside a, model.py:12, also made for 1 other call",
    );
    expect(text(1, null)).toBe("its output equals what PyTorch computed in Net, max |Δ| of the call 1.0e-07");
    expect(text(2, null)).toBe("the file says a");
  });

  it("of the whole", () => {
    expect(facts(decoded([fx, htp]))).toEqual(["one graph", "5 nodes", "opset 20"]);
    expect(facts(decoded([fx, other]))).toEqual(["two graphs", "5 to 6 nodes", "opset 20"]);
    expect(facts(decoded([failed]))).toEqual([]);
    expect(agreement(decoded([fx, htp]), 0)).toEqual({ agreeing: 3, nodes: 5 });
    expect(agreement(decoded([fx, { name: "tags", evidence: null }]), 0)).toBe(null);
    expect([signed(3), signed(-2), signed(0)]).toEqual(["+3", "−2", ""]);
    const { columns } = decoded([{ name: "fx/torchscript", strategy: "fx", capture: "torchscript" }, fx]);
    expect(columns.map(shortName)).toEqual(["fx", "fx"]);
  });

  it("of time", () => {
    expect([clock(0.004), clock(2.09), clock(61.2), clock(700)]).toEqual(["0.00 s", "2.09 s", "61 s", "12 min"]);
    const head = (...seconds: [string, number][]) => ({ head: { seconds } });
    const { columns } = decoded([
      { ...fx, ...head(["run", 0.5], ["capture", 2], ["attribute", 0.25], ["verify", 1]) },
      { ...htp, ...head(["run", 0.5], ["capture", 2], ["attribute", 0.75], ["verify", 1]) },
      other,
    ]);
    expect(timeOf(columns, 0)).toEqual({
      shared: 3.5,
      own: 0.25,
      text: "run 0.50 s, capture 2.00 s, attribute 0.25 s, verify 1.00 s",
    });
    expect(timeOf(columns, 1)).toMatchObject({ shared: 3.5, own: 0.75 });
    expect(timeOf(columns, 2)).toBe(null);
  });
});
