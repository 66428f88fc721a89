import { describe, expect, it } from "vitest";
import { click, draw, press, settle } from "./draw";
import { miniLM, payloadOf } from "./payloads";

const SELF = "encoder.layer.0.attention.self";

describe("text from a model", () => {
  const evil = '<img src=x onerror="globalThis.hit = 1"><script>globalThis.hit = 1</script>';

  it("is text, wherever it stands", async () => {
    const payload = payloadOf(
      {
        name: "",
        cls: evil,
        children: [
          { name: evil, cls: evil, reason: evil },
          { name: "m", cls: "M", ops: [[evil, evil, 3]] },
        ],
      },
      { notes: [evil], strategy: evil, measures: [{ name: evil, value: evil, help: evil }], files: [evil] },
    );
    const { el, row, nodes, type } = await draw(payload);
    await click(row(evil));
    await click(row("m"));
    await click(nodes()[0]);
    await type("onerror");
    expect(el.querySelectorAll("img, script")).toHaveLength(0);
    expect(el.textContent).toContain(evil);
    expect("hit" in globalThis).toBe(false);
  });

  it.each([["x".repeat(10000)], ["\u202egnp.exe"], ["a\nb"], ["🦊"], ['"quoted" & <b>'], ["  "]])(
    "may be %j",
    async (name) => {
      const { names, row, find, model } = await draw(
        payloadOf({ name: "", cls: "Net", children: [{ name, cls: "M" }] }),
      );
      expect(names()).toEqual(["Net", name]);
      await click(row(name));
      expect(model.get("selected")).toBe(name);
      expect(find(".ph .path").textContent).toBe(name);
    },
  );

  it("may be empty, and is then still seen", async () => {
    const { names } = await draw(payloadOf({ name: "", cls: "Net", children: [{ name: "", cls: "M" }] }));
    expect(names()).toEqual(["Net", '""']);
  });
});

describe("selection", () => {
  it("goes to Python", async () => {
    const { row, model, saves, find, selected } = await draw(miniLM());
    await click(row("encoder"));
    expect(model.get("selected")).toBe("encoder");
    expect(saves()).toBe(1);
    expect(selected()).toEqual(["encoder"]);
    expect(find(".foot code").textContent).toBe('r.widget.select("encoder")');
    expect(find(".ph .path").textContent).toBe("encoder");
  });

  it("comes from Python and opens the way", async () => {
    const { model, selected, saves, find } = await draw(miniLM());
    model.set("selected", SELF);
    await settle();
    expect(selected()).toEqual(["self"]);
    expect(saves()).toBe(0);
    expect(find(".ph").textContent).toContain("15 own, 6 in children");
    model.set("selected", null);
    await settle();
    expect(selected()).toEqual([]);
  });

  it("may be there from the beginning", async () => {
    const { selected, saves } = await draw(miniLM(), { selected: SELF });
    expect(selected()).toEqual(["self"]);
    expect(saves()).toBe(0);
  });

  it("may be the root, whose key is empty", async () => {
    const { row, model, find } = await draw(miniLM());
    await click(row("BertModel"));
    expect(model.get("selected")).toBe("");
    expect(find(".foot code").textContent).toBe('r.widget.select("")');
  });

  it("does not follow the focus", async () => {
    const { row, model, focused, selected } = await draw(miniLM());
    await click(row("encoder"));
    await press("ArrowDown");
    expect(focused()).toBe("layer.0");
    expect(selected()).toEqual(["encoder"]);
    expect(model.get("selected")).toBe("encoder");
  });
});

describe("several rows", () => {
  it("come from Python as a list", async () => {
    const { selected, model, find } = await draw(miniLM(), { selected: ["pooler", "encoder", "nowhere"] });
    expect(selected()).toEqual(["encoder", "pooler"]);
    expect(find(".ph .path").textContent).toBe("pooler");
    model.set("selected", ["embeddings"]);
    await settle();
    expect(selected()).toEqual(["embeddings"]);
  });

  it("are chosen with the mouse", async () => {
    const { row, selected } = await draw(miniLM());
    await click(row("embeddings"));
    row("pooler").dispatchEvent(new MouseEvent("click", { bubbles: true, ctrlKey: true }));
    await settle();
    expect(selected()).toEqual(["embeddings", "pooler"]);
    await click(row("word_embeddings"));
    row("LayerNorm").dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true }));
    await settle();
    expect(selected()).toEqual(["word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm"]);
  });
});

