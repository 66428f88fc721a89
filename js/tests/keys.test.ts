import { describe, expect, it } from "vitest";
import { click, draw, press, settle } from "./draw";
import { miniLM, synthetic } from "./payloads";

const FOLDED = "layer.1 … layer.5";

/** A drawn MiniLM with the focus on a row. */
async function at(name: string) {
  const drawn = await draw(miniLM());
  await click(drawn.row(name));
  return drawn;
}

describe("keys of the tree", () => {
  it.each([
    ["encoder", "ArrowDown", "layer.0"],
    ["encoder", "ArrowUp", "dropout"],
    ["encoder", "Home", "BertModel"],
    ["encoder", "End", "activation"],
    ["encoder", "ArrowRight", "layer.0"],
    ["LayerNorm", "ArrowLeft", "embeddings"],
    ["encoder", "p", "pooler"],
    ["layer.0", "e", "embeddings"],
  ])("on %s: %s leads to %s", async (from, key, to) => {
    const { focused } = await at(from);
    const event = await press(key);
    expect(focused()).toBe(to);
    expect(event.defaultPrevented).toBe(true);
  });

  it("open and close", async () => {
    const { names, row, find } = await at("layer.0");
    await press("ArrowLeft");
    expect(row("layer.0").getAttribute("aria-expanded")).toBe("false");
    expect(names().filter((name) => name === "intermediate")).toHaveLength(1);
    expect(find(".said").textContent).toBe("layer.0 closed");
    await press("ArrowRight");
    expect(find(".said").textContent).toBe("layer.0 open, 3 rows");
    expect(names().filter((name) => name === "intermediate")).toHaveLength(2);
  });

  it("open all siblings", async () => {
    const { names, row, find } = await at("layer.0");
    await click(row("layer.0").querySelector(".car") as Element);
    await click(row(FOLDED).querySelector(".car") as Element);
    await press("*");
    expect(names().filter((name) => name === "attention")).toHaveLength(2);
    expect(find(".said").textContent).toBe("2 rows opened");
    expect(find(".depth output").textContent).toBe("3 of 5");
  });

  it("show and fold equal copies", async () => {
    const { names, row, find, focused, rows } = await at(FOLDED);
    const before = rows().length;
    await press("ArrowRight", { shiftKey: true });
    expect(names().filter((name) => name.startsWith("layer."))).toHaveLength(6);
    expect(focused()).toBe("layer.1");
    expect(find(".said").textContent).toBe("5 equal copies shown");
    expect(row("layer.4").getAttribute("aria-posinset")).toBe("5");
    await press("ArrowLeft", { shiftKey: true });
    expect(rows()).toHaveLength(before);
    expect(focused()).toBe(FOLDED);
    await click(row(FOLDED).querySelector(".times") as Element);
    expect(names()).toContain("layer.5");
    await click(row("layer.1").querySelector(".times") as Element);
    expect(focused()).toBe(FOLDED);
  });

  it("walk the copies with brackets, which stay open as they are", async () => {
    const { names, model, find, focused, row } = await at(FOLDED);
    await click(row(FOLDED));
    const before = names();
    await press("]");
    expect(model.get("selected")).toBe("encoder.layer.2");
    expect(find(".step").textContent).toBe("layer.2, 2 of 5 equal");
    expect(find(".stands").textContent).toBe("layer.2");
    expect(names()).toEqual(before);
    await press("[");
    await press("[");
    expect(model.get("selected")).toBe("encoder.layer.5");
    expect(focused()).toBe(FOLDED);
    model.set("selected", "encoder.layer.3.attention.self.query");
    await settle();
    expect(names()).toContain("query");
    await click(find('[aria-label="Next copy"]'));
    expect(model.get("selected")).toBe("encoder.layer.4.attention.self.query");
    expect(find(".stands").textContent).toBe("layer.4");
  });

  it("select with Space", async () => {
    const { selected, model } = await at("encoder");
    await press("ArrowDown");
    await press(" ");
    expect(selected()).toEqual(["layer.0"]);
    expect(model.get("selected")).toBe("encoder.layer.0");
  });

  it("add with Shift+Space, and take out again", async () => {
    const { selected, model, find } = await at("encoder");
    await press("ArrowDown");
    await press(" ", { shiftKey: true });
    expect(selected()).toEqual(["encoder", "layer.0"]);
    expect(model.get("selected")).toEqual(["encoder.layer.0", "encoder"]);
    expect(find(".foot code").textContent).toBe('r.widget.select(["encoder.layer.0", "encoder"])');
    expect(find(".ph").textContent).toContain("2 selected");
    await press(" ", { shiftKey: true });
    expect(selected()).toEqual(["encoder"]);
    expect(model.get("selected")).toBe("encoder");
  });

  it("extend with Shift", async () => {
    const { selected, model, focused } = await at("embeddings");
    await press("ArrowDown", { shiftKey: true });
    await press("ArrowDown", { shiftKey: true });
    expect(selected()).toEqual(["embeddings", "word_embeddings", "position_embeddings"]);
    expect(focused()).toBe("position_embeddings");
    expect(model.get("selected")?.[0]).toBe("embeddings.position_embeddings");
    await press("ArrowUp", { shiftKey: true });
    expect(selected()).toEqual(["embeddings", "word_embeddings"]);
  });

  it("select and go to the pane with Enter", async () => {
    const { selected, find } = await at("encoder");
    await press("ArrowDown");
    await press("Enter");
    expect(selected()).toEqual(["layer.0"]);
    expect(document.activeElement?.closest(".pane")).not.toBeNull();
    await click(find('[data-row="0"]'));
    await press("4");
    await press("Enter");
    expect(document.activeElement?.closest('[role="tabpanel"]')).not.toBeNull();
  });

  it("reach the headers, which sort", async () => {
    const { find, model, names } = await at("BertModel");
    await press("ArrowUp");
    expect(document.activeElement?.textContent).toBe("ONNX nodes");
    await press("ArrowRight");
    expect(document.activeElement?.textContent).toBe("parameters");
    await click(document.activeElement as Element);
    expect(model.get("sort")).toBe("parameters");
    expect(names().indexOf("LayerNorm")).toBeGreaterThan(names().indexOf("position_embeddings"));
    expect(find('[aria-sort="descending"]').textContent).toBe("parameters");
    expect(find(".foot code").textContent).toBe('r.widget.sort = "parameters"');
    await press("ArrowDown");
    expect(document.activeElement?.getAttribute("data-row")).toBe("0");
  });

  it("reach rows that were not drawn", async () => {
    const { row, rows, find } = await draw(synthetic(4000, 4000));
    const depth = find(".depth input") as HTMLInputElement;
    depth.value = depth.max;
    depth.dispatchEvent(new Event("input", { bubbles: true }));
    await click(row("Block3"));
    await press("End");
    expect(document.activeElement?.getAttribute("data-row")).toBe("7999");
    expect(rows().length).toBeLessThan(60);
    await press("ArrowUp");
    expect(document.activeElement?.getAttribute("data-row")).toBe("3999"); // the module of the last operator
  });

  it("leave held modifiers to the notebook", async () => {
    const { focused } = await at("encoder");
    for (const held of [{ ctrlKey: true }, { metaKey: true }, { altKey: true }]) {
      const event = await press("ArrowDown", held);
      expect(event.defaultPrevented).toBe(false);
    }
    expect(focused()).toBe("encoder");
  });

  it("keep letters from the notebook around it", async () => {
    await at("encoder");
    let heard = 0;
    document.addEventListener("keydown", () => heard++);
    await press("b");
    await press("ArrowDown");
    expect(heard).toBe(0);
  });
});

