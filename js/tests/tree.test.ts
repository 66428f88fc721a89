import { describe, expect, it } from "vitest";
import { find } from "../src/find";
import {
  calmDepth,
  closed,
  depthOf,
  type Folded,
  type Openings,
  openAbove,
  openTo,
  setUnfolded,
} from "../src/openings";
import { decode } from "../src/payload";
import { findRuns } from "../src/runs";
import { flatten, hasChildren, nodesOf, placeOf, type Shown } from "../src/tree";
import { miniLM, payloadOf, synthetic } from "./payloads";

const folded = (payload: unknown): Folded => {
  const tree = decode(payload);
  return { tree, runs: findRuns(tree) };
};
const whole = folded(miniLM());
const { tree } = whole;
const at = (key: string) => tree.rowOf.get(key) as number;
const to = (depth: number, of = whole) => openTo(of, closed(of.tree.size), depth);
const names = ({ rows }: Shown, of = whole) =>
  [...rows].map((row) => (row < of.tree.size ? of.tree.key[row] : `#${row - of.tree.size}`));
const shown = (openings: Openings) => flatten(whole, openings, null);

describe("flatten", () => {
  it("shows opened rows only", () => {
    expect(names(shown(to(0)))).toEqual([""]);
    expect(names(shown(to(1)))).toEqual(["", "embeddings", "encoder", "pooler"]);
  });

  it("shows one row for equal copies, and each once they are unfolded", () => {
    const layers = (openings: Openings) => names(shown(openings)).filter((key) => /^encoder\.layer\.\d$/.test(key));
    expect(layers(to(2))).toEqual(["encoder.layer.0", "encoder.layer.1"]);
    const unfolded = setUnfolded(to(99), at("encoder.layer.1"), true);
    expect(layers(unfolded)).toHaveLength(6);
    expect(shown({ ...unfolded, operators: false }).rows.length).toBe(tree.size);
  });

  it("counts places among siblings", () => {
    const { position, children, places } = shown(to(2));
    expect(position[at("encoder.layer.1")]).toBe(2);
    expect(children[at("encoder")]).toBe(2);
    expect(position[0]).toBe(1);
    expect(places[at("encoder.layer.2")]).toBe(-1);
  });

  it("leaves matches and what stands above them, each copy by itself", () => {
    const kept = find(tree, "tanh");
    const left = flatten(whole, to(tree.deepest), kept);
    expect(names(left)).toEqual(["", "pooler", "pooler.activation"]);
    expect(left.position[at("pooler.activation")]).toBe(1);
    expect(hasChildren(tree, to(3), at("pooler"), kept)).toBe(true);
    expect(hasChildren(tree, to(3), at("encoder"), kept)).toBe(false);
    const softmax = names(flatten(whole, to(tree.deepest), find(tree, "softmax")));
    expect(softmax.filter((key) => key.endsWith("self"))).toHaveLength(6);
  });

  it("orders siblings within their parent, those without a value last", () => {
    const ranks: Record<string, number> = { embeddings: 2, encoder: Number.NaN, pooler: 1 };
    const sorted = flatten(whole, to(1), null, (row) => ranks[tree.key[row]]);
    expect(names(sorted)).toEqual(["", "pooler", "embeddings", "encoder"]);
    expect(sorted.position[at("pooler")]).toBe(1);
  });
});

describe("operators as rows", () => {
  const all = to(tree.deepest + 1);

  it("stand among the modules where they run", () => {
    const names = (key: string) => {
      const { rows, places, children } = shown(all);
      const below = [...rows.subarray(places[at(key)] + 1)].filter((row) =>
        row < tree.size ? tree.parent[row] === at(key) : tree.nodes.row[row - tree.size] === at(key),
      );
      expect(children[at(key)]).toBe(below.length);
      return below.map((row) => (row < tree.size ? tree.name[row] : tree.ops[tree.nodes.op[row - tree.size]]));
    };
    expect(names("pooler")).toEqual(["Gather", "dense", "activation"]);
    expect(names("pooler.dense")).toEqual(["Gemm"]);
    expect(names("encoder.layer.0.output")).toEqual(["Add", "dense", "LayerNorm", "dropout"]);
  });

  it("are all there when nothing is folded", () => {
    const { rows } = shown(setUnfolded(all, at("encoder.layer.1"), true));
    expect(rows.length).toBe(tree.size + tree.nodes.count);
    expect(new Set(rows).size).toBe(rows.length);
  });

  it("come between children by the first node of these", () => {
    const ops: [string, string][] = [["Add", "f32 1"]];
    const payload = payloadOf({
      name: "",
      cls: "Net",
      ops,
      children: [
        { name: "a", cls: "A", ops },
        { name: "none", cls: "N" },
        { name: "b", cls: "B", ops },
      ],
    });
    payload.nodes.row = [1, 0, 3]; // the root's own node runs between its modules
    const mixed = folded(payload);
    expect(names(flatten(mixed, to(2, mixed), null), mixed)).toEqual(["", "a", "#0", "none", "#1", "b", "#2"]);
  });

  it("can be searched", () => {
    const left = flatten(whole, all, find(tree, "gemm"));
    expect([...left.rows].filter((row) => row >= tree.size)).toHaveLength(1);
    expect(names(left).slice(0, 3)).toEqual(["", "pooler", "pooler.dense"]);
  });
});

