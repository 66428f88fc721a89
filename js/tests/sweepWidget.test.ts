import { describe, expect, it } from "vitest";
import { click, draw, press, settle } from "./draw";
import { sweep } from "./sweepDraw";
import { changes, DETAIL, JOBS, MODELS, sweepOf } from "./sweepPayloads";

describe("the matrix", () => {
  it("has a row for each model and a cell for each variant, and one for its time", async () => {
    const { find, names, texts, cells } = await sweep();
    const grid = find('[role="grid"]');
    expect([grid.getAttribute("aria-rowcount"), grid.getAttribute("aria-colcount")]).toEqual(["4", "5"]);
    expect(names()).toEqual(MODELS);
    expect(texts(0)).toEqual(["10 nodes", "12 nodes", "CaptureError", "3.50 s"]);
    expect(texts(1)).toEqual(["two nodes at the root", "two nodes at the root", "running", "18.00 s"]);
    expect(texts(2)).toEqual(["", "", "skipped", "–"]);
    expect(cells(0).map(({ className }) => className)).toEqual(["cell ok", "cell ok", "cell failed", "cell last"]);
  });

  it("says each cell aloud, and that some have no job or were kept", async () => {
    const { cells } = await sweep();
    const aloud = [...cells(0), ...cells(2)].map((cell) => cell.getAttribute("aria-label"));
    expect(aloud.slice(0, 3)).toEqual([
      "bert-10, fx: ok, 10 nodes, 1.00 kB, 1 s",
      "bert-10, htp: ok, 12 nodes, 900 B, 2 s, kept from the store",
      "bert-10, usage | based: failed, 1 s: a branch on data",
    ]);
    expect(aloud[5]).toBe("<b>net</b>, htp: no job");
  });

  it("shows every mark, not the colour alone", async () => {
    const { el } = await sweep();
    const marks = new Set([...el.querySelectorAll(".rows .st path")].map((path) => path.getAttribute("d")));
    const statuses = new Set([...el.querySelectorAll(".rows .st")].map((mark) => mark.getAttribute("class")));
    expect(statuses.size).toBe(6);
    expect(marks.size).toBe(6);
  });

  it("draws names as text", async () => {
    const { el, names } = await sweep();
    expect(names()).toContain("<b>net</b>");
    expect(el.querySelector(".rows b")).toBe(null);
  });

  it("draws only the rows in sight", async () => {
    const payload = sweepOf([], {});
    payload.models = Array.from({ length: 500 }, (_, i) => `model ${i}`);
    payload.model = payload.models.flatMap((_, i) => [i, i, i]);
    payload.variant = payload.models.flatMap(() => [0, 1, 2]);
    payload.names = {} as never;
    payload.now = changes(Object.fromEntries(payload.model.map((_, i) => [i, JOBS[i % 2]])));
    const { rows, find } = await sweep(payload);
    expect(rows().length).toBeLessThan(40);
    expect(find('[role="grid"]').getAttribute("aria-rowcount")).toBe("501");
  });

  it("may be empty, and says what is damaged", async () => {
    const damaged = { ...sweepOf(), now: { ...sweepOf().now, status: [99] } };
    expect((await draw(damaged)).el.textContent).toContain("The payload is damaged");
    expect((await draw({ ...sweepOf(), version: 9 })).el.textContent).toContain("this widget reads up to 1");
  });
});

