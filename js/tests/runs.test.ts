import { describe, expect, it } from "vitest";
import { difference, rowName, sentence } from "../src/format";
import { decode } from "../src/payload";
import { findRuns } from "../src/runs";
import { type Module, miniLM, payloadOf } from "./payloads";

type Op = [op: string, type: string];
const ops = (count: number): Op[] => Array.from({ length: count }, () => ["Add", "f32 1"]);

function runsOf(children: Module[]) {
  const tree = decode(payloadOf({ name: "", cls: "Net", children }));
  const runs = findRuns(tree);
  const label = (row: number) => `${rowName({ tree, runs }, row, true)} ×${runs.copies[row]}`;
  const units = [...runs.head.keys()].filter((row) => tree.parent[row] === 0 && runs.head[row] === row).map(label);
  const notes = [...runs.differs].map(([row, what]) => `${tree.name[row]} ${difference(tree, what)}`);
  return { tree, runs, units, notes };
}

const layers = (...nodes: number[]): Module[] =>
  nodes.map((n, i) => ({ name: `layer.${i}`, cls: "Layer", ops: ops(n) }));

describe("equal neighbours", () => {
  it("are folded from three on", () => {
    expect(runsOf(layers(2, 2)).units).toEqual(["layer.0 ×1", "layer.1 ×1"]);
    expect(runsOf(layers(2, 2, 2)).units).toEqual(["layer.0 … layer.2 ×3"]);
  });

  it("leave out what is unlike them, and say by how many nodes", () => {
    const { units, notes } = runsOf(layers(8, 2, 2, 2, 1, 2, 2, 2, 2));
    expect(units).toEqual(["layer.0 ×1", "layer.1 … layer.3 ×3", "layer.4 ×1", "layer.5 … layer.8 ×4"]);
    expect(notes).toEqual(["layer.0 ≠ layer.5, +6", "layer.4 ≠ layer.5, −1"]); // layer.1 is like layer.5
  });

  it("are unlike with as many nodes, too", () => {
    const children = layers(2, 2, 2, 2);
    children[3].ops = [
      ["Add", "f32 1"],
      ["Mul", "f32 1"],
    ];
    expect(runsOf(children).notes).toEqual(["layer.3 ≠ layer.0"]);
  });

  it("of another class have nothing to be compared with", () => {
    const children = layers(2, 2, 2, 2);
    children[3].cls = "Last";
    expect(runsOf(children).notes).toEqual([]);
  });

  it("must be numbered in sequence", () => {
    const named = (...names: string[]) => runsOf(names.map((name) => ({ name, cls: "Linear", ops: ops(1) }))).units;
    expect(named("query", "key", "value")).toHaveLength(3);
    expect(named("a.0", "a.2", "a.4")).toHaveLength(3);
    expect(named("a.0", "b.1", "a.2")).toHaveLength(3);
    expect(named("9", "10", "11")).toEqual(["9 … 11 ×3"]);
  });

  it("may be calls of one module", () => {
    const calls = [0, 1, 2, 3].map((call): Module => ({ name: "block", cls: "Block", call, ops: ops(2), params: 5 }));
    const { tree, runs, units } = runsOf(calls);
    expect(units).toEqual(["block ×4"]);
    expect(sentence({ tree, runs }, 1, true)).toBe(
      "block, call 0 to 3, 4 equal copies, Block, 2 nodes each, 5 parameters, difference at most 5.0e-07",
    );
  });

  it("are as large as each other, whatever the payload says", () => {
    const payload = payloadOf({
      name: "",
      cls: "Net",
      children: layers(1, 1, 1).map((layer, i) =>
        i === 1 ? { ...layer, children: [{ name: "x", cls: "X" }] } : layer,
      ),
    });
    payload.rows.same.fill(7);
    expect(new Set(findRuns(decode(payload)).copies)).toEqual(new Set([1]));
  });

  it("are found at every level", () => {
    const tree = decode(miniLM());
    const { copies, head, differs } = findRuns(tree);
    const at = (key: string) => tree.rowOf.get(key) as number;
    expect(copies[at("encoder.layer.3")]).toBe(5);
    expect(head[at("encoder.layer.3")]).toBe(at("encoder.layer.1"));
    expect(copies[at("encoder.layer.0")]).toBe(1);
    expect(difference(tree, differs.get(at("encoder.layer.0")) as never)).toBe("≠ layer.1, +3");
  });
});