describe("placeOf", () => {
  it("is the row's own place, or the place of what hides it", () => {
    const openings = to(2);
    const place = (row: number) => placeOf(whole, openings, shown(openings), row);
    expect(place(at("encoder"))).toBe(7);
    expect(place(at("encoder.layer.0.attention.self"))).toBe(place(at("encoder.layer.0")));
    expect(place(at("encoder.layer.3.attention.self"))).toBe(place(at("encoder.layer.1")));
    expect(place(tree.size + 0)).toBe(0);
    expect(
      placeOf(whole, openings, { ...shown(openings), rows: new Int32Array(0), places: new Int32Array(0) }, 5),
    ).toBe(-1);
  });
});

describe("depth", () => {
  it("is the level down to which everything is open, and one more with operators", () => {
    for (let depth = 0; depth <= tree.deepest + 1; depth++) {
      expect(depthOf(whole, to(depth))).toEqual({ depth, mixed: false });
    }
  });

  it("is mixed once one row differs", () => {
    const open = openAbove(whole, to(1), at("encoder.layer.0.attention"));
    expect(depthOf(whole, open)).toEqual({ depth: 3, mixed: true });
    const shut = to(3);
    shut.open[at("embeddings")] = 0;
    expect(depthOf(whole, shut).mixed).toBe(true);
  });

  it("does not look into hidden copies", () => {
    const openings = to(3);
    openings.open[at("encoder.layer.4")] = 0;
    expect(depthOf(whole, openings)).toEqual({ depth: 3, mixed: false });
  });

  it("begins calm: as deep as about 25 rows allow, and never at the root alone", () => {
    expect(calmDepth(whole)).toBe(3);
    expect(shown(to(3)).rows.length).toBeLessThanOrEqual(25);
    const children = Array.from({ length: 80 }, (_, n) => ({ name: `m${n}x`, cls: "M" }));
    expect(calmDepth(folded(payloadOf({ name: "", cls: "Net", children })))).toBe(1);
    expect(calmDepth(folded(payloadOf({ name: "", cls: "Net" })))).toBe(0);
  });
});

describe("openAbove", () => {
  it("keeps the same openings when nothing has to be opened", () => {
    const open = to(2);
    expect(openAbove(whole, open, at("encoder.layer.1"))).toBe(open);
  });

  it("lets the copy that is wanted stand for all, open like the one before", () => {
    const before = openAbove(whole, to(2), at("encoder.layer.1.attention.self.query"));
    const after = openAbove(whole, before, at("encoder.layer.3"));
    expect(names(shown(after))).toContain("encoder.layer.3.attention.self.query");
    expect(names(shown(after))).not.toContain("encoder.layer.1");
    expect(shown(after).rows.length).toBe(shown(before).rows.length);
    expect(names(shown(before))).toContain("encoder.layer.1"); // openings are never changed in place
  });
});

describe("nodesOf", () => {
  it("lists a region in execution order", () => {
    for (const row of [0, at("encoder"), at("encoder.layer.0.attention.self"), at("embeddings.dropout")]) {
      const expected = [...tree.nodes.row.keys()].filter(
        (n) => tree.nodes.row[n] >= row && tree.nodes.row[n] < tree.end[row],
      );
      expect([...nodesOf(tree, row)]).toEqual(expected);
    }
  });
});

it("prints what large trees take", () => {
  const took: Record<string, string> = {};
  const time = <T>(what: string, run: () => T): T => {
    const start = performance.now();
    const result = run();
    took[what] = `${(performance.now() - start).toFixed(0)} ms`;
    return result;
  };
  for (const [rows, nodes] of [
    [4000, 10_000],
    [40_000, 100_000],
  ]) {
    const payload = synthetic(rows, nodes);
    const size = `${rows} rows, ${nodes} nodes`;
    const large = time(`${size}: decode`, () => decode(payload));
    const both = time(`${size}: runs`, () => ({ tree: large, runs: findRuns(large) }));
    const every = time(`${size}: open all`, () => to(99, both));
    time(`${size}: flatten, with operators`, () => flatten(both, every, null));
    time(`${size}: flatten, sorted`, () =>
      flatten(both, { ...every, operators: false }, null, (row) => -large.total[row]),
    );
    time(`${size}: depth`, () => depthOf(both, every));
    time(`${size}: open the way to a row`, () => openAbove(both, to(1, both), rows - 1));
    expect(flatten(both, every, null).rows.length).toBe(rows + nodes);
  }
  console.log(
    Object.entries(took)
      .map(([what, ms]) => `${what}: ${ms}`)
      .join("\n"),
  );
});