describe("the head", () => {
  it("says how far it is while it runs", async () => {
    const { find } = await sweep();
    expect(find(".head").textContent).toBe(
      "Sweep3 models × 3 variants, 8 jobs, 1 kept1 min 20 s, about 2 min leftCancel",
    );
    const bar = find('[role="progressbar"]');
    expect(bar.getAttribute("aria-valuetext")).toBe("6 of 8");
    expect(bar.querySelector("b")?.style.width).toBe("75%");
    const counts = [...find(".sts").children].map(({ textContent }) => textContent);
    expect(counts).toEqual(["2ok", "2warned", "1failed", "1running", "1waiting", "1skipped"]);
  });

  it("stops it, and says so", async () => {
    const { button, sent, put, find, el } = await sweep();
    await click(button("Cancel"));
    expect(sent.at(-1)).toEqual({ kind: "cancel" });
    await put("news", changes({}, { at: 1, cancelled: true }));
    expect(find(".clock").textContent).toBe("1 min 20 s, stopping");
    expect((button("Cancel") as HTMLButtonElement).disabled).toBe(true);
    await put("news", changes({}, { at: 2, cancelled: true, running: false, elapsed: 3900 }));
    expect(find(".clock").textContent).toBe("cancelled after 1 h 5 min");
    expect(button("Cancel")).toBe(undefined);
    expect(el.querySelector('[role="progressbar"]')).toBe(null);
    expect(find(".said").textContent).toBe(
      "The sweep has ended: 1 waiting, 1 running, 2 ok, 2 warned, 1 failed, 1 skipped",
    );
  });

  it("says no time that is not known, as of a notebook saved without times", async () => {
    const { find } = await sweep(sweepOf(JOBS, { running: false, elapsed: null }));
    expect(find(".clock").textContent).toBe("");
  });

  it("has the notes", async () => {
    const { find } = await sweep(sweepOf(JOBS, { notes: ["the sweep stopped before its end: the disk is full"] }));
    expect(find(".notes").textContent).toContain("the disk is full");
  });
});

describe("what changes", () => {
  it("is drawn as it comes", async () => {
    const { put, texts, find } = await sweep();
    const done = { 5: { status: "ok", nodes: 7, seconds: 2 }, 2: { status: "ok", nodes: 3 } } as const;
    await put("news", changes(done, { at: 3, elapsed: 3 }));
    expect(texts(1)[2]).toBe("7 nodes");
    expect(texts(0)[2]).toBe("3 nodes"); // and the cause of before is gone
    expect(find(".clock").textContent).toBe("3 s, about 2 min left");
  });

  it("before the view began to listen is drawn, too", async () => {
    const { texts } = await sweep(sweepOf(), { news: changes({ 5: { status: "ok", nodes: 7 } }, { at: 2 }) });
    expect(texts(1)[2]).toBe("7 nodes");
  });

  it("may come as the whole matrix; what is older says nothing", async () => {
    const { put, texts } = await sweep();
    await put("payload", sweepOf([{ status: "ok", nodes: 1 }, ...JOBS.slice(1)], { at: 5 }));
    expect(texts(0)[0]).toBe("1 nodes");
    await put("news", changes({ 0: { status: "failed" } }, { at: 4 }));
    expect(texts(0)[0]).toBe("1 nodes");
    await put("news", {});
    expect(texts(0)[0]).toBe("1 nodes");
  });
});

describe("the keyboard", () => {
  it("walks the cells, and the heads above them", async () => {
    const { cell, focused } = await sweep();
    cell("bert-10, fx").focus();
    await press("ArrowRight");
    expect(focused()).toContain("bert-10, htp");
    await press("ArrowDown");
    expect(focused()).toContain("bert-9, htp");
    await press("Home");
    expect(focused()).toBe("bert-9");
    await press("End");
    expect(focused()).toBe("18.00 s");
    await press("ArrowRight");
    expect(focused()).toBe("18.00 s");
    await press("End", { ctrlKey: true });
    expect(focused()).toBe("–");
    await press("PageUp");
    expect(focused()).toBe("3.50 s");
    await press("ArrowUp");
    expect(focused()).toBe("model");
    await press("ArrowRight");
    await press("ArrowDown");
    expect(focused()).toBe("3.50 s");
  });

  it("has one tab stop among the cells", async () => {
    const { el } = await sweep();
    expect(el.querySelectorAll('.rows [tabindex="0"]')).toHaveLength(1);
  });

  it("opens a job and closes it, and finds", async () => {
    const { cell, trait, el, focused, find } = await sweep();
    cell("bert-10, fx").focus();
    await press("Enter");
    expect(trait("selected")).toBe("bert-10 / fx");
    await press("Escape");
    expect(trait("selected")).toBe(null);
    expect(focused()).toContain("bert-10, fx");
    await press(" ");
    expect(el.querySelector(".drawer")).not.toBe(null);
    await press("Enter");
    expect(el.querySelector(".drawer")).toBe(null);
    await press("/");
    expect(document.activeElement).toBe(find(".find input"));
    await press("Escape");
    await press("?");
    expect(find('[aria-label="Keys"]').textContent).toContain("keys");
    expect(el.querySelector(".pop")).not.toBe(null);
    await press("Escape");
    expect(el.querySelector(".pop")).toBe(null);
  });

  it("does nothing where there is no job", async () => {
    const { cell, trait } = await sweep();
    cell("<b>net</b>, htp").focus();
    await press("Enter");
    expect(trait("selected")).toBe(null);
  });
});

