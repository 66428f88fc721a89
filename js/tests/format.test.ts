import { describe, expect, it } from "vitest";
import { count, noNodes, ownership, plain, python, sentence, share, size, spoken } from "../src/format";
import { decode } from "../src/payload";
import { miniLM } from "./payloads";

const tree = decode(miniLM());
const at = (key: string) => tree.rowOf.get(key) as number;

describe("numbers", () => {
  it.each([
    [0, "0"],
    [7, "7"],
    [768, "768"],
    [999, "999"],
    [1000, "1.00 k"],
    [147840, "148 k"],
    [999400, "999 k"],
    [999600, "1.00 M"],
    [22713216, "22.7 M"],
    [7e9, "7.00 G"],
  ])("%d is drawn as %s", (n, text) => {
    expect(plain(count(n))).toBe(text);
  });

  it("has bytes in thousands", () => {
    expect(plain(size(91000000))).toBe("91.0 MB");
    expect(plain(size(3072))).toBe("3.07 kB");
    expect(plain(size(12))).toBe("12 B");
  });

  it("is spoken in words", () => {
    expect(spoken(443520)).toBe("444 thousand");
    expect(spoken(768)).toBe("768");
  });
});

describe("rows", () => {
  it("is said in one sentence", () => {
    expect(sentence(tree, at("encoder.layer.0.attention.self"))).toBe(
      "self, BertSelfAttention, 21 nodes, 444 thousand parameters",
    );
    expect(sentence(tree, at("pooler.activation"))).toBe("activation, Tanh, 1 node");
    expect(sentence(tree, at("embeddings.dropout"))).toBe("dropout, Dropout, no nodes: identity in eval mode");
    expect(sentence(tree, 0)).toMatch(/^BertModel, root, 203 nodes/);
  });

  it("draws shares of the parent", () => {
    const { own, inner } = share(tree, at("encoder.layer.0.attention.self"));
    expect(own).toBeCloseTo((100 * 15) / 25);
    expect(inner).toBeCloseTo((100 * 6) / 25);
    const root = share(tree, 0);
    expect(root.own + root.inner).toBeCloseTo(100);
    expect(share(tree, at("embeddings.dropout"))).toEqual({ own: 0, inner: 0 });
  });

  it("tells own nodes from children's", () => {
    expect(ownership(24, 30)).toBe("24 own, 6 in children");
    expect(ownership(2, 2)).toBe("2 own");
    expect(noNodes(tree, 1)).toBe("no nodes");
  });
});

describe("python", () => {
  it("is a literal that Python reads", () => {
    expect(python(null)).toBe("None");
    expect(python('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"');
    expect(python("\u202egnp")).toBe('"\\u202egnp"');
  });
});
