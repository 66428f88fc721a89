/** Camera, keys, words, marks and the saved picture. */
import { describe, expect, it } from "vitest";
import { coloursOf } from "../src/colours";
import { calmly, isPlain } from "../src/graph/calm";
import { begin, fitted, reveal, TOOLS, zoomAt } from "../src/graph/camera";
import { onlyMoves } from "../src/graph/looks";
import { legendOf, marksOf } from "../src/graph/marks";
import { clip, estimate } from "../src/graph/measure";
import { modelOf } from "../src/graph/model";
import { move, stepOf } from "../src/graph/move";
import { type Scene, sceneOf } from "../src/graph/scene";
import { boxWords, portsOf, valueWords } from "../src/graph/words";
import type { Tree } from "../src/payload";
import { wired } from "./graphTrees";

/** x → a → (b and c) → Add → out, and a itself goes to Add, too. */
const tree = wired({
  rows: [
    [-1, "net"],
    [0, "a"],
    [0, "b"],
    [0, "c"],
  ],
  nodes: [
    { op: "Gemm", row: 1, reads: [-1] },
    { op: "Relu", row: 2, reads: [0] },
    { op: "Relu", row: 3, reads: [0] },
    { op: "Add", row: 0, reads: [1, 2] },
    { op: "Reshape", row: 0, reads: [3] },
  ],
});

const draw = (of: Tree = tree, direction: Scene["direction"] = "down", open: (key: string) => boolean = () => false) =>
  sceneOf(modelOf(of, 0, open), { direction, measure: estimate, marked: false });

function boxNamed(scene: Scene, name: string): number {
  const { boxes, tree: of } = scene.model;
  return boxes.findIndex(
    ({ kind, row, nodes }) => (kind === "module" ? of.name[row] : kind === "run" ? `run ${nodes[0]}` : kind) === name,
  );
}

describe("camera", () => {
  const canvas = { width: 800, height: 600 };

  it("shows all, never larger than it is", () => {
    expect(fitted({ width: 100, height: 100 }, canvas).zoom).toBe(1);
    const { zoom, x, y } = fitted({ width: 1000, height: 2000 }, canvas);
    expect(y + 2000 * zoom).toBeLessThanOrEqual(600);
    expect(y).toBeGreaterThanOrEqual(TOOLS.height);
    expect(x).toBeCloseTo((800 - 1000 * zoom) / 2);
  });

  it("begins where the flow does when all of it could not be read", () => {
    const { zoom, y } = begin({ width: 300, height: 9000 }, canvas, { x: 150, y: 10 }, true);
    expect(zoom).toBeGreaterThan(0.7);
    expect(y).toBe(TOOLS.height);
    const wide = begin({ width: 9000, height: 9000 }, canvas, { x: 20, y: 10 }, true);
    expect(wide.x).toBeGreaterThan(0);
  });

  it("zooms round the pointer, within limits", () => {
    const to = zoomAt({ x: 10, y: 20, zoom: 1 }, 2, 100, 100);
    expect([(100 - to.x) / to.zoom, (100 - to.y) / to.zoom]).toEqual([90, 80]);
    expect(zoomAt(to, 100, 0, 0).zoom).toBe(3);
    expect(zoomAt(to, 0.0001, 0, 0).zoom).toBe(0.05);
  });

  it("moves no more than it must", () => {
    const camera = { x: 0, y: 0, zoom: 1 };
    expect(reveal(camera, canvas, { x: 100, y: 100, width: 50, height: 20 })).toBe(camera);
    expect(reveal(camera, canvas, { x: 900, y: 100, width: 50, height: 20 }).x).toBe(800 - 12 - 950);
  });
});

