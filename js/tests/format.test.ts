import { describe, expect, it } from "vitest";
import {
  callName,
  count,
  error,
  noNodes,
  ownership,
  percent,
  plain,
  python,
  rowName,
  sentence,
  share,
  size,
  spoken,
} from "../src/format";
import { decode } from "../src/payload";
import { findRuns } from "../src/runs";
import { miniLM } from "./payloads";

const tree = decode(miniLM());
const folded = { tree, runs: findRuns(tree) };
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

  it("has errors in two digits", () => {
    expect([1.234e-6, 0.5, 0, Number.NaN, 1e-100, 12345].map(error)).toEqual([
      "1.2e-06",
      "5.0e-01",
      "0",
      "–",
      "1.0e-100",
      "1.2e+04",
    ]);
    expect(percent(1, 8)).toBe("12.5");
    expect(percent(0, 0)).toBe("–");
  });

  it("is spoken in words", () => {
    expect(spoken(443520)).toBe("444 thousand");
    expect(spoken(768)).toBe("768");
  });
});

describe("rows", () => {
  it("is said in one sentence", () => {
    expect(sentence(folded, at("encoder.layer.0.attention.self"))).toBe(
      "self, BertSelfAttention, 21 nodes, 444 thousand parameters, difference 1.1e-06",
    );
    expect(sentence(folded, at("pooler.activation"))).toBe("activation, Tanh, 1 node, difference 3.9e-06");
    expect(sentence(folded, at("embeddings.dropout"))).toBe("dropout, Dropout, no nodes: identity in eval mode");
    expect(sentence(folded, 0)).toMatch(/^BertModel, root, 188 nodes/);
  });

  it("stands for equal copies", () => {
    const layer = at("encoder.layer.1");
    expect(rowName(folded, layer, true)).toBe("layer.1 … layer.5");
    expect(rowName(folded, layer, false)).toBe("layer.1");
    expect(callName(folded, layer, true)).toBe("");
    expect(sentence(folded, layer, true)).toBe(
      "layer.1 to layer.5, 5 equal copies, BertLayer, 29 nodes each, 1.77 million parameters each, difference at most 2.7e-06",
    );
    const { own, inner } = share(tree, layer, 5);
    expect(own + inner).toBeCloseTo((100 * 5 * 29) / 178);
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
