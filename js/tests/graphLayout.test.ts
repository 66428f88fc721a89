import { describe, expect, it } from "vitest";
import { newItem } from "../src/graph/items";
import type { Direction } from "../src/graph/layout";
import { estimate } from "../src/graph/measure";
import { modelOf } from "../src/graph/model";
import { crossings, orderLayers } from "../src/graph/order";
import { placeLayers } from "../src/graph/place";
import { rankItems } from "../src/graph/rank";
import { type Scene, type Shape, sceneOf } from "../src/graph/scene";
import type { Tree } from "../src/payload";
import { random, type WiredNode, wired } from "./graphTrees";

const draw = (tree: Tree, opened: (key: string) => boolean = () => false, direction: Direction = "down", row = 0) =>
  sceneOf(modelOf(tree, row, opened), { direction, measure: estimate, marked: false });

const shape = (scene: Scene, name: string): Shape => {
  const { boxes, tree } = scene.model;
  const found = scene.shapes.find(({ box }) => {
    const { kind, row, nodes } = boxes[box];
    return kind === "module" ? tree.name[row] === name : kind === "run" && nodes.join() === name;
  });
  if (!found) throw new Error(`no ${name}`);
  return found;
};

describe("layers", () => {
  const none = (count: number) => new Int8Array(count);

  it("lead down every arc", () => {
    const arcs = [
      [0, 1],
      [1, 2],
      [0, 3],
      [3, 2],
      [2, 4],
    ] as const;
    const { rank } = rankItems(5, [...arcs], none(5));
    for (const [from, to] of arcs) expect(rank[from]).toBeLessThan(rank[to]);
  });

  it("exist for arcs that go round in a circle; the one to the first item goes back", () => {
    const { rank, back } = rankItems(
      3,
      [
        [0, 1],
        [1, 2],
        [2, 0],
      ],
      none(3),
    );
    expect([...rank]).toEqual([0, 1, 2]);
    expect([...back]).toEqual([0, 0, 1]);
  });

  it("put what comes from nowhere beside what reads it", () => {
    const { rank } = rankItems(
      4,
      [
        [0, 1],
        [1, 2],
        [3, 2],
      ],
      none(4),
    );
    expect(rank[3]).toBe(1);
  });

  it("survive a chain of ten thousand", () => {
    const { rank } = rankItems(
      10000,
      Array.from({ length: 9999 }, (_, i) => [i, i + 1] as const),
      none(10000),
    );
    expect(rank[9999]).toBe(9999);
  });
});

