import { describe, expect, it } from "vitest";
import { type Model, modelOf } from "../src/graph/model";
import { MANY } from "../src/graph/parts";
import { makerOf } from "../src/graph/wiring";
import type { Tree } from "../src/payload";
import { random, wired } from "./graphTrees";

const closed = () => false;
const open = () => true;

const named = (model: Model, id: number) => {
  const { kind, row, nodes, values } = model.boxes[id];
  if (kind === "module") return model.tree.name[row];
  return kind === "run" ? `run ${nodes}` : `${kind} ${values.map((value) => makerOf(model.tree, value))}`;
};
const edges = (model: Model) => model.edges.map(({ from, to }) => `${named(model, from)} → ${named(model, to)}`);
const boxes = (model: Model, kind: string) => model.boxes.filter((box) => box.kind === kind);

/** Input → a (node 0) → b (nodes 1, 2) → Add (node 3) with what a made, too. */
const residual = () =>
  wired({
    rows: [
      [-1, "net"],
      [0, "a"],
      [0, "b"],
    ],
    nodes: [
      { row: 1, reads: [-1] },
      { row: 2, reads: [0] },
      { row: 2, reads: [1] },
      { op: "Add", row: 0, reads: [2, 0] },
    ],
  });

describe("boxes and edges", () => {
  it("draws child modules closed, own operators, terminals", () => {
    const model = modelOf(residual(), 0, closed);
    expect(edges(model).sort()).toEqual(["a → b", "a → run 3", "b → run 3", "in -1 → a", "run 3 → out 3"].sort());
  });

  it("keeps the edge that skips a closed box", () => {
    const model = modelOf(residual(), 0, closed);
    expect(edges(model)).toContain("a → run 3");
  });

  it("opens a box in place", () => {
    const model = modelOf(residual(), 0, (key) => key === "m2");
    const b = model.boxes[model.boxOf.get(2) as number];
    expect(b.open).toBe(true);
    expect(b.inner.map((id) => named(model, id))).toEqual(["run 1,2"]);
    expect(edges(model)).toContain("a → run 1,2");
  });

  it("draws several values between the same two boxes as one edge", () => {
    const tree = wired({
      rows: [
        [-1, "net"],
        [0, "a"],
        [0, "b"],
      ],
      nodes: [
        { op: "Split", row: 1, reads: [-1], outputs: 2 },
        { row: 2, reads: [[0, 0]] },
        { op: "Add", row: 2, reads: [1, [0, 1]] },
      ],
    });
    const model = modelOf(tree, 0, closed);
    const edge = model.edges.find(({ from, to }) => named(model, from) === "a" && named(model, to) === "b");
    expect(edge?.values).toHaveLength(2);
    expect(edge?.reads).toHaveLength(2);
  });

  it("draws a module inside another with what comes in and goes out", () => {
    const model = modelOf(residual(), 2, closed);
    expect(edges(model)).toEqual(["in 0 → run 1,2", "run 1,2 → out 2"]);
  });

  it("hands an input of the graph through", () => {
    const tree = wired({ rows: [[-1, "net"]], nodes: [{ row: 0, reads: [-1] }], outputs: [0, -1] });
    expect(edges(modelOf(tree, 0, closed))).toContain("in -1 → out -1");
  });

  it("draws a module with one node, and one without any", () => {
    const tree = wired({
      rows: [
        [-1, "net"],
        [0, "silent"],
      ],
      nodes: [{ row: 0, reads: [-1] }],
    });
    const model = modelOf(tree, 0, closed);
    expect(boxes(model, "run")).toHaveLength(1);
    expect(model.silent).toEqual([1]);
    expect(modelOf(tree, 1, closed).boxes).toEqual([]);
  });
});

