import { describe, expect, it } from "vitest";
import { find, markedName, markedText, parse, suggestion } from "../src/find";
import { decode, type Tree } from "../src/payload";
import { miniLM, payloadOf, synthetic } from "./payloads";

const tree = decode(miniLM());
const matchesOf = (query: string, of: Tree = tree) => {
  const matches = find(of, query);
  if (!matches) throw new Error(`${query} is not understood: ${parse(query).problem?.message}`);
  return matches;
};
const keys = (query: string, of: Tree = tree) => [...matchesOf(query, of).rows].map((row) => of.key[row]);
const nodes = (query: string) => {
  const { nodes, count } = matchesOf(query);
  const found = [...nodes].flatMap((flag, node) => (flag ? [node] : []));
  expect(found).toHaveLength(count);
  return found.map((node) => tree.ops[tree.nodes.op[node]]);
};
const SELVES = [0, 1, 2, 3, 4, 5].map((n) => `encoder.layer.${n}.attention.self`);

describe("plain text", () => {
  it("matches the end of a path, not everything inside", () => {
    expect(keys("embeddings")[0]).toBe("embeddings");
    expect(keys("attention.self")).toHaveLength(6);
    expect(keys("layer.3.attention.self.query")).toEqual(["encoder.layer.3.attention.self.query"]);
    expect(keys("pooler.")).toEqual(["pooler.dense", "pooler.activation"]);
  });

  it("matches classes, whatever the case", () => {
    expect(keys("bertSELFattention")).toHaveLength(6);
    expect(nodes("bertSELFattention")).toEqual([]);
  });

  it("matches operators by the rows whose own forward made them, and marks those nodes", () => {
    expect(keys("softmax")).toEqual(SELVES);
    const { byNode, ops } = matchesOf("softmax");
    expect(byNode.reduce((sum, n) => sum + n, 0)).toBe(6);
    expect(tree.ops.filter((_, op) => ops[op])).toEqual(["Softmax"]);
    expect(nodes("softmax")).toEqual(Array(6).fill("Softmax"));
  });

  it.each([
    ".*",
    "(",
    "^layer$",
    "[0-9]+",
    "a|b",
    "\\d",
    "layer.?",
    "aten::add",
    "layer*",
    "x<y",
    "don't",
    'a"b',
    "5 >= 4",
  ])("%s is taken as it is, not as an expression", (text) => {
    expect(parse(text).problem).toBeNull();
    expect(keys(text)).toEqual([]);
  });

  it("finds names that look like an expression", () => {
    const odd = ["(.*)+", "a|b", "x<y>", "op:", 'say "hi"', "two  blanks", "<img src=x>", "a -> b", "  "];
    const net = decode(payloadOf({ name: "", cls: "Net", children: odd.map((name) => ({ name, cls: "M" })) }));
    for (const name of odd) {
      expect(keys(`"${name.replaceAll('"', '\\"')}"`, net)).toContain(name);
    }
    expect(keys("(.*)+", net)).toEqual(["(.*)+"]);
  });

  it("may be several: one at the end of the path, the others anywhere", () => {
    expect(keys("layer.3 dense")).toEqual(
      ["attention.output.dense", "intermediate.dense", "output.dense"].map((part) => `encoder.layer.3.${part}`),
    );
    expect(keys("dense layer.3")).toEqual(keys("layer.3 dense"));
    expect(keys("layer.3 softmax")).toEqual([SELVES[3]]);
    expect(nodes("layer.3 softmax")).toEqual(["Softmax"]);
    expect(keys("softmax pooler")).toEqual([]);
  });

  it("may be long", () => {
    expect(keys("x".repeat(10000))).toEqual([]);
    expect(keys("qq ".repeat(3300))).toEqual([]);
    expect(parse(Array.from({ length: 3000 }, (_, n) => `a${n}`).join(" ")).problem?.message).toMatch(
      /^At most 20 terms/,
    );
    expect(find(tree, `path:${"*a".repeat(5000)}`)?.rows.length).toBe(0);
    expect(suggestion(tree, "x".repeat(10000))).toBeNull();
  });

  it("that is empty or blank asks for nothing", () => {
    expect(find(tree, "")).toBeNull();
    expect(find(tree, "  \t\n")).toBeNull();
    expect(parse(" ").problem).toBeNull();
  });
});

