import { describe, expect, it } from "vitest";
import { find, markedName, suggestion } from "../src/find";
import { decode } from "../src/payload";
import { miniLM } from "./payloads";

const tree = decode(miniLM());
const keys = (query: string) => [...find(tree, query).rows].map((row) => tree.key[row]);

describe("find", () => {
  it("matches the end of a path, not everything inside", () => {
    expect(keys("embeddings")[0]).toBe("embeddings");
    expect(keys("attention.self")).toHaveLength(6);
    expect(keys("layer.3.attention.self.query")).toEqual(["encoder.layer.3.attention.self.query"]);
    expect(keys("pooler.")).toEqual(["pooler.dense", "pooler.activation"]);
  });

  it("matches classes, whatever the case", () => {
    expect(keys("bertSELFattention")).toHaveLength(6);
  });

  it("matches operators by the rows whose own forward made them", () => {
    expect(keys("softmax")).toEqual([0, 1, 2, 3, 4, 5].map((n) => `encoder.layer.${n}.attention.self`));
    const { byNode, ops } = find(tree, "softmax");
    expect(byNode.reduce((sum, n) => sum + n, 0)).toBe(6);
    expect(tree.ops.filter((_, op) => ops[op])).toEqual(["Softmax"]);
  });

  it("takes the text as it is", () => {
    expect(keys(".*")).toEqual([]);
    expect(keys("(")).toEqual([]);
  });

  it("marks the stretch of the name that matched", () => {
    const row = tree.rowOf.get("encoder.layer.3") as number;
    expect(markedName(tree, row, "ayer")).toEqual([1, 5]);
    expect(markedName(tree, row, "coder.layer")).toEqual([0, 5]);
    expect(markedName(tree, row, "BertLayer")).toBeNull();
    expect(markedName(tree, row, "")).toBeNull();
  });
});

describe("suggestion", () => {
  it("is the nearest operator or class, or nothing", () => {
    expect(suggestion(tree, "MatMull")).toBe("MatMul");
    expect(suggestion(tree, "sofmax")).toBe("Softmax");
    expect(suggestion(tree, "completely else")).toBeNull();
    expect(suggestion(tree, "z")).toBeNull();
  });
});