describe("straight runs", () => {
  const chain = (last: number[]) =>
    wired({
      rows: [[-1, "net"]],
      nodes: [
        { row: 0, reads: [-1] },
        { row: 0, reads: [0] },
        { row: 0, reads: [1] },
        { row: 0, reads: last },
      ],
    });

  it("are one box", () => {
    expect(boxes(modelOf(chain([2]), 0, closed), "run").map(({ nodes }) => nodes)).toEqual([[0, 1, 2, 3]]);
  });

  it("end where a value is read twice", () => {
    expect(boxes(modelOf(chain([2, 0]), 0, closed), "run").map(({ nodes }) => nodes)).toEqual([[0], [1, 2], [3]]);
  });

  it("take a constant with one reader along", () => {
    const tree = wired({
      rows: [[-1, "net"]],
      nodes: [
        { row: 0, reads: [-1] },
        { op: "Constant", row: 0 },
        { op: "Reshape", row: 0, reads: [0, 1] },
      ],
    });
    expect(boxes(modelOf(tree, 0, closed), "run").map(({ nodes }) => nodes)).toEqual([[0, 1, 2]]);
  });

  it("end where a value leaves the module", () => {
    const tree = wired({
      rows: [[-1, "net"]],
      nodes: [
        { row: 0, reads: [-1] },
        { row: 0, reads: [0] },
      ],
      outputs: [0, 1],
    });
    expect(boxes(modelOf(tree, 0, closed), "run").map(({ nodes }) => nodes)).toEqual([[0], [1]]);
  });
});

/** A hub that `count` modules read, gathered by one operator. */
function hub(count: number): Tree {
  return wired({
    rows: [[-1, "net"], ...Array.from({ length: count }, (_, i): [number, string] => [0, `head.${i}`])],
    nodes: [
      { row: 0, reads: [-1] },
      ...Array.from({ length: count }, (_, i) => ({ row: i + 1, reads: [0] })),
      { op: "Concat", row: 0, reads: Array.from({ length: count }, (_, i) => i + 1) },
    ],
  });
}

describe("values that many boxes read", () => {
  it("are edges for four", () => {
    const model = modelOf(hub(4), 0, closed);
    expect(model.labels).toEqual([]);
    expect(model.edges.filter(({ from }) => named(model, from) === "run 0")).toHaveLength(4);
  });

  it("are labels for five, at the maker and at each reader", () => {
    const model = modelOf(hub(5), 0, closed);
    expect(model.edges.filter(({ from }) => named(model, from) === "run 0")).toEqual([]);
    expect(model.labels.filter(({ made }) => made)).toHaveLength(1);
    expect(model.labels.filter(({ made }) => !made)).toHaveLength(5);
    expect(model.labels.every(({ fans }) => fans[0] === 5)).toBe(true);
  });

  it("are an edge to a closed box inside which they fan out, and a label there when it is open", () => {
    const tree = wired({
      rows: [[-1, "net"], [0, "experts"], ...Array.from({ length: 5 }, (_, i): [number, string] => [1, `${i}`])],
      nodes: [{ row: 0, reads: [-1] }, ...Array.from({ length: 5 }, (_, i) => ({ row: i + 2, reads: [0] }))],
    });
    const shut = modelOf(tree, 0, closed);
    expect(edges(shut)).toContain("run 0 → experts");
    expect(shut.labels).toEqual([]);
    const opened = modelOf(tree, 0, (key) => key === "m1");
    expect(boxes(opened, "tag")).toHaveLength(1);
    expect(edges(opened)).toContain("run 0 → tag 0");
    expect(opened.labels.filter(({ made }) => !made)).toHaveLength(5);
    const alone = modelOf(tree, 1, closed);
    expect(boxes(alone, "in").map(({ fan }) => fan)).toEqual([5]);
  });

  it("need no terminal in a module beside which they fan out", () => {
    const model = modelOf(hub(6), 3, closed);
    expect(boxes(model, "in")).toEqual([]);
    expect(model.labels).toHaveLength(1);
    expect(model.labels[0].fans).toEqual([6]);
  });
});

describe("bodies", () => {
  const tree = wired({
    rows: [
      [-1, "net"],
      [0, "then"],
    ],
    nodes: [
      { op: "Greater", row: 0, reads: [-1] },
      { op: "If", row: 0, reads: [0] },
      { op: "Gemm", row: 1, reads: [-1], body: 1 },
      { op: "Sub", row: 0, reads: [-1], body: 1 },
      { op: "Mul", row: 0, reads: [1] },
    ],
  });

  it("are one box with their operator", () => {
    const model = modelOf(tree, 0, closed);
    const [body] = boxes(model, "body");
    expect(body.size).toBe(3);
    expect([1, 2, 3].map(model.leafOf)).toEqual([body.id, body.id, body.id]);
    expect(model.boxOf.has(1)).toBe(false);
  });

  it("open to the operator, its operators and modules", () => {
    const model = modelOf(tree, 0, (key) => key === "b1");
    const [body] = boxes(model, "body");
    expect(body.inner.map((id) => named(model, id))).toEqual(["run 1", "then", "run 3"]);
  });

  it("that hold each other are no bodies", () => {
    const broken = wired({
      rows: [[-1, "net"]],
      nodes: [
        { row: 0, reads: [-1], body: 1 },
        { row: 0, reads: [0], body: 0 },
      ],
    });
    expect(boxes(modelOf(broken, 0, closed), "run").map(({ nodes }) => nodes)).toEqual([[0, 1]]);
  });
});