describe("fields", () => {
  it("op: is the operator's whole name", () => {
    expect(new Set(nodes("op:mul"))).toEqual(new Set(["Mul"]));
    expect(new Set(nodes("op:*mul"))).toEqual(new Set(["Mul", "MatMul"]));
    expect(new Set(nodes("op:Softmax|Tanh"))).toEqual(new Set(["Softmax", "Tanh"]));
    expect(keys("op:softmax")).toEqual(SELVES);
    expect(nodes('op:"*mul"')).toEqual([]);
  });

  it("class: is the class's whole name", () => {
    expect(keys("class:BertSelfAttention")).toEqual(SELVES);
    expect(keys("class:Self")).toEqual([]);
    expect(keys("class:Bert?elf*")).toHaveLength(12);
    expect(nodes("class:BertSelfAttention")).toEqual([]);
  });

  it("path: is the whole path", () => {
    expect(keys("path:pooler.*")).toEqual(["pooler.dense", "pooler.activation"]);
    expect(keys("path:pooler")).toEqual(["pooler"]);
    expect(keys("path:ENCODER.layer.?.attention")).toHaveLength(6);
    expect(keys('path:""')).toEqual([""]);
    expect(keys('path:"encoder.layer.0"')).toEqual(["encoder.layer.0"]);
  });

  it("path: means every call of a module unless it names one", () => {
    const lin = { name: "lin", cls: "Linear" };
    const net = decode(payloadOf({ name: "", cls: "Net", children: [lin, { ...lin, call: 1 }, { ...lin, call: 2 }] }));
    expect(keys("path:lin", net)).toEqual(["lin", "lin#1", "lin#2"]);
    expect(keys("path:lin#1", net)).toEqual(["lin#1"]);
  });

  it("evidence: is that of nodes", () => {
    expect(nodes("evidence:rewrite")).toEqual(["Unsqueeze", "Cast"]);
    expect(keys("evidence:rewrite")).toEqual([""]);
    expect(nodes("evidence:trace|rewrite")).toHaveLength(tree.nodes.count);
  });

  it("amounts are compared", () => {
    expect(keys("parameters>11M")).toEqual(["", "embeddings", "embeddings.word_embeddings"]);
    expect(keys("parameters>1.1e7")).toEqual(keys("parameters > 11M"));
    expect(keys("bytes>=90MB")).toEqual([""]);
    expect(keys("nodes>=190")).toEqual(
      ["", "encoder"].filter((key) => tree.total[tree.rowOf.get(key) as number] >= 190),
    );
    expect(keys("nodes=0").every((key) => key.endsWith("dropout"))).toBe(true);
    expect(keys("nodes<1")).toEqual(keys("nodes=0"));
    expect(keys("nodes<=0")).toEqual(keys("nodes=0"));
  });

  it("an error that was never taken is neither large nor small", () => {
    const some = { ...tree, error: Float64Array.from(tree.key, (_, row) => [Number.NaN, 0, 1e-6, 2e-3][row % 4]) };
    const rows = (query: string) => [...matchesOf(query, some).rows].map((row) => row % 4);
    expect(new Set(rows("error>1e-4"))).toEqual(new Set([3]));
    expect(new Set(rows("error<1e-4"))).toEqual(new Set([1, 2]));
    expect(new Set(rows("error<=0"))).toEqual(new Set([1]));
  });

  it("hold all at once", () => {
    expect(keys("path:encoder.layer.1.* op:Add")).toEqual(
      keys("op:Add").filter((key) => key.startsWith("encoder.layer.1.")),
    );
    expect(keys("class:Linear parameters>200k").every((key) => /(intermediate|output)\.dense$/.test(key))).toBe(true);
    expect(keys("class:Linear nodes>2")).toEqual([]);
    expect(nodes("class:BertSelfAttention op:MatMul")).toHaveLength(12);
    expect(keys("op:MatMul op:Softmax")).toEqual([]);
  });
});