describe("order and places", () => {
  /** Two layers of items, and hops between them by number. */
  function layered(upper: number, lower: number, arcs: [from: number, to: number][]) {
    const make = (layer: number) => () => newItem(layer, { box: 0, size: 20, before: 10, after: 10, margin: 5 });
    const layers = [Array.from({ length: upper }, make(0)), Array.from({ length: lower }, make(1))];
    for (const [a, b] of arcs) {
      const [from, to] = [layers[0][a], layers[1][b]];
      const hop = { from, to, fromAt: 0, toAt: 0, weight: 1, bar: "", ways: 1, edges: [] };
      from.below.push(hop);
      to.above.push(hop);
    }
    return layers;
  }

  it("uncross what can be", () => {
    const layers = layered(3, 3, [
      [0, 2],
      [1, 1],
      [2, 0],
    ]);
    orderLayers(layers);
    expect(crossings(layers[0])).toBe(0);
  });

  it("count what cannot be uncrossed", () => {
    const layers = layered(2, 2, [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    orderLayers(layers);
    expect(crossings(layers[0])).toBe(1);
  });

  it("leave the order alone otherwise", () => {
    const layers = layered(2, 2, [
      [0, 0],
      [1, 1],
    ]);
    const before = layers.map((layer) => layer.slice());
    orderLayers(layers);
    expect(layers).toEqual(before);
  });

  it("keep their distance and stand below each other", () => {
    const layers = layered(1, 3, [
      [0, 0],
      [0, 1],
      [0, 2],
    ]);
    orderLayers(layers);
    placeLayers(layers);
    const [a, b, c] = layers[1].map(({ u }) => u);
    expect(b - a).toBeGreaterThanOrEqual(25 - 1e-6);
    expect(c - b).toBeGreaterThanOrEqual(25 - 1e-6);
    expect(layers[0][0].u).toBeCloseTo(b);
  });
});

describe("a drawing", () => {
  const rows: [number, string][] = [
    [-1, "net"],
    [0, "a"],
    [0, "b"],
    [0, "c"],
  ];
  const nodes: WiredNode[] = [
    { row: 1, reads: [-1] },
    { row: 2, reads: [0] },
    { op: "Add", row: 3, reads: [1, 0] },
  ];

  it("flows down, or to the right", () => {
    const down = draw(wired({ rows, nodes }));
    expect(shape(down, "a").y).toBeLessThan(shape(down, "b").y);
    expect(shape(down, "b").y).toBeLessThan(shape(down, "c").y);
    const right = draw(wired({ rows, nodes }), undefined, "right");
    expect(shape(right, "a").x).toBeLessThan(shape(right, "b").x);
    expect(right.width).toBeGreaterThan(right.height);
  });

  it("leads a residual round the box that it skips, heavier", () => {
    const scene = draw(wired({ rows, nodes }));
    const heavy = scene.lines.filter(({ residual }) => residual);
    expect(heavy).toHaveLength(1);
    const xs = [...heavy[0].path.matchAll(/[ML](-?[\d.]+) /g)].map(([, x]) => Number(x));
    expect(Math.min(...xs)).toBeLessThan(shape(scene, "b").x);
  });

  it("leads a residual through the side of an open box to what reads it", () => {
    const scene = draw(wired({ rows, nodes }), (key) => key === "m3");
    const heavy = scene.lines.filter(({ residual }) => residual);
    expect(heavy).toHaveLength(2);
    expect(heavy.filter(({ head }) => head !== "")).toHaveLength(1);
  });

  it("keeps a long straight run short", () => {
    const tree = wired({
      rows: [[-1, "net"]],
      nodes: Array.from({ length: 500 }, (_, n) => ({ row: 0, reads: [n - 1] })),
    });
    const scene = draw(tree);
    expect(scene.height).toBeLessThan(400);
    const [run] = scene.sheet.looks.filter(({ lines }) => lines.length > 0);
    expect(run.lines).toContain(500 - 13);
  });
});

describe("any drawing", () => {
  const overlap = (a: Shape, b: Shape) =>
    a.x < b.x + b.width - 0.01 &&
    b.x < a.x + a.width - 0.01 &&
    a.y < b.y + b.height - 0.01 &&
    b.y < a.y + a.height - 0.01;

  function check(scene: Scene) {
    const { boxes, edges } = scene.model;
    for (const one of scene.shapes) {
      for (const n of [one.x, one.y, one.width, one.height]) expect(Number.isFinite(n)).toBe(true);
      expect(one.x).toBeGreaterThanOrEqual(0);
      expect(one.x + one.width).toBeLessThanOrEqual(scene.width);
      expect(one.y + one.height).toBeLessThanOrEqual(scene.height);
      const { parent } = boxes[one.box];
      for (const other of scene.shapes) {
        if (other.box > one.box && boxes[other.box].parent === parent) expect(overlap(one, other)).toBe(false);
      }
      if (parent < 0) continue;
      const around = scene.shapeOf.get(parent) as Shape;
      expect(one.x).toBeGreaterThan(around.x);
      expect(one.x + one.width).toBeLessThan(around.x + around.width);
      expect(one.y + one.height).toBeLessThan(around.y + around.height);
    }
    const arrived = new Set<number>();
    for (const { edges: drawn, path, head } of scene.lines) {
      expect(path).not.toMatch(/NaN|Infinity|undefined/);
      if (head !== "") for (const edge of drawn) arrived.add(edge);
    }
    expect(arrived.size).toBe(edges.length);
    expect(scene.tags.length).toBeGreaterThanOrEqual(scene.model.labels.length);
  }

  it.each(Array.from({ length: 24 }, (_, seed) => seed))("of model %i is sound", (seed) => {
    const tree = random(seed);
    for (const direction of ["down", "right"] as const) {
      check(draw(tree, () => false, direction));
      check(draw(tree, () => true, direction));
      check(draw(tree, (key) => key.length % 2 === 0, direction));
    }
  });
});

describe("time", () => {
  /** Draws a few times and prints the best, since the machine may be busy with something else; asserts no time. */
  function timed(what: string, tree: Parameters<typeof draw>[0]): ReturnType<typeof draw> {
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now();
      draw(tree);
      return performance.now() - start;
    });
    console.log(`layout of ${what}: ${times[0].toFixed(0)} ms at first, ${Math.min(...times).toFixed(0)} ms again`);
    return draw(tree);
  }
  const many = 150;
  const heads = Array.from({ length: many }, (_, i): [number, string] => [0, `head.${i}`]);
  const rows: [number, string][] = [[-1, "net"], ...heads];

  it("of 150 children fed by one hub", () => {
    const tree = wired({
      rows,
      nodes: [
        { row: 0, reads: [-1] },
        ...heads.map((_, i) => ({ row: i + 1, reads: [0] })),
        { op: "Concat", row: 0, reads: heads.map((_, i) => i + 1) },
      ],
    });
    expect(timed("150 children fed by one hub", tree).width).toBeLessThan(2500);
  });

  it("of 150 children in a row, each reading all before it", () => {
    const tree = wired({
      rows,
      nodes: heads.map((_, i) => ({ row: i + 1, reads: Array.from({ length: i + 1 }, (_, j) => j - 1) })),
    });
    expect(timed("150 children, each reading all before it", tree).shapes.length).toBeGreaterThanOrEqual(many);
  });

  it("of 150 children in a row with residuals", () => {
    const tree = wired({ rows, nodes: heads.map((_, i) => ({ row: i + 1, reads: [i - 1, Math.max(-1, i - 3)] })) });
    expect(timed("150 children with residuals", tree).shapes.length).toBeGreaterThanOrEqual(many);
  });

  it("of 5,000 own operators", () => {
    const tree = wired({
      rows: [[-1, "net"]],
      nodes: Array.from({ length: 5000 }, (_, n) => ({ row: 0, reads: [n - 1, Math.max(-1, n - 4)] })),
    });
    expect(timed("5,000 own operators", tree).shapes.length).toBeLessThan(400);
  });
});
