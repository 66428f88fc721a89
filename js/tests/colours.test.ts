import { describe, expect, it } from "vitest";
import { type Colours, coloursOf } from "../src/colours";
import { decode } from "../src/payload";
import { miniLM, payloadOf } from "./payloads";

const tree = decode(miniLM());
const at = (key: string) => tree.rowOf.get(key) as number;
const by = (what: string, of = tree) => coloursOf(of, what) as Colours;
const labelAt = (colours: Colours, place: number) => colours.legend[place]?.label ?? null;

describe("colour by", () => {
  it("nothing is no colour", () => {
    expect(coloursOf(tree, "none")).toBeNull();
  });

  it("kind goes by class, the most frequent first, the rest together", () => {
    const colours = by("kind");
    expect(colours.legend.map(({ label }) => label).slice(0, 3)).toEqual(["Linear", "Dropout", "LayerNorm"]);
    expect(labelAt(colours, colours.ofRow(at("encoder.layer.4.attention.self.key")))).toBe("Linear");
    expect(labelAt(colours, colours.ofRow(at("pooler")))).toBe("7 others");
    expect(colours.legend.reduce((sum, { count }) => sum + count, 0)).toBe(tree.size);
  });

  it("never leaves a colour alone: no two entries have hue and shape in common, none a shape with another", () => {
    for (const what of ["kind", "operator", "evidence", "error", "parameters"]) {
      const shapes = by(what).legend.map(({ glyph }) => JSON.stringify(glyph));
      expect(new Set(shapes).size).toBe(shapes.length);
    }
  });

  it("operator goes by what the module's own forward made most of", () => {
    const colours = by("operator");
    expect(labelAt(colours, colours.ofRow(at("pooler.dense")))).toBe("6 others");
    expect(colours.ofRow(at("encoder.layer.1"))).toBe(-1);
    const matmul = [...tree.nodes.op].findIndex((op) => tree.ops[op] === "MatMul");
    expect(labelAt(colours, colours.ofNode(matmul))).toBe("MatMul");
  });

  it("evidence has the shape that it has everywhere", () => {
    const colours = by("evidence");
    expect(labelAt(colours, colours.ofRow(at("pooler")))).toBe("trace");
    expect(labelAt(colours, colours.ofNode(0))).toBe("rewrite");
    expect(colours.ofRow(at("embeddings.dropout"))).toBe(-1);
  });

  it("amounts go in at most five steps of powers of ten", () => {
    const children = [0, 1, 50, 99, 1e3, 1e6, 1e9].map((params, i) => ({ name: `m${i}x`, cls: "M", params }));
    const few = by("parameters", decode(payloadOf({ name: "", cls: "Net", children })));
    expect(few.legend.length).toBeLessThanOrEqual(5);
    expect(few.ofRow(1)).toBe(-1);
    expect(few.ofRow(2)).toBe(0);
    expect(few.ofRow(7)).toBe(few.legend.length - 1);
    expect(few.legend[0].label).toBe("1 to 100");
    const errors = by("error");
    expect(labelAt(errors, errors.ofRow(0))).toBe("1e-7 to 1e-6");
    expect(errors.ofRow(at("embeddings.dropout"))).toBe(-1);
  });

  it("survives a tree with nothing to tell apart", () => {
    const bare = decode(payloadOf({ name: "", cls: "Net", error: null }));
    for (const what of ["kind", "operator", "evidence", "error", "parameters"]) {
      expect(by(what, bare).legend.filter(({ count }) => count > 0).length).toBe(what === "kind" ? 1 : 0);
    }
  });
});