describe("two views of one model", () => {
  it("are in step", async () => {
    const { views } = await draw(miniLM(), { views: 2 });
    const [one, two] = views;
    await click(one.row("layer.0"));
    expect(two.selected()).toEqual(["layer.0"]);
    await click(two.row("intermediate").querySelector(".car") as Element);
    expect(one.names()).toContain("intermediate_act_fn");
    await one.type("softmax");
    expect((two.find(".find input") as HTMLInputElement).value).toBe("softmax");
  });

  it("live on when one is closed", async () => {
    const { views, model } = await draw(miniLM(), { views: 2 });
    views[0].close();
    expect(views[0].el.childElementCount).toBe(0);
    model.set("selected", "pooler");
    await settle();
    expect(views[1].selected()).toEqual(["pooler"]);
  });

  it("leave no listener on the model when it goes", async () => {
    const { views, listeners, destroy, model } = await draw(miniLM(), { views: 2 });
    expect(listeners()).toBe(8);
    for (const view of views) view.close();
    destroy();
    expect(listeners()).toBe(0);
    model.set("selected", "pooler");
    await settle();
  });
});

describe("what cannot be drawn", () => {
  it.each([
    [
      { version: 3 },
      "The payload is of version 3, this widget reads up to 2. Update modelexport_nb and run the cell again.",
    ],
    [{ version: 2 }, "The payload is damaged: classes is not a list. Run the cell again."],
    [undefined, "The payload is damaged: it is not an object. Run the cell again."],
  ])("is said and not left blank", async (payload, message) => {
    const { find, listeners } = await draw(payload);
    expect(find('[role="alert"]').textContent).toBe(`The tree could not be drawn. ${message}`);
    expect(listeners()).toBe(0);
  });
});

describe("the head", () => {
  it("says the facts", async () => {
    const { find } = await draw(miniLM());
    expect(find(".facts").textContent).toBe("188 nodes · 119 modules · 22.7 M parameters · 90.9 MB");
    expect(find(".badge").className).toBe("badge ok");
    expect(find(".badge").textContent).toContain("max |Δ| 5.3e-05");
    expect(find(".head .chip").title).toBe("Strategy fx. Capture: OnnxExporter, opset 20");
  });

  it("leads from the badge to the first difference", async () => {
    const bad = { status: "bad", text: "max |Δ| 2.4e-02", help: "", row: 4 };
    const { find, model } = await draw({ ...miniLM(), parity: bad });
    await click(find(".badge"));
    expect(model.get("selected")).toBe("embeddings.token_type_embeddings");
    expect(model.get("tab")).toBe("about");
  });

  it("offers the lines that save", async () => {
    const { find, el } = await draw(miniLM());
    await click(find('[data-popover="save"] > button'));
    expect([...el.querySelectorAll('[role="dialog"] code')].map((code) => code.textContent)).toEqual([
      'r.widget.save_html("BertModel.html")',
      'r.widget.save_json("BertModel.json")',
    ]);
  });

  it("saves the view that the kernel writes, and says when there is none", async () => {
    const { find, el, sent, fire } = await draw(miniLM());
    const answer = async (content: object) => {
      fire("msg:custom", { ...content, id: sent.at(-1)?.id });
      await settle();
    };
    const saved: string[] = [];
    const click_ = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () {
      saved.push(this.download);
    };
    try {
      await click(find('[data-popover="save"] > button'));
      const [html, json] = el.querySelectorAll<HTMLElement>(".now button");
      await click(html);
      expect(sent.at(-1)).toMatchObject({ kind: "page", format: "html" });
      await answer({ kind: "page", text: "<!doctype html>" });
      expect(saved).toEqual(["BertModel.html"]);
      await click(json);
      await answer({ kind: "error", message: "It cannot be written." });
      expect(find(".now").textContent).toContain("It cannot be written.");
      expect(saved).toHaveLength(1);
    } finally {
      HTMLAnchorElement.prototype.click = click_;
    }
  });

  it("of an opened file says what the file tells, and nothing that it does not", async () => {
    const parity = { status: "none", text: "", help: "", row: -1 };
    const source = { kind: "torch", note: "Modules by the tags of torch." };
    const { el, find } = await draw({ ...miniLM(), strategy: "", measures: [], parity, source, notes: [] });
    expect(find(".notes").textContent).toBe("Modules by the tags of torch.");
    expect(el.querySelector(".notes svg, .badge, .head .chip")).toBeNull();
  });

  it("of a saved page offers nothing that needs Python", async () => {
    const { el } = await draw({ ...miniLM(), answers: { source: {}, detail: {} } });
    expect(el.querySelector('[data-popover="save"]')).toBeNull();
  });

  it("opens a list of several notes", async () => {
    const { find, el } = await draw({ ...miniLM(), notes: ["one", "two"] });
    expect(el.querySelector(".notes ul")).toBeNull();
    await click(find(".notes button"));
    expect([...el.querySelectorAll(".notes li")].map((li) => li.textContent)).toEqual(["one", "two"]);
  });
});
