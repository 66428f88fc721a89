import { describe, expect, it } from "vitest";
import type { SourceText } from "../src/ask";
import { decode } from "../src/payload";
import { type Chip, drawnLines, listing } from "../src/source";
import { callLine, codeOf } from "../src/source/calls";
import { foldLines } from "../src/source/folds";
import { readPython } from "../src/source/tokens";
import * as forwards from "./forwards";
import { type Module, miniLM, payloadOf } from "./payloads";

const named = (chips: Chip[]) => chips.map(({ label, nodes }) => `${label} ${nodes.length}`);

describe("Python", () => {
  const kinds = (...lines: string[]) =>
    readPython(lines).tokens.map((line) =>
      line.filter(({ kind }) => kind !== "plain").map(({ text, kind }) => `${kind} ${text}`),
    );

  it("is coloured by what it is", () => {
    expect(kinds("def forward(self, x): # go")).toEqual([["keyword def", "def forward", "comment # go"]]);
    expect(kinds('x = y if a is None else "b # c"')).toEqual([
      ["operator =", "keyword if", "keyword is", "keyword None", "keyword else", 'string "b # c"'],
    ]);
    expect(kinds("a[1:-2] ** 1_000.5e-3 @ 0xff", "classes.defs")).toEqual([
      ["number 1", "operator -", "number 2", "operator **", "number 1_000.5e-3", "operator @", "number 0xff"],
      [],
    ]);
    expect(kinds(`f"{x}" + rb'\\'' + 'open`)).toEqual([
      ['string f"{x}"', "operator +", "string rb'\\''", "operator +", "string 'open"],
    ]);
  });

  it("has strings over several lines", () => {
    expect(kinds('"""One', "# two", 'three""" + x')).toEqual([
      ['string """One'],
      ["string # two"],
      ['string three"""', "operator +"],
    ]);
    expect(kinds("'''a\\'''", "b'''")).toEqual([["string '''a\\'''"], ["string b'''"]]);
  });

  it("keeps every character", () => {
    const lines = [...forwards.selfAttention.lines, "\t x = 'ü 🦊' # \u202e", "$?`!", "x".repeat(10000), ""];
    expect(readPython(lines).tokens.map((line) => line.map(({ text }) => text).join(""))).toEqual(lines);
  });

  it("knows which lines go on with a statement", () => {
    expect(readPython(["f(", "  x)", "y = \\", "  1", '"""', "a", '"""', "z # (", "w"]).continued).toEqual([
      false,
      true,
      false,
      true,
      false,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("folds", () => {
  const folds = (lines: string[], made: number[]) =>
    foldLines(
      lines,
      readPython(lines),
      lines.map((_, line) => made.includes(line)),
    ).map((part) => (part.fold ? `${part.from}-${part.to} ${part.label}` : `${part.from}-${part.to}`));

  it("take a block that made nothing, and neither a short statement nor what a line with nodes needs", () => {
    const { lines, first } = forwards.selfAttention;
    expect(
      folds(
        lines,
        [175, 176, 177, 192, 202].map((line) => line - first),
      ),
    ).toEqual(["0-7 def forward(", "7-15", "15-24 if past_key_values is not None:", "24-40"]);
  });

  it("take a long head with its decorators", () => {
    const lines = ["@a", "@b(", "  c)", "def f(", "  self,", "  x,", "):", "  made()", "  other()"];
    expect(folds(lines, [7])).toEqual(["0-7 def f(", "7-9"]);
    expect(folds(["@a", "def f(self, x):", "  made()"], [2])).toEqual(["0-3"]);
    expect(folds(["@a"], [0])).toEqual(["0-1"]);
  });

  it("reach into a block of which a part made something", () => {
    const lines = ["if a:", "    b", "    if c:", "        d", "        e", "        f", "    g", "h"];
    expect(folds(lines, [6])).toEqual(["0-2", "2-6 if c:", "6-8"]);
    expect(folds(lines, [0])).toEqual(["0-2", "2-6 if c:", "6-8"]);
    expect(folds(lines, [7])).toEqual(["0-7 if a:", "7-8"]);
  });

  it("tell one branch from the other", () => {
    const lines = ["if a:", "    b", "    c", "    d", "else:", "    e", "    f"];
    expect(folds(lines, [5])).toEqual(["0-4 if a:", "4-7"]);
    expect(folds(lines, [1])).toEqual(["0-7"]);
  });

  it("join neighbours, and leave comments with what they are about", () => {
    const lines = [
      "made()",
      "# about",
      "if a:",
      "  b",
      "  c",
      "  d",
      "",
      "if e:",
      "  f",
      "  g",
      "  h",
      "",
      "# last",
      "made()",
    ];
    expect(folds(lines, [0, 13])).toEqual(["0-1", "1-12 if a:", "12-14"]);
  });

  it("take runs of plain statements", () => {
    expect(folds(["a", "b", "", "c", "d", "made()"], [5])).toEqual(["0-5 a", "5-6"]);
    expect(folds(["a", "b", "", "c", "made()"], [4])).toEqual(["0-5"]);
    expect(folds(['"""', "What it does.", "", "More.", '"""', "made()"], [5])).toEqual(["0-5 What it does.", "5-6"]);
  });

  it("are none where no line made anything", () => {
    expect(folds(["a", "b", "c", "d", "e"], [])).toEqual(["0-5"]);
    expect(folds([], [])).toEqual([]);
  });

  it("lose no line, whatever the text", () => {
    const odd = ["", "  # x", "    deep", "back", ")", "\tif:", "", "'''", "never closed", ""];
    for (let made = 0; made < odd.length; made++) {
      const parts = foldLines(
        odd,
        readPython(odd),
        odd.map((_, line) => line === made),
      );
      expect(parts.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
        odd.map((_, i) => i),
      );
      expect(parts.every(({ fold, from, to }) => !fold || made < from || made >= to)).toBe(true);
    }
  });
});

describe("the line that calls a child", () => {
  const line = (name: string, ...lines: string[]) => callLine(codeOf(readPython(lines)), name);

  it("mentions it by name", () => {
    expect(line("query", "def forward(self, x):", "  q = self.query(x)", "  k = self.query_2(x)")).toBe(1);
    expect(line("query", "  q = (self", "    .query (x))")).toBe(0);
    expect(line("a.b", "x = self.a.b(x)")).toBe(0);
    expect(line("f", "def forward(this, x):", "  return this.f(x) + self.g(x)")).toBe(1);
    expect(line("g", "def forward(this, x):", "  return this.f(x) + self.g(x)")).toBe(-1);
    expect(line("a+b(", "x = self.a")).toBe(-1);
  });

  it("is not one that only speaks of it", () => {
    expect(
      line("f", "# self.f(x)", 'print("self.f(x)")', "if self.f is None: pass", "other.self.f(x)", "self.g.f(x)"),
    ).toBe(-1);
    expect(line("f", "checkpoint(self.f, x)", "self.f.reset(x)", "self.f2(x)")).toBe(-1);
  });

  it("is not claimed where there are two", () => {
    expect(line("f", "if a:", "  self.f(x)", "else:", "  self.f(y)")).toBe(-1);
    expect(line("f", "self.f(self.f(x))")).toBe(0);
  });

  it("may go by an index", () => {
    expect(line("blocks.0", "self.blocks[0](x)", "self.blocks[1](x)")).toBe(0);
    expect(line("blocks.1", "self.blocks[0](x)", "self.blocks[1](x)")).toBe(1);
    expect(line("blocks.7", "for i in n:", "  self.blocks[i](x)")).toBe(1);
    expect(line("heads.mask", 'self.heads["mask"](x)')).toBe(0);
    expect(line("blocks.0", "self.blocks[0](x)", "self.blocks[i](x)")).toBe(-1);
    expect(line("blocks.-1", "self.blocks[-1](x)")).toBe(0);
  });

  it("may stand in a loop over the list that holds it", () => {
    expect(line("layer.3", ...forwards.encoder.lines)).toBe(6);
    expect(line("layer.3", "for m in self.layer[:2]:", "    x = m(x)", "m(y)")).toBe(1);
    expect(line("layer.3", "y = [m(x) for m in self.layer]")).toBe(0);
    expect(line("2", "def forward(self, input):", "    for module in self:", "        input = module(input)")).toBe(2);
    expect(line("2", "for m in self.children():", "    x = m(x)")).toBe(-1);
    expect(line("layer.3", "for m in self.other:", "    x = m(x)")).toBe(-1);
    expect(line("layer.3", "for m in self.layer_2:", "    x = m(x)")).toBe(-1);
    expect(line("convs.0", "for c, n in zip(self.convs, self.norms):", "    x = c(x)", "    x = n(x)")).toBe(-1);
  });

  it("is found in a long and hostile text", () => {
    const hostile = [`${"for a in ".repeat(2000)}self.f(`, "self.".repeat(2000), "(".repeat(10000)];
    expect(line("f.0", ...hostile)).toBe(-1);
  });
});

describe("a listing", () => {
  const tree = decode(miniLM());
  const rowOf = (key: string) => tree.rowOf.get(key) as number;
  const at = ({ chips }: { chips: Chip[][] }, { first }: SourceText, line: number) => named(chips[line - first]);

  it("puts nodes beside the line that made them: children's first, own ones by operator", () => {
    const made = listing(tree, rowOf("encoder.layer.0.attention.self"), forwards.selfAttention);
    expect(at(made, forwards.selfAttention, 175)).toEqual(["query 2", "Reshape 1", "Transpose 1"]);
    expect(at(made, forwards.selfAttention, 192)).toEqual([
      "Cast 1",
      "Not 1",
      "Mul 1",
      "Transpose 1",
      "MatMul 2",
      "Softmax 1",
    ]);
    expect(at(made, forwards.selfAttention, 193)).toEqual([]);
    expect(made.elsewhere).toEqual([]);
    expect([made.lines, made.nodes]).toEqual([5, 21]);
    expect(made.chips[11][0]).toMatchObject({
      kind: "child",
      rows: [rowOf("encoder.layer.0.attention.self.query")],
    });
  });

  it("finds a loop's line by its text, and joins what is numbered", () => {
    const made = listing(tree, rowOf("encoder"), forwards.encoder);
    expect(at(made, forwards.encoder, 431)).toEqual([`layer.0 … layer.5 ${tree.total[rowOf("encoder")] - 1}`]);
    expect(made.chips[6][0].rows).toHaveLength(6);
    expect(at(made, forwards.encoder, 430)).toEqual(["And 1"]);
  });

  it("says where the rest is, and never guesses", () => {
    const made = listing(tree, rowOf("encoder.layer.0"), forwards.layer);
    expect(at(made, forwards.layer, 375)).toEqual(["attention 25"]);
    expect(made.elsewhere.map(({ place, chips }) => [place, ...named(chips)])).toEqual([
      ["", "intermediate 3", "output 4"],
    ]);
    const other = { ...forwards.selfAttention, file: "other.py" };
    const self = listing(tree, rowOf("encoder.layer.0.attention.self"), other);
    expect(self.chips.flat().map(({ label }) => label)).toEqual(["query", "key", "value"]); // by their calls in the text
    expect(self.elsewhere[0].place).toBe("modeling_bert.py:175");
  });

  it("does not take the lines of a child with the same forward for its own", () => {
    const nested = (name: string, line: number, children: Module[] = []): Module => ({
      name,
      cls: "Block",
      ops: [["Add", "f32 1", line]],
      children,
    });
    const block = decode(
      payloadOf(nested("", 2, [nested("inner", 2), { name: "norm", cls: "Norm", ops: [["Mul", "f32 1", 3]] }])),
    );
    const source = {
      file: block.files[0],
      first: 1,
      lines: ["def forward(self, x):", "  x = x + 1", "  return f(x)"],
      class: "Block",
    };
    const made = listing(block, 0, source);
    expect(named(made.chips[1])).toEqual(["Add 1"]);
    expect(named(made.chips[2])).toEqual(["norm 1"]);
    expect(made.elsewhere.map(({ chips }) => named(chips))).toEqual([["inner 1"]]);
  });

  it("does not look for a module of another path in the text", () => {
    const net = decode(
      payloadOf({
        name: "",
        cls: "Net",
        children: [
          { name: "a", cls: "A", children: [{ name: "b", cls: "B", absolute: true, ops: [["Add", "f32 1"]] }] },
        ],
      }),
    );
    const source = { file: "x.py", first: 1, lines: ["def forward(self, x):", "  return self.b(x)"], class: "A" };
    expect(listing(net, 1, source).elsewhere.map(({ chips }) => named(chips))).toEqual([["b 1"]]);
  });

  it("gives each call of a shared module its number", () => {
    const lin = (call: number): Module => ({ name: "lin", cls: "Linear", call, ops: [["MatMul", "f32 1", 2 + call]] });
    const net = decode(payloadOf({ name: "", cls: "Net", children: [lin(0), lin(1)] }));
    const source = {
      file: net.files[0],
      first: 1,
      lines: ["def forward(self, x):", "  x = self.lin(x)", "  return self.lin(x)"],
      class: "Net",
    };
    expect(listing(net, 0, source).chips.map(named)).toEqual([[], ["lin#0 1"], ["lin#1 1"]]);
  });

  it("is drawn with room for chips down to the next line that has some", () => {
    const made = listing(tree, rowOf("encoder.layer.0.attention.self"), forwards.selfAttention);
    const drawn = drawnLines(made, new Set());
    expect(drawn.filter(({ kind }) => kind === "fold")).toHaveLength(2);
    const spans = drawn.flatMap((one) => (one.kind === "line" && one.chips ? [[one.line + 164, one.span]] : []));
    expect(spans).toEqual([
      [171, 4],
      [175, 1],
      [176, 1],
      [177, 2],
      [188, 4],
      [192, 10],
      [202, 2],
    ]);
    const all = drawnLines(made, new Set([0, 15]));
    expect(all.filter(({ kind }) => kind === "line")).toHaveLength(forwards.selfAttention.lines.length);
  });

  it("may be empty", () => {
    const made = listing(tree, 0, { file: "x.py", first: 1, lines: [], class: "" });
    expect(drawnLines(made, new Set())).toEqual([]);
    expect(made.lines).toBe(0);
  });
});
