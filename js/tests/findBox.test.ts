import { describe, expect, it } from "vitest";
import { parse, find as search } from "../src/find";
import { examples } from "../src/find/examples";
import { decode } from "../src/payload";
import { click, draw, press } from "./draw";
import { miniLM, payloadOf } from "./payloads";

describe("the find box", () => {
  it("counts module calls, and says how many nodes they are for", async () => {
    const { type, find } = await draw(miniLM());
    await type("op:MatMul");
    const output = find(".find output");
    expect(output.textContent).toBe("1 of 42");
    expect(output.title).toBe("42 module calls with 48 nodes");
    await type("class:Linear");
    expect(output.title).toBe("37 module calls");
    await type("op:Nothing");
    expect(output.textContent).toBe("none");
  });

  it("says in one line what is not understood, and leaves the tree as it was", async () => {
    const { type, find, names, el } = await draw(miniLM());
    const before = names();
    await type("oper:MatMul");
    expect(find(".find .cause").textContent).toBe("There is no field oper. Did you mean op:MatMul?");
    expect(find(".find input").getAttribute("aria-invalid")).toBe("true");
    expect(find(".find output").textContent).toBe("");
    expect(names()).toEqual(before);
    expect(el.querySelector(".tree > .msg")).toBeNull();
    await click(find(".find .cause .link"));
    expect((find(".find input") as HTMLInputElement).value).toBe("op:MatMul");
    expect(document.activeElement).toBe(find(".find input"));
    expect(find(".find .cause").textContent).toBe("");
  });

  it("asks for nothing while only blanks stand in it", async () => {
    const { type, find, el } = await draw(miniLM());
    await type("   ");
    expect(find(".find output").textContent).toBe("");
    expect(el.querySelector(".tree > .msg")).toBeNull();
  });

  it("explains itself by examples that find something", async () => {
    const { find, el } = await draw(miniLM());
    await click(find(".find .help > button"));
    const shown = [...el.querySelectorAll<HTMLElement>(".find .help .link")];
    expect(shown.length).toBeGreaterThan(10);
    for (const { textContent } of shown) {
      expect(parse(textContent ?? "").problem).toBeNull();
      expect(search(decode(miniLM()), textContent ?? "")).not.toBeNull();
    }
    await click(shown[1]);
    expect((find(".find input") as HTMLInputElement).value).toBe(shown[1].textContent);
    expect(el.querySelector(".find .pop")).toBeNull();
    expect(document.activeElement).toBe(find(".find input"));
    expect(find(".find output").textContent).toMatch(/^1 of /);
  });

  it("closes its help with Esc", async () => {
    const { find, el } = await draw(miniLM());
    await click(find(".find .help > button"));
    await press("Escape");
    expect(el.querySelector(".find .pop")).toBeNull();
    expect(document.activeElement).toBe(find(".find .help > button"));
  });
});

describe("examples", () => {
  it("come out of the model", () => {
    const tree = decode(miniLM());
    const found = examples(tree);
    expect(found.op).toBe("Add");
    expect(found.cls).toBe("Linear");
    expect(found.path).toBe("embeddings");
    expect(found.evidence).toBe("evidence:rewrite|trace");
    expect(found.parameters).toBe("parameters>1M");
    expect(search(tree, `${found.from} -> * -> ${found.to}`)?.count).toBeGreaterThan(0);
  });

  it("are good for a model without anything, and for odd names", () => {
    for (const net of [
      { name: "", cls: "Net" },
      { name: "", cls: "a b", children: [{ name: 'x "*"', cls: "?|", ops: [["A B", "f32 1"] as [string, string]] }] },
    ]) {
      const { evidence, error, parameters, ...names } = examples(decode(payloadOf(net)));
      for (const query of [
        evidence,
        error,
        parameters,
        `op:${names.op}`,
        `class:${names.cls}`,
        `path:${names.path}.*`,
        `${names.from} -> ${names.to}`,
      ]) {
        expect(parse(query).problem).toBeNull();
      }
    }
  });
});