describe("patterns", () => {
  /** A row of operators as one module's nodes, each reading those that the edges name. */
  const graph = (ops: string[], edges: Record<number, number[]>): Tree => {
    const net = decode(payloadOf({ name: "", cls: "Net", ops: ops.map((op) => [op, "f32 1"]) }));
    const first = new Int32Array(ops.length + 1);
    const reads = ops.flatMap((_, node) => {
      const list = edges[node] ?? (node > 0 ? [node - 1] : []);
      first[node + 1] = first[node] + list.length;
      return list;
    });
    return { ...net, nodes: { ...net.nodes, first, reads: Int32Array.from(reads) } };
  };
  const marked = (query: string, of: Tree) => {
    const { nodes } = matchesOf(query, of);
    return [...nodes].flatMap((flag, node) => (flag ? [node] : []));
  };
  const chain = graph(["MatMul", "Add", "Softmax", "MatMul", "Add", "Mul", "Softmax"], {});

  it("follow the data from maker to reader", () => {
    expect(marked("MatMul -> Add", chain)).toEqual([0, 1, 3, 4]);
    expect(marked("add->softmax", chain)).toEqual([1, 2]);
    expect(marked("Softmax -> Add", chain)).toEqual([]);
    expect(marked("op:MatMul -> op:Add", chain)).toEqual([0, 1, 3, 4]);
  });

  it("have * for exactly one operator and ** for none to eight", () => {
    expect(marked("MatMul -> * -> Softmax", chain)).toEqual([0, 1, 2]);
    expect(marked("MatMul -> * -> * -> Softmax", chain)).toEqual([3, 4, 5, 6]);
    expect(marked("MatMul -> ** -> Softmax", chain)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(marked("Add -> ** -> Softmax", chain)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(marked("Softmax -> *", chain)).toEqual([2, 3]);
    expect(marked("** -> Mul", chain)).toEqual([0, 1, 2, 3, 4, 5]);
    const long = (length: number) => graph(["Relu", ...Array(length).fill("Add"), "Tanh"], {});
    expect(marked("Relu -> ** -> Tanh", long(8))).toHaveLength(10);
    expect(marked("Relu -> ** -> Tanh", long(9))).toEqual([]);
  });

  it("have several names for one place", () => {
    expect(marked("Mat*|Mul -> Add|Softmax", chain)).toEqual([0, 1, 3, 4, 5, 6]);
  });

  it("take every branch and mark nothing beside it", () => {
    const branched = graph(["Conv", "Relu", "Sigmoid", "Mul", "Tanh", "Relu"], {
      1: [0],
      2: [0],
      3: [1, 2],
      4: [0],
      5: [],
    });
    expect(marked("Conv -> * -> Mul", branched)).toEqual([0, 1, 2, 3]);
    expect(marked("Relu -> Mul", branched)).toEqual([1, 3]);
  });

  it("survive branches upon branches: a path is never followed", () => {
    const ops = Array.from({ length: 4000 }, (_, n) => (n % 2 ? "Add" : "Mul"));
    const edges = Object.fromEntries(ops.map((_, n) => [n, n < 4 ? [] : [n - 1, n - 2, n - 3, n - 4, n - 1]]));
    expect(marked("Mul -> ** -> Add -> ** -> Mul", graph(ops, edges)).length).toBeGreaterThan(3900);
  });

  it("find values that are made later than the body that reads them, and end even where edges run in a ring", () => {
    expect(marked("Conv -> Relu -> Tanh", graph(["Tanh", "Relu", "Conv"], { 0: [1], 1: [2], 2: [] }))).toEqual([
      0, 1, 2,
    ]);
    expect(marked("Relu -> ** -> Relu", graph(["Relu", "Add"], { 0: [1], 1: [0] }))).toEqual([0, 1]);
  });

  it("do not begin at the graph's inputs", () => {
    expect(marked("* -> Conv", graph(["Conv"], { 0: [-1] }))).toEqual([]);
    expect(marked("** -> Conv", graph(["Conv"], { 0: [-1] }))).toEqual([0]);
  });

  it("stand beside other terms", () => {
    expect(marked("MatMul -> Add class:Net", chain)).toEqual([0, 1, 3, 4]);
    expect(marked("MatMul -> Add class:Other", chain)).toEqual([]);
    expect(marked("MatMul -> Add op:Add", chain)).toEqual([1, 4]);
    expect(keys("MatMul -> Add", chain)).toEqual([""]);
  });

  it("are of limited length", () => {
    expect(parse("** -> ** -> ** -> Add").problem).toBeNull();
    expect(parse("** -> ** -> ** -> ** -> Add").problem?.message).toBe(
      "A pattern has at most 30 operators; ** counts as 8.",
    );
    expect(parse(Array(5000).fill("a").join("->")).problem?.message).toMatch(/^A pattern has/);
  });
});

describe("a query that is not understood", () => {
  it.each<[string, string, string | null]>([
    ["opp:MatMul", "There is no field opp.", "op:MatMul"],
    ["operator:MatMul", "There is no field operator.", "op:MatMul"],
    ["class:Linear eror>1e-4", "There is no field eror.", "class:Linear error>1e-4"],
    ["params>1e6", "There is no field params.", "parameters>1e6"],
    ["colour:red", "There is no field colour. Fields: op, class, path, evidence, error", null],
    ["op:", "op: needs a value, as in op:MatMul.", null],
    ["op:|", "op: needs a value, as in op:MatMul.", null],
    ["error>", "error> needs a number, as in error>1e-4.", null],
    ["error>abc", "abc is no number; error is compared as in error>1e-4.", null],
    ["parameters>1,000", "1,000 is no number; parameters is compared as in parameters>1M.", "parameters>1000"],
    ["error>1e–4", "1e–4 is no number;", "error>1e-4"],
    ["error:1e-4", "error is compared, as in error>1e-4.", "error=1e-4"],
    ["op=MatMul", "op is a name, as in op:MatMul.", "op:MatMul"],
    ['op:"MatMul', "A quote is not closed.", 'op:"MatMul"'],
    ['"', "A quote is not closed.", '""'],
    ["->", "-> stands between two operators", null],
    ["MatMul ->", "An operator is missing after ->", null],
    ["-> MatMul", "An operator is missing before ->", null],
    ["MatMul -> -> Add", "An operator is missing before ->", null],
    ["class:Linear -> Add", "A pattern is made of operators: class:Linear is none.", null],
  ])("%s: %s", (query, message, better) => {
    const { problem, terms } = parse(query);
    expect(terms).toEqual([]);
    expect(problem?.message.startsWith(message)).toBe(true);
    expect(problem?.message).not.toContain("\n");
    expect(problem?.better).toBe(better);
    expect(find(tree, query)).toBeNull();
    expect(suggestion(tree, query)).toBe(better);
  });

  it("says so in one line of bearable length", () => {
    expect(parse(`${"x".repeat(10000)}:y`).problem?.message.length).toBeLessThan(200);
  });
});

describe("marks", () => {
  const row = tree.rowOf.get("encoder.layer.3") as number;

  it("are the stretch of the name that matched", () => {
    expect(markedName(tree, row, "ayer")).toEqual([1, 5]);
    expect(markedName(tree, row, "coder.layer")).toEqual([0, 5]);
    expect(markedName(tree, row, "BertLayer")).toBeNull();
    expect(markedName(tree, row, "")).toBeNull();
    expect(markedName(tree, row, "encoder layer")).toEqual([0, 5]);
    expect(markedName(tree, row, "op:layer")).toBeNull();
  });

  it("are the whole of a name that the query names", () => {
    expect(markedText("BertLayer", "class:bertlayer")).toEqual([0, 9]);
    expect(markedText("BertLayer", "class:Bert* op:Add")).toEqual([0, 9]);
    expect(markedText("Add", "op:Add", "op")).toEqual([0, 3]);
    expect(markedText("Add", "op:Add")).toBeNull();
    expect(markedText("BertLayer", "layer")).toEqual([4, 9]);
  });
});

describe("suggestion", () => {
  it("is the nearest operator or class, or nothing", () => {
    expect(suggestion(tree, "MatMull")).toBe("MatMul");
    expect(suggestion(tree, "sofmax")).toBe("Softmax");
    expect(suggestion(tree, "completely else")).toBeNull();
    expect(suggestion(tree, "z")).toBeNull();
  });

  it("puts one part of a query right and leaves the others", () => {
    expect(suggestion(tree, "op:MatMull path:encoder.*")).toBe("op:MatMul path:encoder.*");
    expect(suggestion(tree, "op:Mat")).toBe("op:MatMul");
    expect(suggestion(tree, "class:linaer")).toBe("class:Linear");
    expect(suggestion(tree, "evidence:traced")).toBe("evidence:trace");
    expect(suggestion(tree, "path:layer.0")).toBe("path:*layer.0*");
    expect(suggestion(tree, "MatMull -> Softmax")).toBe("MatMul -> Softmax");
  });

  it("is nothing where every part finds something", () => {
    expect(suggestion(tree, "op:Tanh path:encoder")).toBeNull();
  });
});

describe("speed", () => {
  it.each([1000, 10000, 100000])("is printed at %d nodes", (count) => {
    const large = decode(synthetic(Math.round(count / 2.5), count));
    const nodes = {
      ...large.nodes,
      first: Int32Array.from({ length: count + 1 }, (_, node) => Math.max(0, 2 * node - 2)),
      reads: Int32Array.from(
        { length: 2 * count },
        (_, edge) => ((edge + 2) >> 1) - 1 - (edge % 2 ? 0 : edge > 80 ? 30 : 0),
      ),
    };
    nodes.first[count] = nodes.reads.length - 2;
    const whole = { ...large, nodes };
    const took = (query: string) => {
      const times = [0, 1, 2].map(() => {
        const start = performance.now();
        find(whole, query);
        return performance.now() - start;
      });
      return `${query}: ${times[0].toFixed(1)} ms, again ${Math.min(...times).toFixed(1)} ms`;
    };
    const queries = ["part_3", "softmax", "op:MatMul", "path:*.part_1.*", "nodes>10 op:Add", "MatMul -> * -> Reshape"];
    console.log([`${count} nodes`, ...[...queries, "MatMul -> ** -> Softmax"].map(took)].join("\n  "));
    expect(find(whole, "softmax")?.rows.length).toBeGreaterThan(0);
  });
});
