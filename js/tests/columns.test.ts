import { describe, expect, it } from "vitest";
import { CHOSEN, type Column, nextSort, parseSort, ranking, worstError } from "../src/columns";
import { certainty, mainEvidence } from "../src/evidence";
import { closed, openTo, setUnfolded } from "../src/openings";
import { decode } from "../src/payload";
import { findRuns } from "../src/runs";
import { flatten } from "../src/tree";
import { fitting, isSlim, template } from "../src/ui/Columns";
import { miniLM, payloadOf } from "./payloads";

const tree = decode(miniLM());
const folded = { tree, runs: findRuns(tree) };
const at = (key: string) => tree.rowOf.get(key) as number;

describe("sorting", () => {
  it("goes largest, smallest, as executed", () => {
    expect(nextSort("", "bytes")).toBe("bytes");
    expect(nextSort("bytes", "bytes")).toBe("-bytes");
    expect(nextSort("-bytes", "bytes")).toBe("");
    expect(nextSort("-nodes", "bytes")).toBe("bytes");
    expect(parseSort("-nodes")).toEqual({ column: "nodes", ascending: true });
    expect(parseSort("name")).toBeNull();
  });

  const below = (sort: string, key: string, openings = openTo(folded, closed(tree.size), 9)) => {
    const rank = ranking(folded, openings, sort, (row) => certainty(tree, row));
    const { rows } = flatten(folded, openings, null, rank);
    return [...rows].filter((row) => tree.parent[row] === at(key)).map((row) => tree.name[row]);
  };

  it("orders siblings and nothing else", () => {
    expect(below("", "embeddings").slice(0, 2)).toEqual(["word_embeddings", "position_embeddings"]);
    expect(below("-parameters", "embeddings")).toEqual([
      "token_type_embeddings",
      "LayerNorm",
      "position_embeddings",
      "word_embeddings",
      "dropout", // has no nodes: last either way
    ]);
    expect(below("parameters", "embeddings")[4]).toBe("dropout");
    expect(below("nodes", "")).toEqual(["encoder", "embeddings", "pooler"]);
  });

  it("takes a run of copies for one, with all that it has", () => {
    expect(below("nodes", "encoder")).toEqual(["layer.1", "layer.0"]); // 5 × 29 before 32
    const unfolded = setUnfolded(openTo(folded, closed(tree.size), 9), at("encoder.layer.1"), true);
    expect(below("nodes", "encoder", unfolded)[0]).toBe("layer.0");
  });

  it("takes the worst copy's error", () => {
    const errors = [1, 2, 3, 4, 5].map((n) => tree.error[at(`encoder.layer.${n}`)]);
    expect(worstError(folded, at("encoder.layer.2"))).toBe(Math.max(...errors));
    expect(worstError(folded, at("embeddings.dropout"))).toBeNaN();
    expect(below("error", "encoder")[0]).toBe("layer.1");
  });
});

describe("evidence", () => {
  it("is what most nodes of a region have", () => {
    expect(mainEvidence(tree, at("encoder.layer.0.attention.self"))).toEqual({ kind: 0, share: 1 });
    const root = mainEvidence(tree, 0);
    expect(tree.evidence[root?.kind as number]).toBe("trace");
    expect(root?.share).toBeCloseTo(1 - 2 / tree.nodes.count);
    expect(mainEvidence(tree, at("embeddings.dropout"))).toBeNull();
    expect(certainty(tree, at("pooler"))).toBe(2);
    expect(certainty(tree, 0)).toBeLessThan(2);
  });

  it("may not be known at all", () => {
    const payload = payloadOf({ name: "", cls: "Net", ops: [["Add", "f32 1"]] });
    const bare = decode({ ...payload, evidence: [], nodes: { ...payload.nodes, evidence: [-1] } });
    expect(mainEvidence(bare, 0)).toBeNull();
  });
});

describe("columns", () => {
  it("are all there when the name has room, and otherwise as many as leave it enough", () => {
    expect(fitting(CHOSEN, 600)).toEqual(CHOSEN);
    expect(fitting(CHOSEN, 480)).toEqual(CHOSEN);
    expect(fitting(CHOSEN, 440)).toEqual(["nodes", "parameters"]);
    expect(fitting(CHOSEN, 360)).toEqual(["nodes"]);
    expect(fitting(CHOSEN, 100)).toEqual(["nodes"]);
    expect(fitting([], 600)).toEqual([]);
  });

  it("have widths of their own", () => {
    expect(template(["nodes", "share"] as Column[], 600)).toBe("minmax(0, 1fr) 98px 68px");
    expect(isSlim(250)).toBe(true);
    expect(template(["nodes"], 250)).toBe("minmax(0, 1fr) 46px");
  });
});