describe("keys of the widget", () => {
  it("walk tree, pane and foot with F6", async () => {
    await at("encoder");
    const zone = () => document.activeElement?.closest("[data-zone]")?.getAttribute("data-zone");
    const seen = [];
    for (let i = 0; i < 3; i++) {
      await press("F6");
      seen.push(zone());
    }
    expect(seen).toEqual(["pane", "foot", "tree"]);
    await press("F6", { shiftKey: true });
    expect(zone()).toBe("foot");
  });

  it("open and close the list of keys", async () => {
    const { el } = await at("encoder");
    await press("?");
    expect(el.querySelector('[role="dialog"]')?.contains(document.activeElement)).toBe(true);
    await press("Escape");
    expect(el.querySelector('[role="dialog"]')).toBeNull();
  });

  it("leave to the cell with Esc when nothing is open", async () => {
    const { el } = await at("encoder");
    const cell = document.createElement("div");
    cell.tabIndex = -1;
    el.replaceWith(cell);
    cell.append(el);
    el.querySelector<HTMLElement>('[data-row][tabindex="0"]')?.focus();
    await press("Escape");
    expect(document.activeElement).toBe(cell);
  });
});

describe("digits", () => {
  const tab = (find: (selector: string) => HTMLElement) => find('[role="tab"][aria-selected="true"]').textContent;

  it("choose a tab, wherever the focus is", async () => {
    const { find, model } = await at("encoder");
    await press("2");
    expect(tab(find)).toBe("Graph");
    expect(model.get("tab")).toBe("graph");
    await press("F6");
    await press("4");
    expect(tab(find)).toBe("About");
    await press("1");
    expect(tab(find)).toBe("Nodes178");
  });

  it("belong to a name that is being typed", async () => {
    const { find, focused } = await at("encoder");
    for (const letter of ["l", "a", "y", "e", "r", ".", "1"]) await press(letter);
    expect(focused()).toBe(FOLDED);
    expect(tab(find)).toBe("Nodes178");
  });

  it("are text in the find box", async () => {
    const { find } = await at("encoder");
    await press("2", {}, find(".find input"));
    expect(tab(find)).toBe("Nodes178");
  });

  it("walk the tabs by arrows from one to the next", async () => {
    const { find } = await at("encoder");
    find('[role="tab"]').focus();
    await press("ArrowRight");
    expect(tab(find)).toBe("Graph");
    expect(document.activeElement).toBe(find('[role="tab"][aria-selected="true"]'));
    await press("ArrowLeft");
    await press("ArrowLeft");
    expect(tab(find)).toBe("About");
    expect(find('[role="tabpanel"]').getAttribute("aria-labelledby")).toBe(document.activeElement?.id);
  });
});