describe("the drawer", () => {
  it("asks for all that is known of a job", async () => {
    const { cell, sent, tell, find, el } = await sweep();
    await click(cell("bert-10, fx"));
    const { kind, id, number } = sent.at(-1) as unknown as Record<string, unknown>;
    expect([kind, number]).toEqual(["job", 0]);
    await tell({ kind: "job", job: DETAIL, id });
    const terms = [...el.querySelectorAll(".drawer dt")].map(({ textContent }) => textContent);
    expect(terms).toEqual(
      "strategy capture opset nodes size files coverage numbers time stages memory begun,made with,note"
        .split(" ")
        .flatMap((word) =>
          word.startsWith("begun") ? ["begun"] : word.startsWith("with") ? ["made with", "note"] : word,
        ),
    );
    expect(find(".stages").textContent).toBe("run0.25 scapture0.50 s");
    expect(find(".open code").textContent).toBe('s.hierarchy("bert-10 / fx")');
    expect(find(".foot code").textContent).toBe('s.widget.selected = "bert-10 / fx"');
  });

  it("is asked again when the job changes", async () => {
    const { cell, sent, tell, put, find } = await sweep();
    await click(cell("bert-10, fx"));
    await tell({ kind: "job", job: DETAIL, id: sent.at(-1)?.id });
    await put("news", changes({ 0: JOBS[0], 1: { status: "failed" } }, { at: 1 }));
    expect(find(".stages").textContent).toContain("run"); // another job changed: nothing is asked
    expect(sent).toHaveLength(1);
    const before = sent.length;
    await put("news", changes({ 0: { status: "failed", cause: "no" } }, { at: 2 }));
    expect(sent.length).toBe(before + 1);
    expect(find(".drawer .cause").textContent).toBe("no");
  });

  it("tells why there is nothing more", async () => {
    const { cell, sent, tell, find } = await sweep();
    await click(cell("bert-10, usage"));
    expect(find(".drawer").textContent).toContain("a branch on dataerrorCaptureError");
    await tell({ kind: "error", message: "There is no job 2.", id: sent.at(-1)?.id });
    expect(find(".drawer").textContent).toContain("There is no job 2.");
    expect(find(".drawer").querySelector(".open")).toBe(null);
  });

  it("needs a kernel", async () => {
    const { cell, model, find } = await sweep();
    (model as unknown as { send(): void }).send = () => {
      throw new Error("no kernel");
    };
    await click(cell("bert-10, usage"));
    expect(find(".drawer").textContent).toContain("The rest needs a running kernel.");
  });

  it("opens from Python, which may name anything", async () => {
    const { put, find, el, saves } = await sweep();
    await put("selected", "a name of its own");
    expect(find(".drawer .path").textContent).toBe("a name of its own");
    await put("selected", "nobody");
    expect(el.querySelector(".drawer")).toBe(null);
    await put("selected", null);
    expect(saves()).toBeLessThanOrEqual(1);
  });
});

describe("which models are shown", () => {
  it("goes by name and by status", async () => {
    const { type, names, find, trait, button, el } = await sweep();
    await type("BERT-1");
    expect(names()).toEqual(["bert-10"]);
    expect(trait("query")).toBe("BERT-1");
    expect(find(".hid").textContent).toBe("2 models that do not match are hiddenShow all");
    await click(button("Show all"));
    expect(names()).toHaveLength(3);
    await click(el.querySelectorAll(".sts button")[1]);
    expect(names()).toEqual(["bert-9"]);
    expect(trait("statuses")).toEqual(["warned"]);
    await click(el.querySelectorAll(".sts button")[2]);
    expect(names()).toEqual(["bert-10", "bert-9"]);
    await type("nothing");
    expect(names()).toEqual([]);
    expect(find(".find output").textContent).toBe("none");
    expect(el.querySelector(".sts button")?.getAttribute("aria-pressed")).toBe("false");
  });

  it("comes from Python", async () => {
    const { names, put } = await sweep(sweepOf(), { statuses: ["skipped"], query: "net" });
    expect(names()).toEqual(["<b>net</b>"]);
    await put("statuses", ["no such", "failed"]);
    await put("query", "");
    expect(names()).toEqual(["bert-10"]);
  });
});