describe("arrow keys", () => {
  it("mean the flow and what is beside it", () => {
    expect(stepOf("ArrowDown", "down")).toBe("next");
    expect(stepOf("ArrowDown", "right")).toBe("after");
    expect(stepOf("ArrowRight", "right")).toBe("next");
    expect(stepOf("Home", "down")).toBeNull();
  });

  it.each(["down", "right"] as const)("follow the edges of a drawing that flows %s", (direction) => {
    const scene = draw(tree, direction);
    const [a, b, c, add] = ["a", "b", "c", "run 3"].map((name) => boxNamed(scene, name));
    expect([b, c]).toContain(move(scene, a, "next"));
    expect(move(scene, b, "next")).toBe(add);
    expect(move(scene, b, "previous")).toBe(a);
    expect(move(scene, b, "after")).toBe(c);
    expect(move(scene, c, "before")).toBe(b);
    expect(move(scene, c, "after")).toBeNull();
  });

  it("lead into an open box, and out of it along its edges", () => {
    const scene = draw(tree, "down", (key) => key === "m2");
    const box = boxNamed(scene, "b");
    const inside = scene.model.boxes[box].inner[0];
    expect(move(scene, box, "next")).toBe(inside);
    expect(move(scene, inside, "next")).toBe(boxNamed(scene, "run 3"));
  });
});

describe("words", () => {
  const { model, sheet } = draw();
  const words = (name: string) => {
    const box = boxNamed(draw(), name);
    return boxWords(model, model.boxes[box], sheet.looks[box], portsOf(model));
  };

  it("tell what a box is", () => {
    expect(words("a")).toBe("a, Class_a, 1 node, 1 input, 1 output");
    expect(words("run 3")).toBe("Add, Reshape, 2 operators, 2 inputs, 1 output");
    expect(words("in")).toBe("input, x, f32 2×3");
    expect(words("out")).toBe("output, out0, f32 2×3");
  });

  it("tell who made a value and who reads it", () => {
    const edge = model.edges.find(({ from, to }) => from === boxNamed(draw(), "a") && to === boxNamed(draw(), "b"));
    expect(valueWords(model, edge?.values[0] as number)).toEqual({
      name: "Gemm",
      type: "f32 2×3",
      maker: "a",
      readers: "2 Relu in 2 modules",
    });
  });

  it("know operators that only move data by their type", () => {
    expect(["Reshape", "Transpose", "MatMul", "Softmax"].map(onlyMoves)).toEqual([true, true, false, false]);
  });
});

describe("what is open at first", () => {
  const layers = (count: number) =>
    wired({
      rows: [
        [-1, "net"],
        ...Array.from({ length: count }, (_, i): [number, string][] => [
          [0, `layer.${i}`],
          [1 + 3 * i, "first"],
          [1 + 3 * i, "second"],
        ]).flat(),
      ],
      nodes: Array.from({ length: 2 * count }, (_, n) => ({
        row: 3 * Math.floor(n / 2) + 2 + (n % 2),
        reads: [n - 1],
      })),
    });

  it("is everything of a small model, but not its plain runs", () => {
    expect([...calmly(layers(2), 0)].sort()).toEqual(["m1", "m4"]);
  });

  it("is nothing of a large one", () => {
    expect([...calmly(layers(12), 0)]).toEqual([]);
  });

  it("leaves a straight run to what is around it", () => {
    expect(isPlain(tree, 1)).toBe(true);
    expect(isPlain(tree, 0)).toBe(false);
  });
});

describe("texts", () => {
  it("are shortened at their end, or at their beginning", () => {
    expect(clip("short", "mono", 100, estimate)).toBe("short");
    const long = "x".repeat(10000);
    expect(clip(long, "mono", 100, estimate)).toMatch(/^x{10,20}…$/);
    expect(clip("past_key_values.layers.3.keys", "mono", 80, estimate, true)).toMatch(/^….*3\.keys$/);
    expect(estimate(clip("🦊".repeat(200), "ui", 60, estimate), "ui")).toBeLessThanOrEqual(60);
  });

  it("hold nothing that a file may not hold", () => {
    expect(clip("a\u0000b\ud800c\u001bd\tё🦊", "ui", 500, estimate)).toBe("a\ufffdb\ufffdc\ufffdd\tё🦊");
  });
});

describe("marks", () => {
  it("stand at modules and operators, with a legend", () => {
    const colours = coloursOf(tree, "operator");
    const scene = sceneOf(
      modelOf(tree, 0, () => false),
      { direction: "down", measure: estimate, marked: true },
    );
    const marks = marksOf(scene, colours);
    expect(marks.length).toBe(5);
    expect(legendOf(marks).map(({ label }) => label)).toEqual(["Gemm", "Relu", "Add", "Reshape"]);
    expect(marksOf(scene, null)).toEqual([]);
  });
});