describe("very many parts", () => {
  it("of a module are put together, and can be opened", () => {
    const count = 2000;
    const tree = wired({
      rows: [[-1, "net"]],
      nodes: Array.from({ length: count }, (_, n) => ({ row: 0, reads: [n - 1, Math.max(-1, n - 3)] })),
    });
    const model = modelOf(tree, 0, closed);
    expect(model.boxes.length).toBeLessThan(MANY);
    expect(boxes(model, "group").length).toBeGreaterThan(1);
    const [first] = boxes(model, "group");
    const opened = modelOf(tree, 0, (key) => key === first.key);
    expect(opened.boxes.length).toBeGreaterThan(model.boxes.length);
  });
});

describe("a very deep tree", () => {
  it("is drawn closed, and open", () => {
    const depth = 1000;
    const tree = wired({
      rows: Array.from({ length: depth }, (_, row): [number, string] => [row - 1, `m${row}`]),
      nodes: [
        { row: depth - 1, reads: [-1] },
        { row: 0, reads: [0] },
      ],
    });
    expect(edges(modelOf(tree, 0, closed))).toContain("m1 → run 1");
    expect(modelOf(tree, 0, open).boxes.filter((box) => box.open)).toHaveLength(depth - 1);
  });
});

describe("every data edge is in exactly one place", () => {
  function check(tree: Tree, row: number, opened: (key: string) => boolean) {
    const model = modelOf(tree, row, opened);
    const { nodes } = tree;
    const places = new Map<number, number>();
    const put = (edge: number) => places.set(edge, (places.get(edge) ?? 0) + 1);
    for (const { reads } of model.edges) reads.forEach(put);
    for (const { reads } of model.labels) reads.forEach(put);
    for (let node = 0; node < nodes.count; node++) {
      const inside = nodes.row[node] >= row && nodes.row[node] < tree.end[row];
      if (inside) expect(model.leafOf(node)).toBeGreaterThanOrEqual(0);
      for (let edge = nodes.first[node]; edge < nodes.first[node + 1]; edge++) {
        const maker = nodes.reads[edge];
        const within = maker >= 0 && model.leafOf(maker) === model.leafOf(node);
        expect([edge, places.get(edge) ?? 0]).toEqual([edge, inside && !within ? 1 : 0]);
      }
    }
    for (const { from, to } of model.edges) {
      for (const end of [from, to]) expect(model.boxes[end].open).toBe(false);
      expect(from).not.toBe(to);
    }
    checkExits(model);
    for (const box of model.boxes) expect(box.parent < 0 || model.boxes[box.parent].open).toBe(true);
  }

  /** What is read elsewhere, or by whoever runs the graph, leaves at a terminal or has a label. */
  function checkExits({ tree, row, boxes: all, edges: drawn, labels, leafOf }: Model) {
    const { nodes } = tree;
    const shown = new Set([
      ...drawn.filter(({ to }) => all[to].kind === "out").flatMap(({ values }) => values),
      ...labels.filter(({ made }) => made).flatMap(({ values }) => values),
    ]);
    const makers = new Set([...shown].map((value) => makerOf(tree, value)));
    for (let node = 0; node < nodes.count; node++) {
      if (leafOf(node) >= 0) continue;
      for (let edge = nodes.first[node]; edge < nodes.first[node + 1]; edge++) {
        const maker = nodes.reads[edge];
        if (maker >= 0 && leafOf(maker) >= 0) expect(makers.has(maker)).toBe(true);
      }
    }
    for (const { node } of tree.outputs) {
      if (node >= 0 ? leafOf(node) >= 0 : row === 0) expect(makers.has(node)).toBe(true);
    }
  }

  it.each(Array.from({ length: 40 }, (_, seed) => seed))("model %i", (seed) => {
    const tree = random(seed);
    for (let row = 0; row < tree.size; row++) {
      check(tree, row, closed);
      check(tree, row, open);
      check(tree, row, (key) => (key.charCodeAt(key.length - 1) + seed) % 2 === 0);
    }
  });
});