describe("the order", () => {
  it.each([
    ["", [0, 1, 2]],
    ["name", [2, 1, 0]],
    ["-name", [0, 1, 2]],
    ["status", [0, 1, 2]],
    ["-status", [2, 1, 0]],
    ["seconds", [1, 0, 2]],
    ["column:htp", [1, 0, 2]],
    ["column:usage | based", [0, 2, 1]],
    ["column:nobody", [0, 1, 2]],
    ["nonsense", [0, 1, 2]],
  ])("%s", async (sort, order) => {
    const { names } = await sweep(sweepOf(), { sort });
    expect(names()).toEqual(order.map((model) => MODELS[model]));
  });

  it("changes with a click on a head: worst, best, as given", async () => {
    const { el, trait, find, code } = await sweep();
    const head = () => el.querySelectorAll('[role="columnheader"]')[1];
    const choose = () => click(head().querySelector("button") as Element);
    await choose();
    expect(trait("sort")).toBe("column:fx");
    expect(head().getAttribute("aria-sort")).toBe("ascending");
    expect(find(".said").textContent).toBe("sorted by fx");
    expect(code()).toBe('s.widget.sort = "column:fx"');
    await choose();
    expect(head().getAttribute("aria-sort")).toBe("descending");
    await choose();
    expect(trait("sort")).toBe("");
  });

  it("is chosen from a list", async () => {
    const { find, el, trait } = await sweep();
    await click(find('[aria-label="Sort"]'));
    const choices = [...el.querySelectorAll<HTMLInputElement>(".pop input")];
    expect(choices).toHaveLength(7);
    choices[2].dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(trait("sort")).toBe("status");
  });
});

describe("two columns compared", () => {
  it("shows only what differs, in words", async () => {
    const { put, names, texts, find, el } = await sweep();
    await put("compared", ["fx", "usage | based"]);
    expect(names()).toEqual(MODELS);
    expect([0, 1, 2].map((at) => texts(at).at(-1))).toEqual([
      "ok → failed, no error → CaptureError",
      "warned → running",
      "waiting → skipped",
    ]);
    await put("compared", ["fx", "htp"]);
    expect(names()).toEqual(["bert-10", "<b>net</b>"]);
    expect(texts(0).at(-1)).toBe("2 nodes more, 100 B smaller");
    expect(texts(1).at(-1)).toBe("no job in htp");
    expect(find(".hid").textContent).toBe("fx → htp1 model that does not differ is hiddenShow all");
    expect([...el.querySelectorAll('[role="columnheader"]')].map(({ textContent }) => textContent)).toEqual([
      "model",
      "fx",
      "htp",
      "what differs",
    ]);
    await put("compared", ["fx", "nobody"]);
    expect(names()).toHaveLength(3);
  });

  it("is chosen from two lists, and left again", async () => {
    const { find, el, trait, button } = await sweep();
    await click(find('[aria-label="Compare two columns"]'));
    await click(button("Compare"));
    expect(trait("compared")).toEqual(["fx", "htp"]);
    const [, other] = el.querySelectorAll("select");
    other.value = "0";
    other.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    expect(trait("compared")).toEqual(["htp", "fx"]); // chosen twice, they change places
    await click(button("Show all columns"));
    expect(trait("compared")).toEqual([]);
  });
});

it("two views of one sweep follow each other", async () => {
  const { views } = await sweep(sweepOf(), { views: 2 });
  await click(views[0].el.querySelector('[aria-label^="bert-10, htp"]') as Element);
  expect(views[1].el.querySelector('[aria-selected="true"]')?.getAttribute("aria-label")).toContain("bert-10, htp");
});

it("leaves nothing behind", async () => {
  const { views, destroy, listeners, el } = await sweep();
  expect(listeners()).toBeGreaterThan(0);
  views[0].close();
  destroy();
  expect(listeners()).toBe(0);
  expect(el.childElementCount).toBe(0);
});
