import { describe, expect, it } from "vitest";
import { click, draw, press, settle } from "./draw";
import { miniLM, synthetic } from "./payloads";

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
    ["layer.4", "ArrowLeft", "encoder"],
    ["encoder", "p", "pooler"],
    ["layer.5", "e", "embeddings"],
  ])("on %s: %s leads to %s", async (from, key, to) => {
    const { focused } = await at(from);
    const event = await press(key);
    expect(focused()).toBe(to);
    expect(event.defaultPrevented).toBe(true);
  });

  it("open and close", async () => {
    const { names, row, find } = await at("layer.1");
    await press("ArrowRight");
    expect(row("layer.1").getAttribute("aria-expanded")).toBe("true");
    expect(find('[role="status"]').textContent).toBe("layer.1 open, 3 rows");
    expect(names()).toContain("intermediate");
    await press("ArrowLeft");
    expect(names()).not.toContain("intermediate");
  });

  it("open all siblings", async () => {
    const { names, find } = await at("layer.1");
    await press("*");
    expect(names().filter((name) => name === "attention")).toHaveLength(6);
    expect(find('[role="status"]').textContent).toBe("6 rows opened");
    expect(find(".depth output").textContent).toBe("3 of 5");
  });

  it("select with Space, and with Enter go to the nodes", async () => {
    const { selected } = await at("encoder");
    await press("ArrowDown");
    await press(" ");
    expect(selected()).toEqual(["layer.0"]);
    await press("ArrowDown");
    await press("Enter");
    expect(selected()).toEqual(["layer.1"]);
    expect(document.activeElement?.hasAttribute("data-node")).toBe(true);
    await press("ArrowLeft");
    expect(document.activeElement?.hasAttribute("data-row")).toBe(true);
  });

  it("reach rows that were not drawn", async () => {
    const { row, rows, find } = await draw(synthetic(4000, 4000));
    const depth = find(".depth input") as HTMLInputElement;
    depth.value = depth.max;
    depth.dispatchEvent(new Event("input", { bubbles: true }));
    await click(row("Block3"));
    await press("End");
    expect(document.activeElement?.getAttribute("data-row")).toBe("3999");
    expect(rows().length).toBeLessThan(60);
    await press("ArrowUp");
    expect(document.activeElement?.getAttribute("data-row")).toBe("3998");
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
    expect(focused()).toBe("layer.1");
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
    expect(names()).toHaveLength(17);
  });

  it("says that nothing matches, and what might", async () => {
    const { type, find } = await at("encoder");
    await type("MatMull");
    expect(find(".tree .msg").textContent).toBe("Nothing matches MatMullDid you mean MatMul?");
    await click(find(".tree .msg button"));
    expect(find(".find output").textContent).toMatch(/^1 of /);
  });
});