describe("find", () => {
  it("counts, steps, opens one way, marks", async () => {
    const { type, find, selected, el, names } = await at("encoder");
    await press("/");
    expect(document.activeElement).toBe(find(".find input"));
    await type("softmax");
    expect(find(".find output").textContent).toBe("1 of 6");
    expect(names().filter((name) => name === "self")).toHaveLength(1);
    await press("Enter");
    expect(find(".find output").textContent).toBe("2 of 6");
    expect(selected()).toEqual(["self"]);
    expect(names().filter((name) => name === "self")).toHaveLength(1); // the way to the first match is closed again
    expect(el.querySelector(".pane mark")?.textContent).toBe("Softmax");
    await press("Enter", { shiftKey: true });
    expect(find(".find output").textContent).toBe("1 of 6");
  });

  it("steps with n in the tree unless somebody is typing a name", async () => {
    const { type, find, focused } = await at("encoder");
    await type("dropout");
    await press("Escape", {}, find(".find input"));
    await type("bertlayer");
    await click(find('[data-row="0"]'));
    await press("n");
    expect(find(".find output").textContent).toBe("2 of 6");
    expect(focused()).toBe(FOLDED);
    await press("N", { shiftKey: true });
    expect(focused()).toBe("layer.0");
    await press("p");
    await press("n");
    expect(find(".find output").textContent).toBe("1 of 6");
  });

  it("leaves matches and what stands above them when asked to", async () => {
    const { type, find, names, model, selected } = await at("encoder");
    await type("tanh");
    await click(find('[aria-label="Only matches"]'));
    expect(names()).toEqual(["BertModel", "pooler", "activation"]);
    model.set("selected", "embeddings");
    await settle();
    expect(selected()).toEqual(["embeddings"]);
    await type("");
    expect(names()).toHaveLength(19);
  });

  it("says that nothing matches, and what might", async () => {
    const { type, find } = await at("encoder");
    await type("MatMull");
    expect(find(".tree .msg").textContent).toBe("Nothing matches MatMullDid you mean MatMul? It finds 48.");
    await click(find(".tree .msg button"));
    expect(find(".find output").textContent).toMatch(/^1 of /);
  });
});
