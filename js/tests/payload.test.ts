import { describe, expect, it } from "vitest";
import { decode, PayloadError } from "../src/payload";
import { labelFrom, nodeName, nodesOf } from "../src/tree";
import { miniLM, payloadOf, synthetic } from "./payloads";

const shared = () =>
  payloadOf({
    name: "",
    cls: "Net",
    children: [
      {
        name: "a",
        cls: "A",
        ops: [["Add", "f32 1"]],
        children: [{ name: "lin", cls: "Linear", ops: [["MatMul", "f32 1"]] }],
      },
      {
        name: "a",
        cls: "A",
        call: 1,
        children: [
          {
            name: "lin",
            cls: "Linear",
            call: 1,
            ops: [
              ["MatMul", "f32 1"],
              ["Add", "f32 1"],
            ],
          },
        ],
      },
      { name: "x.y", cls: "Y", absolute: true, children: [{ name: "z", cls: "Z", reason: "never called", call: -1 }] },
    ],
  });

describe("decode", () => {
  it("derives keys from names, calls and absolute rows", () => {
    const tree = decode(shared());
    expect(tree.key).toEqual(["", "a", "a.lin", "a#1", "a.lin#1", "x.y", "x.y.z"]);
    expect(tree.rowOf.get("a.lin#1")).toBe(4);
    expect([...tree.repeated]).toEqual([0, 1, 1, 1, 1, 0, 0]);
    expect(tree.name[0]).toBe("Net");
  });

  it("takes an absolute name as the whole path, wherever the row stands", () => {
    const payload = payloadOf({
      name: "",
      cls: "Net",
      children: [{ name: "outer", cls: "A", children: [{ name: "other.part", cls: "B", absolute: true }] }],
    });
    expect(decode(payload).key[2]).toBe("other.part");
  });

  it("counts own nodes and nodes with everything inside", () => {
    const tree = decode(shared());
    expect([...tree.own]).toEqual([0, 1, 1, 0, 2, 0, 0]);
    expect([...tree.total]).toEqual([4, 2, 1, 2, 2, 0, 0]);
  });

  it("adds up: every node of a large tree is counted once at the root", () => {
    const tree = decode(synthetic(4000, 10000));
    expect(tree.size).toBe(4000);
    expect(tree.total[0]).toBe(10000);
    expect(tree.own.reduce((sum, n) => sum + n, 0)).toBe(10000);
  });

  it("finds level and end of every row", () => {
    const tree = decode(shared());
    expect([...tree.level]).toEqual([0, 1, 2, 1, 2, 1, 2]);
    expect([...tree.end]).toEqual([7, 3, 3, 5, 5, 7, 7]);
    expect(tree.deepest).toBe(2);
  });

  it("names nodes as the file does", () => {
    const tree = decode(miniLM());
    const row = tree.rowOf.get("encoder.layer.0.attention.self.query") as number;
    const [first] = nodesOf(tree, row);
    expect(nodeName(tree, first)).toBe(`/encoder/layer.0/attention/self/query/MatMul_${first}`);
    expect(nodeName(tree, 0)).toBe("/Unsqueeze_0");
    const twice = decode(shared());
    expect(nodeName(twice, 3)).toBe("/a#1/lin#1/Add_3");
    expect(labelFrom(twice, 0, 4)).toBe("a#1.lin#1");
  });

  it("lists a region's nodes in execution order", () => {
    const tree = decode(shared());
    expect([...nodesOf(tree, 1)]).toEqual([0, 1]);
    expect([...nodesOf(tree, 0)]).toEqual([0, 1, 2, 3]);
    expect([...nodesOf(tree, 5)]).toEqual([]);
  });
});

describe("a payload that cannot be read", () => {
  const broken = (change: (payload: ReturnType<typeof miniLM>) => void) => {
    const payload = miniLM();
    change(payload);
    return () => decode(payload);
  };

  it("says which version it is of and what to do", () => {
    const read = broken((payload) => {
      payload.version = 3;
    });
    expect(read).toThrow("The payload is of version 3, this widget reads up to 1.");
    expect(read).toThrow(PayloadError);
  });

  it.each<[string, (payload: ReturnType<typeof miniLM>) => void]>([
    ["rows.parent[0] is 0", (p) => p.rows.parent.splice(0, 1, 0)],
    ["rows.parent[5] is 9", (p) => p.rows.parent.splice(5, 1, 9)],
    ["rows.parent[8] is 2", (p) => p.rows.parent.splice(8, 1, 2)], // its parent's region has ended: not pre-order
    ["rows.parent[8] is -1", (p) => p.rows.parent.splice(8, 1, -1)],
    ["rows.call has 118 entries, not 119", (p) => p.rows.call.pop()],
    ["rows.cls[3] is 99", (p) => p.rows.cls.splice(3, 1, 99)],
    ["rows.cls[3] is NaN", (p) => p.rows.cls.splice(3, 1, Number.NaN)],
    ["nodes.row[2] is 119", (p) => p.nodes.row.splice(2, 1, 119)],
    ["nodes.also[4][0] is 5000", (p) => Object.assign(p.nodes.also, { 4: [5000] })],
    ["classes is not a list", (p) => Object.assign(p, { classes: null })],
    ["rows.name[1] is not a text", (p) => p.rows.name.splice(1, 1, 4 as never)],
    ["parity.status is unknown", (p) => Object.assign(p.parity, { status: "great" })],
    ["totals.nodes is not a count", (p) => Object.assign(p.totals, { nodes: "many" })],
    ["nodes is not an object", (p) => Object.assign(p, { nodes: [] })],
  ])("names what is damaged: %s", (message, change) => {
    expect(broken(change)).toThrow(`The payload is damaged: ${message}.`);
  });

  it.each([[null], [undefined], ["text"], [[]], [{}]])("survives %s", (value) => {
    expect(() => decode(value)).toThrow(PayloadError);
  });
});
