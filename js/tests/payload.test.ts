import { describe, expect, it } from "vitest";
import { decode, INITIALIZER, PayloadError } from "../src/payload";
import { labelFrom, nodeName, nodesOf } from "../src/tree";
import { miniLM, payloadOf, synthetic, withReads } from "./payloads";

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

  it("has no number where nothing was compared", () => {
    const { error, verdict } = decode(
      payloadOf({ name: "", cls: "Net", children: [{ name: "a", cls: "A", error: 0 }] }),
    );
    expect([...error]).toEqual([Number.NaN, 0]);
    expect([...verdict]).toEqual([-1, 0]);
  });

  it("lists a region's nodes in execution order", () => {
    const tree = decode(shared());
    expect([...nodesOf(tree, 1)]).toEqual([0, 1]);
    expect([...nodesOf(tree, 0)]).toEqual([0, 1, 2, 3]);
    expect([...nodesOf(tree, 5)]).toEqual([]);
  });
});

describe("nodes and their edges", () => {
  const three = () =>
    payloadOf({
      name: "",
      cls: "Net",
      ops: [
        ["Split", "f32 1"],
        ["Add", "f32 1"],
        ["If", "f32 1"],
      ],
    });

  it("tell producers from graph inputs", () => {
    const { nodes } = decode(withReads(three(), [[-1], [0, 0, -1], []]));
    expect([...nodes.first]).toEqual([0, 1, 4, 4]);
    expect([...nodes.reads]).toEqual([-1, 0, 0, -1]);
  });

  it("know slots, bodies and further outputs", () => {
    const payload = withReads(three(), [[-1], [0, 0], [1]]);
    Object.assign(payload.nodes, { slot: { 2: 1 }, body: { 1: 2 }, more: { 0: [0, 0] } });
    const { nodes } = decode(payload);
    expect([...nodes.slot]).toEqual([[2, 1]]);
    expect([...nodes.body]).toEqual([[1, 2]]);
    expect([...nodes.more]).toEqual([[0, [0, 0]]]);
  });

  it("may read what a node outside of the body makes later in number", () => {
    expect([...decode(withReads(three(), [[2], [], []])).nodes.reads]).toEqual([2]);
  });

  it("lead to the graph's outputs", () => {
    const outputs = [
      { name: "made", type: 0, node: 2, slot: 1 },
      { name: "handed through", type: 0, node: -1, slot: 0 },
      { name: "weight", type: -1, node: INITIALIZER, slot: 0 },
    ];
    const tree = decode({ ...three(), graph: { inputs: [{ name: "x", type: 0 }], outputs } });
    expect(tree.outputs).toEqual(outputs);
    expect(tree.inputs).toEqual([{ name: "x", type: 0 }]);
  });

  it.each<[string, (payload: ReturnType<typeof three>) => void]>([
    ["nodes.reads[1] is -2", (p) => withReads(p, [[-1], [3], []])],
    ["nodes.reads[0] is 2", (p) => withReads(p, [[-2], [], []])],
    ["nodes.degree[0] is -1", (p) => p.nodes.degree.splice(0, 1, -1)],
    ["nodes.reads has 3 entries, not 4", (p) => p.nodes.degree.splice(0, 1, 2)],
    ["nodes.slot[9] is out of range", (p) => Object.assign(p.nodes.slot, { 9: 1 })],
    ["nodes.body[1] is 3", (p) => Object.assign(p.nodes.body, { 1: 3 })],
    ["nodes.more[0][0] is 1", (p) => Object.assign(p.nodes.more, { 0: [1] })],
    ["graph.outputs[0].node is 3", (p) => Object.assign(p.graph.outputs[0], { node: 3 })],
    ["graph.inputs[0].name is not a text", (p) => Object.assign(p.graph.inputs[0], { name: 1 })],
    ["graph is not an object", (p) => Object.assign(p, { graph: null })],
  ])("are checked: %s", (message, change) => {
    const payload = three();
    change(payload);
    expect(() => decode(payload)).toThrow(`The payload is damaged: ${message}.`);
  });
});

describe("what a saved page brings along", () => {
  it("is kept by row and by node", () => {
    const answers = { source: { 3: { file: "a.py" } }, detail: { 0: { name: "n" } } };
    const tree = decode({ ...miniLM(), answers });
    expect(tree.answers?.source.get(3)).toEqual({ file: "a.py" });
    expect(tree.answers?.detail.get(0)).toEqual({ name: "n" });
    expect(decode(miniLM()).answers).toBeNull();
    expect(() => decode({ ...miniLM(), answers: { source: { 999: {} } } })).toThrow("answers.source[999]");
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
    expect(read).toThrow("The payload is of version 3, this widget reads up to 2.");
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
    ["parity.row is 119", (p) => Object.assign(p.parity, { row: 119 })],
    ["source.kind is unknown", (p) => Object.assign(p.source, { kind: "somewhere" })],
    ["about[0].value is not a text", (p) => Object.assign(p.about[0], { value: 3 })],
    ["rows.error[1] is not a count", (p) => p.rows.error.splice(1, 1, -1)],
    ["rows.verdict[1] is 7", (p) => p.rows.verdict.splice(1, 1, 7)],
    ["rows.same[1] is -1", (p) => p.rows.same.splice(1, 1, -1)],
    ["verdicts is not a list", (p) => Object.assign(p, { verdicts: undefined })],
    ["totals.nodes is not a count", (p) => Object.assign(p.totals, { nodes: "many" })],
    ["nodes is not an object", (p) => Object.assign(p, { nodes: [] })],
  ])("names what is damaged: %s", (message, change) => {
    expect(broken(change)).toThrow(`The payload is damaged: ${message}.`);
  });

  it.each([[null], [undefined], ["text"], [[]], [{}]])("survives %s", (value) => {
    expect(() => decode(value)).toThrow(PayloadError);
  });
});
