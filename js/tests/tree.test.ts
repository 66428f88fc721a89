import { describe, expect, it } from "vitest";
import { find } from "../src/find";
import { decode } from "../src/payload";
import { calmDepth, depthOf, flatten, hasChildren, openAbove, openTo, placeOf } from "../src/tree";
import { miniLM, payloadOf, synthetic } from "./payloads";

const tree = decode(miniLM());
const at = (key: string) => tree.rowOf.get(key) as number;
const keys = (rows: Int32Array) => [...rows].map((row) => tree.key[row]);

describe("flatten", () => {
  it("shows opened rows only", () => {
    expect(keys(flatten(tree, openTo(tree, 0), null).rows)).toEqual([""]);
    expect(keys(flatten(tree, openTo(tree, 1), null).rows)).toEqual(["", "embeddings", "encoder", "pooler"]);
    expect(flatten(tree, openTo(tree, 99), null).rows.length).toBe(tree.size);
  });

  it("counts places among siblings", () => {
    const shown = flatten(tree, openTo(tree, 2), null);
    expect(shown.position[at("encoder.layer.3")]).toBe(4);
    expect(shown.children[at("encoder")]).toBe(6);
    expect(shown.position[0]).toBe(1);
  });

  it("leaves matches and what stands above them", () => {
    const kept = find(tree, "tanh");
    const shown = flatten(tree, openTo(tree, 99), kept);
    expect(keys(shown.rows)).toEqual(["", "pooler", "pooler.activation"]);
    expect(shown.position[at("pooler.activation")]).toBe(1);
    expect(hasChildren(tree, at("pooler"), kept)).toBe(true);
    expect(hasChildren(tree, at("encoder"), kept)).toBe(false);
  });

  it("opens 10,000 rows within 200 ms", () => {
    const large = decode(synthetic(10000, 22000));
    const start = performance.now();
    const { rows } = flatten(large, openTo(large, 99), null);
    const took = performance.now() - start;
    expect(rows.length).toBe(10000);
    expect(took).toBeLessThan(200);
  });
});

describe("placeOf", () => {
  it("is the row's own place, or the place of what hides it", () => {
    const { rows } = flatten(tree, openTo(tree, 1), null);
    expect(placeOf(tree, rows, at("encoder"))).toBe(2);
    expect(placeOf(tree, rows, at("encoder.layer.3.attention.self"))).toBe(2);
    expect(placeOf(tree, new Int32Array(0), 5)).toBe(-1);
  });
});

describe("depth", () => {
  it("is the level down to which everything is open", () => {
    for (let depth = 0; depth <= tree.deepest; depth++) {
      expect(depthOf(tree, openTo(tree, depth))).toEqual({ depth, mixed: false });
    }
  });

  it("is mixed once one row differs", () => {
    const open = openAbove(tree, openTo(tree, 1), at("encoder.layer.2.attention"));
    expect(depthOf(tree, open)).toEqual({ depth: 3, mixed: true });
    const closed = openTo(tree, 3);
    closed[at("embeddings")] = 0;
    expect(depthOf(tree, closed).mixed).toBe(true);
  });

  it("begins calm: as deep as about 25 rows allow, and never at the root alone", () => {
    expect(calmDepth(tree)).toBe(2);
    expect(flatten(tree, openTo(tree, calmDepth(tree)), null).rows.length).toBeLessThanOrEqual(25);
    const wide = {
      name: "",
      cls: "Net",
      children: Array.from({ length: 80 }, (_, n) => ({ name: `m${n}`, cls: "M" })),
    };
    expect(calmDepth(decode(payloadOf(wide)))).toBe(1);
    expect(calmDepth(decode(payloadOf({ name: "", cls: "Net" })))).toBe(0);
  });

  it("keeps the same openings when nothing has to be opened", () => {
    const open = openTo(tree, 2);
    expect(openAbove(tree, open, at("encoder.layer.1"))).toBe(open);
  });
});
